"""A lab on profiles: another embedded AWS is treated as a remote AWS that is known by its profiles only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.stub import Stubber

import labkit.embedded.process.client as embedded
from labkit.aws import sessions
from labkit.errors import LabError, UsageError
from labkit.image.build.assemble import build
from labkit.lab.choices import Choices
from labkit.lab.choosing import choose, current
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.scenarios import clean_up, named, prepare, run
from labkit.show.editor import policy_editor
from labkit.show.form import lab_form

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "import sys; from labkit.cli.main import main; sys.exit(main(sys.argv[1:]))"
PROFILES = ("--registry-profile", "company-registry", "--workload-profile", "company-workload", "--base", "stand-in")


def labkit(*words: str) -> subprocess.CompletedProcess[str]:
    """``labkit …`` as a user runs it, with nobody at the keyboard."""
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *words],
        cwd=ROOT,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def real(**changes: str) -> Choices:
    return Choices(**{"registry_profile": "company-registry", "workload_profile": "company-workload", **changes})


def test_the_scenarios_run_on_two_profiles_and_nothing_is_left(profiles, running):
    done = labkit("run", "same-account", "cross-account", "organization", *PROFILES, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    same, cross, organization = json.loads(done.stdout)
    assert same["ok"] and cross["ok"] and organization["ok"]
    assert [step["outcome"] for step in cross["steps"]] == [
        "done",
        "done",
        "skipped",
        "denied",
        "done",
        "done",
        "invoked",
        "skipped",
    ]
    assert clean_up(Lab.on_profiles(real())) == ()


def test_paths_need_the_management_profile_or_a_path(profiles):
    given = labkit("run", "organization-paths", *PROFILES, "--yes", "--management-profile", "company-management")
    assert given.returncode == 0, given.stdout
    told = labkit(
        "run",
        "organization-paths",
        *PROFILES,
        "--yes",
        "--json",
        "--organization-path",
        "o-lambdaecrlab/r-lab1/ou-lab1-workloads/*",
    )
    assert told.returncode == 0, told.stderr
    granted = json.loads(told.stdout)[0]["steps"][5]["policy"]["Statement"][0]["Condition"]
    assert granted == {
        "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-lambdaecrlab/r-lab1/ou-lab1-workloads/*"]}
    }
    without = labkit("run", "organization-paths", *PROFILES, "--yes")
    assert without.returncode == 2
    assert "--organization-path" in without.stderr
    assert Lab.on_profiles(real()).registry.client("ecr").describe_repositories()["repositories"] == []


def test_nothing_is_changed_before_somebody_has_agreed(profiles):
    done = labkit("run", "cross-account", *PROFILES)
    assert done.returncode == 2
    assert "give --yes" in done.stderr
    assert Lab.on_profiles(real()).registry.client("ecr").describe_repositories()["repositories"] == []


def test_no_embedded_aws_is_started_for_a_lab_on_profiles(profiles, tmp_path):
    assert labkit("run", "same-account", *PROFILES, "--yes").returncode == 0
    assert not (tmp_path / "lab").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--registry-profile", "company-registry"), "needs two profiles"),
        (
            ("--registry-profile", "company-registry", "--workload-profile", "nobody"),
            "There is no AWS profile 'nobody'",
        ),
        (("--registry-profile", "company-registry", "--workload-profile", "company-registry"), "must be two"),
        (("--region", "eu-west-1"), "go with --registry-profile"),
        (("nonsense",), "There is no scenario 'nonsense'"),
        (("--base", "debian"), "invalid choice: 'debian'"),
        ((*PROFILES, "--organization-path", "ou-lab1-workloads"), "is not an organization path"),
        ((*PROFILES, "--region", "eu-nowhere-1"), "is not a region"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(profiles, words, says):
    done = labkit("run", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_credentials_that_aws_does_not_accept_are_said_not_to_be_accepted(profiles, running):
    lab = Lab.on_profiles(real())
    token = lab.registry.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    assert token["Expiration"] > datetime.now(UTC) + timedelta(minutes=10)
    credentials = profiles / "credentials"
    credentials.write_text(
        credentials.read_text() + f"\n[company-old]\naws_access_key_id = {token['AccessKeyId']}\n"
        f"aws_secret_access_key = {token['SecretAccessKey']}\naws_session_token = nonsense\n"
    )
    config = profiles / "config"
    config.write_text(config.read_text().replace("[profile company-registry]", "[profile company-old]", 1))
    with pytest.raises(UsageError, match="does not accept the credentials of the profile 'company-old'"):
        Lab.on_profiles(real(registry_profile="company-old"))


def test_a_choice_of_profiles_is_kept_and_found_again_by_every_notebook(profiles, tmp_path, environment):
    chosen = choose(registry_profile="company-registry", workload_profile="company-workload")
    assert chosen.registry.account == "813835382529"
    assert Lab.open().profiles == {"registry": "company-registry", "workload": "company-workload"}


def test_a_choice_that_will_not_do_leaves_the_earlier_one(profiles, environment):
    choose(registry_profile="company-registry", workload_profile="company-workload")
    with pytest.raises(UsageError):
        choose(registry_profile="company-registry", workload_profile="nobody")
    assert Lab.open().profiles["workload"] == "company-workload"


def test_profiles_are_looked_for_in_the_users_own_config_also_inside_the_embedded_lab(profiles, tmp_path, environment):
    Lab.embedded(tmp_path / "embedded")
    try:
        lab = Lab.on_profiles(real())
        assert lab.registry.account == "813835382529"
        assert os.environ["AWS_CONFIG_FILE"] == str(profiles / "config")
    finally:
        embedded.stop(tmp_path / "embedded")


# The base of the image


def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing outside of this machine can be reached: the proxy on the way is not there."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")


def test_without_a_choice_real_accounts_get_awss_own_base_and_the_embedded_aws_the_stand_in(profiles, running):
    assert Lab.on_profiles(real()).base == "public"
    assert Lab.on_profiles(real(base="stand-in")).base == "stand-in"
    assert Lab.embedded(running.home).base == "stand-in"
    assert Lab.embedded(running.home, Choices(base="public")).base == "public"


def test_a_base_that_cannot_be_pulled_is_one_sentence_and_nothing_was_changed(profiles, monkeypatch):
    unreachable(monkeypatch)
    done = labkit("run", "cross-account", *PROFILES[:4], "--yes")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        "labkit: The base image public.ecr.aws/lambda/python:3.12 cannot be pulled: the proxy on the way to "
        "public.ecr.aws does not answer (HTTPS_PROXY). Try again, or take the lab's stand-in for it (--base stand-in): "
        "real Lambda can create a function from that, but not run it."
    ]
    assert Lab.on_profiles(real()).registry.client("ecr").describe_repositories()["repositories"] == []


def test_a_notebook_whose_base_cannot_be_pulled_has_changed_nothing(profiles, environment, monkeypatch):
    prepare(Lab.on_profiles(real(base="stand-in")), "cross-account")
    lab = Lab.on_profiles(real())
    lab.registry.client("ecr").set_repository_policy(
        repositoryName="lambda-another-account",
        policyText='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:ListImages"}]}',
    )
    unreachable(monkeypatch)
    with pytest.raises(LabError, match="cannot be pulled"):
        prepare(lab, "cross-account")
    assert "ListImages" in str(
        lab.registry.client("ecr").get_repository_policy(repositoryName="lambda-another-account")["policyText"]
    )
    clean_up(lab)


@pytest.mark.parametrize(
    ("base", "says"),
    [("public", "AWS's own base image, pulled from"), ("stand-in", "Real Lambda creates the functions")],
)
def test_the_question_says_what_the_base_means_before_anything_is_changed(profiles, base, says):
    done = labkit("run", "cross-account", *PROFILES[:4], "--base", base)
    assert done.returncode == 2
    assert says in " ".join(done.stdout.split())


def test_a_function_on_a_stand_in_need_not_run_on_real_accounts_but_any_other_must(profiles, tmp_path):
    (tmp_path / "Dockerfile").write_text('FROM public.ecr.aws/lambda/python:3.12\nCMD ["missing.handler"]\n')
    image = build(tmp_path)
    lab = Lab.on_profiles(real(base="stand-in"))
    assert not run(lab, named("cross-account"), replace(image, stand_in=False)).ok
    played = run(lab, named("cross-account"), image)
    assert played.ok, played.to_dict()
    invoked = next(step.facts for step in played.steps if step.outcome == "invoked")
    assert invoked["function_error"] == "Unhandled"
    assert "real Lambda cannot run it" in invoked["reason"]


def test_a_choice_of_base_is_kept_and_a_wrong_one_changes_nothing(profiles, environment):
    choose(registry_profile="company-registry", workload_profile="company-workload", base="stand-in")
    assert Lab.open().base == current()["base"] == "stand-in"
    with pytest.raises(UsageError, match="There is no base image 'debian'"):
        choose(registry_profile="company-registry", workload_profile="company-workload", base="debian")
    assert Lab.open().base == "stand-in"


def test_expired_credentials_are_said_to_be_expired(profiles):
    session = sessions.open_session("company-registry")
    with Stubber(sessions.client(session, "sts")) as aws:
        aws.add_client_error("get_caller_identity", "ExpiredToken", "The security token included is expired", 403)
        with pytest.raises(UsageError, match="The credentials of the AWS profile 'company-registry' have expired"):
            sessions.whoami(session)


def test_the_form_names_the_accounts_of_profiles_and_leaves_the_region_to_them(environment, profiles):
    form = lab_form()
    form.edit(registry_profile="company-registry", workload_profile="company-workload", region="", base="stand-in")
    assert "<account of company-registry>" in form.text()
    assert form.apply()
    assert form.values["region"] == ""
    assert ("execution role", "arn:aws:iam::592444418872:role/LambdaRoleWithoutPermissions") in form.names()
    assert choose(**current()).region == "eu-central-1"
    form.edit(workload_profile="company-nobody")
    assert "There is no AWS profile 'company-nobody'" in form.apply().text
    assert current()["workload_profile"] == "company-workload"


def test_a_policy_that_needs_no_path_is_decided_and_applied_without_a_management_profile(environment, profiles):
    lab = Lab.on_profiles(real(base="stand-in"))
    ecr = lab.registry.client("ecr")
    prepare(lab, "organization")
    editor = policy_editor(lab, "lambda-aws-organizations", "test-organizations")
    editor.edit(policies.organization(lab.organization_id))
    assert editor.decision.allowed
    assert editor.apply()
    editor.edit(policies.organization_paths(f"{lab.organization_id}/*"))
    assert editor.decision is None
    assert "management profile" in editor.decision_note
    assert editor.undo()
    with pytest.raises(ecr.exceptions.RepositoryPolicyNotFoundException):
        ecr.get_repository_policy(repositoryName=editor.repository)
    clean_up(lab)


def test_profiles_that_will_not_do_leave_this_process_on_the_lab_that_it_was_on(environment, profiles, running):
    embedded.use_profiles(running)
    before = dict(os.environ)
    with pytest.raises(UsageError, match="Both profiles lead to the account"):
        choose(registry_profile="company-registry", workload_profile="company-registry")
    assert dict(os.environ) == before
