"""A lab on profiles: another embedded AWS is treated as a remote AWS that is known by its profiles only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import labkit.embedded.client as embedded
from labkit.errors import UsageError
from labkit.lab import Choices, Lab, choose
from labkit.scenarios import clean_up

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "import sys; from labkit.cli import main; sys.exit(main(sys.argv[1:]))"
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
        ((*PROFILES, "--organization-path", "ou-lab1-workloads"), "is not an organization path"),
        ((*PROFILES, "--region", "eu-nowhere-1"), "is not a region"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(profiles, words, says):
    done = labkit("run", *words)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_expired_credentials_are_said_to_be_expired(profiles, running):
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
