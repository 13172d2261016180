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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labkit.errors import UsageError
from labkit.iam import Decision, Policies, Policy, Principal, Request, evaluate
from labkit.iam import arn as arns
from labkit.iam.policies import Levels
from labkit.iam.request import FoundKeys
from labkit.iam.rules.carried_keys import carried_by, unknown_of
from labkit.pull.decision import PullDecision
from labkit.pull.organization import Membership
from labkit.pull.policies import LAMBDA, PULL_ACTIONS
from labkit.pull.uri import ImageUri

_LAMBDA = Principal.service(LAMBDA)

NOT_KNOWN = unknown_of(_LAMBDA) | {"aws:sourceip", "aws:useragent"}
"""Condition keys that Lambda's own requests have with values that AWS does not document, in lower case."""
TAGS_NOT_KNOWN = frozenset({"aws:resourcetag/", "ecr:resourcetag/"})
"""The condition keys of a repository's tags, where nothing is known of its tags."""


def service_context(function_arn: str, membership: Membership) -> dict[str, str | tuple[str, ...]]:
    """The condition keys that Lambda carries when it pulls for a function.

    ``membership`` is that of the function's account. The keys of the caller's organization are absent: a service
    principal is in none. There are aws:PrincipalArn and aws:PrincipalAccount, but their values are not documented
    (`NOT_KNOWN`). Lambda's pull comes through nobody's VPC endpoint. Source: IAM User Guide, "AWS global condition
    context keys".
    """
    return {
        **carried_by(_LAMBDA),
        "aws:ViaAWSService": "false",
        "aws:SourceArn": function_arn,
        "aws:SourceAccount": arns.account_of(function_arn) or "",
        "aws:SecureTransport": "true",
        **membership.context("Source"),
    }


def caller_context(caller: Principal, membership: Membership) -> dict[str, str | tuple[str, ...]]:
    """The condition keys that a caller carries by being who it is; ``membership`` is that of its account.

    Of a session ``aws:PrincipalArn`` is the role. Source: IAM User Guide, "AWS global condition context keys",
    properties of the principal.
    """
    return {**carried_by(caller), **membership.context("Principal")}


@dataclass(frozen=True, slots=True)
class PullQuestion:
    """May Lambda pull ``image`` for the function of ``function_arn`` that ``caller`` creates?

    ``caller`` is the principal that calls CreateFunction, ``caller_policies`` are its own (no resource policy in
    them) and ``caller_context`` the condition keys of its request, which is read only where the caller is asked. The
    policy of a VPC endpoint that the caller goes through is about its call to Lambda and has no say in the pull, which
    Lambda makes from its own network (re:Post, two testers: Lambda's pull uses no endpoint of the customer's).
    ``repository_policy`` is None where the repository has none. ``membership`` says where the function's account stands
    in its organization, and ``rcp`` are the resource control policies of the repository's account.
    ``registry_policy`` is that of the registry, which has a say beside the repository's. ``repository_keys`` are the
    condition keys that every request for the repository has, such as its tags; None: nothing is known of them.
    ``caller_not_known`` and ``service_not_known`` are further keys, in lower case, that the caller's or Lambda's
    requests may have on AWS and whose values are not known here.
    """

    caller: Principal
    caller_policies: Policies
    caller_context: Mapping[str, str | Sequence[str]]
    function_arn: str
    image: ImageUri
    repository_policy: Policy | None
    membership: Membership
    rcp: Levels | None = None
    registry_policy: Policy | None = None
    repository_keys: Mapping[str, str | Sequence[str]] | None = None
    caller_not_known: frozenset[str] = frozenset()
    service_not_known: frozenset[str] = frozenset()

    def having(self, **changes: Any) -> PullQuestion:
        """The question with these fields changed, such as ``function_arn=…``."""
        return replace(self, **changes)

    def decide(self, *, restoring: bool = False) -> PullDecision:
        """The answer. Raises UsageError where ``function_arn`` is not the ARN of a function.

        ``restoring``: nobody calls; Lambda fetches the image of a function that there is, and is asked alone.
        """
        function = arns.split(self.function_arn)
        if function is None or not function.is_a("lambda", "function") or not function.account:
            raise UsageError(f"{self.function_arn!r} is not the ARN of a function.")
        alone = restoring or function.account == self.image.account
        caller = () if alone else self._decide_caller()
        return PullDecision(self.function_arn, self.image, caller, self._decide_service())

    def _decide_caller(self) -> tuple[Decision, ...]:
        return self._evaluate(self.caller, self.caller_policies, self.caller_context, self.caller_not_known)

    def _decide_service(self) -> tuple[Decision, ...]:
        context, unknown = service_context(self.function_arn, self.membership), NOT_KNOWN | self.service_not_known
        return self._evaluate(_LAMBDA, Policies(), context, unknown)

    def _evaluate(
        self,
        who: Principal,
        own: Policies,
        context: Mapping[str, str | Sequence[str]],
        unknown: frozenset[str],
    ) -> tuple[Decision, ...]:
        guards: dict[str, Any] = {"resource": self.repository_policy, "registry": self.registry_policy, "rcp": self.rcp}
        policies = own._replace(**guards, vpc_endpoint=None)
        if not isinstance(context, FoundKeys):  # which are complete
            context = {**self._keys_of_owner, **(self.repository_keys or {}), **context}
            unknown |= TAGS_NOT_KNOWN if self.repository_keys is None else frozenset()
        resource, owner = self.image.repository_arn, self.image.account
        requests = (Request(who, action, resource, owner, context, unknown) for action in PULL_ACTIONS)
        return tuple(evaluate(request, policies) for request in requests)

    @property
    def _keys_of_owner(self) -> dict[str, str]:
        return {"aws:ResourceAccount": self.image.account, "aws:RequestedRegion": self.image.region}
