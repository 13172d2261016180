"""The lists of what tools ask of AWS, replayed with boto3.

A file beside this one is one tool: ``read`` says which version's source was read, ``promise`` what may be said of the
tool in this lab, and ``out of reach`` what it asks of services that are not there, with the reason. Each of its
resources has phases, and a phase is a list of calls in the order in which the tool makes them:

    call     service and operation        with    the parameters
    reads    what the tool reads from the answer: path to value; "*" is any value, null says that nothing is there
    error    the code that the tool expects and takes for an answer        says     what it looks for in the text
    until    the tool asks again until the answer holds this               keeps    what later calls need: name to path
    as       the name of the kept credentials that sign the call; without it the account's administrator does

``{name}`` in a parameter or value is what was kept or given under this name; ``GIVEN`` has the texts that are given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from labkit.pull import policies
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.lab_of_tests import REGION, REGISTRY, WORKLOAD

FOLDER = Path(__file__).parent
TOOLS = ("terraform", "sam", "cdk")
_PLACE = re.compile(r"\{([a-z_]+)\}")


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]})


_PULL = {"Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}
_PUBLISH = (
    "ecr:PutImage ecr:InitiateLayerUpload ecr:UploadLayerPart ecr:CompleteLayerUpload ecr:BatchCheckLayerAvailability "
    "ecr:DescribeRepositories ecr:DescribeImages ecr:BatchGetImage ecr:GetDownloadUrlForLayer"
)
_HOST = f"{REGISTRY}.dkr.ecr.{REGION}.amazonaws.com"
GIVEN: Mapping[str, str] = {
    "account": REGISTRY,
    "other_account": WORKLOAD,
    "region": REGION,
    "registry": _HOST,
    "image": f"{_HOST}/app:1",
    "second_image": f"{_HOST}/app:2",
    "role": f"arn:aws:iam::{REGISTRY}:role/Function",
    "publisher": f"cdk-hnb659fds-image-publishing-role-{REGISTRY}-{REGION}",
    "made": f"arn:aws:lambda:{REGION}:{REGISTRY}:function:made",
    "basic": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "trust": json.dumps(policies.lambda_trust()),
    "trust_of_account": json.dumps(policies.account_trust(REGISTRY)),
    "trust_of_nobody": _document(
        {"Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{REGISTRY}:role/Nobody"}}
    ),
    "reader": _document({"Action": "ecr:BatchGetImage", "Resource": "*"}),
    "writer": _document({"Action": "ecr:PutImage", "Resource": "*"}),
    "publisher_may": _document(
        {"Action": _PUBLISH.split(), "Resource": f"arn:aws:ecr:{REGION}:{REGISTRY}:repository/app"},
        {"Action": "ecr:GetAuthorizationToken", "Resource": "*"},
    ),
    "lambda_may_pull": _document({**_PULL, "Principal": {"Service": "lambda.amazonaws.com"}}),
    "account_may_pull": _document({**_PULL, "Principal": {"AWS": f"arn:aws:iam::{REGISTRY}:root"}}),
    "nobody_may_pull": _document({**_PULL, "Principal": {"AWS": f"arn:aws:iam::{REGISTRY}:role/Nobody"}}),
    "lifecycle": json.dumps(
        {
            "rules": [
                {
                    "rulePriority": 1,
                    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9},
                    "action": {"type": "expire"},
                }
            ]
        }
    ),
}
"""What the lists call by name and no call answers: accounts, ARNs and documents."""


@cache
def tool(name: str) -> dict[str, Any]:
    """The file of a tool."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return content


def phases() -> dict[str, tuple[str, str, str]]:
    """Tool, resource and phase by the name of the test that holds them."""
    return {
        f"{name}: {each['resource']}: {phase}": (name, each["resource"], phase)
        for name in TOOLS
        for each in tool(name)["resources"]
        for phase in each["phases"]
    }


class Replay:
    """The calls of one resource, made one after the other in one embedded AWS."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._values: dict[str, Any] = dict(GIVEN)
        self._clients: dict[tuple[str, str | None], Any] = {}

    def play(self, call: Mapping[str, Any]) -> None:
        """Make a call as the tool does, and hold its answer against what the tool expects. Raises AssertionError."""
        if "error" in call:
            self._refused(call)
            return
        answer = self._awaited(call)
        unlike = self._unlike(answer, {**call.get("until", {}), **call.get("reads", {})})
        assert unlike == {}, f"{call['call']}: found and expected differ: {unlike}"
        self._values |= {name: at(answer, path) for name, path in call.get("keeps", {}).items()}

    def _awaited(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of a call, which a tool that waits asks for every five seconds, for five minutes at most."""
        answer = self._send(call)
        for _ in range(60):
            if not self._unlike(answer, call.get("until", {})):
                break
            self._cloud.embedded.functions.settle()
            self._cloud.clock.move(seconds=5)
            answer = self._send(call)
        return answer

    def _refused(self, call: Mapping[str, Any]) -> None:
        try:
            self._send(call)
        except ClientError as refused:
            error = refused.response["Error"]
            assert error["Code"] == call["error"], f"{call['call']}: {error}"
            assert call.get("says", "") in error["Message"], f"{call['call']}: {error}"
        else:
            raise AssertionError(f"{call['call']} succeeded; the tool expects {call['error']}")

    def _send(self, call: Mapping[str, Any]) -> dict[str, Any]:
        service, _, operation = call["call"].partition(":")
        method = getattr(self._client(service, call.get("as")), xform_name(operation))
        return dict(method(**self._filled(call.get("with", {}))))

    def _client(self, service: str, session: str | None) -> Any:
        if (service, session) not in self._clients:
            who = session_keys(self._values[session]) if session else "registry"
            self._clients[service, session] = self._cloud.client(who, service)
        return self._clients[service, session]

    def _unlike(self, answer: Mapping[str, Any], reads: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
        """What was found and what the tool expects, by the paths at which these differ."""
        pairs = {path: (plain(at(answer, path)), plain(self._filled(value))) for path, value in reads.items()}
        return {path: pair for path, pair in pairs.items() if not (pair[0] == pair[1] or _anything(*pair))}

    def _filled(self, value: Any) -> Any:
        """The value with what its placeholders stand for."""
        if isinstance(value, dict):
            return {name: self._filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        if isinstance(value, str):
            return _PLACE.sub(lambda place: str(self._values[place[1]]), value)
        return value


def at(answer: Any, path: str) -> Any:
    """What stands at a path such as ``Policy.Statement.0.Sid``; documents inside texts are read. None for nothing."""
    for step in path.split("."):
        answer = plain(answer)
        if isinstance(answer, list):
            answer = answer[int(step)] if int(step) < len(answer) else None
        else:
            answer = answer.get(step) if isinstance(answer, dict) else None
    return answer


def _anything(found: Any, wanted: Any) -> bool:
    return wanted == "*" and found is not None


def plain(value: Any) -> Any:
    """The document in a text that is one; any other value as it is."""
    if isinstance(value, str) and value.startswith("{"):
        return json.loads(value)
    return value
