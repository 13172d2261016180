"""One question for evaluate and explain: may Lambda pull for a function of that account?"""

from __future__ import annotations

from labkit.pull import policies

OWN = "592444418872"
REPOSITORY = "arn:aws:ecr:eu-central-1:813835382529:repository/lambda-another-account"
FUNCTION = f"arn:aws:lambda:eu-central-1:{OWN}:function:f"


def case(account: str = OWN, **more: object) -> dict:
    return {
        "id": account,
        "request": {
            "principal": {"Service": "lambda.amazonaws.com"},
            "action": "ecr:BatchGetImage",
            "resource": REPOSITORY,
            "context": {"aws:SourceArn": FUNCTION.replace(OWN, account)},
        },
        "policies": {"resource": policies.cross_account(OWN)},
        **more,
    }
