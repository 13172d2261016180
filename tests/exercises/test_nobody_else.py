"""Nobody but those whom an exercise means: answers that let in somebody no named case is about, and right ones."""

from __future__ import annotations

import pytest

from labkit import exercises
from tests.exercises import grants_answers as grants
from tests.exercises import guard_answers as guard
from tests.exercises.writing import ELSE, LAMBDA, PULL, allow, arn_of, beside

ANSWERS = {
    "02.1": (exercises.one_function, grants.ONE_WRONG, grants.ONE_RIGHT),
    "03.1": (exercises.two_accounts, grants.TWO_WRONG, grants.TWO_RIGHT),
    "04.1": (exercises.all_but_one_account, grants.ALL_BUT_ONE_WRONG, grants.ALL_BUT_ONE_RIGHT),
    "04.2": (exercises.only_test_functions, grants.TESTS_WRONG, grants.TESTS_RIGHT),
    "05.1": (exercises.directly_in_unit, grants.DIRECTLY_WRONG, grants.DIRECTLY_RIGHT),
    "05.2": (exercises.all_but_one_unit, grants.UNITS_WRONG, grants.UNITS_RIGHT),
    "06.2": (exercises.nobody_else_deletes, guard.WRONG, guard.RIGHT),
}


def every(index):
    return pytest.mark.parametrize(
        ("exercise", "answer"),
        [
            pytest.param(rows[0], answer, id=f"{number} {name}")
            for number, rows in ANSWERS.items()
            for name, answer in rows[index].items()
        ],
    )


@every(1)
def test_an_answer_that_lets_in_or_stops_somebody_it_must_not_is_told_whom(lab, exercise, answer):
    verdict = exercise(lab, answer(lab))
    assert not verdict.solved
    assert verdict.held > 0
    assert verdict.reason.endswith(".")


@every(2)
def test_an_unusual_answer_that_is_right_is_solved(lab, exercise, answer):
    verdict = exercise(lab, answer(lab))
    assert verdict.solved, verdict


@pytest.mark.parametrize(
    ("exercise", "answer", "reason"),
    [
        (
            exercises.one_function,
            grants.ONE_WRONG["something before"],
            "Lambda for the function xtest-same-account of 8138",
        ),
        (
            exercises.two_accounts,
            grants.TWO_WRONG["a third"],
            f"arn:aws:iam::{ELSE}:user/admin may pull, and must not.",
        ),
        (exercises.all_but_one_account, grants.ALL_BUT_ONE_WRONG["one user of it"], "arn:aws:iam::210987654321:role/"),
        (
            exercises.all_but_one_account,
            grants.ALL_BUT_ONE_WRONG["a Deny that hits another"],
            f":{ELSE}:user/admin in o-",
        ),
        (exercises.nobody_else_deletes, guard.WRONG["a user of that name"], ":user/Cleaner may delete the repository."),
        (exercises.nobody_else_deletes, guard.WRONG["another role"], ":role/Other may call ecr:"),
    ],
)
def test_the_reason_names_who_came_out_wrong(lab, exercise, answer, reason):
    assert reason in exercise(lab, answer(lab)).reason


EVERYWHERE = {"ArnLike": {"aws:SourceArn": f"arn:aws:lambda:*:{ELSE}:function:billing"}}
MORE = {
    "an account": lambda lab: allow({"AWS": ELSE}),
    "a role, pushing": lambda lab: allow({"AWS": arn_of(ELSE, "role/team/deploy")}, Action="ecr:PutImage"),
    "a session": lambda lab: allow({"AWS": f"arn:aws:sts::{ELSE}:assumed-role/deploy/me"}),
    "a user at home": lambda lab: allow({"AWS": arn_of(lab.registry.account, "user/bob")}, Action="ecr:ListImages"),
    "one function elsewhere": lambda lab: allow(LAMBDA, EVERYWHERE),
    "one function elsewhere, half": lambda lab: allow(LAMBDA, EVERYWHERE, Action=PULL[0]),
    "another organization": lambda lab: allow("*", {"StringEquals": {"aws:PrincipalOrgID": "o-another00000"}}),
    "a unit of it": lambda lab: allow(
        LAMBDA, {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-another00000/r-abcd/ou-abcd-12345678/*"}}
    ),
    "another service": lambda lab: allow({"Service": "ecs-tasks.amazonaws.com"}),
    "any service but Lambda": lambda lab: allow(
        "*", {"StringNotEqualsIfExists": {"aws:PrincipalServiceName": LAMBDA["Service"]}}
    ),
    "whoever has a tag": lambda lab: allow("*", {"StringLike": {"aws:PrincipalTag/team": "a?c*"}}),
    "all but one account": lambda lab: {
        "Effect": "Allow",
        "NotPrincipal": {"AWS": lab.registry.account},
        "NotAction": "ecr:DeleteRepository",
    },
}


@pytest.mark.parametrize("more", MORE)
@pytest.mark.parametrize("number", ANSWERS)
def test_a_right_answer_with_a_statement_for_somebody_else_is_not_solved(lab, number, more):
    exercise, _, right = ANSWERS[number]
    policy = next(iter(right.values()))(lab)
    assert exercise(lab, policy).solved
    assert not exercise(lab, beside(policy, MORE[more](lab))).solved
