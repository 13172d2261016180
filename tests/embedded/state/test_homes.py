"""Lab homes and states that are of no use: refused in one sentence, and left as they are."""

from __future__ import annotations

import contextlib
import hashlib
import json
import pickle
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from labkit.embedded.process import client
from labkit.embedded.state import snapshot as snapshot_format
from labkit.errors import EmbeddedError, UsageError
from tests.embedded.conftest import make_client, profile_keys


def unpicklable(home: Path) -> Path:
    """Give the home a snapshot that is whole, of the right versions, and of no use."""
    path = home / "embedded" / "state" / "moto.state"
    body = pickle.dumps(subprocess.Popen)
    header = {**snapshot_format.versions(), "sha256": hashlib.sha256(body).hexdigest()}
    path.write_bytes(json.dumps(header).encode() + b"\n" + body)
    return path


def test_a_state_that_cannot_be_loaded_says_so_to_everybody_until_it_is_reset(stopped: Path) -> None:
    path = unpicklable(stopped)
    kept = path.read_bytes()
    sentence = (
        r"The state in .+ cannot be loaded by this version of labkit\. Run 'labkit reset' to start the lab afresh\."
    )
    with contextlib.suppress(EmbeddedError):  # it is found out in the background, once the process has started
        client.ensure(stopped)
    endpoint = f"http://127.0.0.1:{json.loads((stopped / 'embedded' / 'runtime.json').read_text())['port']}"
    with pytest.raises(ClientError, match=sentence):
        make_client("iam", endpoint, profile_keys(stopped, "workload")).list_users()
    for ask in (client.status, client.ensure):
        with pytest.raises(EmbeddedError, match=sentence):
            ask(stopped)
    assert path.read_bytes() == kept
    assert client.reset(stopped).started


def refused(home: Path, match: str, error: type[Exception] = UsageError) -> None:
    before = snapshot(home)
    with pytest.raises(error, match=match) as caught:
        client.ensure(home)
    assert "\n" not in str(caught.value)
    assert snapshot(home) == before


def snapshot(home: Path) -> dict[str, bytes]:
    if home.is_file():
        return {"": home.read_bytes()}
    ignored = ("start.lock", "server.lock", "server.log")
    return {str(p): p.read_bytes() for p in home.rglob("*") if p.is_file() and p.name not in ignored}


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("mine")
    refused(tmp_path / "home", "is a file")


def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    refused(tmp_path, "is not empty and not a lab home")


def test_a_home_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="cannot be used"):
        client.ensure(tmp_path / "file" / "home")


@pytest.mark.parametrize("content", ["{", "[]", '{"labkit-home": 99}'])
def test_a_marker_of_another_version_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "labkit-home.json").write_text(content)
    refused(tmp_path, "was not written by this version")


@pytest.fixture
def stopped(home: Path) -> Path:
    """A home with a complete state: moto had come up before the process was stopped."""
    make_client("iam", client.ensure(home).endpoint, profile_keys(home, "workload")).list_users()
    client.stop(home)
    return home


@pytest.mark.parametrize("name", ["labkit.json", "moto.state"])
def test_a_damaged_state_is_refused_until_it_is_reset(stopped: Path, name: str) -> None:
    path = stopped / "embedded" / "state" / name
    path.write_bytes(path.read_bytes()[:-10])
    refused(stopped, "is damaged. Run 'labkit reset'", EmbeddedError)
    assert client.reset(stopped).started


@pytest.mark.parametrize("name", ["labkit.json", "moto.state"])
def test_a_state_of_another_version_is_refused_by_its_name(stopped: Path, name: str) -> None:
    path = stopped / "embedded" / "state" / name
    path.write_bytes(path.read_bytes().replace(b'"moto": "5.', b'"moto": "4.', 1))
    refused(stopped, r"was written by labkit 0\.1\.0 with moto 4\.", EmbeddedError)


def test_settings_that_are_wrong_are_one_sentence(stopped: Path) -> None:
    (stopped / "lab.json").write_text('{"accounts": {"registry": "1"}}')
    refused(stopped, "The account number of registry must be 12 digits, not '1'")
