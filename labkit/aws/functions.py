"""Lambda functions that the lab makes: create, wait until active, invoke, delete.

Source: Lambda API Reference, CreateFunction, Invoke; Lambda Developer Guide, "Lambda function states".
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from labkit.aws import tags
from labkit.aws.sessions import patiently
from labkit.errors import LabError
from labkit.iam.arn import account_of

#: An image's architecture, as its config says it, to the function's, as Lambda says it.
ARCHITECTURES = {"amd64": "x86_64", "arm64": "arm64"}

# What a change to a role or a repository policy looks like until every part of AWS has heard of it.
_NEW_ROLE = "cannot be assumed by Lambda"
_NEW_POLICY = "does not have permission to access the ECR image"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What an invocation answered: HTTP status, the payload decoded from JSON, version, error kind and log tail."""

    status: int
    payload: Any
    version: str
    error: str | None
    log: str


def find(lambda_: Any, name: str) -> dict[str, Any] | None:
    """The function as GetFunction shows it, or None."""
    try:
        found: dict[str, Any] = lambda_.get_function(FunctionName=name)
    except lambda_.exceptions.ResourceNotFoundException:
        return None
    return found


def check_ours(found: dict[str, Any]) -> None:
    """Raises UsageError when the function does not carry the lab's tag."""
    if not tags.is_ours(found.get("Tags", {})):
        configuration = found["Configuration"]
        account = account_of(configuration["FunctionArn"]) or ""
        raise tags.foreign("function", configuration["FunctionName"], account)


def create(
    lambda_: Any,
    name: str,
    role: str,
    image: str,
    scenario: str,
    architecture: str = "x86_64",
    patience: float = 0,
    denied: bool = False,
) -> dict[str, Any]:
    """Creates the function from the image, as the article does. Raises ClientError when AWS refuses.

    ``patience`` are the seconds for which a refusal is asked again that may pass by itself after a recent change; where
    it is expected to be ``denied``, only that the role is not known yet may pass.
    """
    passing = (_NEW_ROLE,) if denied else (_NEW_ROLE, _NEW_POLICY)

    def attempt() -> dict[str, Any]:
        answer: dict[str, Any] = lambda_.create_function(
            FunctionName=name,
            Role=role,
            PackageType="Image",
            Code={"ImageUri": image},
            Architectures=[architecture],
            Tags=tags.as_map(scenario),
        )
        return answer

    def may_pass(error: ClientError) -> bool:
        return any(text in error.response["Error"]["Message"] for text in passing)

    return patiently(attempt, may_pass, patience)


def wait_until_active(lambda_: Any, name: str) -> None:
    """Waits up to five minutes until the function is Active. Raises botocore's WaiterError.

    Asks often at first: a small image is ready in some milliseconds in the embedded AWS, in some seconds on AWS.
    """
    waiter = lambda_.get_waiter("function_active_v2")
    try:
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.02, "MaxAttempts": 10})
    except WaiterError as error:
        if error.last_response.get("Configuration", {}).get("State") != "Pending":
            raise
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 1500})


def wait_until_settled(lambda_: Any, name: str) -> str:
    """Waits up to five minutes until nothing of the function is being made ready; returns the State that it has then.

    Raises LabError where that takes longer.
    """
    for pause in (*(0.02,) * 10, *(0.2,) * 1500):
        found = lambda_.get_function_configuration(FunctionName=name)
        state = str(found["State"])
        if state != "Pending" and found.get("LastUpdateStatus") != "InProgress":
            return state
        time.sleep(pause)
    raise LabError(f"The function {name} has been {state} for five minutes.")


def invoke(lambda_: Any, name: str, event: Any = None) -> Invocation:
    """Invokes the function with an event (an empty object by default)."""
    answer = lambda_.invoke(FunctionName=name, Payload=json.dumps(event or {}), LogType="Tail")
    return Invocation(
        answer["StatusCode"],
        json.loads(answer["Payload"].read() or b"null"),
        answer.get("ExecutedVersion", ""),
        answer.get("FunctionError"),
        base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace"),
    )


def delete(lambda_: Any, name: str) -> bool:
    """Deletes the function if the lab made it; tells whether it did."""
    found = find(lambda_, name)
    if found is None:
        return False
    check_ours(found)
    lambda_.delete_function(FunctionName=name)
    return True
