"""What --apply and undo refuse before anything is read or changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from labkit.cli.commands.diagnosis.applying import since
from labkit.cli.main import main
from labkit.diagnosis.facts import Question
from labkit.diagnosis.result import Cause, Diagnosis, Where

IMAGE = "813835382529.dkr.ecr.eu-central-1.amazonaws.com/app:1"
FUNCTION = ("--function", "arn:aws:lambda:eu-central-1:592444418872:function:f")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab home of the test's own, where nothing runs."""
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--apply", "--yes"), "give profiles, or start the lab"),
        (("--yes",), "go with --apply"),
        (("--change-guard-rails",), "go with --apply"),
    ],
)
def test_options_that_cannot_be_meant_are_wrong_usage(capsys, tmp_path, home, options, sentence):
    assert main(["diagnose", IMAGE, *FUNCTION, "--offline", str(tmp_path), *options]) == 2
    assert sentence in capsys.readouterr().err
    assert not home.exists()


def test_apply_with_nobody_to_ask_wants_yes(capsys, monkeypatch):
    from labkit.cli.commands.diagnosis import diagnose

    monkeypatch.setattr(diagnose, "source", lambda args, question: object())
    assert main(["diagnose", IMAGE, *FUNCTION, "--apply"]) == 2
    assert "--yes" in capsys.readouterr().err


def test_undo_with_nothing_to_take_back_says_so(capsys):
    assert main(["undo"]) == 1
    assert "nothing to take back" in capsys.readouterr().err


def test_undo_of_a_damaged_file_says_which_one(capsys, home):
    from labkit.ground.home import open_home

    folder = open_home(home).undo
    folder.mkdir()
    (folder / "000001.json").write_text("{")
    assert main(["undo"]) == 1
    assert "000001.json" in capsys.readouterr().err


def test_what_was_changed_a_moment_ago_is_no_hint_at_anything():
    where = Where("", "repository-policy", "app")
    found = Cause("not-propagated", "possible", "pull", "A policy was changed.", where)
    before = Diagnosis(Question(IMAGE), "cannot", {}, "", (), (), None, ("Create the function again.",), None)
    after = since(replace(before, verdict="can", causes=(found,), next=("Wait.",)), before)
    assert (after.causes, after.next) == ((), before.next)
    assert since(before, after) is before
