"""What is collected of live accounts: everything with all rights, the rest with fewer, and never more than the plan."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache, partial

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from labkit.diagnosis.asked import Asked
from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.evidence import folder
from labkit.diagnosis.evidence.gathering import facts_from, question_from
from labkit.diagnosis.evidence.plan.expected import planned
from labkit.diagnosis.evidence.plan.reader import actions, reader_policy
from labkit.diagnosis.evidence.plan.subject import IDENTITY
from labkit.diagnosis.facts import Document, Facts, Layer, NotKnown, Repository
from labkit.diagnosis.offline import diagnose_offline
from labkit.pull import policies
from labkit.remedy.asking import Asker
from tests.embedded.conftest import image
from tests.remedy.question_of_tests import (
    ANN,
    DEPLOYER,
    FUNCTION,
    IMAGE,
    REGISTRY,
    ROLE,
    SIDES,
    WORKLOAD,
    administrators,
    allowing,
    collected,
    furnish,
    openers,
)

__all__ = ["image"]
ASKED = Asked(image=IMAGE, function=FUNCTION, caller=DEPLOYER, execution_role=ROLE)
# What AWS has no call for.
NEVER_KNOWN = {"vpc_endpoint"}


@pytest.fixture
def world(cloud, image):
    furnish(cloud, image)
    return cloud


def unknown(facts: Facts) -> set[str]:
    """The fields of facts that are not known, wholly or in part."""
    found = {name: getattr(facts, name) for name in facts.__slots__}
    lacking = {name for name, value in found.items() if isinstance(value, NotKnown)}
    for name, value in found.items():
        layers = [value] if isinstance(value, Layer) else value if isinstance(value, tuple) else []
        if any(isinstance(each, Layer) and each.not_known for each in layers):
            lacking.add(name)
    return lacking - NEVER_KNOWN


def test_with_all_rights_everything_is_known(world):
    facts = facts_from(ASKED, collected(ASKED, administrators(world)))
    assert unknown(facts) == set()
    assert facts.question.caller.id.startswith("AROA")
    assert isinstance(facts.repository_policy, Document)
    assert facts.repository_policy.stored
    assert facts.registry_policy is None
    assert facts.registry_scope == "V2"
    assert facts.repository == Repository(False, False, {"team": "a"}, facts.repository.lifecycle)
    assert "imageCountMoreThan" in facts.repository.lifecycle
    assert (facts.image.architecture, facts.image.tags) == ("amd64", ("1",))
    assert [each.name.rpartition("/")[2] for each in facts.identity.documents] == ["pulling", "passing"]
    assert [each.inline for each in facts.identity.documents] == [False, True]
    assert facts.boundary.name.endswith("policy/pulling")
    assert facts.trust.attached_to == "role/lambda-role"
    assert facts.membership.paths == ("o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-production/",)
    assert [len(level.documents) for level in facts.scp] == [1, 1, 1, 1]
    assert [len(level.documents) for level in facts.rcp] == [1, 1, 1]
    assert facts.function is None


def test_a_user_has_the_policies_of_its_groups_too(world):
    asked = Asked(image=IMAGE, function=FUNCTION, caller=ANN)
    facts = facts_from(asked, collected(asked, administrators(world)))
    holders = [(each.name.rpartition("/")[2], each.attached_to) for each in facts.identity.documents]
    assert holders == [("own", "user/ann"), ("pulling", "group/deployers"), ("inline", "group/deployers")]
    assert facts.identity.not_known == ()


@pytest.mark.parametrize("policy", [None, allowing("ecr:*")])
def test_a_session_has_the_policy_with_which_it_was_made(world, policy):
    sts = world.client("workload", "sts")
    made = sts.assume_role(RoleArn=DEPLOYER, RoleSessionName="ci", **({"Policy": policy} if policy else {}))
    asked = replace(ASKED, caller=made["AssumedRoleUser"]["Arn"])
    facts = facts_from(asked, collected(asked, administrators(world)))
    assert [each.text for each in facts.session.documents] == ([policy] if policy else [])
    assert facts.question.caller.role_arn == DEPLOYER
    assert unknown(facts) == set()


def test_the_caller_is_whoever_the_workloads_profile_is_where_nobody_says_it(world):
    asked = Asked(image=IMAGE, function="f")
    answers = collected(asked, administrators(world))
    found = facts_from(Asked(image=IMAGE, function="f", function_account=WORKLOAD), answers)
    assert found.question.caller.arn == f"arn:aws:iam::{WORKLOAD}:user/admin"


def test_a_function_that_is_there_tells_its_image_and_its_role(world):
    asked = Asked(function=FUNCTION)
    function = {"FunctionName": "f", "Role": ROLE, "PackageType": "Image", "Code": {"ImageUri": IMAGE}}
    world.client("workload", "lambda").create_function(**function, Environment={"Variables": {"TOKEN": "s3cr3t"}})
    answers = collected(asked, administrators(world))
    question = question_from(asked, answers)
    assert (question.operation, question.image, question.execution_role) == ("restore", IMAGE, ROLE)
    assert "s3cr3t" not in json.dumps([each.to_dict() for each in answers])


def test_one_side_is_enough_to_begin(world):
    only_workload = facts_from(ASKED, collected(ASKED, administrators(world, "workload")))
    # Its administrator may pull from the other account's repository, and may not read the policy there.
    assert isinstance(only_workload.repository, Repository)
    assert only_workload.image.architecture == "amd64"
    assert {"repository_policy", "registry_policy", "rcp", "scp"} <= unknown(only_workload)
    assert not unknown(only_workload) & {"identity", "boundary", "trust", "function"}
    only_registry = facts_from(ASKED, collected(ASKED, administrators(world, "registry")))
    assert {"identity", "boundary", "trust", "scp"} <= unknown(only_registry)
    assert not unknown(only_registry) & {"repository_policy", "registry_policy", "repository", "image"}


def test_a_folder_says_what_the_accounts_said(world, tmp_path):
    answers = collected(ASKED, administrators(world))
    live = facts_from(ASKED, answers, world.clock.now())
    folder.write(tmp_path / "evidence", answers, question_from(ASKED, answers).to_dict(), world.clock.now())
    found = folder.read(tmp_path / "evidence")
    assert found.bad == ()
    assert facts_from(ASKED, found.answers, found.time) == live
    offline = diagnose_offline(Asked(), tmp_path / "evidence")
    assert offline.to_dict() == diagnose(live).to_dict()
    assert offline.verdict == "can"


def test_no_call_is_made_that_the_plan_does_not_name(world):
    made = {(each.service, each.operation) for each in collected(ASKED, administrators(world))}
    said = {(each.step.service, each.step.operation) for each in planned(question_from(ASKED, answers_none()), SIDES)}
    assert made <= said


def answers_none():
    from labkit.diagnosis.evidence.answers import Answers

    return Answers()


@pytest.mark.parametrize("error", [NoCredentialsError(), EndpointConnectionError(endpoint_url="https://sts")])
def test_a_profile_without_credentials_or_network_is_asked_once_and_the_rest_goes_on(world, error):
    asked_for = []

    class Broken:
        def can_paginate(self, _name):
            return False

        def __getattr__(self, name):
            def fail(**_params):
                asked_for.append(name)
                raise error

            return fail

    broken = {"workload": lambda region: Asker("", region, lambda _service: Broken())}
    facts = facts_from(ASKED, collected(ASKED, {**administrators(world, "registry"), **broken}))
    assert asked_for == ["get_caller_identity"]
    assert isinstance(facts.repository_policy, Document)
    assert isinstance(facts.identity, NotKnown)


def test_guard_rails_that_are_not_enabled_are_not_there(world):
    organizations = world.client("management", "organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.disable_policy_type(RootId=root, PolicyType="RESOURCE_CONTROL_POLICY")
    facts = facts_from(ASKED, collected(ASKED, administrators(world)))
    assert facts.rcp is None
    assert facts.scp is not None


class TestReader:
    """The policy of ``labkit policy diagnose-reader``: enough, and nothing of it too much."""

    @pytest.fixture
    def readers(self, world):
        """A user ``reader`` in each account; answers a function that sets their actions and collects."""
        keys = {}
        for side in SIDES:
            iam = world.client(side, "iam")
            iam.create_user(UserName="reader")
            key = iam.create_access_key(UserName="reader")["AccessKey"]
            keys[side] = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

        @cache
        def client(side, service, region):
            return world.client(keys[side], service, region)

        whoever = openers({side: partial(client, side) for side in SIDES})

        def read(caller: str, without: tuple[str, str] = ("", "")) -> Facts:
            for side in SIDES:
                allowed = [each for each in actions(side) if (side, each) != without]
                policy = {"UserName": "reader", "PolicyName": "reading", "PolicyDocument": allowing(*allowed)}
                world.client(side, "iam").put_user_policy(**policy)
            asked = replace(ASKED, caller=caller)
            facts = facts_from(asked, collected(asked, whoever))
            return facts if "cloudtrail:LookupEvents" in without else facts.having(history=())

        return read

    @pytest.mark.parametrize("caller", [DEPLOYER, ANN])
    def test_it_is_enough_and_without_any_action_of_it_less_is_known(self, readers, caller):
        whole = readers(caller)
        assert unknown(whole) == set()
        parts = ("Role", "iam:GetPolicy", "ecr", "lambda", "Organ", "Parents", "ForTarget", "DescribePolicy", "cloud")
        alike = ("User", "Group") if caller == ANN else parts
        mattering = [(side, each) for side in SIDES for each in actions(side) if any(part in each for part in alike)]
        assert [each for each in mattering if readers(caller, each) == whole] == []

    def test_every_action_of_it_is_looked_at(self):
        parts = ("User", "Group", "Role", "iam:GetPolicy", "ecr", "lambda", "organ", "cloud")
        assert all(any(part in each for part in parts) for side in SIDES for each in actions(side))

    def test_it_has_a_statement_for_each_account_and_is_printed(self, capsys):
        from labkit.cli.main import main

        assert main(["policy", "diagnose-reader"]) == 0
        assert json.loads(capsys.readouterr().out) == reader_policy()
        assert len(reader_policy()["Statement"]) == 3


def test_the_plan_is_printed_without_a_call(tmp_path):
    lines = [str(each) for each in planned(question_from(ASKED, answers_none()), SIDES)]
    assert lines[0] == "workload: sts get-caller-identity {}: whose profile it is; needs no permission"
    policy = f'registry: ecr get-repository-policy {{"registryId": "{REGISTRY}", "repositoryName": "app"}}'
    assert f"{policy}: the repository policy; needs ecr:GetRepositoryPolicy" in lines
    assert sum(IDENTITY in line for line in lines) == 3
    assert json.dumps(policies.same_account()) not in lines
