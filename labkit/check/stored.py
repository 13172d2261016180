"""Which of the policies of a question AWS would not store: an answer about such a policy is one about nothing on AWS.

The engine decides whatever it can read. Here each policy of a question is looked at as the kind that it stands for.
"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.check import DOCUMENT_KINDS, check, refusal
from labkit.iam import Policies, Policy, Request
from labkit.iam.evaluation import is_rcp_full_access
from labkit.iam.rules.own_rules import TRUST_POLICY, rule_of


def refusals(request: Request, policies: Policies) -> list[str]:
    """A sentence for each policy that AWS would not store; empty where it takes all of them."""
    found = []
    for policy, kind in _with_kinds(request, policies):
        refused = refusal(policy.source, DOCUMENT_KINDS[kind])
        if refused is not None:
            report = check(policy.source, DOCUMENT_KINDS[kind])
            problem = next(each.problem for each in report.findings if each.rule.id == refused.rule)
            found.append(f"AWS would not store the {policy.name} policy as {DOCUMENT_KINDS[kind].label}: {problem}")
    return list(dict.fromkeys(found))


def _with_kinds(request: Request, policies: Policies) -> Iterator[tuple[Policy, str]]:
    """Each policy with the name of its kind in ``labkit.check.DOCUMENT_KINDS``."""
    listed = {"identity": policies.identity, "session": policies.session}
    listed["managed"] = (policies.boundary,) if policies.boundary else ()  # only managed policies can be boundaries
    listed[_kind_of_resource(request)] = (policies.resource,) if policies.resource else ()
    listed["ecr-registry"] = (policies.registry,) if policies.registry else ()
    listed["vpc-endpoint"] = (policies.vpc_endpoint,) if policies.vpc_endpoint else ()
    listed["scp"] = [policy for level in policies.scp or () for policy in level]
    listed["rcp"] = [policy for level in policies.rcp or () for policy in level if not is_rcp_full_access(policy)]
    for kind, each in listed.items():
        yield from ((policy, kind) for policy in each)


def _kind_of_resource(request: Request) -> str:
    rule = rule_of(request)
    if rule is not None and rule.policy_name == TRUST_POLICY:
        return "trust"
    return "ecr-repository" if request.action.lower().startswith("ecr:") else "resource"
