"""labkit trail and Lab.trail: what was called, by whom, and how it was decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError

from labkit.cli import main
from labkit.cli.commands.world import trail as command
from labkit.embedded.process import client
from labkit.lab.lab import Lab
from labkit.lab.trail import TrailEntry
from tests.cli.commands.test_state import add, home
from tests.embedded.lab_of_tests import REGISTRY, WORKLOAD

__all__ = ["home"]

ENTRY: dict[str, Any] = {
    "time": "2026-01-15T12:00:00Z",
    "account": REGISTRY,
    "region": "eu-central-1",
    "caller": "arn",
    "action": "ecr:PutImage",
    "resource": "*",
    "decision": "allowed",
    "error": None,
    "reason": None,
    "data": False,
    "event": {},
}


def shown(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = main.main(["trail", *argv])
    return code, capsys.readouterr().out.splitlines()


def denied_across_accounts() -> None:
    client = boto3.Session(profile_name="workload").client("ecr")
    with pytest.raises(ClientError):
        client.get_repository_policy(registryId=REGISTRY, repositoryName="repo")


def test_a_call_is_two_lines_what_and_why(home: Path, capsys: pytest.CaptureFixture[str]):
    add("repo")
    code, (first, second) = shown(capsys)
    assert code == 0
    arn = f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/repo"
    assert first.split()[1:] == ["allowed", "ecr:CreateRepository", arn]
    assert second == (
        f"    arn:aws:iam::{REGISTRY}:user/admin: The identity-based policy allows it by statement 1 of "
        "AdministratorAccess."
    )


def test_where_nothing_was_called_a_sentence_says_so(home: Path, capsys: pytest.CaptureFixture[str]):
    assert shown(capsys, "--denied", "--account", "workload") == (0, ["No call was denied yet in that account."])
    assert shown(capsys, "--json", "--denied") == (0, [])


def test_what_was_denied_says_by_which_policy_and_is_told_once(home: Path, capsys: pytest.CaptureFixture[str]):
    add("repo")
    denied_across_accounts()
    first, second = shown(capsys, "--denied")[1]
    assert first.split()[1:3] == ["denied", "ecr:GetRepositoryPolicy"]
    assert "There is no resource-based policy, and one would have to allow it." in second
    assert "\033" not in first


@pytest.mark.parametrize(
    ("account", "caller"),
    [("workload", f"arn:aws:iam::{WORKLOAD}:user/admin"), ("registry", f"account {WORKLOAD}"), (WORKLOAD, "arn:aws:")],
)
def test_each_account_tells_it_as_its_events_do(
    home: Path, capsys: pytest.CaptureFixture[str], account: str, caller: str
):
    denied_across_accounts()
    assert shown(capsys, "--profile", account, "--denied")[1][1].strip().startswith(caller)


def test_json_is_an_object_a_line_with_the_record(home: Path, capsys: pytest.CaptureFixture[str]):
    add("one")
    add("two")
    (line,) = shown(capsys, "--json", "-n", "1")[1]
    entry = json.loads(line)
    assert entry["event"]["requestParameters"] == {"repositoryName": "two"}
    assert entry.keys() == ENTRY.keys()


def test_following_shows_what_comes_and_ends_well(home: Path, capsys: pytest.CaptureFixture[str]):
    add("one")
    steps = iter([lambda: add("two"), lambda: None, lambda: add("three")])

    def sleep(_: float) -> None:
        step = next(steps, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    with patch.object(command.time, "sleep", sleep):
        code, lines = shown(capsys, "--follow")
    assert code == 0
    assert [line.rpartition("/")[2] for line in lines[::2]] == ["one", "two", "three"]


WRONG = [
    (["--account", "nobody"], "The lab has no profile named 'nobody'"),
    (["-n", "0"], "-n must be a number from 1"),
]


@pytest.mark.parametrize(("argv", "sentence"), WRONG)
def test_what_is_wrong_is_told(home: Path, capsys: pytest.CaptureFixture[str], argv: list[str], sentence: str):
    assert main.main(["trail", *argv]) == 2
    assert sentence in capsys.readouterr().err


def test_the_log_is_there_when_the_lab_is_down(home: Path, capsys: pytest.CaptureFixture[str]):
    boto3.Session(profile_name="registry").client("ecr").describe_repositories()
    client.stop(home)
    assert "ecr:DescribeRepositories" in shown(capsys)[1][0]


def test_a_notebook_gets_the_same(home: Path):
    add("repo")
    denied_across_accounts()
    lab = Lab.embedded(home)
    (entry,) = lab.trail(denied=True)
    assert (entry.action, entry.decision, entry.account) == ("ecr:GetRepositoryPolicy", "denied", WORKLOAD)
    assert repr(lab.trail("registry", denied=True)).splitlines()[0].endswith(":repository/repo")
    assert repr(lab.trail("outsider")) == "Nothing was called."


LINES = [
    ({}, "2026-01-15T12:00:00Z  allowed  ecr:PutImage  *"),
    ({"data": True}, "2026-01-15T12:00:00Z  allowed  ecr:PutImage (data event)  *"),
    ({"decision": "failed", "error": "NoSuch"}, "2026-01-15T12:00:00Z  failed (NoSuch) ecr:PutImage  *"),
    ({"resource": "a\x1b[2Jb\nc"}, "2026-01-15T12:00:00Z  allowed  ecr:PutImage  a\\x1b[2Jb\\nc"),
]


@pytest.mark.parametrize(("given", "line"), LINES)
def test_an_entry_is_one_line_that_cannot_act_on_a_terminal(given: dict[str, Any], line: str):
    assert TrailEntry(**{**ENTRY, **given}).lines[0] == line
