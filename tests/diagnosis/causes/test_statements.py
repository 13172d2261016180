"""Statements that are missing or that name a party and miss it: each with the ids of the causes that are named."""

from __future__ import annotations

import pytest

from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.facts import (
    IDENTITY_POLICY,
    REGISTRY_POLICY,
    RESTORE,
    Facts,
    Layer,
    NotKnown,
)
from labkit.diagnosis.result import CALLER_SIDE, LAMBDA_SIDE, LIKELY, POSSIBLE
from labkit.pull import policies
from labkit.pull.organization import OUTSIDER, Membership
from tests.diagnosis.causes.given import (
    EXECUTION_ROLE,
    ORGANIZATION,
    OTHER,
    PATH,
    PULLS,
    REGISTRY,
    WORKLOAD,
    across,
    allow,
    causes,
    document,
    ids,
    layer,
    policy,
    within,
)
from tests.diagnosis.causes.policies_that_miss import CALLERS, HEALTHY, LAMBDA, MISSES, SERVICE, asking, of_caller


@pytest.mark.parametrize(("title", "facts"), HEALTHY, ids=[row[0] for row in HEALTHY])
def test_a_healthy_policy_has_no_cause(title: str, facts: Facts) -> None:
    assert causes(facts) == ()


@pytest.mark.parametrize(("title", "facts", "expected"), MISSES, ids=[row[0] for row in MISSES])
def test_what_is_missing_or_misses_is_named(title: str, facts: Facts, expected: set[str]) -> None:
    assert ids(facts) == expected


def test_an_account_in_no_organization_is_not_in_it() -> None:
    facts = across(policies.organization(ORGANIZATION), membership=OUTSIDER)
    assert [(cause.id, cause.party) for cause in causes(facts)] == [
        ("not-in-organization", LAMBDA_SIDE),
        ("not-in-organization", CALLER_SIDE),
    ]


def test_an_organization_that_is_not_known_is_no_cause() -> None:
    facts = across(policies.organization(ORGANIZATION), membership=NotKnown("the organization", "ask"))
    assert causes(facts) == ()


def test_of_statements_for_several_accounts_the_nearest_is_named() -> None:
    for_others = [asking("ArnLike", "aws:SourceArn", f"arn:aws:lambda:*:{OTHER}:function:*") for _ in range(2)]
    almost = asking("ArnLike", "aws:SourceArn", f"arn:aws:lambda:eu-west-1:{WORKLOAD}:function:*")
    [cause] = causes(across(policy(CALLERS, for_others[0], almost, for_others[1])))
    assert (cause.id, cause.statement, cause.key) == ("source-arn-mismatch", 2, "aws:SourceArn")
    assert "in the policy:  arn:aws:lambda:«eu-west-1»:592444418872:function:*" in cause.evidence
    assert "in the request: arn:aws:lambda:«eu-central-1»:592444418872:function:f" in cause.evidence


def test_one_statement_of_two_is_likely_and_none_of_two_is_certain() -> None:
    [cause] = causes(across(policy(CALLERS)))
    assert cause.certainty == LIKELY
    assert "AWS's texts disagree" in cause.sentence
    assert {cause.certainty for cause in causes(across(None))} == {"certain"}
    restored = across(policy(CALLERS), question={"operation": RESTORE})
    assert [cause.certainty for cause in causes(restored)] == ["certain"]


def test_rights_of_the_execution_role_are_told_beside_and_make_one_account_likely() -> None:
    role = EXECUTION_ROLE.replace(WORKLOAD, REGISTRY)
    rights = layer(IDENTITY_POLICY, policy(allow(PULLS)))
    facts = within(None, execution_identity=rights, question={"execution_role": role})
    found = {cause.id: cause.certainty for cause in causes(facts)}
    assert found == {
        "service-statement-missing": LIKELY,
        "caller-cannot-add": "certain",
        "execution-role-granted": "certain",
    }
    healthy = within(policies.same_account(), execution_identity=rights, question={"execution_role": role})
    assert causes(healthy) == ()


def test_without_a_caller_a_missing_statement_in_one_account_is_only_possible() -> None:
    [cause] = causes(within(None, question={"caller": None}))
    assert (cause.id, cause.certainty) == ("service-statement-missing", POSSIBLE)


def test_without_a_caller_somebody_whom_the_policy_names_may_be_the_one() -> None:
    one = {"AWS": f"arn:aws:iam::{WORKLOAD}:role/team/Other"}
    unknown = {"identity": NotKnown("the identity policies", "ask"), "question": {"caller": None}}
    facts = across(policy(allow(PULLS, one), SERVICE), **unknown)
    [cause] = causes(facts)
    assert (cause.id, cause.certainty) == ("caller-statement-missing", POSSIBLE)
    assert diagnose(facts).parties[CALLER_SIDE].verdict == "unknown"
    others = across(policy(allow(PULLS, {"AWS": f"arn:aws:iam::{OTHER}:role/Other"}), SERVICE), **unknown)
    assert [cause.certainty for cause in causes(others)] == [LIKELY]
    assert diagnose(others).parties[CALLER_SIDE].verdict == "cannot"


def test_a_registry_policy_that_is_meant_to_help_and_does_not_is_named() -> None:
    statement = allow(PULLS, LAMBDA, Resource="arn:aws:us-east-2:813835382529:repository/*")
    wrong = across(policy(CALLERS), registry_policy=document(REGISTRY_POLICY, policy(statement)))
    assert ids(wrong) == {"registry-policy"}
    right = document(REGISTRY_POLICY, policy(allow(PULLS, LAMBDA, Resource="*")))
    assert ids(across(policy(CALLERS), registry_policy=right, registry_scope="V1")) == {"registry-policy"}
    assert ids(across(policy(CALLERS), registry_policy=right, registry_scope="V2")) == set()


def test_a_policy_that_is_not_known_is_no_cause() -> None:
    unknown = NotKnown("the repository policy", "ask")
    assert causes(across(repository_policy=unknown)) == ()
    assert causes(across(policies.cross_account(WORKLOAD), identity=Layer((), (unknown,)))) == ()


def test_paths_are_compared_in_any_case_too() -> None:
    facts = of_caller("StringEqualsIgnoreCase", "aws:PrincipalOrgPaths", f"{PATH}*")
    found = diagnose(facts)
    assert found.ids == {"organization-path-form"}
    assert found.fix is not None
    assert found.fix.proved


def test_paths_of_the_account_are_compared_whole() -> None:
    elsewhere = Membership(ORGANIZATION, (f"{ORGANIZATION}/r-ab12/ou-ab12-22222222/ou-ab12-33333333/",))
    assert ids(across(policies.organization_paths(f"{PATH}*"), membership=elsewhere)) == {"organization-path-mismatch"}
