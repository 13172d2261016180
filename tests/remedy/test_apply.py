"""What --apply writes, keeps and refuses, and that undo brings back what was there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.aws import scps
from labkit.errors import LabError
from labkit.pull import policies
from labkit.remedy import apply as making
from labkit.remedy import there
from labkit.remedy.kept import newest
from labkit.remedy.trying import tried
from labkit.remedy.undo import undo
from tests.embedded.conftest import image  # noqa: F401 - a fixture
from tests.remedy.mended import REGISTRY, REPOSITORY, URI, WORKLOAD, World

STRANGER = "111122223333"


@pytest.fixture
def world(cloud: Any, image: Any) -> World:  # noqa: F811
    """The embedded AWS with an image in a repository without a policy."""
    return World(cloud, image)


def applied(world: World, **options: Any) -> tuple[Any, making.Plan]:
    diagnosis = world.diagnose()
    assert diagnosis.fix is not None
    plan = making.plan(diagnosis.fix, world.accounts(), **options)
    making.apply(plan, world.accounts(), world.home, region="eu-central-1")
    return diagnosis, plan


def taken_back(world: World) -> None:
    run = newest(world.home)
    assert run is not None
    undo(run, world.accounts())


def lambdas(**elements: Any) -> dict[str, Any]:
    made = policies.cross_account(WORKLOAD)
    made["Statement"][1] |= elements
    return made


BROKEN: dict[str, Any] = {
    "no policy": None,
    "another account": policies.cross_account(STRANGER),
    "a pattern under StringEquals": lambdas(
        Condition={"StringEquals": {"aws:SourceArn": f"arn:aws:lambda:*:{WORKLOAD}:function:*"}}
    ),
    "another service": lambdas(Principal={"Service": "edgelambda.amazonaws.com"}),
    "one action": lambdas(Action="ecr:BatchGetImage"),
}


@pytest.mark.parametrize("policy", BROKEN.values(), ids=BROKEN)
def test_the_function_is_created_after_apply_and_refused_again_after_undo(world: World, policy: Any):
    world.allow(policy)
    before = world.policy()
    diagnosis, _ = applied(world)
    assert world.diagnose().verdict == "can"
    assert tried(diagnosis.question, world.accounts()).startswith("Really done")
    taken_back(world)
    assert world.policy() == before
    assert world.diagnose().verdict == "cannot"
    assert newest(world.home) is None


def test_what_was_shown_is_written_and_nothing_else(world: World):
    world.allow(BROKEN["another service"] | {"Id": "ours"})
    broken = world.policy() or ""
    _, plan = applied(world)
    assert world.policy() == plan.changes[0].after == broken.replace("edgelambda.", "lambda.")


def test_a_policy_that_has_changed_meanwhile_is_left_and_nothing_is_kept(world: World):
    diagnosis = world.diagnose()
    assert diagnosis.fix is not None
    plan = making.plan(diagnosis.fix, world.accounts())
    world.allow(policies.same_account())
    theirs = world.policy()
    with pytest.raises(LabError, match="has changed since it was read"):
        making.apply(plan, world.accounts(), world.home)
    assert world.policy() == theirs
    assert newest(world.home) is None


def test_undo_refuses_what_somebody_has_changed_since(world: World):
    applied(world)
    world.allow(policies.same_account())
    theirs = world.policy()
    with pytest.raises(LabError, match="somebody has changed it since"):
        taken_back(world)
    assert world.policy() == theirs
    assert newest(world.home) is not None


def test_the_old_policy_is_kept_in_a_file_of_ones_own(world: World):
    world.allow(BROKEN["one action"])
    before = world.policy()
    applied(world)
    run = newest(world.home)
    assert run is not None
    assert run.path.stat().st_mode & 0o777 == 0o600
    assert run.changes[0].before == before


def test_runs_are_taken_back_newest_first(world: World):
    world.allow(BROKEN["one action"])
    first = world.policy()
    applied(world)
    second = world.policy()
    world.allow(BROKEN["another service"])
    third = world.policy()
    applied(world)
    taken_back(world)
    assert world.policy() == third
    world.allow(second)
    taken_back(world)
    assert world.policy() == first


DENY = {"Sid": "Perimeter", "Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage"}


def test_an_explicit_deny_is_changed_only_when_it_is_said(world: World):
    policy = policies.cross_account(WORKLOAD)
    policy["Statement"].append({**DENY, "Condition": {"StringNotEquals": {"aws:PrincipalAccount": REGISTRY}}})
    world.allow(policy)
    before = world.policy()
    diagnosis = world.diagnose()
    assert diagnosis.fix is not None
    plan = making.plan(diagnosis.fix, world.accounts())
    assert not plan.changes
    assert "--change-guard-rails" in plan.left[0].reason
    assert making.apply(plan, world.accounts(), world.home) is None
    assert world.policy() == before
    applied(world, change_guard_rails=True)
    assert world.diagnose().verdict == "can"
    taken_back(world)
    assert world.policy() == before


def test_an_account_to_which_no_profile_leads_is_left_with_that_reason(world: World):
    accounts = world.accounts()
    accounts._openers = {"workload": world.openers["workload"]}
    diagnosis = world.diagnose()
    assert diagnosis.fix is not None
    plan = making.plan(diagnosis.fix, accounts)
    assert not plan.changes
    assert REGISTRY in plan.left[0].reason


def test_apply_never_forces_a_policy_past_ecr(world: World, monkeypatch: pytest.MonkeyPatch):
    calls: list[Any] = []
    make = there.make
    monkeypatch.setattr(
        there, "make", lambda accounts, account, call: calls.append(call) or make(accounts, account, call)
    )
    applied(world)
    assert [call[1] for call in calls] == ["set-repository-policy"]
    assert "force" not in calls[0][2]


# The caller's side


def caller(world: World, *actions: str) -> str:
    """A role of the workload's account that may do these actions, and nothing else."""
    iam = world.client("workload", "iam")
    trust = json.dumps(policies.account_trust(WORKLOAD))
    arn = iam.create_role(RoleName="Deployer", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    iam.put_role_policy(RoleName="Deployer", PolicyName="own", PolicyDocument=json.dumps(policy))
    return str(arn)


def test_the_caller_gets_an_inline_policy_which_undo_removes(world: World):
    world.allow(policies.cross_account(WORKLOAD))
    arn = caller(world, "lambda:*", "iam:PassRole", "iam:Get*")
    diagnosis = world.diagnose(caller=arn)
    assert diagnosis.ids == {"caller-identity"}
    assert diagnosis.fix is not None
    plan = making.plan(diagnosis.fix, world.accounts())
    making.apply(plan, world.accounts(), world.home)
    assert world.diagnose(caller=arn).verdict == "can"
    taken_back(world)
    iam = world.client("workload", "iam")
    assert iam.list_role_policies(RoleName="Deployer")["PolicyNames"] == ["own"]


def test_half_of_the_actions_is_mended_in_the_inline_policy(world: World):
    world.allow(policies.cross_account(WORKLOAD))
    arn = caller(world, "lambda:*", "iam:PassRole", "ecr:BatchGetImage")
    diagnosis = world.diagnose(caller=arn)
    assert diagnosis.fix is not None
    making.apply(making.plan(diagnosis.fix, world.accounts()), world.accounts(), world.home)
    iam = world.client("workload", "iam")
    found = iam.get_role_policy(RoleName="Deployer", PolicyName="own")["PolicyDocument"]
    assert found["Statement"][0]["Action"][-1] == "ecr:GetDownloadUrlForLayer"
    taken_back(world)
    found = iam.get_role_policy(RoleName="Deployer", PolicyName="own")["PolicyDocument"]
    assert found["Statement"][0]["Action"][-1] == "ecr:BatchGetImage"


def test_a_trust_policy_is_mended_and_restored(world: World):
    world.allow(policies.cross_account(WORKLOAD))
    iam = world.client("workload", "iam")
    trust = policies.account_trust(WORKLOAD)
    iam.update_assume_role_policy(RoleName="Execution", PolicyDocument=json.dumps(trust))
    diagnosis, _ = applied(world)
    assert diagnosis.ids == {"role-not-assumable"}
    assert world.diagnose().verdict == "can"
    taken_back(world)
    assert iam.get_role(RoleName="Execution")["Role"]["AssumeRolePolicyDocument"] == trust


# Guard rails, and the registry's own policy

NO_ECR = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ecr:*", "Resource": "*"}]}


def test_a_service_control_policy_is_narrowed_and_restored(world: World):
    world.allow(policies.cross_account(WORKLOAD))
    organizations = world.client("management", "organizations")
    scps.enable(organizations)
    made = organizations.create_policy(Name="no-ecr", Description="", Type=scps.KIND, Content=json.dumps(NO_ECR))[
        "Policy"
    ]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=made, TargetId=WORKLOAD)
    before = organizations.describe_policy(PolicyId=made)["Policy"]["Content"]
    diagnosis, plan = applied(world, change_guard_rails=True)
    assert diagnosis.ids == {"scp"}
    assert plan.changes[0].guard_rail
    assert world.diagnose().verdict == "can"
    taken_back(world)
    assert organizations.describe_policy(PolicyId=made)["Policy"]["Content"] == before


def test_a_registry_policy_is_narrowed_and_restored(world: World):
    world.allow(policies.cross_account(WORKLOAD))
    statement = {
        "Sid": "No",
        "Effect": "Deny",
        "Principal": {"Service": policies.LAMBDA},
        "Action": "ecr:BatchGetImage",
        "Resource": f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/*",
    }
    world.ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    before = world.ecr.get_registry_policy()["policyText"]
    diagnosis, _ = applied(world, change_guard_rails=True)
    assert diagnosis.ids == {"registry-policy"}
    assert world.diagnose().verdict == "can"
    taken_back(world)
    assert world.ecr.get_registry_policy()["policyText"] == before


def test_a_boundary_gets_a_new_version_which_goes_again(world: World):
    world.allow(policies.cross_account(WORKLOAD))
    arn = caller(world, "*")
    iam = world.client("workload", "iam")
    limit = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["lambda:*", "iam:*"], "Resource": "*"}],
    }
    policy = iam.create_policy(PolicyName="Limit", PolicyDocument=json.dumps(limit))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="Deployer", PermissionsBoundary=policy)
    diagnosis = world.diagnose(caller=arn)
    assert diagnosis.ids == {"boundary"}
    assert diagnosis.fix is not None
    plan = making.plan(diagnosis.fix, world.accounts(), change_guard_rails=True)
    making.apply(plan, world.accounts(), world.home)
    assert world.diagnose(caller=arn).verdict == "can"
    taken_back(world)
    (version,) = iam.list_policy_versions(PolicyArn=policy)["Versions"]
    assert version["VersionId"] == "v1"


# Calls, which only a lab makes


def test_an_image_is_pushed_in_a_lab_and_goes_again(world: World):
    world.allow(policies.cross_account(WORKLOAD))
    world.ecr.batch_delete_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": "1"}])
    diagnosis, _ = applied(world)
    assert diagnosis.ids & {"image-missing", "image-deleted"}
    assert world.diagnose().verdict == "can"
    taken_back(world)
    assert world.ecr.list_images(repositoryName=REPOSITORY)["imageIds"] == []


def test_a_repository_is_made_filled_and_let_in_and_goes_again(world: World):
    world.ecr.delete_repository(repositoryName=REPOSITORY, force=True)
    diagnosis, plan = applied(world)
    assert "repository-missing" in diagnosis.ids
    assert [each.call[1] if each.call else each.kind for each in plan.changes] == [
        *("create-repository", "push", "repository-policy"),
    ]
    assert world.diagnose().verdict == "can"
    taken_back(world)
    assert world.ecr.describe_repositories()["repositories"] == []


def test_an_archived_image_is_restored(world: World):
    world.allow(policies.cross_account(WORKLOAD))
    which = {"repositoryName": REPOSITORY, "imageId": {"imageTag": "1"}}
    world.ecr.update_image_storage_class(**which, targetStorageClass="ARCHIVE")
    diagnosis, plan = applied(world)
    assert "image-archived" in diagnosis.ids
    assert [each.call[1] for each in plan.changes if each.call] == ["update-image-storage-class"]


def test_outside_a_lab_no_call_is_made(world: World):
    world.allow(policies.cross_account(WORKLOAD))
    world.ecr.batch_delete_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": "1"}])
    diagnosis = world.diagnose()
    assert diagnosis.fix is not None
    plan = making.plan(diagnosis.fix, world.accounts(lab=False))
    assert not plan.changes
    assert "make this call yourself" in plan.left[0].reason


def test_what_is_shown_says_the_diff_what_is_left_and_the_gap(world: World):
    diagnosis = world.diagnose()
    assert diagnosis.fix is not None
    shown = making.shown(making.plan(diagnosis.fix, world.accounts()))
    assert diagnosis.fix.changes[0].diff in shown
    assert making.GAP in shown
    assert URI not in shown


def test_a_write_that_aws_refuses_leaves_nothing_to_take_back_but_the_note_of_it(world: World):
    diagnosis = world.diagnose()
    assert diagnosis.fix is not None
    plan = making.plan(diagnosis.fix, world.accounts())
    nobody = plan.changes[0].after.replace(f"iam::{WORKLOAD}:root", f"iam::{WORKLOAD}:role/Nobody")
    refused = plan._replace(changes=(plan.changes[0]._replace(after=nobody),))
    with pytest.raises(ClientError, match="Principal not found"):
        making.apply(refused, world.accounts(), world.home)
    assert world.policy() is None
    taken_back(world)
    assert world.policy() is None
    assert newest(world.home) is None
