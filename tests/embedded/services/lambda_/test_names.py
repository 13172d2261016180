"""A function's name in all its forms: which ARN is authorized, and that nothing else is executed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import xform_name
from hypothesis import given
from hypothesis import strategies as st

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.request import execution
from labkit.embedded.services.lambda_ import features, names
from labkit.embedded.services.lambda_.functions.pull import pull
from labkit.embedded.services.lambda_.functions.record import Function
from labkit.embedded.services.lambda_.functions.states import ACTIVE
from labkit.embedded.services.lambda_.operations import OPERATIONS
from labkit.pull.function import FunctionRef
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.lab_of_tests import REGION, REGISTRY, refusal

ARN = f"arn:aws:lambda:{REGION}:{REGISTRY}:function:f"
ROLE = f"arn:aws:iam::{REGISTRY}:role/Nobody"

# "version": authorized for the qualified ARN where there is a qualifier. "function": these know no Qualifier and are
# authorized for the bare ARN; what a qualified name does is unknown, so both must be allowed.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "Invoke": ("version", {}),
    "GetFunction": ("version", {}),
    "GetFunctionConfiguration": ("version", {}),
    "DeleteFunction": ("version", {}),
    "AddPermission": ("version", {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"}),
    "GetPolicy": ("version", {}),
    "RemovePermission": ("version", {"StatementId": "s"}),
    "CreateFunction": ("function", {"Role": ROLE, "Code": {"ImageUri": "nowhere"}, "PackageType": "Image"}),
    "UpdateFunctionCode": ("function", {"ImageUri": "nowhere"}),
    "UpdateFunctionConfiguration": ("function", {}),
    "PublishVersion": ("function", {}),
    "ListVersionsByFunction": ("function", {}),
    "CreateAlias": ("function", {"Name": "a", "FunctionVersion": "1"}),
    "GetAlias": ("function", {"Name": "a"}),
    "UpdateAlias": ("function", {"Name": "a"}),
    "DeleteAlias": ("function", {"Name": "a"}),
    "ListAliases": ("function", {}),
    "PutFunctionConcurrency": ("function", {"ReservedConcurrentExecutions": 1}),
    "GetFunctionConcurrency": ("function", {}),
    "DeleteFunctionConcurrency": ("function", {}),
    "ListTags": ("function", {}),
    "TagResource": ("function", {"Tags": {"a": "b"}}),
    "UntagResource": ("function", {"TagKeys": ["a"]}),
}
# What names no function, and what has a test of its own.
ELSEWHERE = {"ListFunctions", "GetAccountSettings", *features.OPERATIONS}
_BY_ARN = {"ListTags", "TagResource", "UntagResource"}  # their Resource is an ARN, never a name

# May the call be made? The columns are the statement of a policy: what it denies, where all else is allowed; or the
# only thing that it allows.
TABLE = """
kind      name         Deny:f  Deny:f:Q  Deny:f:*  Deny:f*  Allow:f  Allow:f:Q  Allow:f:*  Allow:f*
version   bare         no      yes       yes       no       yes      no         no         yes
version   qualified    yes     no        no        no       no       yes        yes        yes
function  bare         no      yes       yes       no       yes      no         no         yes
function  qualified    no      no        no        no       no       no         no         yes
"""
_HEAD, *_ROWS = (line.split() for line in TABLE.strip().splitlines())
MAY = {(row[0], row[1], _HEAD[at]): row[at] == "yes" for row in _ROWS for at in range(2, len(_HEAD))}


def forms(operation: str, qualifier: str) -> Iterator[tuple[str, dict[str, str]]]:
    """All ways to write f, and f with a qualifier, as the operation takes them."""
    named = "Resource" if operation in _BY_ARN else "FunctionName"
    for start in ("arn:aws:lambda:" + REGION + ":" + REGISTRY + ":function:", REGISTRY + ":function:", ""):
        if start.startswith("arn:") or operation not in _BY_ARN:
            yield "bare", {named: f"{start}f"}
            yield "qualified", {named: f"{start}f:{qualifier}"}
            if KINDS[operation][0] == "version":
                yield "qualified", {named: f"{start}f", "Qualifier": qualifier}
                yield "qualified", {named: f"{start}f:{qualifier}", "Qualifier": qualifier}


def statements(column: str, qualifier: str) -> list[dict[str, Any]]:
    effect, _, written = column.partition(":")
    one = {"Effect": effect, "Action": "lambda:*", "Resource": ARN[:-1] + written.replace("Q", qualifier)}
    rest = {"Effect": "Allow", "Resource": "*", "Action": "*" if effect == "Deny" else "iam:PassRole"}
    return [one, rest]


@pytest.fixture
def caller(cloud: Cloud) -> Callable[[list[dict[str, Any]]], Any]:
    """A Lambda client of a session that is limited to these statements."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": REGISTRY}}
    iam, sts = cloud.client("registry", "iam"), cloud.client("registry", "sts")
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="R", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="R", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")

    def client(allowed: list[dict[str, Any]]) -> Any:
        policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        keys = sts.assume_role(RoleArn=role, RoleSessionName="Session", Policy=policy)["Credentials"]
        return cloud.client(session_keys(keys), "lambda")

    return client


def may(lambda_: Any, operation: str, params: dict[str, Any]) -> bool:
    """Whether the call was authorized; there is no function, so that it is always refused for something."""
    code, _, text = refusal(getattr(lambda_, xform_name(operation)), **params)
    assert (code == "AccessDeniedException") == ("is not authorized to perform: lambda:" in text), text
    return bool(code != "AccessDeniedException")


def test_the_table_has_a_row_for_every_operation_that_names_a_function() -> None:
    assert set(KINDS) == set(OPERATIONS) - ELSEWHERE


@pytest.mark.parametrize("qualifier", ["prod", "$LATEST"])
@pytest.mark.aws("AWS's mail in serverless-plugin-warmup #304; Service Authorization Reference", "high")
def test_a_policy_applies_to_the_arn_that_aws_authorizes(
    caller: Callable[[list[dict[str, Any]]], Any], qualifier: str
) -> None:
    wrong = []
    for column in _HEAD[2:]:
        lambda_ = caller(statements(column, qualifier))
        for operation, (kind, more) in KINDS.items():
            for name, written in forms(operation, qualifier):
                if may(lambda_, operation, {**written, **more}) != MAY[kind, name, column]:
                    wrong.append((operation, written, column))
    assert wrong == []


# -- What is authorized is what is executed ------------------------------------------------------------------------


class _Caller:
    account = REGISTRY
    arn = f"arn:aws:iam::{REGISTRY}:user/U"


def call_of(operation: str, written: dict[str, str]) -> Call:
    return Call(_Caller(), "lambda", operation, REGION, dict(written), "id")  # type: ignore[arg-type]


def written_in_all_ways(name: str, qualifier: str | None) -> list[dict[str, str]]:
    starts = ("", f"{REGISTRY}:function:", f"arn:aws:lambda:{REGION}:{REGISTRY}:function:")
    if qualifier is None:
        return [{"FunctionName": f"{start}{name}"} for start in starts]
    inside = [{"FunctionName": f"{start}{name}:{qualifier}"} for start in starts]
    beside = [{"FunctionName": f"{start}{name}", "Qualifier": qualifier} for start in starts]
    return [*inside, *beside, *({**one, "Qualifier": qualifier} for one in inside)]


NAMES = st.from_regex(r"[a-zA-Z0-9_-]{1,64}", fullmatch=True)
QUALIFIERS = st.none() | st.just("$LATEST") | st.from_regex(r"[a-zA-Z0-9_-]{1,20}", fullmatch=True)


@given(NAMES, QUALIFIERS, st.data())
def test_any_two_writings_of_a_function_are_authorized_and_executed_as_one(
    name: str, qualifier: str | None, data: st.DataObject
) -> None:
    ways = st.sampled_from(written_in_all_ways(name, qualifier))
    first, second = call_of("Invoke", data.draw(ways)), call_of("Invoke", data.draw(ways))
    assert first.function == second.function == FunctionRef(REGISTRY, REGION, name, qualifier)
    assert needed(first) == needed(second) == [first.function.arn]
    assert executed(first) == executed(second)


PIECES = [*"fg:-$", "$LATEST", "arn:aws:lambda:", f"{REGION}:", f"{REGISTRY}:", "function:", ARN[:-1]]


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
def test_whatever_is_executed_has_been_authorized_under_its_own_name(text: str) -> None:
    for operation in OPERATIONS.keys() - ELSEWHERE:
        call = call_of(operation, {"FunctionName": text})
        key = executed(call)
        if isinstance(key, FunctionRef):
            assert {FunctionRef.parse(arn).unqualified for arn in needed(call)} == {key}


def needed(call: Call) -> list[str]:
    """The ARNs that must be allowed."""
    return [access.resource for access in OPERATIONS[call.operation].needs(None, call)]  # type: ignore[arg-type]


def executed(call: Call) -> FunctionRef | str:
    """The function that a handler would look up, or the code of the refusal."""
    try:
        return names.latest(call)
    except ServiceError as refused:
        return refused.code


def put(cloud: Cloud, *names_: str) -> None:
    """Functions that can be read and deleted, without an image behind them."""
    digest, now = f"sha256:{'0' * 64}", datetime(2026, 1, 15, tzinfo=UTC)
    options = {"Timeout": 3, "MemorySize": 128, "Architectures": ["x86_64"], "EphemeralStorage": {"Size": 512}}
    for name in names_:
        key = FunctionRef(REGISTRY, REGION, name)
        with cloud.embedded.database.write():
            cloud.embedded.functions.put(
                Function(key, ROLE, "uri:1", f"uri@{digest}", digest, (), options, now, state=ACTIVE, ready=digest)
            )


@pytest.mark.parametrize("operation", ["delete_function", "tag_resource"])
def test_a_name_is_not_read_again_after_it_was_authorized(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    put(cloud, "mine", "victim")
    real = execution.authorize

    def authorize(embedded: Any, call: Call, row: Any) -> None:
        real(embedded, call, row)
        call.params.update(FunctionName="victim", Resource=f"{ARN[:-1]}victim", Qualifier="other")

    monkeypatch.setattr(execution, "authorize", authorize)
    lambda_ = cloud.client("registry", "lambda")
    if operation == "delete_function":
        lambda_.delete_function(FunctionName="mine")
    else:
        lambda_.tag_resource(Resource=f"{ARN[:-1]}mine", Tags={"a": "b"})
    functions = lambda_.list_functions()["Functions"]
    found = {
        each["FunctionName"]: lambda_.list_tags(Resource=f"{ARN[:-1]}{each['FunctionName']}")["Tags"]
        for each in functions
    }
    assert found == ({"victim": {}} if operation == "delete_function" else {"mine": {"a": "b"}, "victim": {}})


# -- DeleteFunction and $LATEST ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        {"FunctionName": "f:$LATEST"},
        {"FunctionName": "f", "Qualifier": "$LATEST"},
        {"FunctionName": f"{ARN}:$LATEST"},
        {"FunctionName": f"{REGISTRY}:function:f", "Qualifier": "$LATEST"},
        {"FunctionName": "f:$LATEST", "Qualifier": "$LATEST"},
    ],
)
@pytest.mark.aws("recorded by LocalStack, November 2025", "recorded")
def test_the_latest_version_is_not_deleted_alone(cloud: Cloud, written: dict[str, str]) -> None:
    put(cloud, "f")
    lambda_ = cloud.client("registry", "lambda")
    text = "$LATEST version cannot be deleted without deleting the function."
    assert refusal(lambda_.delete_function, **written) == ("InvalidParameterValueException", 400, text)
    assert [function["FunctionName"] for function in lambda_.list_functions()["Functions"]] == ["f"]


@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_two_qualifiers_that_differ_are_refused(cloud: Cloud) -> None:
    put(cloud, "f")
    lambda_ = cloud.client("registry", "lambda")
    text = "The derived qualifier from the function name does not match the specified qualifier."
    for call in (lambda_.invoke, lambda_.get_function, lambda_.get_function_configuration, lambda_.delete_function):
        for written in ({"FunctionName": "f:prod"}, {"FunctionName": f"{ARN}:$LATEST"}):
            answer = refusal(call, **written, Qualifier="other")
            assert answer == ("InvalidParameterValueException", 400, text)


# -- What is no name -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["f.g", f"arn:aws-cn:lambda:{REGION}:{REGISTRY}:function:f"])
def test_what_is_no_name_is_a_validation_error(cloud: Cloud, name: str) -> None:
    code, status, text = refusal(cloud.client("registry", "lambda").get_function, FunctionName=name)
    assert (code, status) == ("ValidationException", 400)
    assert text.startswith(
        f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint"
    )


@pytest.mark.parametrize("operation", ["get_function", "invoke", "add_permission"])
def test_a_qualifier_that_no_version_and_no_alias_can_have_is_not_there(cloud: Cloud, operation: str) -> None:
    more = {"StatementId": "s", "Action": "lambda:*", "Principal": "*"} if operation == "add_permission" else {}
    call = getattr(cloud.client("registry", "lambda"), operation)
    answer = refusal(call, FunctionName="f", Qualifier="$latest", **more)
    assert answer == ("ResourceNotFoundException", 404, f"Function not found: {ARN}:$latest")


def test_a_name_that_is_too_long_is_not_there(cloud: Cloud) -> None:
    answer = refusal(cloud.client("registry", "lambda").get_function, FunctionName="a" * 65)
    assert answer == ("ResourceNotFoundException", 404, f"Function not found: {ARN[:-1]}{'a' * 65}")


def test_a_function_of_another_partition_is_out_of_reach(cloud: Cloud) -> None:
    name = f"arn:aws-cn:lambda:cn-north-1:{REGISTRY}:function:f"
    answer = refusal(cloud.client("registry", "lambda").get_function, FunctionName=name)
    text = f"Functions from 'cn-north-1' are not reachable in this region ('{REGION}')"
    assert answer == ("ResourceNotFoundException", 404, text)


@pytest.mark.parametrize(
    "host",
    [
        f"{REGISTRY}.dkr.ecr-fips.{REGION}.amazonaws.com",
        f"{REGISTRY}.dkr-ecr.{REGION}.on.aws",
        f"{REGISTRY}.dkr.ecr.{REGION}.amazonaws.com.cn",
        f"{REGISTRY}.dkr.ecr.cn-north-1.amazonaws.com.cn",
        f"{REGISTRY}.dkr.ecr.us-gov-west-1.amazonaws.com",
    ],
)
def test_lambda_takes_no_image_by_another_door_or_from_another_partition(cloud: Cloud, host: str) -> None:
    call = call_of("CreateFunction", {"FunctionName": "f"})
    with pytest.raises(ServiceError) as refused:
        pull(cloud.embedded, call, call.function, f"{host}/r:1")
    text = f"Source image {host}/r:1 is not valid. Provide a valid source image."
    assert (refused.value.code, refused.value.message) == ("InvalidParameterValueException", text)
