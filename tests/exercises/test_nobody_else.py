"""Nobody but those whom an exercise means: answers that let in somebody no named case is about, and right ones."""

from __future__ import annotations

import json

import pytest

from labkit import exercises, growth, policies
from labkit.scenarios import prepare
from tests.exercises.writing import LAMBDA, PULL, allow, document, function_arn, identity, repository

ELSE = "444455556666"
CALLS = ["ecr:DescribeRepositories", "ecr:ListTagsForResource", "ecr:DeleteRepository"]
ADDING = ["ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"]


def beside(policy, *statements):
    return document(*policy["Statement"], *statements)


def arn_of(account, resource):
    return f"arn:aws:iam::{account}:{resource}"


def deny(condition, principal="*", action=tuple(PULL)):
    return allow(principal, condition, Effect="Deny", Action=list(action))


# 02


def source(value, operator="ArnLike"):
    return document(allow(LAMBDA, {operator: {"aws:SourceArn": value}}))


def function(lab, name="test-same-account"):
    return function_arn(lab, name)


def one(lab):
    return source(function(lab), "StringEquals")


ONE_WRONG = {
    "another function": lambda lab: source([function(lab), function(lab, "billing")]),
    "something before": lambda lab: source(function(lab, "*test-same-account")),
    "something inside": lambda lab: source(function(lab, "test-*same-account")),
    "one character": lambda lab: source(function(lab, "test-same-accoun?")),
    "any case": lambda lab: source(function(lab).replace("test", "TEST"), "StringEqualsIgnoreCase"),
    "a version of another": lambda lab: source("*:test-same-account", "StringLike"),
    "another service": lambda lab: document(
        allow({"Service": ["lambda.amazonaws.com", "ecs.amazonaws.com"]}, one(lab)["Statement"][0]["Condition"])
    ),
    "another service alone": lambda lab: beside(one(lab), allow({"Service": "codebuild.amazonaws.com"})),
    "an account": lambda lab: beside(one(lab), allow({"AWS": lab.workload.account})),
    "its own account": lambda lab: beside(one(lab), allow({"AWS": arn_of(lab.registry.account, "root")})),
    "a role, everything": lambda lab: beside(
        one(lab), allow({"AWS": arn_of(lab.registry.account, "role/Builder")}, Action="ecr:*")
    ),
    "whoever has a tag": lambda lab: beside(one(lab), allow("*", {"StringEquals": {"aws:PrincipalTag/team": "a"}})),
    "a blocklist": lambda lab: beside(
        source(function(lab, "*")),
        allow(
            LAMBDA,
            {"ArnLike": {"aws:SourceArn": [function(lab, "another-function"), function(lab, "test-*-2")]}},
            Effect="Deny",
        ),
    ),
}
ONE_RIGHT = {
    "in a list": lambda lab: source([function(lab)], "StringEquals"),
    "StringLike without a star": lambda lab: source(function(lab), "StringLike"),
    "any region": lambda lab: source(function(lab).replace(lab.region, "*")),
    "its versions too": lambda lab: source([function(lab), f"{function(lab)}:*"]),
    "with the account": lambda lab: document(
        allow(
            LAMBDA,
            {"ArnLike": {"aws:sourcearn": function(lab)}, "StringEquals": {"AWS:SourceAccount": lab.registry.account}},
        )
    ),
    "two statements": lambda lab: document(
        *(allow(LAMBDA, {"ArnEquals": {"aws:SourceArn": function(lab)}}, Action=action) for action in PULL)
    ),
    "a Deny for all others": lambda lab: beside(
        document(allow(LAMBDA)), allow(LAMBDA, {"ArnNotEquals": {"aws:SourceArn": function(lab)}}, Effect="Deny")
    ),
    "IfExists": lambda lab: document(
        allow(
            LAMBDA,
            {
                "ArnEquals": {"aws:SourceArn": function(lab)},
                "StringEqualsIfExists": {"aws:SourceAccount": lab.registry.account},
            },
        )
    ),
}

# 03


def two(lab):
    return policies.cross_account(lab.workload.account, exercises.SECOND_ACCOUNT)


def both(lab):
    return [lab.workload.account, exercises.SECOND_ACCOUNT]


TWO_WRONG = {
    "a third": lambda lab: policies.cross_account(*both(lab), ELSE),
    "a third caller": lambda lab: beside(two(lab), allow({"AWS": ELSE})),
    "a third's role": lambda lab: beside(two(lab), allow({"AWS": arn_of(ELSE, "role/deploy")})),
    "a third, for one function": lambda lab: beside(
        two(lab), *source(f"arn:aws:lambda:*:{ELSE}:function:billing")["Statement"]
    ),
    "numbers that begin the same": lambda lab: beside(
        two(lab), allow("*", {"StringLike": {"aws:PrincipalAccount": "2109*"}})
    ),
    "the registry account": lambda lab: policies.cross_account(*both(lab), lab.registry.account),
    "the organization's callers": lambda lab: beside(
        two(lab), allow("*", {"StringEquals": {"aws:PrincipalOrgID": lab.organization_id}})
    ),
    "one user of each": lambda lab: document(
        allow({"AWS": [arn_of(each, "user/admin") for each in both(lab)]}), two(lab)["Statement"][1]
    ),
    "an identity provider": lambda lab: beside(two(lab), allow({"Federated": "accounts.google.com"})),
}
TWO_RIGHT = {
    "bare numbers, a key for Lambda": lambda lab: document(
        allow({"AWS": both(lab)}), allow(LAMBDA, {"StringEquals": {"aws:SourceAccount": both(lab)}})
    ),
    "a statement for each": lambda lab: document(
        *(statement for each in both(lab) for statement in policies.cross_account(each)["Statement"])
    ),
    "principals by pattern": lambda lab: document(
        allow("*", {"ArnLike": {"aws:PrincipalArn": [arn_of(each, "*") for each in both(lab)]}}),
        two(lab)["Statement"][1],
    ),
    "both keys for Lambda": lambda lab: document(
        two(lab)["Statement"][0],
        allow(
            LAMBDA,
            {
                "ArnLike": {"aws:SourceArn": [f"arn:aws:lambda:*:{each}:function:*" for each in both(lab)]},
                "StringEquals": {"aws:SourceAccount": both(lab)},
            },
        ),
    ),
    "everybody, without the others": lambda lab: document(
        allow("*", {"StringLike": {"aws:PrincipalAccount": "*"}}),
        two(lab)["Statement"][1],
        deny(
            {
                "StringNotEqualsIfExists": {"aws:PrincipalAccount": both(lab)},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            }
        ),
    ),
}

# 04


def members(lab):
    return policies.organization(lab.organization_id)


def but(lab, callers, service):
    policy = members(lab)
    policy["Statement"][0]["Condition"] |= callers
    policy["Statement"][1]["Condition"] |= service
    return policy


def not_second(lab):
    return {"StringNotEquals": {"aws:SourceAccount": exercises.SECOND_ACCOUNT}}


ALL_BUT_ONE_WRONG = {
    "one user of it": lambda lab: but(
        lab, {"ArnNotEquals": {"aws:PrincipalArn": arn_of(exercises.SECOND_ACCOUNT, "user/admin")}}, not_second(lab)
    ),
    "a Deny that hits another": lambda lab: beside(
        members(lab),
        allow({"AWS": [exercises.SECOND_ACCOUNT, ELSE]}, Effect="Deny"),
        allow(LAMBDA, {"StringEquals": {"aws:SourceAccount": [exercises.SECOND_ACCOUNT, ELSE]}}, Effect="Deny"),
    ),
    "a Deny for numbers that begin the same": lambda lab: but(
        lab,
        {"StringNotLike": {"aws:PrincipalAccount": "2109*"}},
        {"StringNotLike": {"aws:SourceAccount": "2109*"}},
    ),
    "the users of the others": lambda lab: but(
        lab,
        {
            "StringNotEquals": {"aws:PrincipalAccount": exercises.SECOND_ACCOUNT},
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"},
        },
        not_second(lab),
    ),
    "an organization whose id begins the same": lambda lab: document(
        allow(
            "*",
            {
                "StringLike": {"aws:PrincipalOrgID": f"{lab.organization_id}*"},
                "StringNotEquals": {"aws:PrincipalAccount": exercises.SECOND_ACCOUNT},
            },
        ),
        allow(LAMBDA, {"StringEquals": {"aws:SourceOrgID": lab.organization_id}, **not_second(lab)}),
    ),
    "an account from outside": lambda lab: beside(
        but(lab, {"StringNotEquals": {"aws:PrincipalAccount": exercises.SECOND_ACCOUNT}}, not_second(lab)),
        *policies.cross_account(ELSE)["Statement"],
    ),
}
ALL_BUT_ONE_RIGHT = {
    "by the function's ARN": lambda lab: but(
        lab,
        {"StringNotEquals": {"aws:PrincipalAccount": exercises.SECOND_ACCOUNT}},
        {"ArnNotLike": {"aws:SourceArn": f"arn:aws:lambda:*:{exercises.SECOND_ACCOUNT}:function:*"}},
    ),
    "by a pattern of principals": lambda lab: but(
        lab, {"ArnNotLike": {"aws:PrincipalArn": arn_of(exercises.SECOND_ACCOUNT, "*")}}, not_second(lab)
    ),
    "by the organization's path": lambda lab: json.dumps(
        document(
            allow(
                "*",
                {
                    "ForAnyValue:StringLike": {"aws:principalorgpaths": f"{lab.organization_id}/*"},
                    "StringNotEquals": {"aws:principalaccount": [exercises.SECOND_ACCOUNT]},
                },
            ),
            allow(
                LAMBDA,
                {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": f"{lab.organization_id}/*"}, **not_second(lab)},
            ),
        )
    ),
    "by a Deny for both sides": lambda lab: beside(
        members(lab),
        deny({"StringEquals": {"aws:PrincipalAccount": exercises.SECOND_ACCOUNT}}, {"AWS": "*"}, ["ecr:*"]),
        deny({"StringLike": {"aws:SourceArn": f"arn:aws:lambda:*:{exercises.SECOND_ACCOUNT}:*"}}, LAMBDA),
    ),
}


def for_functions(lab, *names, operator="ArnLike", **more):
    names = [f"arn:aws:lambda:*:*:{name}" for name in names]
    return but(lab, {}, {operator: {"aws:SourceArn": names}, **more})


TESTS_WRONG = {
    "something before": lambda lab: for_functions(lab, "function:*test-*"),
    "no hyphen": lambda lab: for_functions(lab, "function:test*"),
    "a version": lambda lab: for_functions(lab, "*:test-*"),
    "anything before": lambda lab: for_functions(lab, "*test-*"),
    "as text": lambda lab: but(lab, {}, {"StringLike": {"aws:SourceArn": "*test-*"}}),
    "as text, behind a colon": lambda lab: but(lab, {}, {"StringLike": {"aws:SourceArn": "*:test-*"}}),
    "those that the check names": lambda lab: for_functions(lab, "function:test-1", "function:test-organizations"),
    "another as well": lambda lab: for_functions(lab, "function:test-*", "function:payroll"),
    "one character": lambda lab: for_functions(lab, "function:test?*"),
}
TESTS_RIGHT = {
    "StringLike": lambda lab: for_functions(lab, "function:test-*", operator="StringLike"),
    "ArnEquals": lambda lab: for_functions(lab, "function:test-*", operator="ArnEquals"),
    "a Deny for the other names": lambda lab: beside(
        members(lab),
        allow(LAMBDA, {"ArnNotLike": {"aws:SourceArn": "arn:aws:lambda:*:*:function:test-*"}}, Effect="Deny"),
    ),
    "as JSON text": lambda lab: json.dumps(for_functions(lab, "function:test-*"), indent=3),
    "with Null": lambda lab: for_functions(lab, "function:test-*", Null={"aws:SourceArn": "false"}),
}

# 05


def places(values, operator="ForAnyValue:StringLike"):
    sides = [{operator: {f"aws:{family}OrgPaths": values}} for family in ("Principal", "Source")]
    return document(allow({"AWS": "*"}, sides[0]), allow(LAMBDA, sides[1]))


def unit(lab):
    return lab.organization_path.rstrip("*")


def root(lab):
    return "/".join(unit(lab).split("/")[:2]) + "/"


DIRECTLY_WRONG = {
    "without the slash": lambda lab: places([f"{unit(lab)[:-1]}*"]),
    "the root too": lambda lab: places([unit(lab), root(lab)]),
    "the unit above": lambda lab: places([unit(lab), "/".join(unit(lab).split("/")[:-2]) + "/"]),
    "the unit of any organization": lambda lab: places([f"*/{'/'.join(unit(lab).split('/')[1:])}"]),
    "some below": lambda lab: places([unit(lab), f"{unit(lab)}ou-lab1-eastern0/*"]),
    "somebody's account": lambda lab: beside(
        places([unit(lab)], "ForAnyValue:StringEquals"), *policies.cross_account(ELSE)["Statement"]
    ),
}
DIRECTLY_RIGHT = {
    "StringLike without a star": lambda lab: places(unit(lab)),
    "with the organization": lambda lab: document(
        *(
            {**each, "Condition": {**each["Condition"], "StringEquals": {key: lab.organization_id}}}
            for each, key in zip(
                places([unit(lab)])["Statement"], ("aws:PrincipalOrgID", "aws:SourceOrgID"), strict=True
            )
        )
    ),
    "everything, without what is below": lambda lab: beside(
        places([f"{unit(lab)}*"]),
        *({**each, "Effect": "Deny"} for each in places([f"{unit(lab)}ou-*"])["Statement"]),
    ),
    "as JSON text": lambda lab: json.dumps(places([unit(lab)], "ForAnyValue:StringEquals")),
}

UNITS_WRONG = {
    "only what the check names": lambda lab: places([f"{unit(lab)}*", root(lab)]),
    "also the unit above": lambda lab: beside(
        members(lab),
        *(
            {**each, "Effect": "Deny"}
            for each in places(["/".join(lab.other_path.split("/")[:-2]) + "/", lab.other_path])["Statement"]
        ),
    ),
    "a Deny without the slash": lambda lab: beside(
        members(lab), *({**each, "Effect": "Deny"} for each in places([f"{lab.other_path[:-2]}*"])["Statement"])
    ),
}
UNITS_RIGHT = {
    "by the path of the organization": lambda lab: beside(
        places([f"{lab.organization_id}/*"]),
        *({**each, "Effect": "Deny"} for each in places(lab.other_path)["Statement"]),
    ),
    "the root and a Deny": lambda lab: beside(
        places([f"{root(lab)}*"]), *({**each, "Effect": "Deny"} for each in places([lab.other_path])["Statement"])
    ),
    "one Deny for everybody": lambda lab: beside(
        members(lab),
        deny({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": lab.other_path}}),
        deny({"ForAnyValue:StringLike": {"aws:SourceOrgPaths": lab.other_path}}),
    ),
}

# 06


def role(lab, name="Cleaner"):
    return arn_of(lab.registry.account, f"role/{name}")


def guard(condition, **more):
    return document(deny(condition, action=["ecr:DeleteRepository"]) | more)


def guarded(lab):
    return guard({"ArnNotEquals": {"aws:PrincipalArn": role(lab)}})


def own(lab, resource):
    return arn_of(lab.registry.account, resource)


GUARD_WRONG = {
    "a list of the others": lambda lab: guard(
        {"ArnEquals": {"aws:PrincipalArn": [own(lab, "user/admin"), role(lab, "Cleaner-2")]}}
    ),
    "patterns for the others": lambda lab: guard(
        {"ArnLike": {"aws:PrincipalArn": [own(lab, "user/*"), role(lab, "Cleaner-*")]}}
    ),
    "something before": lambda lab: guard({"ArnNotLike": {"aws:PrincipalArn": role(lab, "*Cleaner")}}),
    "one character": lambda lab: guard({"ArnNotLike": {"aws:PrincipalArn": role(lab, "Cleane?")}}),
    "a user of that name": lambda lab: guard({"ArnNotLike": {"aws:PrincipalArn": own(lab, "*/Cleaner")}}),
    "whoever has a tag": lambda lab: guard(
        {"ArnNotEquals": {"aws:PrincipalArn": role(lab)}, "StringNotEquals": {"aws:PrincipalTag/team": "a"}}
    ),
    "but the root user": lambda lab: guard({"ArnNotEquals": {"aws:PrincipalArn": [role(lab), own(lab, "root")]}}),
    "more for the role": lambda lab: beside(guarded(lab), allow({"AWS": role(lab)}, Action="ecr:*")),
    "deleting for the role": lambda lab: beside(guarded(lab), allow({"AWS": role(lab)}, Action="ecr:DeleteRepository")),
    "another role": lambda lab: beside(guarded(lab), allow({"AWS": role(lab, "Other")}, Action="ecr:*")),
    "another account": lambda lab: beside(guarded(lab), allow({"AWS": ELSE}, Action="ecr:*")),
    "Lambda": lambda lab: beside(
        guarded(lab),
        allow(LAMBDA, {"StringEquals": {"aws:SourceAccount": lab.registry.account}}, Action="ecr:*"),
    ),
    "an account may pull": lambda lab: beside(guarded(lab), *policies.cross_account(lab.workload.account)["Statement"]),
    "the organization may pull": lambda lab: beside(guarded(lab), *members(lab)["Statement"]),
    "more than deleting": lambda lab: guard({"ArnNotEquals": {"aws:PrincipalArn": role(lab)}}, Action="ecr:Delete*"),
}
GUARD_RIGHT = {
    "a list of one": lambda lab: guard({"StringNotEquals": {"aws:principalarn": [role(lab)]}}),
    "StringNotLike": lambda lab: guard({"StringNotLike": {"aws:PrincipalArn": role(lab)}}),
    "IfExists": lambda lab: guard({"ArnNotLikeIfExists": {"aws:PrincipalArn": role(lab)}}),
    "principals of the account": lambda lab: guard(
        {"ArnNotEquals": {"aws:PrincipalArn": role(lab)}}, Principal={"AWS": lab.registry.account}
    ),
    "in its account": lambda lab: guard(
        {
            "ArnNotEquals": {"aws:PrincipalArn": role(lab)},
            "StringEquals": {"aws:PrincipalAccount": lab.registry.account},
        }
    ),
    "for others than services": lambda lab: guard(
        {"ArnNotEquals": {"aws:PrincipalArn": role(lab)}, "Bool": {"aws:PrincipalIsAWSService": "false"}}
    ),
    "two statements": lambda lab: document(*guarded(lab)["Statement"], *guarded(lab)["Statement"]),
    "any case of the action": lambda lab: json.dumps(guarded(lab)).replace("ecr:Delete", "ECR:delete"),
}

# 08

MISTAKES = {
    "path-without-end": (
        lambda lab: places([f"{unit(lab)[:-1]}*"]),
        lambda lab: places([unit(lab), f"{unit(lab)}ou-*"]),
    ),
    "wildcard": (
        lambda lab: policies.cross_account(lab.workload.account, ELSE),
        lambda lab: document(
            allow({"AWS": [lab.workload.account]}),
            allow(LAMBDA, {"StringEquals": {"aws:SourceAccount": lab.workload.account}}),
        ),
    ),
    "wrong-account": (
        lambda lab: policies.cross_account(lab.workload.account, lab.registry.account),
        lambda lab: document(*policies.cross_account(lab.workload.account)["Statement"][::-1]),
    ),
    "principal-org-id": (
        lambda lab: beside(members(lab), *policies.cross_account(ELSE)["Statement"]),
        lambda lab: places([f"{lab.organization_id}/*"]),
    ),
}

REPOSITORY_POLICIES = {
    "02.1": (exercises.one_function, ONE_WRONG, ONE_RIGHT),
    "03.1": (exercises.two_accounts, TWO_WRONG, TWO_RIGHT),
    "04.1": (exercises.all_but_one_account, ALL_BUT_ONE_WRONG, ALL_BUT_ONE_RIGHT),
    "04.2": (exercises.only_test_functions, TESTS_WRONG, TESTS_RIGHT),
    "05.1": (exercises.directly_in_unit, DIRECTLY_WRONG, DIRECTLY_RIGHT),
    "05.2": (exercises.all_but_one_unit, UNITS_WRONG, UNITS_RIGHT),
    "06.2": (exercises.nobody_else_deletes, GUARD_WRONG, GUARD_RIGHT),
}


def every(index):
    return pytest.mark.parametrize(
        ("exercise", "answer"),
        [
            pytest.param(rows[0], answer, id=f"{number} {name}")
            for number, rows in REPOSITORY_POLICIES.items()
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
        (exercises.one_function, ONE_WRONG["something before"], "Lambda for the function xtest-same-account of 8138"),
        (exercises.two_accounts, TWO_WRONG["a third"], f"arn:aws:iam::{ELSE}:user/admin may pull, and must not."),
        (exercises.all_but_one_account, ALL_BUT_ONE_WRONG["one user of it"], "arn:aws:iam::210987654321:role/"),
        (exercises.all_but_one_account, ALL_BUT_ONE_WRONG["a Deny that hits another"], f":{ELSE}:user/admin in o-"),
        (exercises.nobody_else_deletes, GUARD_WRONG["a user of that name"], ":user/Cleaner may delete the repository."),
        (exercises.nobody_else_deletes, GUARD_WRONG["another role"], ":role/Other may ecr:"),
    ],
)
def test_the_reason_names_who_came_out_wrong(lab, exercise, answer, reason):
    assert reason in exercise(lab, answer(lab)).reason


# Identity policies


@pytest.mark.parametrize(
    ("exercise", "actions", "name"),
    [
        (exercises.lets_lambda_add, ADDING, "lambda-same-account"),
        (exercises.least_caller, PULL, "lambda-another-account"),
        (exercises.least_cleaner, CALLS, "lambda-another-account"),
    ],
    ids=["02.2", "03.2", "06.1"],
)
class TestIdentityPolicies:
    @pytest.mark.parametrize(
        "wider",
        [
            lambda arn: [arn, arn.replace("eu-central-1", "us-east-1")],
            lambda arn: arn.replace("eu-central-1", "*"),
            lambda arn: arn.replace("eu-central-1", "eu-*"),
            lambda arn: arn.replace("813835382529", "8138*"),
            lambda arn: arn.replace("/lambda-", "/*lambda-"),
            lambda arn: f"{arn[:-1]}?",
            lambda arn: [arn, arn.replace("lambda-", "team/lambda-")],
        ],
        ids=["region", "any region", "some regions", "accounts", "before", "one character", "nested"],
    )
    def test_any_other_repository_is_too_much(self, lab, exercise, actions, name, wider):
        resource = wider(repository(lab, name))
        verdict = exercise(lab, document({"Effect": "Allow", "Action": actions, "Resource": resource}))
        assert not verdict.solved
        assert verdict.reason.endswith("and must not.")

    def test_more_for_whoever_has_a_tag_is_too_much(self, lab, exercise, actions, name):
        more = {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}
        wide = {"Effect": "Allow", "Action": "ecr:*", "Resource": "*", **more}
        verdict = exercise(lab, beside(identity(*actions, resource=repository(lab, name)), wide))
        assert not verdict.solved
        assert verdict.reason.startswith("With aws:principaltag/team: The role may ")

    @pytest.mark.parametrize(
        "spelled",
        [
            lambda actions, arn: document(*({"Effect": "Allow", "Action": each, "Resource": arn} for each in actions)),
            lambda actions, arn: document({"Effect": "Allow", "Action": actions[::-1], "Resource": [arn]}),
            lambda actions, arn: json.dumps(identity(*actions, resource=arn)).replace('"ecr:', '"ECR:'),
            lambda actions, arn: document(
                {"Effect": "Allow", "Action": actions, "Resource": "*"},
                {"Effect": "Deny", "Action": "ecr:*", "NotResource": arn},
            ),
            lambda actions, arn: document(
                {
                    "Effect": "Allow",
                    "Action": actions,
                    "Resource": arn.replace("eu-central-1", "*"),
                    "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}},
                }
            ),
        ],
        ids=["statements", "lists", "any case", "a Deny elsewhere", "the region by its key"],
    )
    def test_the_same_in_another_way_is_solved(self, lab, exercise, actions, name, spelled):
        verdict = exercise(lab, spelled(actions, repository(lab, name)))
        assert verdict.solved, verdict


# The repairs of notebook 08 are decided without a function where one of the cases does not hold


@pytest.fixture
def ecr(lab):
    prepare(lab, "cross-account")
    return lab.registry.client("ecr")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_repair_lets_in_whom_it_means_and_nobody_else(lab, ecr, name):
    wrong, right = (answer(lab) for answer in MISTAKES[name])
    ecr.set_repository_policy(repositoryName="lambda-another-account", policyText=json.dumps(wrong))
    verdict = exercises.repaired(lab, name)
    assert (verdict.held, verdict.cases) == (4, 6)
    ecr.set_repository_policy(repositoryName="lambda-another-account", policyText=json.dumps(right))
    assert exercises.repaired(lab, name).solved


def test_a_deny_for_the_accounts_that_the_check_names_does_not_stop_the_others(lab):
    outside = deny({"StringEquals": {"aws:PrincipalAccount": ["999999999999", "888888888888"]}})
    verdict = exercises.deny_that_spares_services(lab, beside(members(lab), outside))
    assert not verdict.solved
    assert verdict.reason.startswith("The Deny does not stop the caller for functions of ")


def test_an_account_that_is_none_of_the_two_hundred_is_one_too_many(lab):
    accounts = growth.account_numbers(200)
    names = [*accounts, ELSE]
    policy = document(allow({"AWS": names}), allow(LAMBDA, {"StringEquals": {"aws:SourceAccount": accounts}}))
    assert ELSE in exercises.as_many_accounts(lab, policy).reason
