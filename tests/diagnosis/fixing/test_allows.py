"""Each cause that a statement mends: the smallest change, proved for the very request, with all else left as it is."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from labkit.diagnosis.facts import RESTORE
from labkit.diagnosis.result import Cause
from labkit.pull import policies
from tests.diagnosis.fixing.made import (
    FUNCTIONS,
    MEMBER,
    ORGANIZATION,
    REGISTRY,
    STRANGER,
    UNIT,
    WORKLOAD,
    caller,
    callers,
    cause,
    facts,
    fixed,
    opened,
)

LAMBDAS = 1  # the statement for Lambda in the article's policies; that for callers is the first
ROOT = f"arn:aws:iam::{WORKLOAD}:root"
BOTH = {
    "Sid": "Both",
    "Effect": "Allow",
    "Principal": {"AWS": ROOT, "Service": policies.LAMBDA},
    "Action": list(policies.PULL_ACTIONS),
}


def article(**changes: Any) -> dict[str, Any]:
    """The article's policy across accounts, with elements of Lambda's statement changed."""
    made = policies.cross_account(WORKLOAD)
    made["Statement"][LAMBDAS] |= changes
    return made


def by(operator: str, value: Any, key: str = "aws:SourceArn") -> dict[str, Any]:
    return article(Condition={operator: {key: value}})


def organization(side: int, condition: dict[str, Any], policy: Any = None) -> dict[str, Any]:
    made = policy or policies.organization(ORGANIZATION)
    made["Statement"][side]["Condition"] = condition
    return made


def of_paths(pattern: Any, operator: str = "ForAnyValue:StringLike") -> dict[str, Any]:
    made = policies.organization(ORGANIZATION)
    made["Statement"][LAMBDAS]["Condition"] = {operator: {"aws:SourceOrgPaths": pattern}}
    return made


ROLE = f"arn:aws:iam::{WORKLOAD}:role/Deployer"
STALE = {**policies.cross_account(WORKLOAD)["Statement"][0], "Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}}

# cause, the policy before, and Lambda's condition or other elements after, by statement
ROWS: dict[str, tuple[Any, list[Cause], dict[int, dict[str, Any]]]] = {
    "a pattern under an operator that compares exactly": (
        by("StringEquals", FUNCTIONS),
        [cause("wildcard-in-equals", statement=LAMBDAS)],
        {LAMBDAS: {"Condition": {"StringLike": {"aws:SourceArn": FUNCTIONS}}}},
    ),
    "the pattern alone is moved, another key of the operator stays": (
        article(Condition={"StringEquals": {"aws:SourceArn": FUNCTIONS, "aws:SourceAccount": WORKLOAD}}),
        [cause("wildcard-in-equals", statement=LAMBDAS)],
        {
            LAMBDAS: {
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": WORKLOAD},
                    "StringLike": {"aws:SourceArn": FUNCTIONS},
                }
            }
        },
    ),
    "another account's functions": (
        by("StringLike", FUNCTIONS.replace(WORKLOAD, STRANGER)),
        [cause("source-arn-mismatch", statement=LAMBDAS)],
        {LAMBDAS: {"Condition": {"StringLike": {"aws:SourceArn": [FUNCTIONS.replace(WORKLOAD, STRANGER), FUNCTIONS]}}}},
    ),
    "another function of the account": (
        by("ArnLike", FUNCTIONS.replace("function:*", "function:other")),
        [cause("source-arn-mismatch", statement=LAMBDAS)],
        {
            LAMBDAS: {
                "Condition": {
                    "ArnLike": {
                        "aws:SourceArn": [
                            FUNCTIONS.replace(":*", ":other").replace("lambda:other", "lambda:*"),
                            FUNCTIONS.replace("function:*", "function:f"),
                        ]
                    }
                }
            }
        },
    ),
    "a role's ARN, which no function has": (
        by("StringLike", ROLE),
        [cause("source-arn-mismatch", statement=LAMBDAS)],
        {
            LAMBDAS: {
                "Condition": {"StringLike": {"aws:SourceArn": f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:f"}}
            }
        },
    ),
    "another region": (
        by("StringLike", f"arn:aws:lambda:us-east-1:{WORKLOAD}:function:*"),
        [cause("source-arn-mismatch", statement=LAMBDAS)],
        {
            LAMBDAS: {
                "Condition": {
                    "StringLike": {
                        "aws:SourceArn": [
                            f"arn:aws:lambda:us-east-1:{WORKLOAD}:function:*",
                            f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:*",
                        ]
                    }
                }
            }
        },
    ),
    "a key that must be absent": (
        by("Null", "true"),
        [cause("source-arn-mismatch", statement=LAMBDAS)],
        {LAMBDAS: {"Condition": {"StringLike": {"aws:SourceArn": FUNCTIONS}}}},
    ),
    "an account that must not be it": (
        by("StringNotEquals", [STRANGER, WORKLOAD], "aws:SourceAccount"),
        [cause("source-account-mismatch", statement=LAMBDAS)],
        {LAMBDAS: {"Condition": {"StringNotEquals": {"aws:SourceAccount": [STRANGER]}}}},
    ),
    "a variable in a document of 2008": (
        {**by("StringEquals", "${aws:ResourceAccount}", "aws:SourceAccount"), "Version": "2008-10-17"},
        [cause("source-account-mismatch", statement=LAMBDAS)],
        {LAMBDAS: {"Condition": {"StringEquals": {"aws:SourceAccount": WORKLOAD}}}},
    ),
    "another service": (
        article(Principal={"Service": "edgelambda.amazonaws.com"}),
        [cause("wrong-service-principal", statement=LAMBDAS)],
        {LAMBDAS: {"Principal": {"Service": policies.LAMBDA}}},
    ),
    "a service that may be meant beside Lambda": (
        article(Principal={"Service": "codebuild.amazonaws.com"}, Condition={}),
        [cause("wrong-service-principal", statement=LAMBDAS)],
        {LAMBDAS: {"Principal": {"Service": ["codebuild.amazonaws.com", policies.LAMBDA]}}},
    ),
    "a misspelt action": (
        article(Action=["ecr:BatchGetImages", "ecr:GetDownloadUrlForLayer"]),
        [cause("misspelt-action", statement=LAMBDAS)],
        {LAMBDAS: {"Action": list(policies.PULL_ACTIONS)}},
    ),
    "half of the actions": (
        article(Action="ecr:BatchGetImage"),
        [cause("half-of-the-actions", statement=LAMBDAS)],
        {LAMBDAS: {"Action": list(policies.PULL_ACTIONS)}},
    ),
    "a deleted role's id": (
        {"Version": "2012-10-17", "Statement": [STALE, article()["Statement"][LAMBDAS]]},
        [callers("principal-recreated", 0)],
        {0: {"Principal": {"AWS": ROLE}}},
    ),
    "the caller's key in Lambda's statement": (
        organization(LAMBDAS, {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}),
        [cause("organization-key-on-wrong-side", statement=LAMBDAS)],
        {LAMBDAS: {"Condition": {"StringEquals": {"aws:SourceOrgID": ORGANIZATION}}}},
    ),
    "Lambda's key in the caller's statement": (
        organization(0, {"StringEquals": {"aws:SourceOrgID": ORGANIZATION}}),
        [callers("organization-key-on-wrong-side", 0)],
        {0: {"Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}}},
    ),
    "the function's ARN in the caller's statement": (
        organization(0, {"StringLike": {"aws:SourceArn": FUNCTIONS}}),
        [callers("organization-key-on-wrong-side", 0)],
        {0: {"Condition": {"StringEquals": {"aws:PrincipalAccount": WORKLOAD}}}},
    ),
    "a path without its slash": (
        of_paths(UNIT.rstrip("/")),
        [cause("organization-path-form", statement=LAMBDAS)],
        {LAMBDAS: {"Condition": {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": UNIT}}}},
    ),
    "a path without its organization": (
        of_paths("r-ab12/ou-ab12-11111111/*"),
        [cause("organization-path-form", statement=LAMBDAS)],
        {LAMBDAS: {"Condition": {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": f"{UNIT}*"}}}},
    ),
    "an operator that does not ask of any value": (
        of_paths(f"{UNIT}*", "StringLike"),
        [cause("organization-path-form", statement=LAMBDAS)],
        {LAMBDAS: {"Condition": {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": f"{UNIT}*"}}}},
    ),
    "another unit": (
        of_paths(UNIT.replace("1111", "2222")),
        [cause("organization-path-mismatch", statement=LAMBDAS)],
        {
            LAMBDAS: {
                "Condition": {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": [UNIT.replace("1111", "2222"), UNIT]}}
            }
        },
    ),
    "an organization's id with a slip": (
        organization(LAMBDAS, {"StringEquals": {"aws:SourceOrgID": "o-exampleorgld"}}),
        [cause("organization-id-mismatch", statement=LAMBDAS)],
        {LAMBDAS: {"Condition": {"StringEquals": {"aws:SourceOrgID": ORGANIZATION}}}},
    ),
    "a value of another key": (
        article(Condition={"StringEquals": {"aws:SourceAccount": WORKLOAD, "aws:RequestedRegion": "us-east-1"}}),
        [cause("condition-mismatch", statement=LAMBDAS)],
        {
            LAMBDAS: {
                "Condition": {
                    "StringEquals": {
                        "aws:SourceAccount": WORKLOAD,
                        "aws:RequestedRegion": ["us-east-1", "eu-central-1"],
                    }
                }
            }
        },
    ),
    "an account that no statement names": (
        {
            "Version": "2012-10-17",
            "Statement": [policies.cross_account(STRANGER)["Statement"][0], article()["Statement"][LAMBDAS]],
        },
        [callers("caller-statement-missing")],
        {0: {"Principal": {"AWS": [f"arn:aws:iam::{STRANGER}:root", ROOT]}}},
    ),
}


@pytest.mark.parametrize(("policy", "causes", "expected"), ROWS.values(), ids=ROWS)
def test_a_statement_is_mended_in_its_place_and_nothing_else_changes(policy: Any, causes: Any, expected: Any):
    known = facts(policy, membership=MEMBER, repository_membership=MEMBER)
    found = fixed(known, *causes)
    (change,) = found.changes
    wanted = deepcopy(policy)
    for place, elements in expected.items():
        wanted["Statement"][place] |= elements
    assert json.loads(change.after) == wanted
    assert list(json.loads(change.after)) == list(policy)
    assert found.proved
    assert change.before == json.dumps(policy, indent=2)
    assert change.causes == tuple(each.id for each in causes)


ADDED = {
    "no policy at all": (None, [cause("service-statement-missing"), callers("caller-statement-missing")], 2),
    "no statement for Lambda": (
        {"Version": "2012-10-17", "Statement": policies.cross_account(WORKLOAD)["Statement"][:1]},
        [cause("service-statement-missing")],
        1,
    ),
    "a statement that is gone": (
        {"Version": "2012-10-17", "Statement": policies.cross_account(WORKLOAD)["Statement"][:1]},
        [cause("statement-lost")],
        1,
    ),
    "an account in no organization": (
        policies.organization(ORGANIZATION),
        [cause("not-in-organization", statement=1), callers("not-in-organization", 0)],
        2,
    ),
    "another organization": (
        policies.organization("o-quiteanother1"),
        [cause("organization-id-mismatch", statement=1), callers("organization-id-mismatch", 0)],
        2,
    ),
    "a statement that gives more than a pull, for another account": (
        json.loads(policies.lambda_added_policy("eu-central-1", REGISTRY)),
        [cause("source-arn-mismatch", statement=0), callers("caller-statement-missing")],
        2,
    ),
    "a condition that Lambda can never meet": (
        by("IpAddress", "10.0.0.0/8", "aws:SourceIp"),
        [cause("condition-mismatch", statement=LAMBDAS)],
        1,
    ),
}


@pytest.mark.parametrize(("policy", "causes", "more"), ADDED.values(), ids=ADDED)
def test_where_no_statement_can_be_mended_the_party_gets_one_of_its_own(policy: Any, causes: Any, more: int):
    found = fixed(facts(policy), *causes)
    (change,) = found.changes
    before = policy["Statement"] if policy else []
    after = json.loads(change.after)["Statement"]
    assert after[: len(before)] == before
    assert len(after) == len(before) + more
    assert found.proved
    assert not opened(found)
    sids = [each["Sid"] for each in after]
    assert len(sids) == len(set(sids))


def test_one_statement_for_both_becomes_two_with_the_keys_of_each():
    policy = {
        "Version": "2012-10-17",
        "Statement": [BOTH | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}}],
    }
    found = fixed(facts(policy, membership=MEMBER), cause("one-statement-for-both", statement=0))
    first, second = json.loads(found.changes[0].after)["Statement"]
    assert first["Principal"] == {"AWS": ROOT}
    assert first["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    assert second["Principal"] == {"Service": policies.LAMBDA}
    assert second["Condition"] == {"StringEquals": {"aws:SourceOrgID": ORGANIZATION}}
    assert found.proved


def test_in_one_account_lambda_is_let_in_for_functions_of_the_account_alone():
    found = fixed(facts(None, account=REGISTRY), cause("service-statement-missing"))
    (statement,) = json.loads(found.changes[0].after)["Statement"]
    assert statement["Sid"] == policies.RETRIEVAL_SID
    assert statement["Condition"] == {"StringLike": {"aws:SourceArn": FUNCTIONS.replace(WORKLOAD, REGISTRY)}}
    assert found.proved
    assert not found.letter


def test_a_fix_of_a_restore_asks_for_nobody_but_lambda():
    found = fixed(facts(None, operation=RESTORE), cause("service-statement-missing"))
    assert [each["Principal"] for each in json.loads(found.changes[0].after)["Statement"]] == [
        {"Service": policies.LAMBDA}
    ]
    assert found.proved


def test_a_policy_of_one_statement_that_is_no_list_stays_one_where_it_can():
    policy = {
        "Version": "2012-10-17",
        "Statement": policies.same_account()["Statement"][0] | {"Action": "ecr:BatchGetImage"},
    }
    found = fixed(facts(policy, account=REGISTRY), cause("half-of-the-actions", statement=0))
    assert isinstance(json.loads(found.changes[0].after)["Statement"], dict)
    assert found.proved


def test_what_is_not_a_cause_of_documents_changes_nothing():
    from labkit.diagnosis.case import Case
    from labkit.diagnosis.fixing import fix

    assert fix(Case(facts(article())), (cause("kms"), cause("other-puller"))) is None


def test_a_repository_policy_that_is_no_json_is_left_alone():
    from labkit.diagnosis.case import Case
    from labkit.diagnosis.fixing import fix

    assert fix(Case(facts("{")), (cause("policy-not-json"), cause("service-statement-missing"))) is None


def test_the_letter_names_account_repository_command_and_what_it_opens_and_no_secret():
    found = fixed(facts(None), cause("service-statement-missing"), callers("caller-statement-missing"))
    for each in (REGISTRY, WORKLOAD, "app", "aws ecr set-repository-policy", "It is service-statement-missing."):
        assert each in found.letter
    assert caller().arn not in found.letter


def test_alternatives_are_offered_by_organization_and_by_path_with_a_reason_each():
    known = facts(None, membership=MEMBER)
    found = fixed(known, cause("service-statement-missing"), callers("caller-statement-missing"))
    assert [each.name for each in found.alternatives] == ["by organization", "by path"]
    assert all(each.reason and "OrgPaths" in each.changes[0].after for each in found.alternatives[1:])


def test_a_policy_too_long_for_another_account_goes_on_one_line_and_then_offers_the_organization():
    many = policies.cross_account(*(f"{number:012}" for number in range(100000000000, 100000000096)))
    text = json.dumps(many, indent=2)
    known = facts(text, membership=MEMBER)
    found = fixed(known, cause("source-arn-mismatch", statement=1), callers("caller-statement-missing"))
    assert 10_240 - 100 < len(text) <= 10_240
    assert len(found.changes[0].after) <= 10_240
    assert found.proved
    more = policies.cross_account(*(f"{number:012}" for number in range(100000000000, 100000000130)))
    known = facts(json.dumps(more, separators=(",", ":")), membership=MEMBER)
    found = fixed(known, cause("source-arn-mismatch", statement=1), callers("caller-statement-missing"))
    assert not found.proved
    assert any(len(each.changes[0].after) <= 10_240 for each in found.alternatives)


def test_a_change_names_every_cause_that_it_mends():
    from labkit.diagnosis.case import Case
    from labkit.diagnosis.diagnose import diagnose

    actions = [policies.PULL_ACTIONS[0], f"{policies.PULL_ACTIONS[1]}s"]
    policy = article(Action=actions, Condition={"StringEquals": {"aws:SourceArn": FUNCTIONS}})
    found = diagnose(Case(facts(policy)).facts)
    assert found.fix is not None
    assert set(found.fix.changes[0].causes) == set(found.ids) == {"misspelt-action", "wildcard-in-equals"}
    assert found.fix.letter.count("\n- Lambda is not allowed") == 2
