"""Can Lambda pull this image? A pure question with a pure answer.

    same account     Lambda itself (the service principal) must be allowed by the repository policy; the caller of
                     CreateFunction needs no ECR permission
    cross account    the caller must be allowed by its identity policy and by the repository policy, and Lambda itself
                     must be allowed by the repository policy

Both actions that a pull makes are asked for: ``ecr:BatchGetImage`` and ``ecr:GetDownloadUrlForLayer``. The execution
role is not asked: as far as has been observed it does not pull (AWS's newest page can be read otherwise).

Sources: Lambda Developer Guide, "Create a Lambda function using a container image", Amazon ECR permissions; AWS
Knowledge Center, "lambda-ecr-image"; CloudTrail records of cross-account creations. What AWS does when only one of
the two cross-account statements is present is not documented; the lab refuses then ("both sides must grant access").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labkit.errors import UsageError
from labkit.iam import Decision, Policies, Policy, Principal, Request, evaluate
from labkit.iam import arn as arns
from labkit.iam.evaluate import Levels
from labkit.iam.words.outline import Line, outline
from labkit.pull.organization import Membership
from labkit.pull.policies import LAMBDA, PULL_ACTIONS
from labkit.pull.uri import ImageUri

__all__ = [
    "PULL_ACTIONS",
    "PullDecision",
    "PullQuestion",
    "caller_context",
    "decide",
    "service_context",
]


@dataclass(frozen=True, slots=True)
class PullDecision:
    """Whether Lambda may pull, made of the service's decisions and (cross-account) the caller's, one an action."""

    function_arn: str
    image: ImageUri
    caller: tuple[Decision, ...]
    service: tuple[Decision, ...]

    @property
    def allowed(self) -> bool:
        """Whether every decision allows."""
        return all(decision.allowed for decision in (*self.caller, *self.service))

    @property
    def is_cross_account(self) -> bool:
        """Whether the function and the repository are in different accounts."""
        return bool(self.caller)

    @property
    def denied(self) -> tuple[Decision, ...]:
        """The decisions that refuse, the caller's first."""
        return tuple(decision for decision in (*self.caller, *self.service) if not decision.allowed)

    def sentences(self) -> list[str]:
        """What was asked on whose behalf, and why it was refused, in plain sentences."""
        return [line for who, decisions in self._sides() for line in _side(who, decisions)]

    def to_dict(self) -> dict[str, Any]:
        """The decision as JSON data: decision, caller and service with one decision for each action."""

        def listed(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
            return [{"action": d.request.action, **d.to_dict()} for d in decisions]

        verdict = "allowed" if self.allowed else "denied"
        return {"decision": verdict, "caller": listed(self.caller), "service": listed(self.service)}

    @property
    def headline(self) -> str:
        """The decision in one line."""
        verdict, may = ("Allowed", "may") if self.allowed else ("Denied", "may not")
        return f"{verdict}: Lambda {may} pull {self.image} for {self.function_arn}"

    def outline(self) -> Line:
        """The decision as a tree of lines: a branch for the caller and one for Lambda, also where one is not asked."""
        caller = _branch("The caller", self.caller) if self.caller else self._not_asked()
        state, verdict = ("yes", "Allowed") if self.allowed else ("no", "Denied")
        title = self.headline.removeprefix(f"{verdict}: ")
        return Line(state, self.headline, (caller, _branch("Lambda", self.service)), verdict=verdict, title=title)

    def _not_asked(self) -> Line:
        why = (
            f"Function and repository are both in the account {self.image.account}: whoever creates the function there "
            "needs no ECR permission, and Lambda itself is all that is asked."
        )
        text = f"The caller is not asked. {why}"
        return Line("none", text, verdict="not asked", title=f"The caller. {why}")

    def _sides(self) -> list[tuple[str, tuple[Decision, ...]]]:
        sides = (("The caller", self.caller), ("Lambda", self.service))
        return [(who, decisions) for who, decisions in sides if decisions]

    def __repr__(self) -> str:
        return " ".join((f"{self.headline}.", *(line.strip() for line in self.sentences())))


def _named(who: str, decisions: Sequence[Decision]) -> str:
    return f"{who} ({decisions[0].request.principal})"


def _verdict(decisions: Sequence[Decision]) -> str:
    """Whether one side may pull, or which of the two actions it may not."""
    refused = " and ".join(decision.request.action for decision in decisions if not decision.allowed)
    return f"may not {refused}" if refused else "may pull"


def _side(who: str, decisions: Sequence[Decision]) -> list[str]:
    refused = [decision for decision in decisions if not decision.allowed]
    reasons = dict.fromkeys(line for decision in refused for line in decision.sentences())
    return [f"{_named(who, decisions)} {_verdict(decisions)}.", *(f"  {line}" for line in reasons)]


def _branch(who: str, decisions: Sequence[Decision]) -> Line:
    """One side as a tree. Where both actions got the same answer for the same reasons, it is shown once."""
    trees = [outline(decision) for decision in decisions]
    state = "yes" if all(decision.allowed for decision in decisions) else "no"
    title = _named(who, decisions)
    side = Line(state, f"{title} {_verdict(decisions)}.", tuple(trees), verdict=_word(decisions), title=title)
    first, *others = (_without(decision.request.action, tree) for decision, tree in zip(decisions, trees, strict=True))
    if any(other != first for other in others):
        return side
    rest = " and ".join(decision.request.action for decision in decisions[1:])
    same = Line("none", f"Shown is {decisions[0].request.action}; the same goes for {rest}.")
    return side._replace(children=(*trees[0].children, same))


def _word(decisions: Sequence[Decision]) -> str:
    return "may pull" if all(decision.allowed for decision in decisions) else "may not pull"


def _without(action: str, line: Line) -> Line:
    """The tree with the name of the action taken out, to compare what was decided about two actions."""
    children = tuple(_without(action, child) for child in line.children)
    text, title, got = (each.replace(action, "…") for each in (line.text, line.title, line.got))
    return line._replace(text=text, title=title, children=children, got=got)


def service_context(function_arn: str, membership: Membership) -> dict[str, str | tuple[str, ...]]:
    """The condition keys that Lambda carries when it pulls for a function.

    ``membership`` is that of the function's account. Principal… keys of the caller are absent: a service principal is
    in no organization. Source: IAM User Guide, "AWS global condition context keys".
    """
    return {
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": LAMBDA,
        "aws:SourceArn": function_arn,
        "aws:SourceAccount": arns.account_of(function_arn) or "",
        **membership.context("Source"),
    }


def caller_context(caller: Principal, membership: Membership) -> dict[str, str | tuple[str, ...]]:
    """The condition keys that a caller carries by being who it is; ``membership`` is that of its account.

    Of a session ``aws:PrincipalArn`` is the role. Source: IAM User Guide, "AWS global condition context keys",
    properties of the principal.
    """
    return {
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalArn": caller.arn if caller.is_federated_user else caller.role_arn or caller.arn,
        "aws:PrincipalAccount": caller.account or "",
        **membership.context("Principal"),
    }


def decide(
    *,
    caller: Principal,
    caller_policies: Policies,
    caller_context: Mapping[str, str | Sequence[str]],
    function_arn: str,
    image: ImageUri,
    repository_policy: Policy | None,
    membership: Callable[[str], Membership],
    rcp: Levels | None = None,
) -> PullDecision:
    """Decides whether Lambda may pull ``image`` for the function.

    ``caller`` is the principal that calls CreateFunction, with its own policies (no resource policy in them) and the
    condition keys of its request; ``membership`` tells where an account stands in its organization; ``rcp`` are the
    resource control policies of the repository's account.
    """
    account = arns.account_of(function_arn)
    if account is None:
        raise UsageError(f"{function_arn!r} is not the ARN of a function.")
    keys = service_context(function_arn, membership(account))
    service = Policies(resource=repository_policy, rcp=rcp)
    both = Policies(
        identity=caller_policies.identity,
        resource=repository_policy,
        boundary=caller_policies.boundary,
        session=caller_policies.session,
        scp=caller_policies.scp,
        rcp=rcp,
    )

    def ask(who: Principal, policies: Policies, context: Mapping[str, str | Sequence[str]]) -> tuple[Decision, ...]:
        return tuple(
            evaluate(Request(who, action, image.repository_arn, image.account, context), policies)
            for action in PULL_ACTIONS
        )

    return PullDecision(
        function_arn,
        image,
        () if account == image.account else ask(caller, both, caller_context),
        ask(Principal.service(LAMBDA), service, keys),
    )


@dataclass(frozen=True, slots=True)
class PullQuestion:
    """The pull question as data, so that one thing in it can be changed and asked again.

    The fields are what ``decide`` takes, but for ``membership``: where the function's account stands.
    """

    caller: Principal
    caller_policies: Policies
    caller_context: Mapping[str, str | Sequence[str]]
    function_arn: str
    image: ImageUri
    repository_policy: Policy | None
    membership: Membership
    rcp: Levels | None = None

    def having(self, **changes: Any) -> PullQuestion:
        """The question with these fields changed, such as ``function_arn=…``."""
        return replace(self, **changes)

    def decide(self) -> PullDecision:
        """The answer. Raises UsageError where ``function_arn`` is not the ARN of a function."""
        return decide(
            caller=self.caller,
            caller_policies=self.caller_policies,
            caller_context=self.caller_context,
            function_arn=self.function_arn,
            image=self.image,
            repository_policy=self.repository_policy,
            membership=lambda _account: self.membership,
            rcp=self.rcp,
        )
