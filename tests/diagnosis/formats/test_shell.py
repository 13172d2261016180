"""Commands say to a real shell what they mean: every argument and every byte of a document arrives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.diagnosis import facts as f
from labkit.diagnosis.formats.shell import command
from labkit.diagnosis.result import Change
from labkit.diagnosis.writing import write_call
from tests.diagnosis.formats.changed import AWKWARD, CALLS, DOCUMENTS, changed

FAKE = f"""#!{sys.executable}
import json, sys
words = sys.argv[1:]
shown = [open("/dev/stdin").read() if word == "file:///dev/stdin" else word for word in words]
print(json.dumps(shown))
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a program ``aws`` that prints its arguments, with files read."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "aws").write_text(FAKE)
    (folder / "aws").chmod(0o755)
    return folder


def heard(aws: Path, text: str) -> list[str]:
    """What the program is told by a shell that runs the command."""
    done = subprocess.run(["sh", "-c", text], env={"PATH": f"{aws}:/usr/bin:/bin"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("change", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_arrives_byte_for_byte(aws: Path, change: Change):
    words = heard(aws, command(change, "eu-central-1"))
    call = write_call(change)
    assert call is not None
    assert words[:2] == list(call[:2])
    assert any(word.rstrip("\n") == change.after for word in words)


def test_a_call_arrives_with_its_parameters(aws: Path):
    words = heard(aws, command(CALLS["an archived image"], "eu-central-1"))
    assert words == [
        *("ecr", "update-image-storage-class", "--region", "eu-central-1", "--repository-name", "app"),
        *("--image-id", '{"imageTag": "1"}', "--target-storage-class", "STANDARD"),
    ]


def test_a_document_with_the_end_mark_in_it_arrives_whole(aws: Path):
    text = json.dumps(AWKWARD, indent=2).replace("{", "{\nPOLICY\n", 0) + "\nPOLICY\nPOLICY2"
    change = Change(f.REPOSITORY_POLICY, "813835382529", "app", after=text)
    assert f"{text}\n" in heard(aws, command(change))


@pytest.mark.parametrize("name", ["a'; touch x; '", "$(touch x)", "`touch x`", "a b"])
def test_a_name_is_never_run_by_the_shell(aws: Path, tmp_path: Path, name: str):
    words = heard(aws, f"cd {tmp_path}; {command(changed(f.REPOSITORY_POLICY, '1', name, AWKWARD))}")
    assert name in words
    assert not list(tmp_path.iterdir())


def test_a_policy_of_the_organization_is_found_by_its_name():
    assert "list-policies --filter SERVICE_CONTROL_POLICY" in command(DOCUMENTS["SCP"])
    assert "--policy-id p-examplepolicy" in command(DOCUMENTS["SCP"]._replace(name="p-examplepolicy"))


def test_a_session_policy_is_no_command():
    assert command(changed(f.SESSION_POLICY, "1", "session", AWKWARD)).startswith("# Pass this policy")
