"""Who can pull what: every account of an organization against every repository, without asking for every pair.

Asking for a pair is a `labkit.pull.question.PullQuestion` with a probe: an administrator's role in the account that
creates a function there; or whatever else a repository's policies decide of an account (`who_gets`). Two accounts get
the same answer from a repository unless something in its policy tells them apart, which only these can do:

    an account number in the policy      such accounts are asked about, those named alike together
    conditions on …OrgID and …OrgPaths   their outcomes are compared, not the accounts; accounts of one OU share them
    a part of an account number          (``5924*``, a number to compare with) all are asked about

So a repository is asked once for each way in which its policy names accounts and once for each different outcome; the
answers are those that asking for all pairs would have given. Service control policies and resource control policies
are looked at in the same way.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from labkit.iam import Policies, Policy, Principal
from labkit.iam.conditions import Condition
from labkit.iam.patterns import Context
from labkit.iam.policies import Levels
from labkit.iam.statement import Element
from labkit.pull.function import FunctionRef
from labkit.pull.organization import Membership, Organization
from labkit.pull.question import PullQuestion, caller_context
from labkit.pull.uri import ImageUri

ADMINISTRATOR = Policy.parse(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, "AdministratorAccess"
)
"""The policy of those who ask: what an account could do if its own policies allowed it."""
# The keys of a pull that hold an account number, and those that hold a place in an organization.
_NUMBERED = frozenset({"aws:principalarn", "aws:principalaccount", "aws:sourcearn", "aws:sourceaccount"})
_PLACED = frozenset({"aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths"})
_FAMILIES = ("aws:source", "aws:principal")
_NUMBER = re.compile(r"(?<!\d)\d{12}(?!\d)", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_T = TypeVar("_T")


class PullingAccount(NamedTuple):
    """An account that may want to pull, where it stands, and the service control policies above it.

    ``unknown_keys`` are the condition keys of its place, in lower case, where that is not known.
    """

    account: str
    membership: Membership
    scp: Levels | None = None
    unknown_keys: frozenset[str] = frozenset()


class GuardedRepository(NamedTuple):
    """A repository with its policy, the resource control policies above its account, and its registry's policy.

    ``membership`` is where its account stands; None: that is not known.
    """

    account: str
    region: str
    name: str
    policy: Policy | None
    rcp: Levels | None = None
    registry: Policy | None = None
    membership: Membership | None = None

    @property
    def keys(self) -> dict[str, str | tuple[str, ...]]:
        """The condition keys that every request for it has, by whose it is and where."""
        place = self.membership.context("Resource") if self.membership else {}
        known = {name: value for name, value in place.items() if value}
        return {"aws:ResourceAccount": self.account, "aws:RequestedRegion": self.region, **known}

    @property
    def image(self) -> ImageUri:
        """An image in it; which one makes no difference to permissions."""
        return ImageUri(self.account, self.region, self.name, "latest")


class ProbeNames(NamedTuple):
    """Names of the role that creates the function, and of the function, in every account."""

    role: str = "Deployer"
    function: str = "function"


DEFAULT_NAMES = ProbeNames()
"""The names that no policy is likely to know."""


Asking = Callable[[GuardedRepository], Callable[[PullingAccount], _T]]
"""What a repository is asked: for the repository, the function that answers for an account."""


class AccountGroup(NamedTuple):
    """Accounts that stand at the same place below the same service control policies.

    ``limits`` is the same for groups that these policies do not tell apart; ``apart`` are the accounts that they
    may tell apart from the others; ``keys`` are the condition keys of the place, in lower case.
    """

    membership: Membership
    scp: Levels | None
    accounts: tuple[str, ...]
    limits: tuple[object, ...]
    apart: frozenset[str]
    keys: Context
    unknown_keys: frozenset[str] = frozenset()

    def having(self, account: str) -> PullingAccount:
        """One of the accounts."""
        return PullingAccount(account, self.membership, self.scp, self.unknown_keys)


class Admission(NamedTuple, Generic[_T]):
    """The answers of one repository: one for each group, and those of accounts that were asked about by name."""

    repository: GuardedRepository
    groups: tuple[AccountGroup, ...]
    answers: tuple[_T, ...]
    named: Mapping[str, _T]

    def accounts(self) -> Iterator[str]:
        """The accounts whose answer counts as yes, group by group."""
        for group, answer in zip(self.groups, self.answers, strict=True):
            if answer or not self.named.keys().isdisjoint(group.accounts):
                yield from (account for account in group.accounts if self.named.get(account, answer))


def accounts_of(organization: Organization) -> tuple[PullingAccount, ...]:
    """All accounts of an organization, without service control policies."""
    paths = {unit.id: organization.path(unit.id) for unit in organization.units}
    places = {unit: Membership(organization.id, (path,)) for unit, path in paths.items()}
    return tuple(PullingAccount(account.id, places[account.parent]) for account in organization.accounts)


def who_can_pull(
    repositories: Iterable[GuardedRepository], accounts: Iterable[PullingAccount], names: ProbeNames = DEFAULT_NAMES
) -> Iterator[Admission[bool]]:
    """For each repository, which of the accounts can pull from it."""
    return who_gets(repositories, accounts, lambda place: lambda account: admits(place, account, names), False)


def who_gets(
    repositories: Iterable[GuardedRepository], accounts: Iterable[PullingAccount], asking: Asking[_T], none: _T
) -> Iterator[Admission[_T]]:
    """For each repository, what ``asking`` answers for each of the accounts.

    It may depend on nothing but the repository's policies and the account's number, place and service control policies.
    ``none`` stands for the answer of a group whose accounts are all asked about by name.
    """
    groups = _groups(accounts)
    homes = {account: group for group in groups for account in group.accounts}
    for repository in repositories:
        yield _admission(repository, groups, homes, asking(repository), none)


def admits(repository: GuardedRepository, puller: PullingAccount, names: ProbeNames = DEFAULT_NAMES) -> bool:
    """Whether an administrator of the account can have Lambda pull from the repository, decided for this pair."""
    account, membership = puller.account, puller.membership
    caller = Principal.aws(f"arn:aws:iam::{account}:role/{names.role}")
    question = PullQuestion(
        caller=caller,
        caller_policies=Policies(identity=(ADMINISTRATOR,), scp=puller.scp),
        caller_context=caller_context(caller, membership),
        function_arn=FunctionRef(account, repository.region, names.function).arn,
        image=repository.image,
        repository_policy=repository.policy,
        membership=membership,
        rcp=repository.rcp,
        registry_policy=repository.registry,
    )
    return question.decide().allowed


def _groups(accounts: Iterable[PullingAccount]) -> tuple[AccountGroup, ...]:
    found: dict[object, list[PullingAccount]] = {}
    for each in accounts:
        found.setdefault((each.membership, sources(each.scp), each.unknown_keys), []).append(each)
    return tuple(map(_group, found.values()))


def sources(levels: Levels | None) -> object:
    """What is the same for levels of the same texts, and can be a key of a dict."""
    return None if levels is None else tuple(tuple(policy.source for policy in level) for level in levels)


def _group(members: Sequence[PullingAccount]) -> AccountGroup:
    place, scp, unknown = members[0].membership, members[0].scp, members[0].unknown_keys
    accounts = tuple(member.account for member in members)
    families = {**place.context("Principal"), **place.context("Source")}
    keys = {name.lower(): value for name, value in families.items()}
    policy = _Distinctions.of(_flat(scp))
    apart = frozenset(accounts) if policy.all_numbers else policy.numbers & frozenset(accounts)
    # What a variable of a place is compared with may be the repository's, which is not known here.
    everything = tuple(keys.items()) if policy.compares_places else ()
    limits = (sources(scp), unknown, policy.outcomes(keys), everything)
    return AccountGroup(place, scp, accounts, limits, apart, keys, unknown)


def account_numbers(policies: Iterable[Policy]) -> frozenset[str]:
    """The account numbers that stand in principals and conditions of these policies."""
    return _Distinctions.of(policies).numbers


def _flat(levels: Levels | None) -> list[Policy]:
    return [policy for level in levels or () for policy in level]


def _admission(
    repository: GuardedRepository,
    groups: tuple[AccountGroup, ...],
    homes: Mapping[str, AccountGroup],
    ask: Callable[[PullingAccount], _T],
    none: _T,
) -> Admission[_T]:
    documents = [policy for policy in (repository.policy, repository.registry) if policy]
    policy = _Distinctions.of(documents + _flat(repository.rcp))
    keys = {name.lower(): value for name, value in repository.keys.items()}
    numbers = frozenset(homes) if policy.all_numbers else (policy.numbers | {repository.account}) & homes.keys()
    apart = numbers.union(*(group.apart for group in groups))
    decided: dict[object, _T] = {}
    answers, kinds = [], {}
    for group in groups:
        alike = next((account for account in group.accounts if account not in apart), None)
        same = kinds[id(group)] = (group.limits, policy.outcomes({**keys, **group.keys}))
        if alike is not None and same not in decided:
            decided[same] = ask(group.having(alike))
        answers.append(decided.get(same, none))  # without an account that is like the others, nobody reads it
    named: dict[str, _T] = {}
    for account in apart:
        group = homes[account]
        own = account == repository.account or account in group.apart or policy.all_numbers
        kind = account if own else (kinds[id(group)], policy.mentions.get(account, account))
        if kind not in decided:
            decided[kind] = ask(group.having(account))
        named[account] = decided[kind]
    return Admission(repository, groups, tuple(answers), named)


class _Distinctions(NamedTuple):
    """What some policies can tell accounts apart by: numbers, parts of numbers, places.

    Where a policy variable stands for an account's number, it is the account's own in every request, and compared as a
    whole: numbers that no policy knows cannot be told apart by it. Nor can numbers that stand in the same places of the
    policies, in texts that are otherwise the same (``mentions``): each could be put for the other.
    """

    mentions: Mapping[str, object]
    all_numbers: bool
    places: tuple[Condition, ...]
    all_places: bool

    @classmethod
    def of(cls, policies: Iterable[Policy]) -> _Distinctions:
        statements = [statement for policy in policies for statement in policy.statements]
        conditions = [condition for statement in statements for condition in statement.conditions]
        resources = [statement.resource for statement in statements if statement.resource]
        places = [[entry.text for entry in statement.principal or ()] for statement in statements]
        places += [list(condition.values) for condition in conditions]
        patterns = [text for each in resources if _uses(each, _NUMBERED) for text in each.wanted]
        numbered = [each for each in conditions if each.lower_key in _NUMBERED or _uses(each, _NUMBERED)]
        return cls(
            _mentions(places),
            not all(map(_whole, numbered)) or any(map(_takes_a_part, patterns)),
            tuple(each for each in conditions if each.lower_key in _PLACED or _uses(each, _PLACED)),
            any(_uses(each, _PLACED) for each in resources),
        )

    @property
    def numbers(self) -> frozenset[str]:
        """The account numbers that stand in principals and conditions."""
        return frozenset(self.mentions)

    @property
    def compares_places(self) -> bool:
        """Whether a variable of a place stands in a condition on another key."""
        return any(_uses(each, _PLACED) for each in self.places)

    def outcomes(self, keys: Context) -> tuple[object, ...]:
        """The same for places that the policies cannot tell apart; ``keys`` are those of the place and the resource."""
        everything = tuple(keys.items()) if self.all_places else ()
        plain = (each.outcome(keys) for each in self.places)
        if not any(each.variables for each in self.places):
            return (*everything, *plain)
        # A request has the keys of a caller or those of a source: a variable of one finds nothing in the other's.
        families = [{name: keys[name] for name in keys if not name.startswith(other)} for other in _FAMILIES]
        return (*everything, *plain, *(each.outcome(family) for family in families for each in self.places))


def _mentions(places: Sequence[Sequence[str]]) -> dict[str, object]:
    """Each number with the places in which it stands and the texts around it; itself where a text has another too."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    tangled: set[str] = set()
    for place, texts in enumerate(places):
        for text in texts:
            numbers = set(_NUMBER.findall(text))
            tangled |= numbers if len(numbers) > 1 else set()
            for number in numbers:
                found[number].append((place, text.replace(number, "#")))
    return {number: number if number in tangled else tuple(sorted(each)) for number, each in found.items()}


def _uses(part: Condition | Element, keys: frozenset[str]) -> bool:
    """Whether policy variables of these keys stand in a condition's values, or in an element."""
    return not keys.isdisjoint(part.variables)


def _whole(condition: Condition) -> bool:
    """Whether a condition can compare account numbers only as wholes."""
    if condition.row is None or condition.row.family == "Bool":
        return True
    if condition.row.family not in ("String", "Arn"):
        return False
    return not condition.row.wildcards or not any(map(_takes_a_part, condition.values))


def _takes_a_part(pattern: str) -> bool:
    """Whether digits of a pattern could meet a part of an account number.

    A number stands between colons, or alone. Digits with a wildcard on one side could meet a part of it where their
    other side is a colon, another wildcard or the pattern's end.
    """
    for digits in _DIGITS.finditer(pattern):
        before, after = pattern[: digits.start()][-1:], pattern[digits.end() :][:1]
        wild = [side in ("*", "?", "}", "$") for side in (before, after) if side]
        free = all(side in ("", ":", "*", "?", "}", "$") for side in (before, after))
        if free and any(wild):
            return True
    return False
