"""Answers that look right and are not: one side left open, keys that may be absent, more than was asked; and others.

Beside them the answers that are right in another way than the notebooks take.
"""

from __future__ import annotations

import pytest

from labkit import exercises
from labkit.growth import company
from labkit.pull import policies
from tests.exercises.writing import LAMBDA, PULL, allow, document, function_arn, identity, repository


def both(lab):
    return [lab.workload.account, exercises.SECOND_ACCOUNT]


def by_account(accounts, service=None):
    return document(allow({"AWS": accounts}), allow(LAMBDA, service))


def by_principal_account(accounts):
    keys = ("aws:PrincipalAccount", "aws:SourceAccount")
    callers, service = ({"StringEquals": {key: accounts}} for key in keys)
    return document(allow("*", callers), allow(LAMBDA, service))


def organization(lab, callers=None, service=None):
    """The organization is granted, each side with more conditions."""
    one, two = policies.organization(lab.organization_id)["Statement"]
    one["Condition"] |= callers or {}
    two["Condition"] |= service or {}
    return document(one, two)


def at_units(operator, values, **more):
    """Both sides by organization path alone."""
    sides = ({f"{operator}": {f"aws:{family}OrgPaths": values}} for family in ("Principal", "Source"))
    callers, service = sides
    return document(allow("*", callers, **more), allow(LAMBDA, service, **more))


def test_functions(lab):
    return {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:*:function:test-*"}}


test_functions.__test__ = False  # a policy's condition, not a test
ANY_CALLER = {"StringLike": {"aws:PrincipalAccount": "*"}}


def by_callers(policy):
    """The statement for callers, which says everybody, does not also hold for Lambda."""
    policy["Statement"][0]["Condition"]["Bool"] = {"aws:PrincipalIsAWSService": "false"}
    return policy


WRONG = {
    "02.1 any account": (
        exercises.one_function,
        lambda lab: document(
            allow(LAMBDA, {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:*:function:test-same-account"}})
        ),
        "the function test-same-account of another account",
    ),
    "02.1 any action": (
        exercises.one_function,
        lambda lab: document(
            allow(LAMBDA, {"ArnEquals": {"aws:SourceArn": function_arn(lab, "test-same-account")}}, Action="ecr:*")
        ),
        "which no pull needs",
    ),
    "02.1 callers of other accounts": (
        exercises.one_function,
        lambda lab: document(
            allow("*", ANY_CALLER),
            allow(LAMBDA, {"ArnEquals": {"aws:SourceArn": function_arn(lab, "test-same-account")}}),
        ),
        "only Lambda is stopped",
    ),
    "03.1 Lambda for everybody": (
        exercises.two_accounts,
        lambda lab: by_account(both(lab)),
        "Lambda may still pull for functions of 999999999999; only its caller is stopped.",
    ),
    "03.1 every caller": (
        exercises.two_accounts,
        lambda lab: document(allow("*", ANY_CALLER), allow(LAMBDA, {"StringEquals": {"aws:SourceAccount": both(lab)}})),
        "The caller for functions of 999999999999 may still pull; only Lambda is stopped.",
    ),
    "03.1 Lambda half open": (
        exercises.two_accounts,
        lambda lab: document(
            *policies.cross_account(*both(lab))["Statement"], allow(LAMBDA, Action="ecr:BatchGetImage")
        ),
        "Lambda may still call ecr:BatchGetImage",
    ),
    "03.1 any action": (
        exercises.two_accounts,
        lambda lab: document(
            *({**each, "Action": "ecr:*"} for each in policies.cross_account(*both(lab))["Statement"])
        ),
        "which no pull needs",
    ),
    "03.1 a third may push": (
        exercises.two_accounts,
        lambda lab: document(
            *policies.cross_account(*both(lab))["Statement"], allow({"AWS": "999999999999"}, Action="ecr:PutImage")
        ),
        "It allows ecr:PutImage, which no pull needs.",
    ),
    "04.1 exception for the service alone": (
        exercises.all_but_one_account,
        lambda lab: organization(lab, service={"StringNotEquals": {"aws:SourceAccount": exercises.SECOND_ACCOUNT}}),
        "The caller for functions of the member 210987654321 may still pull",
    ),
    "04.1 exception for callers alone": (
        exercises.all_but_one_account,
        lambda lab: organization(lab, {"StringNotEquals": {"aws:PrincipalAccount": exercises.SECOND_ACCOUNT}}),
        "Lambda may still pull for functions of the member 210987654321",
    ),
    "04.2 no organization for the service": (
        exercises.only_test_functions,
        lambda lab: document(
            policies.organization(lab.organization_id)["Statement"][0], allow(LAMBDA, test_functions(lab))
        ),
        "Lambda may still pull for functions of 888888888888, of another organization",
    ),
    "05.1 ForAllValues": (
        exercises.directly_in_unit,
        lambda lab: at_units("ForAllValues:StringEquals", [lab.organization_path.rstrip("*")]),
        "Lambda may still pull for functions of an account in",
    ),
    "05.1 ForAllValues, for callers alone": (
        exercises.directly_in_unit,
        lambda lab: by_callers(at_units("ForAllValues:StringEquals", [lab.organization_path.rstrip("*")])),
        "It must refuse functions of 777777777777, of no organization, and admits it.",
    ),
    "05.2 ForAllValues without the organization": (
        exercises.all_but_one_unit,
        lambda lab: at_units("ForAllValues:StringNotLike", [lab.other_path]),
        "Lambda may still pull for functions of an account in",
    ),
    "05.2 ForAllValues without the organization, for callers alone": (
        exercises.all_but_one_unit,
        lambda lab: by_callers(at_units("ForAllValues:StringNotLike", [lab.other_path])),
        "It must refuse functions of 888888888888, of another organization, and admits it.",
    ),
    "05.2 organizations' paths alone": (
        exercises.all_but_one_unit,
        lambda lab: by_callers(
            at_units("ForAllValues:StringNotLike", [lab.other_path, "o-elsewhere000/*"]),
        ),
        "It must refuse functions of 777777777777, of no organization, and admits it.",
    ),
    "05.2 ForAnyValue alone": (
        exercises.all_but_one_unit,
        lambda lab: at_units("ForAnyValue:StringNotLike", [lab.other_path]),
        "of another organization",
    ),
    "05.2 no condition for the service": (
        exercises.all_but_one_unit,
        lambda lab: document(
            organization(lab, {"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": [lab.other_path]}})["Statement"][
                0
            ],
            allow(LAMBDA),
        ),
        "Lambda may still pull for functions of an account in",
    ),
    "07.2 Lambda for everybody": (
        exercises.as_many_accounts,
        lambda lab: by_account(company.account_numbers(200)),
        "only its caller is stopped",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_half_an_answer_is_not_solved_and_told_what_is_open(lab, name):
    exercise, answer, reason = WRONG[name]
    verdict = exercise(lab, answer(lab))
    assert not verdict.solved
    assert reason in verdict.reason


RIGHT = {
    "03.1 by aws:PrincipalAccount": (exercises.two_accounts, lambda lab: by_principal_account(both(lab))),
    "07.2 by aws:PrincipalAccount": (
        exercises.as_many_accounts,
        lambda lab: by_principal_account(company.account_numbers(200)),
    ),
    "04.1 by denying the account": (
        exercises.all_but_one_account,
        lambda lab: document(
            *policies.organization(lab.organization_id)["Statement"],
            allow({"AWS": exercises.SECOND_ACCOUNT}, Effect="Deny"),
            allow(LAMBDA, {"StringEquals": {"aws:SourceAccount": exercises.SECOND_ACCOUNT}}, Effect="Deny"),
        ),
    ),
    "04.2 callers are not asked for a name": (
        exercises.only_test_functions,
        lambda lab: organization(lab, service=test_functions(lab)),
    ),
    "05.2 by denying the unit": (
        exercises.all_but_one_unit,
        lambda lab: document(
            *policies.organization(lab.organization_id)["Statement"],
            *at_units("ForAnyValue:StringLike", [lab.other_path], Effect="Deny")["Statement"],
        ),
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_an_answer_that_is_right_in_another_way_is_solved(lab, name):
    exercise, answer = RIGHT[name]
    verdict = exercise(lab, answer(lab))
    assert verdict.solved, verdict


ADDING = ["ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"]


@pytest.mark.parametrize(
    "more",
    ["ecr:DeleteRepository", "ecr:BatchDeleteImage", "ecr:GetDownloadUrlForLayer", "ecr:*RepositoryPolicy"],
)
def test_an_action_too_many_is_noticed_whichever_it_is(lab, more):
    verdict = exercises.lets_lambda_add(lab, identity(*ADDING, more, resource=repository(lab, "lambda-same-account")))
    assert (verdict.held, verdict.cases) == (4, 5)
    assert "lambda-same-account, and must not." in verdict.reason


@pytest.mark.parametrize("more", ["ecr:Batch*", "ecr:Get*", "ecr:Delete*"])
def test_a_wildcard_is_not_the_smallest_addition(lab, more):
    policy = identity(*PULL, more, resource=repository(lab, "lambda-another-account"))
    assert exercises.least_caller(lab, policy).held == 4
    assert " more on " not in exercises.least_caller(lab, policy).reason


@pytest.mark.parametrize(
    ("exercise", "actions", "own", "wide"),
    [
        (exercises.lets_lambda_add, ADDING, "lambda-same-account", "lambda-same-*"),
        (exercises.least_caller, PULL, "lambda-another-account", "lambda-another-*"),
    ],
    ids=["02.2", "03.2"],
)
class TestWider:
    def test_a_pattern_also_covers_names_that_begin_the_same(self, lab, exercise, actions, own, wide):
        verdict = exercise(lab, identity(*actions, resource=repository(lab, wide)))
        assert (verdict.held, verdict.cases) == (4, 5)
        assert f"{own}-2" in verdict.reason

    def test_one_of_the_actions_on_every_repository_is_too_much(self, lab, exercise, actions, own, wide):
        statements = identity(*actions, resource=repository(lab, own))["Statement"]
        statements += identity(actions[0])["Statement"]
        assert "must not" in exercise(lab, document(*statements)).reason

    def test_the_same_name_in_another_account_is_another_repository(self, lab, exercise, actions, own, wide):
        anywhere = f"arn:aws:ecr:{lab.region}:*:repository/{own}"
        assert exercises.SECOND_ACCOUNT in exercise(lab, identity(*actions, resource=anywhere)).reason

    def test_a_token_is_asked_for_with_a_star(self, lab, exercise, actions, own, wide):
        statements = identity(*actions, resource=repository(lab, own))["Statement"]
        assert exercise(lab, document(*statements)).solved
        verdict = exercise(lab, document(*statements, *identity("ecr:GetAuthorizationToken")["Statement"]))
        assert verdict.reason == "The role is allowed to call ecr:GetAuthorizationToken on *, and must not."
