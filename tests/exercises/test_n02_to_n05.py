"""The exercises about grants: solved by a right answer, not by near ones, and no answer is in a reason."""

from __future__ import annotations

import json

import pytest

from labkit import exercises
from labkit.pull import policies
from tests.exercises.writing import LAMBDA, PULL, allow, document, function_arn, identity, repository


def organization_except(lab):
    org = lab.organization_id
    callers = {
        "StringEquals": {"aws:PrincipalOrgID": org},
        "StringNotEquals": {"aws:PrincipalAccount": exercises.SECOND_ACCOUNT},
    }
    functions = {
        "StringEquals": {"aws:SourceOrgID": org},
        "StringNotEquals": {"aws:SourceAccount": exercises.SECOND_ACCOUNT},
    }
    return document(allow({"AWS": "*"}, callers), allow(LAMBDA, functions))


def named_functions_of_the_organization(lab):
    functions = {
        "StringEquals": {"aws:SourceOrgID": lab.organization_id},
        "ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:*:function:test-*"},
    }
    callers = {"StringEquals": {"aws:PrincipalOrgID": lab.organization_id}}
    return document(allow({"AWS": "*"}, callers), allow(LAMBDA, functions))


def exactly_the_unit(lab):
    unit = lab.organization_path.rstrip("*")
    keys = ({f"aws:{family}OrgPaths": [unit]} for family in ("Principal", "Source"))
    conditions = [{"ForAnyValue:StringEquals": key} for key in keys]
    return document(allow({"AWS": "*"}, conditions[0]), allow(LAMBDA, conditions[1]))


def all_but_a_unit(lab):
    left_out = {"aws:{}OrgPaths": [lab.other_path]}
    granted = policies.organization(lab.organization_id)["Statement"]
    for statement, family in zip(granted, ("Principal", "Source"), strict=True):
        key = {name.format(family): value for name, value in left_out.items()}
        statement["Condition"]["ForAllValues:StringNotLike"] = key
    return document(*granted)


SOLUTIONS = {
    exercises.one_function: lambda lab: document(
        allow(LAMBDA, {"ArnEquals": {"aws:SourceArn": function_arn(lab, "test-same-account")}})
    ),
    exercises.lets_lambda_add: lambda lab: identity(
        "ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy", resource=repository(lab, "lambda-same-account")
    ),
    exercises.two_accounts: lambda lab: policies.cross_account(lab.workload.account, exercises.SECOND_ACCOUNT),
    exercises.least_caller: lambda lab: identity(*PULL, resource=repository(lab, "lambda-another-account")),
    exercises.all_but_one_account: organization_except,
    exercises.only_test_functions: named_functions_of_the_organization,
    exercises.directly_in_unit: exactly_the_unit,
    exercises.all_but_one_unit: all_but_a_unit,
}

NEAR_MISSES = [
    (exercises.one_function, lambda lab: policies.same_account(), "another function"),
    (
        exercises.one_function,
        lambda lab: document(allow(LAMBDA, {"ArnLike": {"aws:SourceArn": function_arn(lab, "test-same-account*")}})),
        "only begins the same",
    ),
    (exercises.one_function, lambda lab: document(allow(LAMBDA, Resource="*")), "no Resource"),
    (exercises.one_function, lambda lab: identity(*PULL), "no Resource"),
    (exercises.one_function, lambda lab: document({"Effect": "Allow", "Action": PULL}), "Principal"),
    (exercises.lets_lambda_add, lambda lab: identity("ecr:*"), "must not"),
    (exercises.lets_lambda_add, lambda lab: policies.same_account(), "no Principal"),
    (exercises.two_accounts, lambda lab: policies.cross_account(lab.workload.account), exercises.SECOND_ACCOUNT),
    (exercises.two_accounts, lambda lab: document(allow("*")), "999999999999"),
    (exercises.least_caller, lambda lab: identity(*PULL), "must not"),
    (
        exercises.lets_lambda_add,
        lambda lab: identity("ecr:GetRepositoryPolicy"),
        "is not allowed to call ecr:SetRepositoryPolicy",
    ),
    (exercises.all_but_one_account, lambda lab: policies.organization(lab.organization_id), "must refuse"),
    (exercises.only_test_functions, lambda lab: policies.organization(lab.organization_id), "billing"),
    (exercises.directly_in_unit, lambda lab: policies.organization_paths(lab.organization_path), "below"),
    (exercises.all_but_one_unit, lambda lab: policies.organization(lab.organization_id), "must refuse"),
]


@pytest.mark.parametrize("exercise", SOLUTIONS, ids=lambda each: each.__name__)
def test_a_right_answer_solves_the_exercise(lab, exercise):
    verdict = exercise(lab, SOLUTIONS[exercise](lab))
    assert verdict.solved, verdict


@pytest.mark.parametrize("exercise", SOLUTIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [({}, "empty"), ({"Statement": [{"Effect": "Allo"}]}, "Effect"), ({"Version": "2012-10-17"}, "Statement")],
)
def test_no_answer_and_no_policy_get_a_reason(lab, exercise, answer, reason):
    verdict = exercise(lab, answer)
    assert not verdict.solved
    assert reason in verdict.reason


@pytest.mark.parametrize(("exercise", "answer", "reason"), NEAR_MISSES)
def test_a_near_answer_gets_the_case_that_came_out_wrong(lab, exercise, answer, reason):
    verdict = exercise(lab, answer(lab))
    assert not verdict.solved
    assert reason in verdict.reason


@pytest.mark.parametrize(("exercise", "answer", "reason"), NEAR_MISSES)
def test_a_reason_never_contains_the_solution(lab, exercise, answer, reason):
    statements = SOLUTIONS[exercise](lab)["Statement"]
    assert not any(json.dumps(statement) in exercise(lab, answer(lab)).reason for statement in statements)


@pytest.mark.parametrize("exercise", SOLUTIONS, ids=lambda each: each.__name__)
@pytest.mark.parametrize(
    "junk", [None, 3, 2.5, True, [], ["Allow"], b"{}", object(), "junk", "[]", "{", {"a": {1, 2}}, {1: 2}]
)
def test_what_is_no_policy_gets_a_sentence_and_holds_in_no_case(lab, exercise, junk):
    verdict = exercise(lab, junk)
    assert (verdict.held, verdict.solved) == (0, False)
    assert verdict.cases > 1
    assert verdict.reason.endswith(".")


@pytest.mark.parametrize("exercise", SOLUTIONS, ids=lambda each: each.__name__)
def test_a_right_answer_may_also_be_json_text(lab, exercise):
    assert exercise(lab, json.dumps(SOLUTIONS[exercise](lab))).solved


def test_all_cases_are_counted_not_only_those_before_the_first_that_does_not_hold(lab):
    too_wide = exercises.one_function(lab, policies.same_account())
    assert (too_wide.held, too_wide.cases) == (1, 5)
    nobody = document({"Effect": "Deny", "Principal": "*", "Action": "ecr:*"})
    refuses_all = exercises.one_function(lab, nobody)
    assert (refuses_all.held, refuses_all.cases) == (3, 5)
