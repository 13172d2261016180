"""What functions here never have: the empty answers, and that what would set it is not offered."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name

from labkit.embedded.services.lambda_.features import OPERATIONS
from tests.embedded.lab_of_tests import REGISTRY, refusal
from tests.embedded.services.lambda_.conftest import Functions

ARN = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:f"
MISSING = ("ResourceNotFoundException", 404)
NOTHING = (*MISSING, "The resource you requested does not exist.")
F, NOBODY = {"FunctionName": "f"}, {"FunctionName": "nobody"}
NOT_FOUND = (*MISSING, f"Function not found: {ARN[:-1]}nobody")
NO_CONFIG = (
    "ProvisionedConcurrencyConfigNotFoundException",
    404,
    "No Provisioned Concurrency Config found for this function",
)

ANSWERS: list[tuple[str, dict[str, Any], Any]] = [
    ("GetFunctionCodeSigningConfig", F, {}),
    ("GetFunctionCodeSigningConfig", NOBODY, NOT_FOUND),
    ("DeleteFunctionCodeSigningConfig", F, {}),
    ("ListCodeSigningConfigs", {}, {"CodeSigningConfigs": []}),
    ("GetFunctionRecursionConfig", F, {"RecursiveLoop": "Terminate"}),
    ("GetRuntimeManagementConfig", F, {"UpdateRuntimeOn": "Auto", "FunctionArn": ARN}),
    ("GetRuntimeManagementConfig", {**F, "Qualifier": "9"}, (*MISSING, f"Function not found: {ARN}:9")),
    ("GetFunctionEventInvokeConfig", F, (*MISSING, f"The function {ARN}:$LATEST doesn't have an EventInvokeConfig")),
    (
        "GetFunctionEventInvokeConfig",
        {**F, "Qualifier": "1"},
        (*MISSING, f"The function {ARN}:1 doesn't have an EventInvokeConfig"),
    ),
    ("DeleteFunctionEventInvokeConfig", F, (*MISSING, f"The function {ARN}:$LATEST doesn't have an EventInvokeConfig")),
    ("ListFunctionEventInvokeConfigs", F, {"FunctionEventInvokeConfigs": []}),
    ("ListFunctionEventInvokeConfigs", NOBODY, (*MISSING, "The function doesn't exist.")),
    ("GetProvisionedConcurrencyConfig", {**F, "Qualifier": "1"}, NO_CONFIG),
    ("GetProvisionedConcurrencyConfig", {**F, "Qualifier": "live"}, NO_CONFIG),
    ("GetProvisionedConcurrencyConfig", {**F, "Qualifier": "9"}, (*MISSING, f"Function not found: {ARN}:9")),
    ("GetProvisionedConcurrencyConfig", {**F, "Qualifier": "no"}, (*MISSING, f"Cannot find alias arn: {ARN}:no")),
    (
        "GetProvisionedConcurrencyConfig",
        {**F, "Qualifier": "$LATEST"},
        (
            "InvalidParameterValueException",
            400,
            "The function resource provided must be an alias or a published version.",
        ),
    ),
    ("DeleteProvisionedConcurrencyConfig", {**F, "Qualifier": "1"}, {}),
    ("ListProvisionedConcurrencyConfigs", F, {"ProvisionedConcurrencyConfigs": []}),
    ("GetFunctionUrlConfig", F, NOTHING),
    ("GetFunctionUrlConfig", NOBODY, NOTHING),
    ("DeleteFunctionUrlConfig", F, NOTHING),
    ("ListFunctionUrlConfigs", F, {"FunctionUrlConfigs": []}),
    ("ListFunctionUrlConfigs", NOBODY, (*MISSING, "Function does not exist")),
    ("ListEventSourceMappings", F, {"EventSourceMappings": []}),
    ("ListLayers", {}, {"Layers": []}),
    ("ListLayerVersions", {"LayerName": "l"}, {"LayerVersions": []}),
]


def test_every_such_operation_has_a_row() -> None:
    assert {operation for operation, _, _ in ANSWERS} == set(OPERATIONS)


@pytest.mark.aws("recorded by LocalStack; recursion and runtimes: Lambda Developer Guide", "recorded")
def test_what_functions_never_have_is_answered_as_for_one_without_it(functions: Functions):
    functions.active(Publish=True)
    functions.lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    unlike = []
    for operation, params, expected in ANSWERS:
        call = getattr(functions.lambda_, xform_name(operation))
        found: Any
        if isinstance(expected, tuple):
            found = refusal(call, **params)
        else:
            found = {name: value for name, value in call(**params).items() if name != "ResponseMetadata"}
        if found != expected:
            unlike.append((operation, params, found))
    assert unlike == []


def test_a_list_without_a_further_page_takes_no_marker(functions: Functions):
    functions.active()
    for operation, params in (("ListLayers", {}), ("ListFunctionUrlConfigs", F)):
        answer = refusal(getattr(functions.lambda_, xform_name(operation)), **params, Marker="x")
        assert answer[:2] == ("InvalidParameterValueException", 400)


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("CreateFunctionUrlConfig", {**F, "AuthType": "AWS_IAM"}),
        ("PutFunctionEventInvokeConfig", {**F, "MaximumRetryAttempts": 0}),
        ("PutProvisionedConcurrencyConfig", {**F, "Qualifier": "1", "ProvisionedConcurrentExecutions": 1}),
        ("CreateEventSourceMapping", F),
    ],
)
@pytest.mark.differs(
    "functions have URLs, event sources, code signing, provisioned concurrency", "they have no part in a pull"
)
def test_what_would_set_it_is_not_offered(functions: Functions, operation: str, params: dict[str, Any]):
    code, status, text = refusal(getattr(functions.lambda_, xform_name(operation)), **params)
    assert (code, status) == ("UnknownOperationException", 400)
    assert text == f"The embedded AWS does not implement lambda:{operation}."
