"""A case: the facts of a question and what was decided about them, for whoever names causes and makes a fix.

What is not known is put in for both ways. Documents that nearly every pull hangs on (the repository policy, the
caller's identity policies) leave a party undecided when they are not known; those that few accounts have (a registry
policy, guard rails, a session policy) are taken not to be there, and the answer is then likely instead of certain:

    allowed, whatever is not known            can, certain
    allowed, where rare documents are absent  can, likely
    denied, whatever is not known             cannot, certain
    else                                      unknown

A refusal does not hang on a registry policy that nobody gave: hardly anybody lets Lambda in by it, and that it was not
given is said besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from labkit.diagnosis.documents import callers_named, policy_of
from labkit.diagnosis.facts import RESTORE, UPDATE, Document, Facts, Layer, Levels, NotKnown
from labkit.diagnosis.result import CALLER_SIDE, CAN, CANNOT, CERTAIN, LAMBDA_SIDE, LIKELY, NOT_ASKED, UNKNOWN, Party
from labkit.iam import CheckEffect, CheckKind, Decision, Policies, Policy, Principal, Request, evaluate
from labkit.iam.rules.carried_keys import carried_by
from labkit.pull.decision import PullDecision
from labkit.pull.organization import OUTSIDER, Membership
from labkit.pull.policies import LAMBDA, add_lambda_statement
from labkit.pull.question import TAGS_NOT_KNOWN, PullQuestion, caller_context, service_context
from labkit.pull.uri import ImageUri, InvalidImageUri

_EVERYTHING: dict[str, Any] = {"Action": "*", "Resource": "*"}
_ALLOWING = Policy.parse({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **_EVERYTHING}]}, "not known")
_OPEN = Policy.parse(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", **_EVERYTHING}]}, "not known"
)
_DENYING = Policy.parse({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", **_EVERYTHING}]}, "not known")
_CLOSED = Policy.parse(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", **_EVERYTHING}]}, "not known"
)

_PLACE = ("orgid", "orgpaths")
_CALLERS_REQUEST = frozenset(
    {"aws:sourceip", "aws:useragent", "aws:currenttime", "aws:epochtime", "aws:tokenissuetime", "aws:principaltag/"}
)
_ANYBODY = frozenset({"aws:principalarn", "aws:userid", "aws:username", "aws:principaltype"})
_NOBODY_IN_PARTICULAR = "any-caller"
CALLS = {"create": "lambda:CreateFunction", "update": "lambda:UpdateFunctionCode"}
"""The action that the caller needs, by the operation; restoring needs none."""
_ADDING = ("ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy")


class Assumption(NamedTuple):
    """What stands for documents that are not known: ``usual`` ones that every pull hangs on, and ``rare`` ones."""

    usual_allows: bool
    rare_denies: bool = False


HELPFUL = Assumption(usual_allows=True)
"""Unknown documents do not stand in the way."""
_AS_GIVEN = Assumption(usual_allows=False)
_STRICT = Assumption(usual_allows=False, rare_denies=True)


@dataclass(frozen=True)
class Case:
    """The facts of a question, with its decisions, each made once when it is first asked for."""

    facts: Facts

    @cached_property
    def uri(self) -> ImageUri | None:
        """The image, or None where the text names none in a private ECR repository."""
        try:
            return ImageUri.parse(self.facts.question.image)
        except InvalidImageUri:
            return None

    @property
    def crosses(self) -> bool:
        """Whether function and repository are in two accounts, and both are known."""
        function = self.facts.question.function
        return self.uri is not None and function is not None and function.account != self.uri.account

    @property
    def restores(self) -> bool:
        """Whether Lambda asks by itself, for a function that there is."""
        return self.facts.question.operation == RESTORE

    @property
    def caller(self) -> Principal | None:
        """Who calls, where that is known."""
        return self.facts.question.caller

    @cached_property
    def decision(self) -> PullDecision | None:
        """The pull with what is known; what is not known does not stand in the way. None without URI or function.

        Where the caller is not known, a role of its account without a known name stands for it.
        """
        return self.decide(HELPFUL)

    def decide(self, assumption: Assumption) -> PullDecision | None:
        """The pull, with an assumption for what is not known."""
        question = self.question(assumption)
        return question.decide(restoring=self.restores) if question else None

    def question(self, assumption: Assumption = HELPFUL) -> PullQuestion | None:
        """The pull question, with an assumption for what is not known."""
        uri, function, facts = self.uri, self.facts.question.function, self.facts
        if uri is None or function is None:
            return None
        who = self._caller_or_anybody(function.account)
        return PullQuestion(
            caller=who,
            caller_policies=self.caller_policies(assumption),
            caller_context=self._caller_context(who),
            function_arn=function.arn,
            image=uri,
            repository_policy=_one(facts.repository_policy, _OPEN if assumption.usual_allows else None),
            membership=_place(facts.membership),
            rcp=_levels(facts.rcp, [[_CLOSED]] if assumption.rare_denies else None),
            registry_policy=self._registry_policy(assumption),
            repository_keys=self._repository_keys,
            caller_not_known=self._caller_not_known,
            service_not_known=self._unknown_places("source") | self._repository_not_known,
        )

    @property
    def registry_counts(self) -> bool:
        """Whether the registry's policy has a say in pulls: under its old scope, V1, it has none."""
        return self.facts.registry_scope != "V1"

    def _registry_policy(self, assumption: Assumption) -> Policy | None:
        instead = _CLOSED if assumption.rare_denies else None
        return _one(self.facts.registry_policy, instead) if self.registry_counts else None

    def caller_policies(self, assumption: Assumption = HELPFUL) -> Policies:
        """The caller's own policies; the endpoint's is left to its call."""
        facts, rare = self.facts, assumption.rare_denies
        session = _layer(facts.session, _DENYING if rare and self._is_session else None)
        return Policies(
            identity=_layer(facts.identity, _ALLOWING if assumption.usual_allows else None),
            boundary=_one(facts.boundary, _DENYING if rare else None),
            session=session,
            scp=_levels(facts.scp, [[_DENYING]] if rare else None),
        )

    @property
    def _is_session(self) -> bool:
        return self.caller is not None and self.caller.kind == "session"

    def _caller_or_anybody(self, account: str) -> Principal:
        return self.caller or Principal.aws(f"arn:aws:iam::{account}:role/{_NOBODY_IN_PARTICULAR}")

    def _caller_context(self, who: Principal) -> dict[str, Any]:
        context = {**caller_context(who, _place(self.facts.membership)), "aws:SecureTransport": "true"}
        if self.caller is None:
            context = {name: value for name, value in context.items() if name.lower() not in _ANYBODY}
        return {**context, "aws:ViaAWSService": "true", **self.facts.context}

    @property
    def _caller_not_known(self) -> frozenset[str]:
        anybody = _ANYBODY if self.caller is None else frozenset()
        return _CALLERS_REQUEST | anybody | self._unknown_places("principal") | self._repository_not_known

    def _unknown_places(self, family: str) -> frozenset[str]:
        return _unknown_places(self.facts.membership, family)

    @property
    def _repository_keys(self) -> dict[str, Any]:
        tags = getattr(self.facts.repository, "tags", None) or {}
        tagged = {f"{family}:ResourceTag/{name}": value for family in ("aws", "ecr") for name, value in tags.items()}
        given = {name: value for name, value in self.facts.context.items() if "resourcetag/" in name.lower()}
        return {**tagged, **given, **_place(self.facts.repository_membership).context("Resource")}

    @property
    def _repository_not_known(self) -> frozenset[str]:
        tags = TAGS_NOT_KNOWN if getattr(self.facts.repository, "tags", None) is None else frozenset()
        return tags | _unknown_places(self.facts.repository_membership, "resource")

    # What the caller's own call needs

    @cached_property
    def call(self) -> Decision | None:
        """Whether the caller is allowed to create or update the function; None where no caller is known or asked."""
        function = self.facts.question.function
        if function is None or self.restores:
            return None
        where = {"aws:RequestedRegion": function.region}
        return self._own(CALLS[self.facts.question.operation], function.arn, where)

    @cached_property
    def pass_role(self) -> Decision | None:
        """Whether the caller is allowed to pass the execution role; None where either is not known or not asked."""
        role = self.facts.question.execution_role
        if role is None or self.restores or self.facts.question.operation == UPDATE:
            return None
        return self._own("iam:PassRole", role, {"iam:PassedToService": LAMBDA}, endpoint=False)

    def _own(
        self, action: str, resource: str, context: Mapping[str, Any] | None = None, *, endpoint: bool = True
    ) -> Decision | None:
        """Decides a request of the caller's own; None where the caller or its identity policies are not known."""
        if self.caller is None or isinstance(self.facts.identity, NotKnown):
            return None
        keys = {**self._caller_context(self.caller), "aws:ViaAWSService": "false", **(context or {})}
        door = _one(self.facts.vpc_endpoint, None) if endpoint else None
        policies = self.caller_policies()._replace(vpc_endpoint=door)
        return evaluate(Request(self.caller, action, resource, None, keys, self._caller_not_known), policies)

    def says_nothing_of(self, service: str) -> bool:
        """Whether the caller's identity policies were given by hand and name no action of a service at all.

        Then they may be only those about ECR, and that they do not allow something says little.
        """
        identity = self.facts.identity
        documents = identity.documents if isinstance(identity, Layer) else ()
        if not documents or any(document.stored for document in documents):
            return False
        policies = [policy for policy in map(policy_of, documents) if policy]
        named = (text for policy in policies for each in policy.statements for text in each.action.wanted)
        return not any(text == "*" or text.partition(":")[0].lower() == service for text in named)

    @cached_property
    def assumable(self) -> Decision | None:
        """Whether Lambda may assume the execution role; None where its trust policy is not known, or there is none."""
        role, trust = self.facts.question.execution_role, self.facts.trust
        if role is None or not isinstance(trust, Document):
            return None
        policy, service = policy_of(trust), Principal.service(LAMBDA)
        function, place = self.facts.question.function, _place(self.facts.membership)
        keys = service_context(function.unqualified.arn, place) if function else carried_by(service)
        unknown = self._unknown_places("source")
        request = Request(service, "sts:AssumeRole", role, None, keys, unknown)
        return evaluate(request, Policies(resource=policy)) if policy else None

    # One account: Lambda adds its statement for a caller who may set the policy

    @cached_property
    def adds(self) -> bool | None:
        """Whether Lambda adds its statement for this caller, and is let in by it; None where that is not known.

        False across accounts, for restoring, and where an explicit deny hits.
        """
        decision = self.decision
        if decision is None or self.crosses or self.restores or decision.allowed or _is_denied(decision.service):
            return False
        return self._either_way(self._may_add)

    @cached_property
    def adds_but_for_denies(self) -> bool | None:
        """The same where an explicit deny hits, taken away: whether the caller may get and set the policy."""
        decision = self.decision
        if decision is None or not _is_denied(decision.service):
            return self.adds
        return False if self.crosses or self.restores else self._either_way(self._may_set)

    def _either_way(self, asked: Callable[[Assumption], bool]) -> bool | None:
        if self.caller is None:
            return None
        helpful, given = (asked(assumption) for assumption in (HELPFUL, _AS_GIVEN))
        return given if given or not helpful else None

    def _may_set(self, assumption: Assumption) -> bool:
        return all(decision.allowed for decision in self.adding(assumption))

    def _may_add(self, assumption: Assumption) -> bool:
        if not self._may_set(assumption):
            return False
        question, uri, found = self.question(assumption), self.uri, self.facts.repository_policy
        assert question is not None and uri is not None  # noqa: S101 - else nothing would have been decided
        text = add_lambda_statement(found.text if isinstance(found, Document) else None, uri.region, uri.account)
        return question.having(repository_policy=Policy.parse(text, "repository policy")).decide().allowed

    def adding(self, assumption: Assumption = HELPFUL) -> tuple[Decision, ...]:
        """Whether the caller is allowed to get and to set the repository's policy; empty where nobody is known."""
        question, uri = self.question(assumption), self.uri
        if question is None or self.caller is None or uri is None:
            return ()
        policies = self.caller_policies(assumption)._replace(
            resource=question.repository_policy, rcp=question.rcp, registry=question.registry_policy
        )
        of_registry = {"aws:ResourceAccount": uri.account, "aws:RequestedRegion": uri.region}
        keys = {**of_registry, **self._repository_keys, **question.caller_context}
        unknown = self._caller_not_known
        asked = (Request(self.caller, each, uri.repository_arn, uri.account, keys, unknown) for each in _ADDING)
        return tuple(evaluate(request, policies) for request in asked)

    # The parties

    @cached_property
    def parties(self) -> dict[str, Party]:
        """The verdicts on Lambda and the caller by the policies alone; what else stands in the way are causes."""
        return {LAMBDA_SIDE: self._lambda(), CALLER_SIDE: self._calling()}

    def _lambda(self) -> Party:
        found = self._party(lambda decision: decision.service)
        if found.verdict == CANNOT and self.adds is not False:
            return Party(CAN, LIKELY if self._rests_on_rare else CERTAIN) if self.adds else Party(UNKNOWN)
        return found

    @property
    def _rests_on_rare(self) -> bool:
        return not self._may_add(_STRICT)

    def _calling(self) -> Party:
        if self.restores:
            return Party(NOT_ASKED)
        own = [each for each in (self.call, self.pass_role) if each is not None]
        if any(self._counts(each) for each in own):
            return Party(CANNOT)
        if not self.crosses:
            return Party(NOT_ASKED)
        found = self._party(lambda decision: decision.caller)
        return Party(UNKNOWN) if found.verdict == CANNOT and self.lets_somebody_in else found

    @cached_property
    def lets_somebody_in(self) -> bool:
        """Whether nobody knows who calls, and the pull is allowed to somebody of that account whom a policy names."""
        question, function = self.question(), self.facts.question.function
        if self.caller is not None or question is None or function is None:
            return False
        policies = [each for each in (question.repository_policy, question.registry_policy) if each]
        callers = callers_named(policies, function.account)
        asked = (question.having(caller=each, caller_context=self._caller_context(each)) for each in callers)
        return any(_allowed(each.decide().caller) for each in asked)

    def _counts(self, own: Decision) -> bool:
        """Whether the caller's own call is refused, whatever is not known."""
        silent = own.blocked_by is CheckKind.PRINCIPAL and not _is_denied([own])
        unsaid = silent and self.says_nothing_of(own.request.action.partition(":")[0])
        return not own.allowed and not own.unknowns and not unsaid

    def _party(self, side: Callable[[PullDecision], Iterable[Decision]]) -> Party:
        strict, given, helpful = (self.decide(each) for each in (_STRICT, _AS_GIVEN, HELPFUL))
        if strict is None or given is None or helpful is None:
            return Party(UNKNOWN)
        if _allowed(side(strict)):
            return Party(CAN)
        if _allowed(side(given)):
            return Party(CAN, LIKELY)
        refused = [each for each in side(helpful) if not each.allowed]
        return Party(CANNOT) if any(not each.unknowns for each in refused) else Party(UNKNOWN)


def _allowed(decisions: Iterable[Decision]) -> bool:
    return all(decision.allowed for decision in decisions)


def _is_denied(decisions: Iterable[Decision]) -> bool:
    """Whether an explicit deny hits in any of them."""
    return any(check.effect is CheckEffect.EXPLICIT_DENY for decision in decisions for check in decision.checks)


def _place(membership: Membership | NotKnown) -> Membership:
    return membership if isinstance(membership, Membership) else OUTSIDER


def _unknown_places(membership: Membership | NotKnown, family: str) -> frozenset[str]:
    """The keys of an account's organization whose values are not known: all, or those of its place there."""
    if not isinstance(membership, Membership):
        return frozenset(f"aws:{family}{key}" for key in _PLACE)
    is_placed = membership.org_id is None or membership.paths
    return frozenset() if is_placed else frozenset({f"aws:{family}orgpaths"})


def _one(document: Document | NotKnown | None, instead: Policy | None) -> Policy | None:
    """A document's policy; what stands instead where it is not known or cannot be read."""
    if document is None:
        return None
    policy = policy_of(document) if isinstance(document, Document) else None
    return policy or instead


def _layer(layer: Layer | NotKnown, instead: Policy | None) -> tuple[Policy, ...]:
    known = layer.documents if isinstance(layer, Layer) else ()
    read = [policy_of(each) for each in known]
    complete = isinstance(layer, Layer) and not layer.not_known and None not in read
    found = tuple(policy for policy in read if policy is not None)
    return found if complete or instead is None else (*found, instead)


def _levels(levels: Levels | NotKnown | None, instead: list[list[Policy]] | None) -> list[list[Policy]] | None:
    """Levels of policies; ``instead`` where they are not known, and for what a level lacks, which else allows."""
    if levels is None:
        return None
    if isinstance(levels, NotKnown):
        return instead
    missing = instead[0][0] if instead else _ALLOWING
    return [list(_layer(level, missing)) for level in levels]
