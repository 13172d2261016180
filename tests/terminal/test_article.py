"""The article's terminal session with the real aws CLI, each command as the article writes it.

Left out are the lines of docker (the image is pushed through the API of ECR) and what the article does in the console,
which is done by the administrator's commands here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from labkit.pull import policies
from labkit.pull.stored_policy import rewritten
from tests.terminal.conftest import Open
from tests.terminal.terminal import Said, Terminal

REGISTRY, WORKLOAD = "813835382529", "592444418872"
TRUST = """cat <<EOF > lambda-trust-policy.json
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "sts:AssumeRole"
            ],
            "Principal": {
                "Service": [
                    "lambda.amazonaws.com"
                ]
            }
        }
    ]
}
EOF"""
CREATE_ROLE = "aws iam create-role --role-name {} --assume-role-policy-document file://lambda-trust-policy.json"
SWITCH_ROLE = r"""export $(printf "AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_SESSION_TOKEN=%s" \
$(aws sts assume-role \
--role-arn arn:aws:iam::813835382529:role/LimitedLambdaRole \
--role-session-name Test \
--query "Credentials.[AccessKeyId,SecretAccessKey,SessionToken]" \
--output text))"""
CREATE_FUNCTION = r"""aws lambda create-function \
--function-name {function} \
--role "arn:aws:iam::{account}:role/LambdaRoleWithoutPermissions" \
--package-type Image \
--code ImageUri=813835382529.dkr.ecr.eu-central-1.amazonaws.com/{repository}:0.0.1"""
REFUSED = (
    "\nAn error occurred (AccessDeniedException) when calling the CreateFunction operation: Lambda does not have "
    "permission to access the ECR image. Check the ECR permissions.\n"
)
GREETING = r'"Hello from AWS Lambda using Python3\.\d+\.\d+ \(.+\) \[.+\]!"'
INVOKED = re.compile(GREETING + r'{\n    "StatusCode": 200,\n    "ExecutedVersion": "\$LATEST"\n}\n')


def create_function(terminal: Terminal, account: str, function: str, repository: str) -> Said:
    return terminal.run(CREATE_FUNCTION.format(account=account, function=function, repository=repository))


def created(said: Said) -> dict[str, Any]:
    assert (said.code, said.error) == (0, ""), said
    answer: dict[str, Any] = json.loads(said.out)
    return answer


def shown(answer: dict[str, Any]) -> list[str]:
    """The lines that the article shows of CreateFunction's answer."""
    return [answer[name] for name in ("FunctionName", "FunctionArn", "Role")]


def invoke(terminal: Terminal, function: str) -> str:
    terminal.succeed(f"aws lambda wait function-active-v2 --function-name {function}")
    return terminal.succeed(f"aws lambda invoke --function-name {function} /dev/stdout")


def set_policy(administrator: Terminal, repository: str, document: dict[str, Any]) -> None:
    administrator.succeed(f"cat <<'EOF' > policy.json\n{json.dumps(document, indent=2)}\nEOF")
    administrator.succeed(
        f"aws ecr set-repository-policy --repository-name {repository} --policy-text file://policy.json"
    )


def workload(terminal: Terminal) -> Terminal:
    """The article's other account: its profile is chosen, and its execution role is made if it is not there."""
    terminal.succeed("export AWS_PROFILE=workload")
    terminal.succeed(TRUST)
    said = terminal.run(CREATE_ROLE.format("LambdaRoleWithoutPermissions"))
    assert said.code == 0 or "EntityAlreadyExists" in said.error
    return terminal


def test_lambda_and_repository_in_the_same_account(terminal: Terminal, open_terminal: Open, tmp_path: Path) -> None:
    terminal.succeed(TRUST)
    assert json.loads((tmp_path / "demo" / "lambda-trust-policy.json").read_text()) == policies.lambda_trust()
    role = terminal.succeed(CREATE_ROLE.format("LambdaRoleWithoutPermissions"))
    assert f'"Arn": "arn:aws:iam::{REGISTRY}:role/LambdaRoleWithoutPermissions",' in role

    # A powerful caller: Lambda adds its statement to the repository by itself.
    assert created(create_function(terminal, REGISTRY, "test-same-account", "lambda-same-account"))
    added = "aws ecr get-repository-policy --repository-name lambda-same-account --query policyText --output text"
    assert terminal.succeed(added) == rewritten(policies.lambda_added_policy("eu-central-1", REGISTRY)) + "\n"

    # A limited caller, after the policy has been cleared.
    terminal.succeed("aws ecr delete-repository-policy --repository-name lambda-same-account")
    terminal.succeed("aws lambda delete-function --function-name test-same-account")
    trust = json.dumps(policies.account_trust(REGISTRY))
    terminal.succeed(f"aws iam create-role --role-name LimitedLambdaRole --assume-role-policy-document '{trust}'")
    terminal.succeed(
        "aws iam attach-role-policy --role-name LimitedLambdaRole "
        "--policy-arn arn:aws:iam::aws:policy/AWSLambda_FullAccess"
    )
    administrator = open_terminal()
    assert terminal.succeed(SWITCH_ROLE) == ""
    identity = terminal.succeed("aws sts get-caller-identity")
    assert re.fullmatch(
        r'{\n    "UserId": "AROA[A-Z0-9]{17}:Test",\n    "Account": "813835382529",\n'
        r'    "Arn": "arn:aws:sts::813835382529:assumed-role/LimitedLambdaRole/Test"\n}\n',
        identity,
    )
    said = create_function(terminal, REGISTRY, "test-same-account", "lambda-same-account")
    assert (said.out, said.error) == ("", REFUSED) and said.code != 0

    # The two-action statement admits it.
    set_policy(administrator, "lambda-same-account", policies.same_account())
    answer = created(create_function(terminal, REGISTRY, "test-same-account", "lambda-same-account"))
    assert shown(answer) == [
        "test-same-account",
        f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:test-same-account",
        f"arn:aws:iam::{REGISTRY}:role/LambdaRoleWithoutPermissions",
    ]
    assert INVOKED.fullmatch(invoke(terminal, "test-same-account"))


def test_lambda_and_repository_in_separate_accounts(terminal: Terminal, open_terminal: Open) -> None:
    there = workload(open_terminal())
    assert there.succeed("aws sts get-caller-identity | grep Account").strip() == f'"Account": "{WORKLOAD}",'
    said = create_function(there, WORKLOAD, "test-another-account", "lambda-another-account")
    assert (said.out, said.error) == ("", REFUSED) and said.code != 0
    set_policy(terminal, "lambda-another-account", policies.cross_account(WORKLOAD))
    answer = created(create_function(there, WORKLOAD, "test-another-account", "lambda-another-account"))
    assert shown(answer) == [
        "test-another-account",
        f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:test-another-account",
        f"arn:aws:iam::{WORKLOAD}:role/LambdaRoleWithoutPermissions",
    ]
    assert INVOKED.fullmatch(invoke(there, "test-another-account"))


def test_lambda_and_repository_in_one_organization(terminal: Terminal, open_terminal: Open) -> None:
    there = workload(open_terminal())
    said = create_function(there, WORKLOAD, "test-organizations", "lambda-aws-organizations")
    assert (said.out, said.error) == ("", REFUSED) and said.code != 0
    set_policy(terminal, "lambda-aws-organizations", policies.organization("o-lambdaecrlab"))
    created(create_function(there, WORKLOAD, "test-organizations", "lambda-aws-organizations"))
    assert INVOKED.fullmatch(invoke(there, "test-organizations"))

    # Another way of representing the policy.
    set_policy(terminal, "lambda-aws-organizations", policies.organization_paths("o-lambdaecrlab/*"))
    created(create_function(there, WORKLOAD, "test-organization-paths", "lambda-aws-organizations"))
