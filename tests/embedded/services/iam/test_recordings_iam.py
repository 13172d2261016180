"""What IAM was recorded to answer on AWS, and what the embedded IAM answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from labkit.embedded.services.iam.entities.linked_roles import SERVICES
from tests.embedded import recordings
from tests.embedded.conftest import Cloud
from tests.embedded.recordings import Recording

RECORDED = recordings.recorded("localstack-iam.json")
ENCODED = "arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Faaeeieije"

NOT_OFFERED = {
    "TestIAMServiceSpecificCredentials": "service-specific credentials are not offered",
}
"""Classes of recorded tests that cannot be played, with the reason."""

DEPENDING = ("Role.RoleLastUsed.", "Role.Description ")
"""Members that depend on what else was done in the recorded account, and on whether a service has made the role."""


def _document(**members: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **members}]})


def _trust(service: str, **members: Any) -> str:
    return _document(Action="sts:AssumeRole", Principal={"Service": service}, **members)


GATEWAY = _document(Action=["apigatway:PUT"], Resource=[f"arn:aws:apigateway:us-east-1::/tags/{ENCODED}"])


def _update_assume_role_policy(iam: Any, recording: Recording, _: str) -> None:
    document = _document(Action=["sts:AssumeRole"], Principal={"Service": ["ec2.amazonaws.com"]})
    recording.answer("created_role", iam.create_role, RoleName="r", AssumeRolePolicyDocument=document)
    recording.answer("updated_policy", iam.update_assume_role_policy, RoleName="r", PolicyDocument=document)


def _malformed(iam: Any, recording: Recording, _: str) -> None:
    document = _document(Principal="*", Action="sts:AssumeRole").replace("}]", ",}]")
    recording.answer("invalid-json", iam.create_role, RoleName="r", AssumeRolePolicyDocument=document)


def _permission_boundary(iam: Any, recording: Recording, _: str) -> None:
    document = _trust("ec2.amazonaws.com")
    recording.answer("created_role", iam.create_role, RoleName="r", Path="/p/", AssumeRolePolicyDocument=document)
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=_document(Action="*", Resource="*"))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=boundary)
    recording.answer("list_roles_result", iam.list_roles, PathPrefix="/p/")


def _describe_role(iam: Any, recording: Recording, _: str) -> None:
    document = _trust("ec2.amazonaws.com")
    recording.answer("create_role_result", iam.create_role, RoleName="r", Path="/p/", AssumeRolePolicyDocument=document)
    recording.answer("get_role_result", iam.get_role, RoleName="r")
    recording.answer("list_roles_result", iam.list_roles, PathPrefix="/p/")


def _attach(kind: str) -> Callable[[Any, Recording, str], None]:
    def play(iam: Any, recording: Recording, _: str) -> None:
        if kind == "role":
            iam.create_role(RoleName="r", AssumeRolePolicyDocument=_trust("ec2.amazonaws.com"))
        else:
            iam.create_user(UserName="r")
        document = _document(Action=["lambda:ListFunctions"], Resource=["*"])
        made = recording.answer(
            "create_policy_response", iam.create_policy, PolicyName="test-policy-and-more", PolicyDocument=document
        )
        arn = made["Policy"]["Arn"]
        for name, each in {
            "non_existent_malformed_policy_arn": "longpolicynamebutnoarn",
            "existing_policy_name_provided": "test-policy-and-more",
            "valid_arn_not_existent": f"{arn}123",
            "valid_policy_arn": arn,
        }.items():
            attach = getattr(iam, f"attach_{kind}_policy")
            recording.answer(name, attach, **{f"{kind.title()}Name": "r", "PolicyArn": each})

    return play


def _with_path(iam: Any, recording: Recording, _: str) -> None:
    document = _trust("lambda.amazonaws.com")
    recording.answer(
        "create-role-response", iam.create_role, RoleName="r", Path="/p/", AssumeRolePolicyDocument=document
    )
    recording.answer("get-role-response", iam.get_role, RoleName="r")
    recording.answer("delete-role-response", iam.delete_role, RoleName="r")


def _with_tags(iam: Any, recording: Recording, _: str) -> None:
    more = {"Path": "/role-with-tags/", "Tags": [{"Key": "test", "Value": "value"}]}
    document = _trust("ec2.amazonaws.com")
    recording.answer("create-role-response", iam.create_role, RoleName="r", AssumeRolePolicyDocument=document, **more)
    recording.answer("get-role-response", iam.get_role, RoleName="r")
    recording.answer("list-role-response", iam.list_roles, PathPrefix="/role-with-tags/")


def _user_encoding(iam: Any, recording: Recording, _: str) -> None:
    iam.create_user(UserName="u")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=GATEWAY)
    recording.answer("get-policy-response", iam.get_user_policy, UserName="u", PolicyName="p")


def _group_encoding(iam: Any, recording: Recording, _: str) -> None:
    iam.create_group(GroupName="g")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=GATEWAY)
    recording.answer("get-policy-response", iam.get_group_policy, GroupName="g", PolicyName="p")


def _role_encoding(iam: Any, recording: Recording, _: str) -> None:
    document = _trust("lambda.amazonaws.com", Condition={"StringEquals": {"aws:SourceArn": ENCODED}})
    recording.answer(
        "create-role-response", iam.create_role, RoleName="r", Path="/p/", AssumeRolePolicyDocument=document
    )
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=GATEWAY)
    recording.answer("get-policy-response", iam.get_role_policy, RoleName="r", PolicyName="p")
    recording.answer("get-role-response", iam.get_role, RoleName="r")
    recording.answer("list-roles-response", iam.list_roles, PathPrefix="/p/")


def _no_policy(iam: Any, recording: Recording, _: str) -> None:
    arn = "arn:aws:iam::813835382529:policy/non-existent-policy"
    recording.answer("delete-non-existent-policy-exc", iam.delete_policy, PolicyArn=arn)


def _linked(iam: Any, recording: Recording, service: str, **suffix: str) -> None:
    role = iam.create_service_linked_role(AWSServiceName=service, **suffix)["Role"]["RoleName"]
    recording.answer("describe-response", iam.get_role, RoleName=role)
    recording.answer("inline-role-policies", iam.list_role_policies, RoleName=role)
    recording.answer("attached-role-policies", iam.list_attached_role_policies, RoleName=role)


def _linked_with_suffix(iam: Any, recording: Recording, service: str) -> None:
    _linked(iam, recording, service, CustomSuffix="mine")


def _linked_suffix_not_allowed(iam: Any, recording: Recording, service: str) -> None:
    call, params = iam.create_service_linked_role, {"AWSServiceName": service, "CustomSuffix": "testsuffix"}
    recording.answer("custom-suffix-not-allowed", call, **params)


def _linked_twice(iam: Any, recording: Recording, _: str) -> None:
    iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")
    call = iam.create_service_linked_role
    recording.answer("role-already-exists-error", call, AWSServiceName="batch.amazonaws.com")


def _linked_deletion(iam: Any, recording: Recording, _: str) -> None:
    role = iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")["Role"]["RoleName"]
    gone = recording.answer("service-linked-role-deletion-response", iam.delete_service_linked_role, RoleName=role)
    status, task = iam.get_service_linked_role_deletion_status, gone["DeletionTaskId"]
    recording.answer("service-linked-role-deletion-status-response", status, DeletionTaskId=task)


def _simulate(iam: Any, recording: Recording, kind: str) -> None:
    statement = {"Sid": "", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    policy = iam.create_policy(PolicyName=f"of-{kind}", PolicyDocument=document)["Policy"]["Arn"]
    trust = {"AssumeRolePolicyDocument": _trust("apigateway.amazonaws.com")} if kind == "role" else {}
    name = {f"{kind.title()}Name": "s"}
    source = getattr(iam, f"create_{kind}")(**name, **trust)[kind.title()]["Arn"]
    getattr(iam, f"attach_{kind}_policy")(**name, PolicyArn=policy)
    recording.answer(
        "response",
        iam.simulate_principal_policy,
        PolicySourceArn=source,
        ActionNames=["s3:PutObject", "s3:GetObjectVersion"],
        ResourceArns=["arn:aws:s3:::bucket"],
    )


PLAYED: dict[str, Callable[[Any, Recording, str], None]] = {
    "test_update_assume_role_policy": _update_assume_role_policy,
    "test_create_role_with_malformed_assume_role_policy_document": _malformed,
    "test_list_roles_with_permission_boundary": _permission_boundary,
    "test_create_describe_role": _describe_role,
    "test_role_attach_policy": _attach("role"),
    "test_user_attach_policy": _attach("user"),
    "test_role_with_path_lifecycle": _with_path,
    "test_role_with_tags": _with_tags,
    "test_put_user_policy_encoding": _user_encoding,
    "test_put_role_policy_encoding": _role_encoding,
    "test_put_group_policy_encoding": _group_encoding,
    "test_delete_non_existent_policy_returns_no_such_entity": _no_policy,
    "test_service_role_lifecycle": _linked,
    "test_service_role_lifecycle_custom_suffix": _linked_with_suffix,
    "test_service_role_lifecycle_custom_suffix_not_allowed": _linked_suffix_not_allowed,
    "test_service_role_already_exists": _linked_twice,
    "test_service_role_deletion": _linked_deletion,
    "test_simulate_principle_policy": _simulate,
}
"""What makes the calls of a recorded test again, by its name."""


def _offered(name: str) -> bool:
    """Whether what was recorded is offered here: not service-specific credentials, and roles of known services only."""
    service = recordings.variant_of(name).removesuffix(".amazonaws.com")
    linked = "service_role_lifecycle" in name and service not in SERVICES
    return not linked and name.partition("::")[0] not in NOT_OFFERED


OFFERED = [name for name in RECORDED if _offered(name)]


@recordings.needed
@pytest.mark.parametrize("function", PLAYED)
@pytest.mark.aws("recorded by LocalStack (localstack-iam.json)", "recorded")
def test_iam_answers_what_was_recorded(cloud: Cloud, function: str) -> None:
    names = [name for name in OFFERED if recordings.function_of(name) == function]
    assert names
    iam = cloud.client("registry", "iam")
    for name in names:
        recording = Recording(RECORDED[name], without=DEPENDING)
        PLAYED[function](iam, recording, recordings.variant_of(name))
        assert recording.whole(), name


@recordings.needed
def test_everything_that_was_recorded_and_is_offered_is_played() -> None:
    assert {recordings.function_of(name) for name in OFFERED} == set(PLAYED)
