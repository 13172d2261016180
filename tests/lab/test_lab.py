"""Choosing what the lab uses, and what the lab says of its accounts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

import labkit.embedded.process.client as embedded
from labkit.aws import repositories, roles
from labkit.docker.daemon import NoEngine
from labkit.errors import UsageError
from labkit.lab.article import EXECUTION_ROLE, ORGANIZATION, OTHER_ACCOUNT, SAME_ACCOUNT
from labkit.lab.choices import Choices
from labkit.lab.choosing import choose, current
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.scenarios import SCENARIOS, clean_up, made, prepare, run


@pytest.fixture(scope="module")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lab home whose choices the tests change."""
    home = tmp_path_factory.mktemp("choices") / "home"
    yield home
    embedded.stop(home)


@pytest.fixture
def home(own_home: Path, environment: None) -> Path:
    """The lab home with the defaults chosen again."""
    choose(own_home)
    return own_home


class TestChoosing:
    def test_without_any_choice_the_lab_is_the_articles(self, home):
        lab = choose(home)
        assert (lab.registry.account, lab.workload.account, lab.region) == (
            "813835382529",
            "592444418872",
            "eu-central-1",
        )
        assert lab.organization_path == "o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-production/*"

    def test_other_accounts_region_and_organization_are_what_policies_and_errors_then_name(self, home, image):
        lab = choose(
            home,
            registry_account="111111111111",
            workload_account="222222222222",
            region="eu-west-1",
            organization="o-otherlab0000",
        )
        results = {name: run(lab, SCENARIOS[name], image) for name in ("cross-account", "organization-paths")}
        assert all(result.ok for result in results.values())
        text = json.dumps([result.to_dict() for result in results.values()])
        assert "111111111111.dkr.ecr.eu-west-1.amazonaws.com/lambda-another-account:0.0.1" in text
        assert "arn:aws:iam::222222222222:root" in text
        assert "o-otherlab0000/r-lab1/" in text
        assert "813835382529" not in text
        assert "592444418872" not in text

    def test_what_was_made_before_a_choice_is_still_there_after_it(self, home):
        prepare(Lab.open(home), "same-account")
        choose(home, registry_account="333333333333", workload_account="444444444444")
        lab = choose(home)
        assert repositories.find(lab.registry.client("ecr"), "lambda-same-account") is not None

    def test_accounts_of_an_earlier_choice_are_granted_nothing_and_are_said_to_keep_what_is_in_them(self, home, capsys):
        choose(home, registry_account="333333333333", workload_account="444444444444")
        assert "account 592444418872 is still there" in capsys.readouterr().out
        members = {each.id for each in choose(home).organization().accounts}
        assert members == {"813835382529", "592444418872", "111122223333", "444455556666"}
        assert "account 444444444444 is still there" in capsys.readouterr().out
        choose(home)
        assert capsys.readouterr().out == ""

    def test_what_was_made_in_an_account_can_be_cleaned_up_when_it_is_chosen_again(self, home):
        prepare(Lab.open(home), "cross-account")
        choose(home, registry_account="333333333333", workload_account="444444444444")
        assert "592444418872" not in "".join(made(Lab.open(home)))
        lab = choose(home)
        assert "role LambdaRoleWithoutPermissions in 592444418872" in clean_up(lab)

    def test_a_chosen_path_is_the_one_that_is_granted(self, home):
        pattern = "o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-production/"
        lab = choose(home, organization_path=pattern)
        assert Lab.open(home).organization_path == pattern
        assert pattern in json.dumps(policies.organization_paths(lab.organization_path))

    def test_a_path_that_was_kept_before_it_was_refused_is_refused_before_anything_is_played(self, home):
        lab = Lab.embedded(home, Choices(organization_path="o-lambdaecrlab/r-lab1/*"))
        with pytest.raises(UsageError, match="also holds the development account"):
            prepare(lab, "organization-paths")

    def test_choices_are_found_again(self, home):
        choose(home, workload_account="222222222222", region="eu-west-1")
        assert current(home)["workload_account"] == "222222222222"
        assert Lab.open(home).region == "eu-west-1"

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"registry_account": "81383538252"}, "must be 12 digits"),
            ({"registry_account": "8138-3538-2529"}, "without dashes"),
            ({"registry_account": "592444418872"}, "cannot stand for"),
            ({"registry_account": "123456789012"}, "cannot stand for"),
            ({"region": "eu-centra-1"}, "is not a region"),
            ({"organization": "lambdaecrlab"}, "is not an organization id"),
            ({"organization_path": "o-lambdaecrlab/r-lab1/ou-lab1-workloads"}, "is not an organization path"),
            ({"organization_path": "o-anotherorg0/*"}, "of another organization"),
            ({"organization_path": "o-lambdaecrlab/r-lab1/*"}, "also holds the development account"),
            ({"registry_profile": "nobody"}, "needs two profiles"),
            ({"engine": "podman"}, "There is no engine 'podman'"),
        ],
    )
    def test_bad_input_is_one_sentence_and_changes_nothing(self, home, wrong, says):
        before = current(home)
        with pytest.raises(UsageError, match=says) as error:
            choose(home, **wrong)
        assert "\n" not in str(error.value)
        assert current(home) == before

    def test_docker_that_does_not_answer_is_one_sentence_and_changes_nothing(self, home, monkeypatch, tmp_path):
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
        before = current(home)
        with pytest.raises(NoEngine, match=r"there is none.*--engine embedded"):
            choose(home, engine="docker")
        assert current(home) == before

    def test_a_chosen_engine_is_the_one_that_is_used(self, home, monkeypatch):
        monkeypatch.delenv("LABKIT_ENGINE")
        choose(home, engine="embedded")
        assert Lab.open(home).engine.sentence == "The lab builds, pushes and pulls by itself."

    def test_a_broken_file_of_choices_is_said_to_be_broken(self, home):
        (home / "choices.json").write_text('{"registry_profil": ')
        with pytest.raises(UsageError, match="Delete it to go back to the defaults"):
            Lab.open(home)
        (home / "choices.json").unlink()


class TestOpening:
    def test_opening_points_boto3_at_the_lab_so_that_profiles_work_by_name(self, home):
        lab = Lab.open(home)
        session = boto3.Session(profile_name=lab.profiles["workload"], region_name=lab.region)
        assert session.client("sts").get_caller_identity()["Account"] == lab.workload.account

    def test_the_lab_says_where_it_is(self, home):
        assert Lab.open(home).where.startswith("the embedded AWS at http://127.0.0.1:")


def callers_may(condition: dict) -> dict:
    """A policy by which Lambda may pull for everybody, and callers on a condition."""
    statement = {"Effect": "Allow", "Action": list(policies.PULL_ACTIONS)}
    service = {"Principal": {"Service": policies.LAMBDA}, **statement}
    return {"Version": "2012-10-17", "Statement": [service, {"Principal": "*", "Condition": condition, **statement}]}


class TestExplaining:
    def test_no_policy_refuses_both_sides_across_accounts(self, lab):
        prepare(lab, "cross-account")
        decision = lab.explain(lab.workload.session, OTHER_ACCOUNT.function, OTHER_ACCOUNT.repository)
        assert not any(d.allowed for d in (*decision.caller, *decision.service))

    def test_nothing_has_to_exist_for_it(self, lab):
        prepare(lab, "same-account")
        repositories.set_policy(lab.registry.client("ecr"), SAME_ACCOUNT.repository, policies.same_account())
        ours, theirs = lab.registry.session, lab.workload.session
        assert lab.explain(ours, "unheard-of", SAME_ACCOUNT.repository).allowed
        assert not lab.explain(theirs, "unheard-of", SAME_ACCOUNT.repository).allowed

    def test_the_explanation_agrees_with_what_the_embedded_aws_then_does(self, lab):
        prepare(lab, "organization")
        ecr = lab.registry.client("ecr")
        for document in (
            policies.organization("o-neighbourorg"),
            policies.organization(lab.organization_id),
            policies.cross_account(lab.workload.account),
            policies.organization_paths(lab.other_path),
            callers_may({"StringEquals": {"aws:PrincipalAccount": lab.workload.account}}),
            callers_may({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{lab.actor('development').account}:*"}}),
            callers_may({"BoolIfExists": {"aws:PrincipalIsAWSService": "true"}}),
            callers_may({"StringEquals": {"aws:ResourceTag/labkit": "organization"}}),
            callers_may({"StringEquals": {"ecr:ResourceTag/labkit": "another"}}),
        ):
            repositories.set_policy(ecr, ORGANIZATION.repository, document)
            for name in ("workload", "development", "neighbour", "outsider"):
                actor = lab.actor(name)
                foretold = lab.explain(actor.session, ORGANIZATION.function, ORGANIZATION.repository).allowed
                assert foretold is created(lab, actor), (name, document)

    def test_the_registrys_policy_is_part_of_the_explanation(self, lab):
        prepare(lab, "organization")
        ecr, actor = lab.registry.client("ecr"), lab.actor("workload")
        repositories.set_policy(ecr, ORGANIZATION.repository, policies.organization(lab.organization_id))
        closed = {"Effect": "Deny", "Principal": "*", "Action": list(policies.PULL_ACTIONS), "Resource": "*"}
        ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [closed]}))
        try:
            decision = lab.explain(actor.session, ORGANIZATION.function, ORGANIZATION.repository)
            assert not any(each.allowed for each in (*decision.caller, *decision.service))
            assert not created(lab, actor)
        finally:
            ecr.delete_registry_policy()
        assert lab.explain(actor.session, ORGANIZATION.function, ORGANIZATION.repository).allowed

    def test_a_caller_whose_account_the_lab_cannot_read_is_said_to_be_out_of_reach(self, lab):
        small = Lab({k: lab.profiles[k] for k in ("registry", "workload")}, lab.choices, lab.where)
        with pytest.raises(UsageError, match="no profile that reads the account 123456789012"):
            small.explain(lab.actor("outsider").session, "f", ORGANIZATION.repository)


def created(lab: Lab, actor) -> bool:
    """Whether the embedded AWS lets the actor create the function; it is deleted again."""
    lambda_ = actor.client("lambda")
    role = roles.ensure(actor.client("iam"), EXECUTION_ROLE, policies.lambda_trust(), "organization")
    try:
        lambda_.create_function(
            FunctionName=ORGANIZATION.function,
            Role=role.arn,
            PackageType="Image",
            Code={"ImageUri": lab.image_uri(ORGANIZATION.repository)},
            Tags={"labkit": "organization"},
        )
    except lambda_.exceptions.ClientError as error:
        assert error.response["Error"]["Message"].startswith("Lambda does not have permission")
        return False
    lambda_.delete_function(FunctionName=ORGANIZATION.function)
    return True
