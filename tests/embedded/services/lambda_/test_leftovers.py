"""What a process that was killed has left in an engine is removed by the next one, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.docker import daemon
from labkit.docker.daemon import HOME_LABEL
from labkit.docker.trial_marks import TRIAL_LABEL, marked
from labkit.embedded.services.lambda_.invoke import runners
from labkit.embedded.services.lambda_.invoke.containers import FUNCTION_LABEL, RUN, RUN_LABEL
from labkit.embedded.services.lambda_.invoke.runners import Runners
from labkit.ground.home import Home, open_home
from tests.embedded.made_up_engine import Found, MadeUp


@pytest.fixture
def client() -> Iterator[MadeUp]:
    client = MadeUp()
    yield client
    client.over.set()


def labels(home: Path, run: str = "earlier") -> dict[str, str]:
    return {HOME_LABEL: str(home), FUNCTION_LABEL: "arn", RUN_LABEL: run}


@pytest.fixture
def home(tmp_path: Path, client: MadeUp, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A lab home that may have left something in the engine, where the made-up one is found."""
    home = open_home(tmp_path / "home")
    home.containers.touch()
    monkeypatch.setattr(daemon, "find", Found(client))
    return home


def test_only_what_an_earlier_run_for_this_home_has_left_is_removed(home: Home, client: MadeUp):
    kept = {
        "mine": labels(home.root, RUN),
        "of another home": labels(home.root / "other"),
        "neither of a run nor of a trial": {HOME_LABEL: str(home.root)},
        "somebody's": {},
    }
    client.there = {"left": labels(home.root), **kept}
    Runners(home).sweep()
    assert client.there == kept


# Marks a trial, says so, and waits to be killed.
TRIES = """\
import sys
from pathlib import Path
from labkit.docker.trial_marks import marked
with marked(Path(sys.argv[1])) as mark:
    print(mark.name, flush=True)
    sys.stdin.read()
"""


def test_the_trial_of_a_killed_process_is_removed_and_that_of_a_living_one_stays(home: Home, client: MadeUp):
    home.containers.unlink()  # trials alone are reason enough to look
    process = subprocess.Popen(
        [sys.executable, "-c", TRIES, str(home.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process, marked(home.root) as mine:
        killed = process.stdout.readline().strip()
        trials = {name: {HOME_LABEL: str(home.root), TRIAL_LABEL: name} for name in (killed, mine.name)}
        client.there = {**trials, "of another home": {HOME_LABEL: "/other", TRIAL_LABEL: killed}}
        Runners(home).sweep()
        assert len(client.there) == 3
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        Runners(home).sweep()
        assert set(client.there) == {mine.name, "of another home"}
        assert [mark.name for mark in home.trials.iterdir()] == [mine.name]


@pytest.mark.parametrize("question", ["containers", "remove_container"])
def test_an_engine_that_hangs_keeps_nobody_who_sweeps_and_is_asked_again(
    home: Home, client: MadeUp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, question: str
):
    client.there, client.hangs_at = {"left": labels(home.root)}, question
    monkeypatch.setattr(daemon, "SECONDS", 0.05 if question == "containers" else 30.0)
    monkeypatch.setattr(runners, "_CLEARED_WITHIN", 0.05)
    Runners(home).sweep()
    assert "containers may have been left behind: No Docker engine answers" in caplog.text
    assert "--engine embedded" in caplog.text
    assert home.containers.exists()


def test_what_an_engine_cannot_remove_is_tried_again_by_the_next(home: Home, client: MadeUp):
    client.there, client.broken = {"left": labels(home.root)}, True
    Runners(home).sweep()
    assert home.containers.exists()
    client.broken = False
    Runners(home).sweep()
    assert client.there == {}
    assert not home.containers.exists()


def test_the_next_process_sweeps_up_after_one_that_was_killed(home: Home, client: MadeUp):
    client.there = {"left": labels(home.root)}
    Runners(home).sweep()
    assert client.there == {}
    assert not home.containers.exists()


def test_where_no_engine_answers_the_home_goes_on_remembering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = open_home(tmp_path / "home")
    home.containers.touch()
    monkeypatch.setattr(daemon, "find", Found(None))
    Runners(home).sweep()
    assert home.containers.exists()


def test_a_home_that_has_never_had_containers_asks_for_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = Found(MadeUp())
    monkeypatch.setattr(daemon, "find", found)
    Runners(open_home(tmp_path / "home")).sweep()
    assert found.asked == 0
