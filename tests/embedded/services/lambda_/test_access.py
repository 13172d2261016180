"""Resource policies of functions, versions and aliases: written, shown, and in force."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.embedded.services.lambda_.access import operations
from labkit.pull import policies
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.lab_of_tests import REGISTRY, WORKLOAD, refusal
from tests.embedded.services.lambda_.conftest import Functions

ARN = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:f"
INVOKE = {"StatementId": "s", "Action": "lambda:InvokeFunction"}
MISSING, INVALID = ("ResourceNotFoundException", 404), ("InvalidParameterValueException", 400)
DENIED = "because no resource-based policy allows the lambda:InvokeFunction action"


@pytest.fixture
def lambda_(functions: Functions) -> Any:
    """The function f with the version 1 and the alias live."""
    functions.active(Publish=True)
    functions.lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    return functions.lambda_


def policy(lambda_: Any, **of: str) -> dict[str, Any]:
    return dict(json.loads(lambda_.get_policy(**{"FunctionName": "f", **of})["Policy"]))


# -- Statements ----------------------------------------------------------------------------------------------------

SOURCE = "arn:aws:s3:::bucket"
STATEMENTS: list[tuple[dict[str, Any], Any, dict[str, Any]]] = [
    ({"Principal": "s3.amazonaws.com"}, {"Service": "s3.amazonaws.com"}, {}),
    (
        {"Principal": "s3.amazonaws.com", "SourceArn": SOURCE, "SourceAccount": REGISTRY},
        {"Service": "s3.amazonaws.com"},
        {"StringEquals": {"AWS:SourceAccount": REGISTRY}, "ArnLike": {"AWS:SourceArn": SOURCE}},
    ),
    ({"Principal": WORKLOAD}, {"AWS": f"arn:aws:iam::{WORKLOAD}:root"}, {}),
    ({"Principal": f"arn:aws:iam::{WORKLOAD}:root"}, {"AWS": f"arn:aws:iam::{WORKLOAD}:root"}, {}),
    ({"Principal": f"arn:aws:iam::{REGISTRY}:role/r"}, {"AWS": f"arn:aws:iam::{REGISTRY}:role/r"}, {}),
    (
        {"Principal": "*", "PrincipalOrgID": "o-a1b2c3d4e5"},
        "*",
        {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
    ),
    (
        {"Principal": "*", "EventSourceToken": "amzn1.ask.skill.x"},
        "*",
        {"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill.x"}},
    ),
    (
        {"Principal": "*", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
        "*",
        {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
    ),
]


@pytest.mark.parametrize(("params", "principal", "condition"), STATEMENTS)
@pytest.mark.parametrize("qualifier", ["", ":1", ":live"])
@pytest.mark.aws("recorded by LocalStack; moto #5489", "recorded")
def test_a_permission_is_a_statement_of_the_policy_of_what_it_names(
    lambda_: Any, params: dict[str, Any], principal: Any, condition: dict[str, Any], qualifier: str
):
    request = {**INVOKE, **params, "FunctionName": f"f{qualifier}"}
    made = json.loads(lambda_.add_permission(**request)["Statement"])
    expected = {"Sid": "s", "Effect": "Allow", "Principal": principal, "Action": request["Action"]}
    assert made == {**expected, "Resource": ARN + qualifier, **({"Condition": condition} if condition else {})}
    found = policy(lambda_, FunctionName=f"f{qualifier}")
    assert found == {"Version": "2012-10-17", "Id": "default", "Statement": [made]}


@pytest.mark.parametrize(
    "principal",
    [
        "invalid.nonaws.com",
        "999999999999",
        "arn:aws:iam::999999999999:root",
        f"arn:aws:iam::{REGISTRY}:role/Nobody",
        f"arn:aws:iam::{REGISTRY}:group/g",
        "nobody",
    ],
)
def test_a_principal_that_does_not_exist_is_refused(lambda_: Any, principal: str):
    text = "The provided principal was invalid. Please check the principal and try again."
    assert refusal(lambda_.add_permission, FunctionName="f", **INVOKE, Principal=principal) == (*INVALID, text)


def test_statements_come_and_go_one_by_one(lambda_: Any):
    for sid in ("a", "b"):
        lambda_.add_permission(FunctionName="f", **{**INVOKE, "StatementId": sid}, Principal="s3.amazonaws.com")
    text = "The statement id (a) provided already exists. Please provide a new statement id, or remove the existing "
    again = refusal(lambda_.add_permission, FunctionName="f", **{**INVOKE, "StatementId": "a"}, Principal="*")
    assert again == ("ResourceConflictException", 409, text + "statement.")
    remove = lambda_.remove_permission
    absent = refusal(remove, FunctionName="f", StatementId="c")
    assert absent == (*MISSING, "Statement c is not found in resource policy.")
    remove(FunctionName="f", StatementId="a")
    assert [each["Sid"] for each in policy(lambda_)["Statement"]] == ["b"]
    remove(FunctionName="f", StatementId="b")
    assert refusal(lambda_.get_policy, FunctionName="f") == (*MISSING, "The resource you requested does not exist.")


def test_a_policy_has_a_revision_of_its_own(lambda_: Any):
    def add(sid: str, **more: str) -> None:
        lambda_.add_permission(
            FunctionName="f", StatementId=sid, Action="lambda:*", Principal="s3.amazonaws.com", **more
        )

    text = "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the "
    expected = ("PreconditionFailedException", 412, text + "latest Revision Id")
    assert refusal(add, sid="a", RevisionId="wrong") == expected
    add("a", RevisionId=lambda_.get_function_configuration(FunctionName="f")["RevisionId"])
    first = lambda_.get_policy(FunctionName="f")["RevisionId"]
    functions_own = lambda_.get_function_configuration(FunctionName="f")["RevisionId"]
    assert first != functions_own
    assert refusal(add, sid="b", RevisionId=functions_own) == expected
    add("b", RevisionId=first)
    assert lambda_.get_policy(FunctionName="f")["RevisionId"] != first
    assert refusal(lambda_.remove_permission, FunctionName="f", StatementId="a", RevisionId=first) == expected


@pytest.mark.parametrize(
    ("operation", "name", "answer"),
    [
        ("add", "f:$LATEST", (*INVALID, "We currently do not support adding policies for $LATEST.")),
        ("add", "nobody", (*MISSING, f"Function not found: {ARN[:-1]}nobody")),
        ("add", "f:42", (*MISSING, f"Function not found: {ARN}:42")),
        ("add", "f:none", (*MISSING, f"Cannot find alias arn: {ARN}:none")),
        ("get", "nobody", (*MISSING, "The resource you requested does not exist.")),
        ("get", "f:77", (*MISSING, "The resource you requested does not exist.")),
        ("remove", "f", (*MISSING, "No policy is associated with the given resource.")),
        ("remove", "nobody", (*MISSING, f"No policy found for: {ARN[:-1]}nobody")),
        ("remove", "f:none", (*MISSING, f"Cannot find alias arn: {ARN}:none")),
    ],
)
@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_what_is_not_there_is_said_in_the_words_of_the_operation(
    lambda_: Any, operation: str, name: str, answer: tuple[str, int, str]
):
    calls = {
        "add": (lambda_.add_permission, {**INVOKE, "Principal": "*"}),
        "get": (lambda_.get_policy, {}),
        "remove": (lambda_.remove_permission, {"StatementId": "s"}),
    }
    call, more = calls[operation]
    assert refusal(call, FunctionName=name, **more) == answer


def test_a_policy_has_an_end(lambda_: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(operations, "LONGEST", 300)
    lambda_.add_permission(FunctionName="f", **INVOKE, Principal="s3.amazonaws.com")
    more = {**INVOKE, "StatementId": "another"}
    answer = refusal(lambda_.add_permission, FunctionName="f", **more, Principal="s3.amazonaws.com")
    assert answer[:2] == ("PolicyLengthExceededException", 400)
    assert answer[2].startswith("The final policy size (")
    assert answer[2].endswith(") is bigger than the limit (300).")


@pytest.mark.aws("IAM User Guide, principal element", "high")
def test_a_role_that_is_deleted_is_shown_by_its_id_and_its_namesake_is_somebody_else(
    lambda_: Any, functions: Functions, cloud: Cloud
):
    trust = json.dumps(policies.account_trust(WORKLOAD))
    iam = cloud.client("workload", "iam")
    role = iam.create_role(RoleName="Caller", AssumeRolePolicyDocument=trust)["Role"]
    for name in ("f", "f:1", "f:live"):
        lambda_.add_permission(FunctionName=name, **INVOKE, Principal=role["Arn"])
    iam.delete_role(RoleName="Caller")
    iam.create_role(RoleName="Caller", AssumeRolePolicyDocument=trust)
    for name in ("f", "f:1", "f:live"):
        assert policy(lambda_, FunctionName=name)["Statement"][0]["Principal"] == {"AWS": role["RoleId"]}


# -- In force ------------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger(cloud: Cloud) -> Any:
    """Lambda as a role of the workload account sees it, which may call whatever anybody lets it."""
    iam, sts = cloud.client("workload", "iam"), cloud.client("workload", "sts")
    trust = json.dumps(policies.account_trust(WORKLOAD))
    role = iam.create_role(RoleName="Caller", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="Caller", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    keys = sts.assume_role(RoleArn=role, RoleSessionName="Session")["Credentials"]
    return cloud.client(session_keys(keys), "lambda")


# A permission on the left opens exactly these names to another account.
OPENED = {
    "f": ["f"],
    "f:1": ["f:1"],
    "f:live": ["f:live"],
}


@pytest.mark.parametrize("opened", OPENED)
def test_a_permission_opens_what_it_names_and_nothing_beside(
    lambda_: Any, functions: Functions, stranger: Any, opened: str
):
    lambda_.add_permission(FunctionName=opened, **INVOKE, Principal=WORKLOAD)
    found = []
    for name in ("f", "f:1", "f:live", "f:$LATEST"):
        try:
            functions.invoke(ARN[:-1] + name, stranger)
            found.append(name)
        except stranger.exceptions.ClientError as refused:
            assert refused.response["Error"]["Message"].endswith(DENIED)
    assert found == OPENED[opened]


@pytest.mark.parametrize(
    ("params", "allowed"),
    [
        ({"Principal": WORKLOAD}, True),
        ({"Principal": f"arn:aws:iam::{WORKLOAD}:role/Caller"}, True),
        ({"Principal": "*"}, True),
        ({"Principal": "*", "PrincipalOrgID": "ITS"}, True),
        ({"Principal": "*", "PrincipalOrgID": "o-zzzzzzzzzz"}, False),
        ({"Principal": REGISTRY}, False),
        ({"Principal": "s3.amazonaws.com"}, False),
        ({"Principal": WORKLOAD, "Action": "lambda:GetFunction"}, False),
        ({"Principal": "*", "SourceAccount": WORKLOAD}, False),
    ],
)
@pytest.mark.aws("Lambda Developer Guide, resource-based policies", "high")
def test_who_may_invoke_across_accounts_is_what_the_policy_says(
    lambda_: Any, functions: Functions, stranger: Any, cloud: Cloud, params: dict[str, str], allowed: bool
):
    organization = cloud.client("management", "organizations").describe_organization()["Organization"]["Id"]
    if params.get("PrincipalOrgID") == "ITS":
        params = {**params, "PrincipalOrgID": organization}
    lambda_.add_permission(FunctionName="f", **{**INVOKE, **params})
    if allowed:
        assert functions.invoke(ARN, stranger)[0] == "$LATEST"
    else:
        answer = refusal(stranger.invoke, FunctionName=ARN)
        assert answer[:2] == ("AccessDeniedException", 403)
        assert answer[2].endswith(DENIED)


def test_other_calls_are_open_across_accounts_as_well(lambda_: Any, stranger: Any):
    assert refusal(stranger.get_function, FunctionName=ARN)[:2] == ("AccessDeniedException", 403)
    lambda_.add_permission(FunctionName="f", StatementId="s", Action="lambda:GetFunction", Principal=WORKLOAD)
    assert stranger.get_function(FunctionName=ARN)["Configuration"]["FunctionArn"] == ARN
    assert refusal(stranger.delete_function, FunctionName=ARN)[:2] == ("AccessDeniedException", 403)


def test_in_the_same_account_the_policy_alone_is_enough(lambda_: Any, functions: Functions, cloud: Cloud):
    trust = json.dumps(policies.account_trust(REGISTRY))
    role = functions.iam.create_role(RoleName="Poor", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    keys = cloud.client("registry", "sts").assume_role(RoleArn=role, RoleSessionName="Session")["Credentials"]
    poor = cloud.client(session_keys(keys), "lambda")
    assert refusal(poor.invoke, FunctionName="f")[:2] == ("AccessDeniedException", 403)
    lambda_.add_permission(FunctionName="f", **INVOKE, Principal=role)
    assert functions.invoke("f", poor)[0] == "$LATEST"
