"""Answers to the exercises of notebooks 02 to 05, by what is wrong or unusual with them."""

from __future__ import annotations

import json

from labkit import exercises
from labkit.pull import policies
from tests.exercises.writing import (
    ELSE,
    LAMBDA,
    PULL,
    allow,
    arn_of,
    beside,
    deny,
    document,
    function_arn,
    places,
    root,
    unit,
)

# Which account Lambda's own requests carry is not documented: a Deny on it has to spare services.
NO_SERVICE = {"Bool": {"aws:PrincipalIsAWSService": "false"}}

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
    "whoever comes after a day": lambda lab: beside(
        one(lab), allow("*", {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}, Action="ecr:*")
    ),
    "whoever comes from anywhere": lambda lab: beside(
        one(lab), allow({"AWS": "*"}, {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})
    ),
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
    "by the root's path": lambda lab: beside(
        places(f"{root(lab)}*"),
        deny({"StringEquals": {"aws:PrincipalAccount": exercises.SECOND_ACCOUNT}, **NO_SERVICE}),
        deny({"StringEquals": {"aws:SourceAccount": exercises.SECOND_ACCOUNT}}),
    ),
    "by a Deny for both sides": lambda lab: beside(
        members(lab),
        deny(
            {"StringEquals": {"aws:PrincipalAccount": exercises.SECOND_ACCOUNT}, **NO_SERVICE}, {"AWS": "*"}, ["ecr:*"]
        ),
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
