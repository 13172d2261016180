"""Lab homes and states that are of no use: refused in one sentence, and left as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.embedded.process import client
from labkit.errors import EmbeddedError, UsageError


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
    """A home in which an embedded AWS has run."""
    client.ensure(home)
    client.stop(home)
    return home


def test_a_damaged_state_is_refused_until_it_is_reset(stopped: Path) -> None:
    path = stopped / "embedded" / "state.sqlite3"
    path.write_bytes(path.read_bytes()[:5000] + bytes(path.stat().st_size - 5000))
    refused(stopped, r"is damaged .*'labkit reset'", EmbeddedError)
    assert client.reset(stopped).started


def test_settings_that_are_wrong_are_one_sentence(stopped: Path) -> None:
    (stopped / "lab.json").write_text('{"accounts": {"registry": "1"}}')
    refused(stopped, "The account number of registry must be 12 digits, not '1'")
