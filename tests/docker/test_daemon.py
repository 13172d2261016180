"""Whether an engine answers: none, one that refuses, one that hangs at once or later. No engine is needed here."""

from __future__ import annotations

import os
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.docker import base_images as engine_bases
from labkit.docker import daemon as finding
from labkit.docker.daemon import NoEngine, TimeBudget, find
from labkit.docker.engine_choice import wanted
from labkit.errors import UsageError
from labkit.ground.home import open_home
from labkit.image.build.base_image import PUBLIC
from labkit.lab.builder import Builder
from labkit.lab.engine import open_builder
from tests.docker.fake_engine import VERSION, FakeEngine, fake_engine

Clock = Callable[[float], None]
LONG = 30.0


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what never comes: whatever is asked first, the time is up."""
    monkeypatch.setattr(finding, "SECONDS", 0.05)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes is waited for, however busy the machine is."""
    monkeypatch.setattr(finding, "SECONDS", LONG)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """``clock(seconds)``: only now it is later than at the beginning, by so much."""
    now = [0.0]
    monkeypatch.setattr(finding, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return lambda seconds: now.__setitem__(0, seconds)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The socket at which an engine is looked for; there is none yet."""
    place = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{place}")
    return place


@pytest.fixture
def door(place: Path) -> Iterator[socket.socket]:
    """The same with somebody there, who does not answer by himself."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        yield listener


def reason() -> str:
    with pytest.raises(NoEngine) as error:
        find()
    said = str(error.value)
    assert "\n" not in said and "--engine embedded" in said
    return error.value.reason


def test_none_is_said_to_be_none(place: Path, patient: None):
    assert reason() == f"no Docker engine answers at unix://{place} (there is none)"


def test_a_socket_that_somebody_has_left_is_said_to_be_one(door, patient):
    door.close()
    assert reason().endswith("(nothing listens there)")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may talk to every socket")
def test_a_socket_of_somebody_else_is_said_to_be_one(door, place, patient):
    place.chmod(0)
    assert reason().endswith("(this user may not talk to it)")


def test_a_port_where_nothing_listens(monkeypatch, patient):
    with socket.socket() as bound:  # and so nobody else's, as long as this lasts
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        assert reason() == f"no Docker engine answers at tcp://127.0.0.1:{port} (nothing listens there)"


def test_one_that_hangs_is_waited_for_no_longer_than_said(door, impatient):
    assert reason().endswith("(it did not answer within 0.05 seconds)")


def test_one_that_answers_byte_by_byte_is_waited_for_no_longer_than_said(place, impatient):
    over = threading.Event()

    class Dripping(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                while self.request.recv(65536) and not over.wait(0.001):
                    self.request.sendall(b"H")
            except OSError:  # nobody listens any more
                return

    with socketserver.ThreadingUnixStreamServer(str(place), Dripping) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            assert reason().endswith("(it did not answer within 0.05 seconds)")
        finally:
            over.set()
            server.shutdown()
            serving.join()


def test_somebody_else_at_the_socket_is_no_engine(door, patient):
    def refuse() -> None:
        door.accept()[0].close()
        with door.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    refusing = threading.Thread(target=refuse)
    refusing.start()
    assert "404" in reason()
    refusing.join()


def test_a_place_that_cannot_be_one_is_no_engine(monkeypatch, patient):
    monkeypatch.setenv("DOCKER_HOST", "nonsense://there")
    assert reason().startswith("no Docker engine answers at nonsense://there (")


def test_the_time_that_the_import_takes_is_not_the_engines(place, patient, clock, monkeypatch):
    """The clock runs on by a minute while the SDK is imported; the engine answers at once."""
    monkeypatch.setattr(finding, "_load_sdk", lambda: clock(60))
    with fake_engine(place):
        found = find()
        assert (found.version, found.architecture) == ("28.0.0", "amd64")
        found.client.close()


def test_an_engine_has_three_seconds_for_all_of_its_answers_together(clock):
    budget = TimeBudget()
    assert budget.left == 3
    budget(lambda: clock(1))
    budget(lambda: clock(2.99))
    assert budget.left == pytest.approx(0.01)
    with pytest.raises(NoEngine, match="it did not answer within 3 seconds"):
        budget(threading.Event().wait)


# -- One that says what it is and then hangs --------------------------------------------------------------------------

LOGIN, LOOK, NAMES = "POST /auth", "GET /images/base:1/json", "GET /images/json"
ANSWERS = {"GET /version": VERSION, LOGIN: {"Status": "Login Succeeded"}, LOOK: {"Id": "sha256:1"}}


class Ecr:
    """ECR whose registry is where nothing listens."""

    def get_authorization_token(self) -> dict[str, Any]:
        return {"authorizationData": [{"authorizationToken": "QVdTOng=", "proxyEndpoint": "http://127.0.0.1:2"}]}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A lab home whose registry was elsewhere before, and a Dockerfile in it."""
    home = open_home(tmp_path / "home")
    home.front.write_text("127.0.0.1:1")
    (home.root / "Dockerfile").write_text("FROM base:1\n")
    return home.root


def opened_on(choice: str, home: Path) -> Builder:
    return open_builder(choice, PUBLIC, home / "Dockerfile", Ecr(), home)


def hanging_after(place: Path, clock: Clock, *answered: str) -> AbstractContextManager[FakeEngine]:
    """An engine that hangs after these questions, with the last of which it has used up its time but for a moment."""

    def late() -> Any:
        clock(LONG - 0.05)
        return ANSWERS[answered[-1]]

    return fake_engine(place, {**{each: ANSWERS[each] for each in answered}, answered[-1]: late})


@pytest.mark.parametrize(("answered", "hangs_at"), [(1, LOGIN), (2, LOOK), (3, NAMES)])
def test_what_hangs_later_is_found_within_the_same_time_and_the_embedded_way_is_taken(
    place: Path, patient: None, clock: Clock, home: Path, answered: int, hangs_at: str
):
    with hanging_after(place, clock, *list(ANSWERS)[:answered]) as engine:
        found = opened_on("auto", home)
        assert found.sentence == (
            f"The lab builds, pushes and pulls by itself: no Docker engine answers at {engine.host} (it did not answer "
            "within 30 seconds)."
        )
        assert engine.hanging.wait(LONG)
        assert engine.asked[-1] == hangs_at


def test_where_docker_is_chosen_what_hangs_later_is_an_error_that_offers_the_embedded_way(
    place: Path, patient: None, clock: Clock, home: Path
):
    with hanging_after(place, clock, "GET /version") as engine:
        with pytest.raises(NoEngine, match="--engine embedded"):
            opened_on("docker", home)
        assert engine.hanging.wait(LONG)
        assert engine.asked[-1] == NAMES


def test_an_engine_that_hangs_before_a_build_is_found_in_time(place: Path, patient: None, monkeypatch):
    with fake_engine(place) as engine:
        daemon = find()
        monkeypatch.setattr(finding, "SECONDS", 0.05)
        with pytest.raises(NoEngine, match="--engine embedded"):
            engine_bases.is_present(daemon, "base:1")
        assert engine.hanging.wait(LONG)


# -- What a choice comes to ------------------------------------------------------------------------------------------


def opened(choice: str | None, home: Path) -> Builder:
    return open_builder(choice, None, home / "Dockerfile", None, home)


def test_auto_without_an_engine_is_the_embedded_way_and_says_why(place, patient, tmp_path, monkeypatch):
    monkeypatch.delenv("LABKIT_ENGINE")
    for choice in ("auto", None):
        engine = opened(choice, tmp_path)
        assert engine.name == "embedded"
        assert engine.sentence == (
            f"The lab builds, pushes and pulls by itself: no Docker engine answers at unix://{tmp_path}/docker.sock "
            "(there is none)."
        )


def test_docker_without_an_engine_is_an_error(place, patient, tmp_path):
    with pytest.raises(NoEngine):
        opened("docker", tmp_path)


def test_what_is_chosen_wins_over_the_environment_and_that_over_auto(monkeypatch):
    monkeypatch.setenv("LABKIT_ENGINE", "embedded")
    assert (wanted("docker"), wanted(None)) == ("docker", "embedded")
    monkeypatch.delenv("LABKIT_ENGINE")
    assert wanted(None) == "auto"


def test_an_engine_that_there_is_not_is_refused(monkeypatch):
    monkeypatch.setenv("LABKIT_ENGINE", "podman")
    with pytest.raises(UsageError, match="There is no engine 'podman': choose auto, docker, embedded or interpreter"):
        wanted(None)


def test_a_chosen_embedded_way_asks_nobody(door, tmp_path):
    assert opened("embedded", tmp_path).sentence == "The lab builds, pushes and pulls by itself."
    door.settimeout(0)
    with pytest.raises(BlockingIOError):
        door.accept()
