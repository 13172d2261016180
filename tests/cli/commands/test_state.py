"""The commands about the state of the embedded AWS: snapshot, reset, status, accounts outside; as a user runs them.

The lab runs in the process of these tests, so that no other is started; what a process of its own adds is shown by
`tests/embedded/process`.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from labkit.aws import transport
from labkit.cli import main
from labkit.cli.terminal.words import in_words, size_in_words
from labkit.embedded.process import client, here
from labkit.embedded.state import schema
from labkit.ground import VERSION
from labkit.ground.home import Home
from labkit.lab.choosing import choose


@pytest.fixture
def home(tmp_path: Path, environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A lab home with an embedded AWS in this process."""
    path = tmp_path / "lab"
    os.environ.update(LABKIT_HOME=str(path), LABKIT_RUN_AS=here.IN_PROCESS)
    client.use_profiles(client.ensure())
    transport.connect_clients()
    yield path
    client.stop(path)


def labkit(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main.main(argv)
    said = capsys.readouterr()
    return code, " ".join(said.out.split()), said.err


def add(name: str) -> None:
    boto3.Session(profile_name="registry").client("ecr").create_repository(repositoryName=name)


def repositories() -> list[str]:
    found = boto3.Session(profile_name="registry").client("ecr").describe_repositories()["repositories"]
    return [each["repositoryName"] for each in found]


def test_a_snapshot_is_saved_listed_loaded_and_deleted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert labkit(capsys, "snapshot", "list")[1] == "There is no snapshot yet. Make one: labkit snapshot save NAME"
    add("kept")
    code, out, _ = labkit(capsys, "snapshot", "save", "start")
    assert (code, out) == (0, "The snapshot start is kept: 6 accounts, 6 users and 1 repository.")
    add("gone")
    code, out, _ = labkit(capsys, "snapshot", "load", "start", "--yes")
    assert code == 0
    assert "has 6 accounts, 6 users and 1 repository. It takes the place of everything" in out
    assert f"in the embedded AWS of {home}: 6 accounts, 6 users and 2 repositories." in out
    assert out.endswith("The snapshot start is loaded: the embedded AWS in this process is up with it.")
    assert repositories() == ["kept"]
    assert "start" in labkit(capsys, "snapshot", "list")[1]
    assert labkit(capsys, "snapshot", "delete", "start")[:2] == (0, "The snapshot start is deleted.")
    assert labkit(capsys, "snapshot", "list", "--json")[1] == "[]"


def test_the_list_says_when_it_was_made_how_large_it_is_and_what_is_in_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labkit(capsys, "snapshot", "save", "start")
    [facts] = json.loads(labkit(capsys, "snapshot", "list", "--json")[1])
    assert facts.keys() == {"name", "created", "size", "schema", "version", "contents"}
    assert (facts["name"], facts["schema"], facts["version"]) == ("start", schema.VERSION, VERSION)
    assert facts["contents"]["accounts"] == 6
    _, out, _ = labkit(capsys, "snapshot", "list")
    assert f"start {facts['created']} {size_in_words(facts['size'])} 6 accounts and 6 users" in out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["save", "a/b"], 2, "cannot be named"),
        (["load", "x", "--yes"], 2, "There is no snapshot x."),
        (["delete", "x"], 2, "There is no snapshot x."),
        (["save"], 2, "required: NAME"),
        ([], 2, "required"),
        (["keep", "x"], 2, "invalid choice"),
    ],
    ids=str,
)
def test_what_is_typed_wrong_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, sentence: str
) -> None:
    found, _, err = labkit(capsys, "snapshot", *words)
    assert (found, sentence in err, err.count("\n")) == (code, True, 1)


def test_a_damaged_snapshot_is_one_sentence_and_code_1(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labkit(capsys, "snapshot", "save", "start")
    (Home(home).snapshots / "start" / "state.sqlite3").write_bytes(b"")
    code, _, err = labkit(capsys, "snapshot", "load", "start", "--yes")
    assert (code, err.startswith("labkit: The snapshot start is damaged, and was not loaded")) == (1, True)


@pytest.mark.parametrize("words", [["snapshot", "load", "start"], ["reset"], ["reset", "--all"]], ids=" ".join)
@pytest.mark.parametrize("answer", ["", "n", "no", EOFError], ids=str)
def test_without_a_yes_nothing_is_thrown_away(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    answer: str | type[Exception],
) -> None:
    def answered(question: str) -> str:
        if isinstance(answer, str):
            return answer
        raise answer

    labkit(capsys, "snapshot", "save", "start")
    add("kept")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", answered)
    code, out, _ = labkit(capsys, *words)
    assert (code, out.endswith("Nothing was changed.")) == (1, True)
    assert repositories() == ["kept"]


@pytest.mark.parametrize("words", [["snapshot", "load", "start"], ["reset"], ["reset", "--all"]], ids=" ".join)
def test_where_nobody_can_be_asked_the_flag_is_named(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    labkit(capsys, "snapshot", "save", "start")
    add("kept")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, _, err = labkit(capsys, *words)
    assert (code, "give --yes" in err) == (2, True)
    assert repositories() == ["kept"]


def test_reset_says_what_stays_and_it_stays(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labkit(capsys, "snapshot", "save", "start")
    (home / "choices.json").write_text('{"base": "stand-in"}')
    credentials = (home / "aws" / "credentials").read_text()
    add("gone")
    code, out, _ = labkit(capsys, "reset", "--yes")
    assert code == 0
    assert "What was chosen for the lab, the snapshots (start) and the access keys of its profiles are as before" in out
    assert repositories() == []
    assert (home / "aws" / "credentials").read_text() == credentials
    assert (home / "choices.json").exists()
    assert "start" in labkit(capsys, "snapshot", "list")[1]


def test_reset_all_leaves_nothing_of_what_was(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labkit(capsys, "snapshot", "save", "start")
    for name in ("choices.json", "bases", "strange"):
        (home / name).write_text("{}")
    before = (home / "aws" / "credentials").read_text()
    code, out, _ = labkit(capsys, "reset", "--all", "--yes")
    assert (code, out) == (0, f"The lab home {home} is as new; the embedded AWS in this process is up.")
    assert sorted(path.name for path in home.iterdir()) == ["aws", "embedded", "labkit-home.json"]
    assert (home / "aws" / "credentials").read_text() != before
    assert labkit(capsys, "snapshot", "list", "--json")[1] == "[]"


def test_status_says_how_it_runs_what_is_in_it_and_how_large_it_is(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = labkit(capsys, "status", "--json")
    facts = json.loads(out)
    assert code == 0
    assert (facts["run_as"], facts["pid"], facts["server"], facts["trouble"]) == ("in-process", os.getpid(), "", None)
    assert facts["versions"] == {"labkit": VERSION, "schema": schema.VERSION, "sqlite": sqlite3.sqlite_version}
    assert facts["contents"] == dict.fromkeys(("roles", "repositories", "images", "functions"), 0) | {
        "accounts": 6,
        "users": 6,
    }
    assert facts["sizes"].keys() == {"state", "blobs", "functions", "snapshots", "log", "free"}
    assert facts["sizes"]["state"] > 0 < facts["sizes"]["free"]
    _, out, _ = labkit(capsys, "status")
    assert f"(in-process {os.getpid()})" in out
    assert "contents 6 accounts and 6 users" in out


def test_what_is_wrong_with_the_disk_is_in_status_until_it_is_right_again(
    home: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    found = here.served(Home(home))
    assert found is not None
    writer = found.embedded.database._writer
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages}")  # as if the disk were full
    iam = boto3.Session(profile_name="registry").client("iam")
    made = []
    with pytest.raises(ClientError, match=r"the disk is full\. Make room, then try again"):
        for number in range(10_000):
            iam.create_user(UserName=f"user-{number}", Tags=[{"Key": "text", "Value": "x" * 200}])
            made.append(f"user-{number}")
    sentence = f"The state in {home}/embedded/state.sqlite3: the disk is full. Make room, then try again."
    assert [each.message for each in caplog.records if each.name.endswith("database")] == [sentence]
    assert json.loads(labkit(capsys, "status", "--json")[1])["trouble"] == sentence
    assert "the disk is full" in labkit(capsys, "status")[1]
    names = {each["UserName"] for page in iam.get_paginator("list_users").paginate() for each in page["Users"]}
    assert names == {"admin", *made}
    writer.execute("PRAGMA max_page_count = 1000000")
    assert json.loads(labkit(capsys, "status", "--json")[1])["trouble"] is None
    iam.create_user(UserName="after")


def test_an_account_outside_exists_once_it_was_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client.add_account(home, "999988887777")
    client.add_account(home, "999988887777")
    client.add_account(home, "813835382529")
    facts = json.loads(labkit(capsys, "status", "--json")[1])
    assert (facts["contents"]["accounts"], facts["outside"]) == (7, ["999988887777"])
    assert "999988887777 of which only the number is known" in labkit(capsys, "status")[1]


@pytest.mark.parametrize("number", ["1234", "1234-5678-9012", "x" * 12])
def test_an_account_that_is_no_number_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "lab"))
    code, _, err = labkit(capsys, "up", "--account", number)
    assert (code, "must be 12 digits" in err) == (2, True)
    assert not (tmp_path / "lab").exists()


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"accounts": 6, "users": 0, "roles": 0}, "6 accounts"),
        ({"accounts": 1, "users": 2}, "1 account and 2 users"),
        ({"accounts": 1, "users": 2, "roles": 1}, "1 account, 2 users and 1 role"),
        ({"accounts": 0}, "nothing"),
    ],
)
def test_what_there_is_is_told_in_words(contents: dict[str, int], words: str) -> None:
    assert in_words(contents) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (340_000, "340.0 kB"), (5 * 10**6, "5.0 MB"), (10**10, "10.0 GB")],
)
def test_a_size_is_told_in_the_unit_that_suits_it(size: int, words: str) -> None:
    assert size_in_words(size) == words


def test_the_clock_is_shown_and_moved_and_status_says_how_far(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert labkit(capsys, "clock")[1].endswith("the time of this machine.")
    assert "ahead of this machine" not in labkit(capsys, "status")[1]
    assert labkit(capsys, "clock", "+30d2h")[1].endswith("30 d 2 h ahead of this machine.")
    assert "30 d 2 h ahead of this machine" in labkit(capsys, "status")[1]
    assert json.loads(labkit(capsys, "status", "--json")[1])["clock"]["ahead_seconds"] == 30 * 86400 + 7200
    client.stop(home)
    assert labkit(capsys, "clock")[1].endswith("30 d 2 h ahead of this machine."), "the state knows it"
    assert json.loads(labkit(capsys, "clock", "now", "--json")[1])["ahead_seconds"] == 0


@pytest.mark.parametrize("by", ["-3d", "3x", "then"])
def test_a_wrong_move_of_the_clock_is_one_sentence(home: Path, capsys: pytest.CaptureFixture[str], by: str) -> None:
    code, _, error = labkit(capsys, "clock", by)
    assert code == 2 and error.startswith("labkit: ") and "use +30d" in error


def test_calls_are_let_through_an_endpoint_and_through_none(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    through = "workload: calls to ecr go through a VPC endpoint (vpce-0123456789abcdef0) with a policy of its own."
    set_up = ("endpoint-policy", "workload", str(file), "--vpce", "vpce-0123456789abcdef0")
    assert labkit(capsys, *set_up)[1] == through == labkit(capsys, "endpoint-policy")[1]
    assert through in labkit(capsys, "status")[1]
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Effect": "Perhaps"}]}))
    wrong = [("nobody", str(file)), ("workload", str(tmp_path)), ("workload", str(file)), ("workload",)]
    for arguments in (*wrong, ("workload", "none", "--service", "s3"), ("workload", "none", "--vpc", "x")):
        code, _, error = labkit(capsys, "endpoint-policy", *arguments)
        assert code == 2 and error.startswith("labkit: ") and error.count("\n") == 1
    assert json.loads(labkit(capsys, "endpoint-policy", "--json")[1])[0]["service"] == "ecr"
    assert labkit(capsys, "endpoint-policy", "workload", "none")[1] == "No calls go through a VPC endpoint."


def test_the_world_is_made_realistic_and_status_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client.let_time_pass(home, True, {"propagation": 30})
    assert (
        "realistic: pending 5 s, restoring 40 s, propagation 30 s, race 3 s, activating 1200 s"
        in labkit(capsys, "status")[1]
    )
    choose(home=home, region="eu-west-1")
    assert client.settings(home).realistic, "other choices leave it as it is"
    client.let_time_pass(home, False)
    assert "realistic:" not in labkit(capsys, "status")[1]
    assert json.loads(Home(home).settings.read_bytes())["timing"]["propagation"] == 30
    assert client.reset(home, everything=False).details["timing"]["propagation"] == 30


def test_a_timing_that_does_not_count_yet_says_when_it_will(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = "What --timing says is kept, and counts once the world is realistic: labkit up --realistic."
    assert labkit(capsys, "up", "--timing", "race=9")[1].endswith(kept)
    assert kept not in labkit(capsys, "up", "--timing", "idle=9")[1]
    assert "race 9 s" in labkit(capsys, "up", "--realistic")[1]


@pytest.mark.parametrize("timing", ["propagation", "propagation=soon", "patience=3", "race=-1"])
def test_a_wrong_timing_is_one_sentence(home: Path, capsys: pytest.CaptureFixture[str], timing: str) -> None:
    code, _, error = labkit(capsys, "up", "--realistic", "--timing", timing)
    assert code == 2 and error.startswith("labkit: ") and error.count("\n") == 1
    assert not client.settings(home).realistic
