"""``labkit audit`` on folders: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labkit.cli.main import main
from tests.diagnosis.audit.estates import HOME, LAMBDA, REGION, allow, text


@pytest.fixture
def answers(tmp_path: Path):
    """Writes a folder with the policies of repositories; returns its name."""

    def write(**policies: Any) -> str:
        folder = tmp_path / "answers"
        folder.mkdir(exist_ok=True)
        for name, statement in policies.items():
            arn = f"arn:aws:ecr:{REGION}:{HOME}:repository/{name}"
            listed = [{"repositoryName": name, "registryId": HOME, "repositoryArn": arn}]
            (folder / f"{name}-is-there.json").write_text(json.dumps({"repositories": listed}))
            policy = {"repositoryName": name, "registryId": HOME, "policyText": text(statement)}
            (folder / f"{name}-policy.json").write_text(json.dumps(policy))
        return str(folder)

    return write


CLOSED = allow(LAMBDA, StringEquals={"aws:SourceAccount": HOME})
OPEN = allow("*")


def test_without_an_error_it_exits_0_and_prints_the_summary_first(answers, capsys):
    assert main(["audit", "--offline", answers(app=CLOSED)]) == 0
    assert capsys.readouterr().out.startswith("0 errors, 0 warnings, 0 notes in 1 repository of 813835382529")


def test_with_an_error_it_exits_1(answers, capsys):
    assert main(["audit", "--offline", answers(app=OPEN)]) == 1
    assert "public-pull" in capsys.readouterr().out


def test_with_a_baseline_only_what_is_new_counts(answers, capsys, tmp_path):
    folder = answers(app=OPEN)
    assert main(["audit", "--offline", folder, "--json"]) == 1
    before = tmp_path / "before.json"
    before.write_text(capsys.readouterr().out)
    assert main(["audit", "--offline", folder, "--baseline", str(before)]) == 0
    answers(other=OPEN)
    assert main(["audit", "--offline", folder, "--baseline", str(before)]) == 1


@pytest.mark.parametrize("form", ["--csv", "--json", "--sarif"])
def test_every_form_is_printed(form, answers, capsys):
    assert main(["audit", "--offline", answers(app=OPEN), form]) == 1
    assert "public-pull" in capsys.readouterr().out


def test_a_page_is_written_beside_what_is_printed(answers, capsys, tmp_path):
    page = tmp_path / "audit.html"
    assert main(["audit", "--offline", answers(app=CLOSED), "--html", str(page), "--redact"]) == 0
    assert page.read_text().startswith("<!doctype html>")
    assert HOME not in page.read_text() + capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--offline", "{nowhere}"], "no such folder"),
        (["--offline", "{folder}", "--management-profile", "m"], "leave the profiles"),
        (["--offline", "{folder}", "--baseline", "{nowhere}"], "cannot be read"),
        (["--offline", "{folder}", "--html", "{nowhere}/page.html"], "cannot be written"),
        (["--offline", "{folder}", "--registry-account", "111122223333"], "Nothing in it tells of a registry"),
        ([], "one of the arguments"),
    ],
)
def test_wrong_input_is_one_sentence_and_exits_2(argv, words, answers, capsys, tmp_path):
    places = {"folder": answers(app=CLOSED), "nowhere": str(tmp_path / "nowhere")}
    assert main(["audit", *(each.format(**places) for each in argv)]) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""


def test_what_cannot_be_read_in_a_folder_is_named_and_the_rest_is_told(answers, capsys):
    folder = answers(app=CLOSED)
    (Path(folder) / "broken.json").write_bytes(b"\xff\xfe\x00")
    assert main(["audit", "--offline", folder]) == 0
    assert "broken.json is left out" in capsys.readouterr().out
