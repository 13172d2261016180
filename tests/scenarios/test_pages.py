"""What ``labkit run`` leaves for writers: pages and JSON, the same in every run, redacted on request."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import labkit.embedded.process.client as embedded
from tests.scenarios.test_real import COMMAND, PROFILES, ROOT, labkit

REFUSAL = "Lambda does not have permission to access the ECR image. Check the ECR permissions."


def on_a_lab_of_its_own(folder: Path, *words: str) -> str:
    """``labkit run`` with the words, on an embedded AWS that is made for it; what it prints."""
    home = folder / "lab"
    environment = {**os.environ, "LABKIT_HOME": str(home)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, "run", *words],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
    finally:
        embedded.stop(home)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_pages_of_two_runs_on_two_labs_are_the_same_byte_for_byte(tmp_path):
    said = [on_a_lab_of_its_own(tmp_path / name, "--html", str(tmp_path / name / "pages")) for name in ("one", "other")]
    first, second = (files(tmp_path / name / "pages") for name in ("one", "other"))
    assert first == second
    assert len({name for name in first if name.startswith("scenario-")}) == 4
    assert re.findall(r"127\.0\.0\.1:\d+", said[0]) != re.findall(r"127\.0\.0\.1:\d+", said[1])


def test_the_pages_show_what_the_json_says(lab, running, tmp_path, monkeypatch):
    monkeypatch.setenv("LABKIT_HOME", str(running.home))
    done = labkit("run", "cross-account", "--json", "--html", str(tmp_path / "pages"))
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "pages" / "scenario-cross-account.html").read_text()
    [scenario] = json.loads(done.stdout)
    assert page.count('<section class="step') == len(scenario["steps"])
    assert page.count(REFUSAL) == sum(step["outcome"] == "denied" for step in scenario["steps"]) == 2
    for step in scenario["steps"]:
        assert step["as"] in page
        assert step.get("payload", "") in page
    assert "LambdaECRImageCrossAccountRetrievalPolicy" in page
    assert "nearest" in page.lower()


def test_redacted_results_have_none_of_the_accounts_and_profiles_and_tell_the_same(profiles, tmp_path, running):
    plain = labkit("run", "organization", *PROFILES, "--yes", "--json")
    done = labkit("run", "organization", *PROFILES, "--yes", "--json", "--redact", "--html", str(tmp_path / "pages"))
    assert done.returncode == 0, done.stderr
    originals = [*running.accounts.values(), running.organization, "company-registry", "company-workload"]
    for text in (done.stdout, *(data.decode() for data in files(tmp_path / "pages").values())):
        assert not [original for original in originals if original in text]
    told, redacted = json.loads(plain.stdout)[0]["steps"], json.loads(done.stdout)[0]["steps"]
    assert [(step["step"], step["outcome"]) for step in redacted] == [(step["step"], step["outcome"]) for step in told]
    assert redacted[0]["image"] == "111111111111.dkr.ecr.eu-central-1.amazonaws.com/lambda-aws-organizations:0.0.1"
    assert redacted[0]["digest"] == told[0]["digest"]
    assert redacted[1]["as"].startswith("arn:aws:iam::222222222222:")
    page = (tmp_path / "pages" / "scenario-organization.html").read_text()
    assert "111111111111.dkr.ecr" in page
    assert "on AWS accounts" in page


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--redact",), "--redact changes what --json and --html give"),
        (("--html", "{mine}"), "is not empty, and its content is not labkit's"),
        (("--html", "{mine}/file"), "is a file"),
        (("--html",), "expected one argument"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_one_sentence_before_anything_is_done(profiles, tmp_path, words, says):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "file").touch()
    done = labkit("run", "cross-account", *PROFILES, "--yes", *(word.format(mine=mine) for word in words))
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert list(files(mine)) == ["file"]
