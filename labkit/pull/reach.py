"""What an account can do with a repository: create functions from it, have Lambda pull from it, pull, push.

Whoever looks over a registry knows its policies and few of the principals that they speak of. So an account is asked
for with more than one principal: an administrator's role that no policy knows by name, and every role and user that
the policies do know; Lambda with a function of any name, and with those that the policies know. And every policy is
read twice: as it stands, where a condition on a key that is not known here (a tag, an address, an endpoint) holds for
no Allow, and at its widest, where such a condition stands in nobody's way. What is refused even then is refused.

    YES    as the policies stand, an administrator of the account can
    SOME   only some can: principals or functions that a policy names, or whoever brings a key that is not known here
    NO     nobody there can

The account's own policies are taken to allow everything; service control policies above it count where they are given.

Sources: Amazon ECR User Guide, "IAM permissions for pushing an image to an Amazon ECR private repository", for what a
push needs; a pull needs the same two actions whoever makes it, and `labkit.pull.question` says who is asked for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from itertools import chain
from typing import NamedTuple

from labkit.iam import Decision, Policies, Principal, Request, evaluate
from labkit.iam.patterns import ContextValue
from labkit.iam.policies import CheckKind
from labkit.iam.statement import Statement
from labkit.pull.admission import ADMINISTRATOR, DEFAULT_NAMES, GuardedRepository, PullingAccount, sources
from labkit.pull.function import FunctionRef
from labkit.pull.organization import OUTSIDER
from labkit.pull.policies import LAMBDA, PULL_ACTIONS
from labkit.pull.question import NOT_KNOWN, TAGS_NOT_KNOWN, caller_context, service_context
from labkit.pull.widest import KnownNames, is_open_for_callers, is_open_for_lambda, widest

PUSH_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
)
"""What ``docker push`` needs on the repository; newer clients read it as well (ecr:BatchGetImage)."""

_OF_RESOURCES = (CheckKind.RESOURCE, CheckKind.RESOURCE_CONTROL_POLICY)
_LAMBDA = Principal.service(LAMBDA)
_NONE: frozenset[str] = frozenset()
_UNKNOWN_OF_LAMBDA = NOT_KNOWN | TAGS_NOT_KNOWN


class Extent(IntEnum):
    """How many of those concerned can; the module says what each means."""

    NO = 0
    SOME = 1
    YES = 2


class Reach(NamedTuple):
    """What an account can do with a repository.

    ``create``: its principals can create functions from it, for which Lambda must be able to pull, and across accounts
    the principal as well. ``lambda_pull``: Lambda can pull for its functions. ``docker_pull`` and ``push``: its
    principals can.
    """

    create: Extent
    lambda_pull: Extent
    docker_pull: Extent
    push: Extent

    def __bool__(self) -> bool:
        """Whether anything can be done."""
        return any(self)


NOTHING = Reach(Extent.NO, Extent.NO, Extent.NO, Extent.NO)
"""The reach of an account that can do nothing with a repository."""


class _Asked(NamedTuple):
    """Who asks, with the condition keys of each, for what, and the policies in both readings, the same if they are."""

    who: Sequence[tuple[Principal, dict[str, ContextValue]]]
    actions: Sequence[str]
    unknown: frozenset[str]
    strict: Policies
    wide: Policies


class RepositoryReach:
    """A repository that can be asked about for many accounts: its policies in both readings, the names they know."""

    def __init__(self, repository: GuardedRepository) -> None:
        self.repository = repository
        own = [policy for policy in (repository.policy, repository.registry) if policy]
        self._all = [*own, *(policy for level in repository.rcp or () for policy in level)]
        self.names = KnownNames.of(self._all)
        self._arn = repository.image.repository_arn
        self._common = {**repository.keys, "aws:SecureTransport": "true"}
        self._known = frozenset(map(str.lower, self._common))
        if repository.membership == OUTSIDER:  # then these are known not to be there
            self._known |= {"aws:resourceorgid", "aws:resourceorgpaths"}
        self._own = own
        self._granted: dict[str, bool] = {}
        self._strict = Policies(resource=repository.policy, registry=repository.registry, rcp=repository.rcp)
        self._wide: dict[object, Policies] = {}

    def __call__(self, puller: PullingAccount) -> Reach:
        """What the principals and functions of an account can do."""
        at_home = puller.account == self.repository.account
        lambda_pull = self._lambda(puller) if self._grants(PULL_ACTIONS) else Extent.NO
        pull, push = (
            self._callers(puller, actions) if at_home or self._grants(actions) else Extent.NO
            for actions in (PULL_ACTIONS, PUSH_ACTIONS)
        )
        return Reach(lambda_pull if at_home else min(lambda_pull, pull), lambda_pull, pull, push)

    def _grants(self, actions: Iterable[str]) -> bool:
        """Whether some statement allows each action to somebody; without, services and other accounts have none."""
        for action in actions:
            if action not in self._granted:
                allowing = (statement for policy in self._own for statement in policy.statements if statement.allows)
                self._granted[action] = any(each.action.part(action, {}).matched for each in allowing)
        return all(self._granted[action] for action in actions)

    def _lambda(self, puller: PullingAccount) -> Extent:
        return self._extent(self._of_lambda(puller, [DEFAULT_NAMES.function, *self.names.functions(puller.account)]))

    def for_function(self, puller: PullingAccount, name: str) -> Extent:
        """Whether Lambda can pull for the one function of that name in the account."""
        return self._extent(self._of_lambda(puller, [name]))

    def _callers(self, puller: PullingAccount, actions: Sequence[str]) -> Extent:
        return self._extent(self._of_callers(puller, actions))

    def granting(self, puller: PullingAccount, actions: Sequence[str]) -> tuple[Statement, ...]:
        """The statements of resource policies by which some principal of the account may do all of these actions."""
        asked = self._of_callers(puller, actions)
        for reading in (asked.strict, asked.wide):
            for requests in self._requests(asked, reading):
                decisions = [evaluate(request, reading) for request in requests]
                if all(decision.allowed for decision in decisions):
                    return _matched(decisions, "Allow")
        return ()

    def denying_lambda(self, puller: PullingAccount) -> tuple[Statement, ...]:
        """The statements that explicitly deny a pull to Lambda for a function in the account."""
        if not any(statement.effect == "Deny" for policy in self._all for statement in policy.statements):
            return ()
        asked = self._of_lambda(puller, [DEFAULT_NAMES.function])
        decisions = [evaluate(each, asked.strict) for each in chain(*self._requests(asked, asked.strict))]
        return _matched(decisions, "Deny")

    def _of_lambda(self, puller: PullingAccount, names: Iterable[str]) -> _Asked:
        functions = [FunctionRef(puller.account, self.repository.region, name).arn for name in names]
        contexts = [_without(puller.unknown_keys, service_context(arn, puller.membership)) for arn in functions]
        who = [(_LAMBDA, context) for context in contexts]
        unknown = _UNKNOWN_OF_LAMBDA | puller.unknown_keys
        return _Asked(who, PULL_ACTIONS, unknown, self._strict, self._widest(puller, for_lambda=True))

    def _of_callers(self, puller: PullingAccount, actions: Sequence[str]) -> _Asked:
        role = f"arn:aws:iam::{puller.account}:role/{DEFAULT_NAMES.role}"
        principals = [Principal.aws(arn) for arn in (role, *self.names.principals(puller.account))]
        who = [(each, _without(puller.unknown_keys, caller_context(each, puller.membership))) for each in principals]
        strict = self._strict._replace(identity=(ADMINISTRATOR,), scp=puller.scp)
        unknown = TAGS_NOT_KNOWN | puller.unknown_keys
        return _Asked(who, actions, unknown, strict, self._widest(puller, for_lambda=False))

    def _extent(self, asked: _Asked) -> Extent:
        for number, requests in enumerate(self._requests(asked, asked.strict)):
            if all(evaluate(each, asked.strict).allowed for each in requests):
                return Extent.SOME if number else Extent.YES
        if asked.wide is asked.strict:
            return Extent.NO
        wider = self._requests(asked, asked.wide)
        return Extent.SOME if any(all(evaluate(e, asked.wide).allowed for e in each) for each in wider) else Extent.NO

    def _requests(self, asked: _Asked, reading: Policies) -> Iterator[Iterator[Request]]:
        """For each of those who ask, a request for each action."""
        unknown = asked.unknown if reading is asked.strict else _NONE
        for who, context in asked.who:
            keys = {**self._common, **context}
            yield (Request(who, act, self._arn, self.repository.account, keys, unknown) for act in asked.actions)

    def _widest(self, puller: PullingAccount, *, for_lambda: bool) -> Policies:
        key = (for_lambda, puller.unknown_keys, None if for_lambda else sources(puller.scp))
        if key not in self._wide:
            own = self._strict if for_lambda else self._strict._replace(identity=(ADMINISTRATOR,), scp=puller.scp)
            is_open = is_open_for_lambda if for_lambda else is_open_for_callers
            self._wide[key] = widest(
                own, lambda name: (is_open(name) and name not in self._known) or name in puller.unknown_keys
            )
        return self._wide[key]


def _without(unknown: frozenset[str], context: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    return {name: value for name, value in context.items() if name.lower() not in unknown}


def _matched(decisions: Iterable[Decision], effect: str) -> tuple[Statement, ...]:
    """The statements with this effect that applied, in resource policies and resource control policies."""
    checks = (check for decision in decisions for check in decision.checks if check.kind in _OF_RESOURCES)
    found = (match.statement for check in checks for match in check.matches if match.matched)
    return tuple(dict.fromkeys(statement for statement in found if statement.effect == effect))
