"""Which call failed and with which code, in the words of the tools: tables of patterns, the exact ones first.

The forms, by where they were seen: the aws CLI and boto3; Go's SDK 1 and 2, as Terraform and Pulumi print
them (hashicorp/terraform-provider-aws #13709, #21046; grafana/loki #7218); Java's SDK 1 and 2 (as CloudFormation prints
them, serverless/serverless #6087, #9242); JavaScript's SDK 2 and 3; CloudFormation's own handler codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_CODE = r"(?P<code>[A-Z][A-Za-z0-9]{2,63}(?:\.[A-Z][A-Za-z0-9]{2,63})?)"
CODES: tuple[str, ...] = (
    rf"An error occurred \({_CODE}\) when calling the ",
    rf"(?:RequestID: [^,\s]{{0,64}}, )(?:api error )?{_CODE}: ",
    rf"api error {_CODE}: ",
    rf"Error Code: {_CODE}",
    rf"\"errorCode\": ?\"(?:Client\.|Server\.)?{_CODE}\"",
    r"\b(?P<code>(?:AccessDenied|InvalidParameter|InvalidParameterValue|Validation|ResourceConflict|ResourceNotFound|"
    r"RepositoryNotFound|RepositoryPolicyNotFound|ImageNotFound|ExpiredToken|UnrecognizedClient|TooManyRequests|"
    r"KMSAccessDenied|KMSDisabled|KMSInvalidState|KMSNotFound|"
    r"CodeArtifactUserFailed|CodeArtifactUserPending|CodeArtifactUserDeleted)Exception)\b",
    r"\b(?P<code>Runtime\.InvalidEntrypoint|ExpiredToken|InvalidClientTokenId|AccessDenied)\b(?!\))",
)
"""Where AWS's error code stands."""

_OPERATION = r"(?P<api>[A-Z][A-Za-z0-9]{3,63})"
APIS: tuple[str, ...] = (
    rf"when calling the {_OPERATION} operation",
    rf"operation error [A-Za-z]{{2,20}}: {_OPERATION}\b",
    rf"\"eventName\": ?\"{_OPERATION}\"",
    r"\baws lambda (?P<cli>create-function|update-function-code|update-function-configuration)\b",
    r"\b(?P<api>CreateFunction|UpdateFunctionCode|UpdateFunctionConfiguration)(?:Command|Request|Input)\b",
    r"(?:[Ll]ambda|[Cc]lient)\.(?P<method>createFunction|updateFunctionCode|"
    r"updateFunctionConfiguration|create_function|update_function_code|update_function_configuration)\b",
    r"not authorized to perform:? ?lambda: ?(?P<api>CreateFunction|UpdateFunctionCode|UpdateFunctionConfiguration)\b",
)
"""Where the name of the call stands."""

OPERATIONS = {
    "CreateFunction": "create",
    "UpdateFunctionCode": "update",
    "UpdateFunctionConfiguration": "update",
}
"""What a call means for the image. An update of the configuration makes Lambda fetch it again.

Seen in aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws, PR 524.
"""

PHRASES: tuple[tuple[str, str], ...] = (
    (r"Failed to restore the function", "restore"),
    (r"\bcreating Lambda Function\b", "create"),
    (r"\bupdating Lambda Function\b|\bmodifying Lambda Function\b", "update"),
    (r"\bcreating urn:pulumi:[^\s]{1,400}aws:lambda/function:Function", "create"),
    (r"\bupdating urn:pulumi:[^\s]{1,400}aws:lambda/function:Function", "update"),
    (r"\bUPDATE_ROLLBACK_(?:FAILED|IN_PROGRESS|COMPLETE)\b", "update"),
    (r"\bCREATE_FAILED\b[ |:]{1,40}(?:AWS::Lambda::Function|\S{1,255} \(?AWS::Lambda::Function)", "create"),
    (r"\bUPDATE_FAILED\b[ |:]{1,40}(?:AWS::Lambda::Function|\S{1,255} \(?AWS::Lambda::Function)", "update"),
    (r"\(AWS::Lambda::Function\),? Event Type: create\b", "create"),
    (r"\(AWS::Lambda::Function\),? Event Type: update\b", "update"),
    (r"\baws_lambda_function\.\S{1,200}: Creating\.\.\.", "create"),
    (r"\baws_lambda_function\.\S{1,200}: Modifying\.\.\.", "update"),
    (r"\bCREATE_FAILED\b", "create"),
    (r"\bUPDATE_FAILED\b", "update"),
)
"""What tools say instead of the call: Terraform, Pulumi, CloudFormation, CDK, SAM, Amplify, Lambda's console."""

STACK_STATES = (
    "UPDATE_ROLLBACK_FAILED",
    "ROLLBACK_FAILED",
    "IMPORT_ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE",
    "ROLLBACK_COMPLETE",
    "UPDATE_FAILED",
    "CREATE_FAILED",
    "DELETE_FAILED",
    "IMPORT_ROLLBACK_COMPLETE",
)
"""States of CloudFormation's stacks and resources, the most stuck first."""
_STATE = re.compile(r"\b(?:[A-Z]{6,8}_)?(?:ROLLBACK_)?(?:FAILED|IN_PROGRESS|COMPLETE)\b")


def code_in(line: str) -> str | None:
    """AWS's error code in a text of one line."""
    return _first(CODES, line)


def handler_code_in(line: str) -> str | None:
    """CloudFormation's own code for an error of a resource, such as ``AccessDenied`` or ``NotStabilized``."""
    return _first((rf"HandlerErrorCode: ?{_CODE}",), line)


def api_in(line: str) -> str | None:
    """AWS's name of the call in a text of one line, such as ``UpdateFunctionCode``."""
    name = _first(APIS, line)
    return "".join(word[:1].upper() + word[1:] for word in name.replace("_", "-").split("-")) if name else None


def operation_in(line: str, api: str | None) -> str | None:
    """``create``, ``update`` or ``restore``: by the call, else by what tools say."""
    said = (operation for phrase, operation in PHRASES if re.search(phrase, line))
    return OPERATIONS.get(api or "") or next(said, None)


def stack_state_in(line: str) -> str | None:
    """The most stuck of CloudFormation's states in a text of one line."""
    states = set(_STATE.findall(line))
    return next((state for state in STACK_STATES if state in states), None)


def _first(patterns: Iterable[str], line: str) -> str | None:
    found = (re.search(pattern, line) for pattern in patterns)
    return next((each[each.lastgroup or 0] for each in found if each), None)
