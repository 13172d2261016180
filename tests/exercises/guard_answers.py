"""Answers to the exercise about a guard on deleting, by what is wrong or unusual with them."""

from __future__ import annotations

import json

from labkit.pull import policies
from tests.exercises.writing import ELSE, LAMBDA, allow, arn_of, beside, deny, document


def role(lab, name="Cleaner"):
    return arn_of(lab.registry.account, f"role/{name}")


def guard(condition, **more):
    return document(deny(condition, action=["ecr:DeleteRepository"]) | more)


def guarded(lab):
    return guard({"ArnNotEquals": {"aws:PrincipalArn": role(lab)}})


def own(lab, resource):
    return arn_of(lab.registry.account, resource)


WRONG = {
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
    "whoever has a name": lambda lab: guard(
        {"ArnNotLike": {"aws:PrincipalArn": [role(lab), own(lab, "user/${aws:username}")]}}
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
    "the organization may pull": lambda lab: beside(
        guarded(lab), *policies.organization(lab.organization_id)["Statement"]
    ),
    "more than deleting": lambda lab: guard({"ArnNotEquals": {"aws:PrincipalArn": role(lab)}}, Action="ecr:Delete*"),
}
RIGHT = {
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
