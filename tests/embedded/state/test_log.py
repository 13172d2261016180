"""The log of the process: it holds what happened last, and never grows beyond its bounds."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.embedded.state import log


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


@pytest.fixture
def logger(path: Path) -> Iterator[logging.Logger]:
    """A logger that writes to the file alone."""
    handler = log.BoundedLog(path)
    made = logging.Logger("lab")
    made.addHandler(handler)
    yield made
    handler.close()


def test_what_was_said_is_read_by_the_owner_only(logger: logging.Logger, path: Path):
    logger.warning("%s ends", "it")
    assert path.read_text().endswith(" WARNING lab: it ends\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_log_that_grows_loses_its_older_half_and_keeps_whole_lines(
    logger: logging.Logger, path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(log, "LONGEST", 4000)
    for number in range(1000):
        logger.warning("line %04d", number)
        assert path.stat().st_size <= 4000
    lines = path.read_text().splitlines()
    assert len(lines) > 20
    assert [line[-9:] for line in lines] == [f"line {number:04}" for number in range(1000 - len(lines), 1000)]


def test_who_else_writes_to_the_file_goes_on_at_its_end(
    logger: logging.Logger, path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(log, "LONGEST", 4000)
    logger.warning("first")
    other = os.open(path, os.O_WRONLY | os.O_APPEND)
    for number in range(100):
        logger.warning("line %04d", number)
    os.write(other, b"last words\n")
    os.close(other)
    assert path.read_text().endswith("line 0099\nlast words\n")


def test_a_log_that_was_too_long_already_is_shortened_too(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log, "LONGEST", 4000)
    path.write_text("old\n" * 5000)
    handler = log.BoundedLog(path)
    handler.emit(logging.makeLogRecord({"msg": "new", "levelname": "ERROR"}))
    handler.close()
    assert path.stat().st_size <= 4000 and path.read_text().startswith("old\n") and path.read_text().endswith("new\n")
