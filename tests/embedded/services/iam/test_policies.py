"""IAM's policies: what is made, shown, counted, refused and deleted, in AWS's shapes and words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.conftest import Cloud
from tests.embedded.services.iam.common import ADMIN, REGISTRY, allow, trust
from tests.embedded.services.iam.test_listing import pages

LINKED = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"
MINE = f"arn:aws:iam::{REGISTRY}:policy/P"
MISSING = f"arn:aws:iam::{REGISTRY}:policy/Missing"
READ = allow("ecr:BatchGetImage")
ENTITIES = ("user", "group", "role")


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def long(size: int) -> str:
    """A policy with so many characters that count."""
    frame = json.dumps(json.loads(READ), separators=(",", ":"))
    return frame.replace(
        '"*"', json.dumps("arn:aws:ecr:*:*:" + "x" * (size - len(frame) - len("arn:aws:ecr:*:*:") + 1))
    )


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    """IAM in the registry's account, where a user, a group and a role, each called x, and a policy P are."""
    client = cloud.client("registry", "iam")
    client.create_user(UserName="x")
    client.create_group(GroupName="x")
    client.create_role(RoleName="x", AssumeRolePolicyDocument=trust())
    client.create_policy(PolicyName="P", PolicyDocument=READ, Description="reads", Tags=[{"Key": "a", "Value": "b"}])
    return client


def on(kind: str) -> dict[str, str]:
    return {f"{kind.capitalize()}Name": "x"}


class TestManagedPolicies:
    def test_one_is_made_and_shown_as_aws_shows_it(self, iam: Any) -> None:
        made = iam.create_policy(PolicyName="Q", Path="/team/", PolicyDocument=READ)["Policy"]
        assert made.pop("PolicyId").startswith("ANPA327C6N4A")
        assert made.pop("CreateDate") == made.pop("UpdateDate")
        assert made == {
            "PolicyName": "Q",
            "Arn": f"arn:aws:iam::{REGISTRY}:policy/team/Q",
            "Path": "/team/",
            "DefaultVersionId": "v1",
            "AttachmentCount": 0,
            "PermissionsBoundaryUsageCount": 0,
            "IsAttachable": True,
        }
        shown = iam.get_policy(PolicyArn=MINE)["Policy"]
        assert shown["Description"] == "reads" and shown["Tags"] == [{"Key": "a", "Value": "b"}]
        assert iam.get_policy(PolicyArn=f"arn:aws:iam::{REGISTRY}:policy/team/Q")["Policy"]["Tags"] == []

    def test_a_name_is_taken_whatever_its_case(self, iam: Any) -> None:
        assert refusal(iam.create_policy, PolicyName="p", PolicyDocument=READ) == (
            "EntityAlreadyExists",
            "A policy called p already exists. Duplicate names are not allowed.",
        )

    def test_one_that_is_attached_or_a_boundary_cannot_be_deleted(self, iam: Any) -> None:
        conflict = ("DeleteConflict", "Cannot delete a policy attached to entities.")
        iam.attach_role_policy(RoleName="x", PolicyArn=MINE)
        assert refusal(iam.delete_policy, PolicyArn=MINE) == conflict
        iam.detach_role_policy(RoleName="x", PolicyArn=MINE)
        iam.put_user_permissions_boundary(UserName="x", PermissionsBoundary=MINE)
        assert refusal(iam.delete_policy, PolicyArn=MINE) == conflict
        iam.delete_user_permissions_boundary(UserName="x")
        iam.delete_policy(PolicyArn=MINE)
        assert refusal(iam.get_policy, PolicyArn=MINE) == ("NoSuchEntity", f"Policy {MINE} was not found.")

    def test_uses_are_counted_for_each_account(self, cloud: Cloud, iam: Any) -> None:
        iam.attach_user_policy(UserName="x", PolicyArn=ADMIN)
        iam.attach_user_policy(UserName="x", PolicyArn=ADMIN)
        iam.put_role_permissions_boundary(RoleName="x", PermissionsBoundary=ADMIN)
        shown = iam.get_policy(PolicyArn=ADMIN)["Policy"]
        assert (shown["AttachmentCount"], shown["PermissionsBoundaryUsageCount"]) == (2, 1)
        elsewhere = cloud.client("workload", "iam").get_policy(PolicyArn=ADMIN)["Policy"]
        assert (elsewhere["AttachmentCount"], elsewhere["PermissionsBoundaryUsageCount"]) == (1, 0)

    def test_awss_own_are_there_in_every_account_with_their_documents(self, cloud: Cloud) -> None:
        for profile in ("registry", "outsider"):
            iam = cloud.client(profile, "iam")
            policy = iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/AWSLambda_FullAccess")["Policy"]
            version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
            permissions = {a for s in version["PolicyVersion"]["Document"]["Statement"] for a in s["Action"]}
            assert "lambda:*" in permissions and not any(action.startswith("ecr:") for action in permissions)

    @pytest.mark.parametrize(
        ("operation", "params"),
        [
            ("delete_policy", {}),
            ("create_policy_version", {"PolicyDocument": READ, "SetAsDefault": True}),
            ("delete_policy_version", {"VersionId": "v1"}),
            ("set_default_policy_version", {"VersionId": "v1"}),
            ("tag_policy", {"Tags": [{"Key": "a", "Value": "b"}]}),
            ("untag_policy", {"TagKeys": ["a"]}),
        ],
    )
    def test_awss_own_cannot_be_changed(self, iam: Any, operation: str, params: dict[str, Any]) -> None:
        assert refusal(getattr(iam, operation), PolicyArn=ADMIN, **params)[0] == "AccessDenied"

    def test_tags_come_and_go(self, iam: Any) -> None:
        iam.tag_policy(PolicyArn=MINE, Tags=[{"Key": "c", "Value": "d"}])
        iam.untag_policy(PolicyArn=MINE, TagKeys=["a"])
        listed = iam.list_policy_tags(PolicyArn=MINE)
        assert (listed["Tags"], listed["IsTruncated"]) == ([{"Key": "c", "Value": "d"}], False)

    @pytest.mark.parametrize(
        ("arn", "answer"),
        [
            ("longpolicynamebutnoarn", ("ValidationError", "Invalid ARN:  Could not be parsed!")),
            (f"arn:aws:iam::{REGISTRY}:role/x", ("InvalidInput", f"ARN arn:aws:iam::{REGISTRY}:role/x is not valid.")),
            (MISSING, ("NoSuchEntity", f"Policy {MISSING} does not exist or is not attachable.")),
            (
                "arn:aws:iam::592444418872:policy/P",
                ("NoSuchEntity", "Policy arn:aws:iam::592444418872:policy/P does not exist or is not attachable."),
            ),
            (LINKED, ("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.")),
        ],
    )
    def test_what_cannot_be_attached(self, cloud: Cloud, iam: Any, arn: str, answer: tuple[str, str]) -> None:
        cloud.client("workload", "iam").create_policy(PolicyName="P", PolicyDocument=READ)
        for kind in ENTITIES:
            assert refusal(getattr(iam, f"attach_{kind}_policy"), **on(kind), PolicyArn=arn) == answer


class TestVersions:
    def test_there_are_five_at_most_and_numbers_are_given_once(self, iam: Any) -> None:
        for number in range(2, 6):
            made = iam.create_policy_version(PolicyArn=MINE, PolicyDocument=READ)["PolicyVersion"]
            assert (made["VersionId"], made["IsDefaultVersion"]) == (f"v{number}", False)
        assert refusal(iam.create_policy_version, PolicyArn=MINE, PolicyDocument=READ) == (
            "LimitExceeded",
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
            "version.",
        )
        iam.delete_policy_version(PolicyArn=MINE, VersionId="v5")
        made = iam.create_policy_version(PolicyArn=MINE, PolicyDocument=READ, SetAsDefault=True)["PolicyVersion"]
        assert (made["VersionId"], made["IsDefaultVersion"]) == ("v6", True)
        listed = iam.list_policy_versions(PolicyArn=MINE)
        assert [each["VersionId"] for each in listed["Versions"]] == ["v6", "v4", "v3", "v2", "v1"]
        assert [each["IsDefaultVersion"] for each in listed["Versions"]] == [True, False, False, False, False]
        assert not any("Document" in each for each in listed["Versions"])

    def test_the_one_in_force_stays_until_another_is(self, iam: Any) -> None:
        iam.create_policy_version(PolicyArn=MINE, PolicyDocument=READ.replace("BatchGetImage", "PutImage"))
        assert refusal(iam.delete_policy_version, PolicyArn=MINE, VersionId="v1") == (
            "DeleteConflict",
            "Cannot delete the default version of a policy.",
        )
        iam.set_default_policy_version(PolicyArn=MINE, VersionId="v2")
        iam.delete_policy_version(PolicyArn=MINE, VersionId="v1")
        shown = iam.get_policy_version(PolicyArn=MINE, VersionId="v2")["PolicyVersion"]
        assert shown["Document"]["Statement"][0]["Action"] == "ecr:PutImage"

    def test_a_policy_with_several_cannot_be_deleted(self, iam: Any) -> None:
        iam.create_policy_version(PolicyArn=MINE, PolicyDocument=READ)
        assert refusal(iam.delete_policy, PolicyArn=MINE) == (
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy.",
        )

    def test_one_that_is_not_there(self, iam: Any) -> None:
        assert refusal(iam.get_policy_version, PolicyArn=MINE, VersionId="v2") == (
            "NoSuchEntity",
            f"Policy {MINE} version v2 does not exist or is not attachable.",
        )


class TestInlinePolicies:
    @pytest.mark.parametrize("kind", ENTITIES)
    def test_they_are_put_shown_listed_and_deleted(self, iam: Any, kind: str) -> None:
        text = (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::%2F"}}'
        )
        put, get, delete, names = (
            getattr(iam, each)
            for each in (f"put_{kind}_policy", f"get_{kind}_policy", f"delete_{kind}_policy", f"list_{kind}_policies")
        )
        put(**on(kind), PolicyName="b", PolicyDocument=READ)
        put(**on(kind), PolicyName="a", PolicyDocument=READ)
        put(**on(kind), PolicyName="b", PolicyDocument=text)
        assert get(**on(kind), PolicyName="b")["PolicyDocument"] == json.loads(text)
        listed = names(**on(kind))
        assert (listed["PolicyNames"], listed["IsTruncated"]) == (["a", "b"], False)
        delete(**on(kind), PolicyName="b")
        missing = ("NoSuchEntity", f"The {kind} policy with name b cannot be found.")
        assert refusal(get, **on(kind), PolicyName="b") == refusal(delete, **on(kind), PolicyName="b") == missing

    @pytest.mark.parametrize(("kind", "most"), [("user", 2048), ("group", 5120), ("role", 10_240)])
    def test_together_they_have_a_quota_that_white_space_does_not_count_in(
        self, iam: Any, kind: str, most: int
    ) -> None:
        put = getattr(iam, f"put_{kind}_policy")
        put(**on(kind), PolicyName="a", PolicyDocument=long(most - 200) + " " * 1000)
        put(**on(kind), PolicyName="b", PolicyDocument=long(200))
        refused = ("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind} x")
        assert refusal(put, **on(kind), PolicyName="b", PolicyDocument=long(201)) == refused
        shown = getattr(iam, f"get_{kind}_policy")(**on(kind), PolicyName="b")["PolicyDocument"]
        assert shown == json.loads(long(200)), "a refused call must leave nothing"


class TestAttachments:
    @pytest.mark.parametrize("kind", ENTITIES)
    def test_they_are_listed_in_their_order_and_detached(self, iam: Any, kind: str) -> None:
        attach, detach = getattr(iam, f"attach_{kind}_policy"), getattr(iam, f"detach_{kind}_policy")
        listing = getattr(iam, f"list_attached_{kind}_policies")
        attach(**on(kind), PolicyArn=MINE)
        attach(**on(kind), PolicyArn=ADMIN)
        attach(**on(kind), PolicyArn="arn:aws:iam::aws:policy/job-function/Billing")
        assert [each["PolicyName"] for each in listing(**on(kind))["AttachedPolicies"]] == [
            "P",
            "AdministratorAccess",
            "Billing",
        ]
        below = listing(**on(kind), PathPrefix="/job-function/")["AttachedPolicies"]
        assert [each["PolicyName"] for each in below] == ["Billing"]
        detach(**on(kind), PolicyArn=MINE)
        assert refusal(detach, **on(kind), PolicyArn=MINE) == ("NoSuchEntity", f"Policy {MINE} was not found.")

    @pytest.mark.parametrize(
        ("kind", "most", "quota"),
        [("user", 10, "PoliciesPerUser"), ("group", 10, "PoliciesPerGroup"), ("role", 20, "PoliciesPerRole")],
    )
    def test_there_is_a_quota(self, iam: Any, kind: str, most: int, quota: str) -> None:
        attach = getattr(iam, f"attach_{kind}_policy")
        policies = iam.list_policies(Scope="AWS", PathPrefix="/service-role/", MaxItems=most + 1)["Policies"]
        for policy in policies[:most]:
            attach(**on(kind), PolicyArn=policy["Arn"])
        attach(**on(kind), PolicyArn=policies[0]["Arn"])
        refused = ("LimitExceeded", f"Cannot exceed quota for {quota}: {most}")
        assert refusal(attach, **on(kind), PolicyArn=policies[most]["Arn"]) == refused


class TestUsers:
    @pytest.fixture
    def used(self, iam: Any) -> Any:
        """The policy P, attached to all three, and the boundary of the user and of a role y below /team/."""
        iam.create_role(RoleName="y", Path="/team/", AssumeRolePolicyDocument=trust(), PermissionsBoundary=MINE)
        iam.put_user_permissions_boundary(UserName="x", PermissionsBoundary=MINE)
        for kind in ENTITIES:
            getattr(iam, f"attach_{kind}_policy")(**on(kind), PolicyArn=MINE)
        return iam

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({}, {"group/x", "role/x", "role/y", "user/x"}),
            ({"EntityFilter": "Role"}, {"role/x", "role/y"}),
            ({"PolicyUsageFilter": "PermissionsPolicy"}, {"group/x", "role/x", "user/x"}),
            ({"PolicyUsageFilter": "PermissionsBoundary"}, {"role/y", "user/x"}),
            ({"PathPrefix": "/team/"}, {"role/y"}),
            ({"EntityFilter": "AWSManagedPolicy"}, set()),
        ],
    )
    def test_those_who_use_a_policy_are_found(self, used: Any, asked: dict[str, str], found: set[str]) -> None:
        assert set(users_of(used.list_entities_for_policy(PolicyArn=MINE, **asked))) == found

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
    def test_they_come_in_pages_of_any_size(self, used: Any, size: int) -> None:
        pages = used.get_paginator("list_entities_for_policy").paginate(
            PolicyArn=MINE, PaginationConfig={"PageSize": size}
        )
        found = [list(users_of(page)) for page in pages]
        assert all(len(page) <= size for page in found)
        assert sorted(each for page in found for each in page) == ["group/x", "role/x", "role/y", "user/x"]


def users_of(answer: dict[str, Any]) -> Iterator[str]:
    for kind in ENTITIES:
        yield from (f"{kind}/{each[f'{kind.capitalize()}Name']}" for each in answer[f"Policy{kind.capitalize()}s"])


class TestListingPolicies:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"Scope": "Local"}, ["P", "q"]),
            ({"Scope": "Local", "PathPrefix": "/team/"}, ["q"]),
            ({"Scope": "Local", "OnlyAttached": True}, ["q"]),
            ({"OnlyAttached": True}, ["q", "AdministratorAccess"]),
            ({"Scope": "AWS", "OnlyAttached": True}, ["AdministratorAccess"]),
            ({"PolicyUsageFilter": "PermissionsBoundary"}, ["P", "ReadOnlyAccess"]),
            ({"PathPrefix": "/root-task/", "MaxItems": 1}, ["IAMAuditRootUserCredentials"]),
        ],
    )
    def test_they_are_filtered(self, iam: Any, asked: dict[str, Any], found: list[str]) -> None:
        arn = iam.create_policy(PolicyName="q", Path="/team/", PolicyDocument=READ)["Policy"]["Arn"]
        iam.attach_group_policy(GroupName="x", PolicyArn=arn)
        iam.put_user_permissions_boundary(UserName="x", PermissionsBoundary=MINE)
        iam.put_role_permissions_boundary(RoleName="x", PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess")
        assert [each["PolicyName"] for each in iam.list_policies(**asked)["Policies"]] == found

    @pytest.mark.parametrize("size", [300, 1000])
    def test_every_policy_comes_once_in_pages_of_any_size(self, iam: Any, size: int) -> None:
        pages = iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": size})
        arns = [policy["Arn"] for page in pages for policy in page["Policies"]]
        assert arns[0] == MINE and len(arns) == len(set(arns)) == 1583

    def test_another_accounts_policies_are_not_listed(self, cloud: Cloud, iam: Any) -> None:
        assert cloud.client("workload", "iam").list_policies(Scope="Local")["Policies"] == []

    def test_a_marker_of_another_list_is_refused(self, iam: Any) -> None:
        marker = iam.list_policies(Scope="AWS", MaxItems=1)["Marker"]
        assert iam.list_policies(Scope="AWS", MaxItems=1, Marker=marker)["IsTruncated"] is True
        assert refusal(iam.list_policies, Scope="All", Marker=marker)[0] == "ValidationError"


class TestPages:
    def test_every_list_of_policies_shows_each_once_in_pages_of_any_size(self, iam: Any) -> None:
        policies = iam.list_policies(Scope="AWS", PathPrefix="/service-role/", MaxItems=5)["Policies"]
        iam.tag_policy(PolicyArn=MINE, Tags=[{"Key": f"k{number}", "Value": ""} for number in range(4)])
        for _ in range(4):
            iam.create_policy_version(PolicyArn=MINE, PolicyDocument=READ)
        lists = [
            ("list_policy_versions", "Versions", {"PolicyArn": MINE}),
            ("list_policy_tags", "Tags", {"PolicyArn": MINE}),
        ]
        for kind in ENTITIES:
            for number, policy in enumerate(policies):
                getattr(iam, f"attach_{kind}_policy")(**on(kind), PolicyArn=policy["Arn"])
                getattr(iam, f"put_{kind}_policy")(**on(kind), PolicyName=f"p{number}", PolicyDocument=READ)
            lists.append((f"list_attached_{kind}_policies", "AttachedPolicies", on(kind)))
            lists.append((f"list_{kind}_policies", "PolicyNames", on(kind)))
        for name, member, params in lists:
            whole = getattr(iam, name)(**params)[member]
            assert len(whole) == 5, name
            for size in (1, 2, 3, 5):
                assert pages(getattr(iam, name), member, size, **params) == whole, (name, size)


class TestDocuments:
    def test_a_managed_policy_may_have_6144_characters_that_count(self, iam: Any) -> None:
        iam.create_policy(PolicyName="Q", PolicyDocument=long(6144) + "\n" * 500)
        refused = ("LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
        assert refusal(iam.create_policy, PolicyName="R", PolicyDocument=long(6145)) == refused
        assert refusal(iam.create_policy_version, PolicyArn=MINE, PolicyDocument=long(6145)) == refused

    @pytest.mark.parametrize(
        ("document", "sentence"),
        [
            ("nope", "Syntax errors in policy."),
            (READ.replace("Allow", "allow"), "The policy failed legacy parsing"),
            (READ.replace('"*"', '"app"'), 'Resource app must be in ARN format or "*".'),
            (trust(), "Policy document should not specify a principal."),
        ],
    )
    def test_one_that_aws_refuses_is_refused_everywhere_in_its_words(
        self, iam: Any, document: str, sentence: str
    ) -> None:
        answer = ("MalformedPolicyDocument", sentence)
        assert refusal(iam.create_policy, PolicyName="Q", PolicyDocument=document) == answer
        assert refusal(iam.create_policy_version, PolicyArn=MINE, PolicyDocument=document) == answer
        for kind in ENTITIES:
            put = getattr(iam, f"put_{kind}_policy")
            assert refusal(put, **on(kind), PolicyName="q", PolicyDocument=document) == answer

    def test_an_inline_policy_may_be_of_the_old_version(self, iam: Any) -> None:
        old = READ.replace("2012-10-17", "2008-10-17")
        iam.put_role_policy(RoleName="x", PolicyName="old", PolicyDocument=old)
        assert refusal(iam.create_policy, PolicyName="Q", PolicyDocument=old) == (
            "MalformedPolicyDocument",
            "Policy document must be version 2012-10-17 or greater.",
        )


class TestBoundaries:
    @pytest.mark.parametrize("kind", ["user", "role"])
    def test_they_are_kept_shown_and_taken_away(self, iam: Any, kind: str) -> None:
        put, delete = (getattr(iam, f"{verb}_{kind}_permissions_boundary") for verb in ("put", "delete"))
        put(**on(kind), PermissionsBoundary=MINE)
        boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": MINE}
        assert getattr(iam, f"get_{kind}")(**on(kind))[kind.capitalize()]["PermissionsBoundary"] == boundary
        missing = ("NoSuchEntity", f"Scope ARN: {MISSING} does not exist or is not attachable.")
        assert refusal(put, **on(kind), PermissionsBoundary=MISSING) == missing
        delete(**on(kind))
        assert "PermissionsBoundary" not in getattr(iam, f"get_{kind}")(**on(kind))[kind.capitalize()]
