"""Whether an engine answers: none, one that refuses, one that hangs. No engine is needed here."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from labkit.aws.engine import finding, ways
from labkit.aws.engine.finding import NoEngine, find
from labkit.errors import UsageError

SHORT = 0.2


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket at which an engine is looked for, and which does not answer by itself."""
    place = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{place}")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        yield listener


def reason(seconds: float = SHORT) -> str:
    with pytest.raises(NoEngine) as error:
        find(seconds)
    said = str(error.value)
    assert "\n" not in said and "--engine embedded" in said
    return error.value.reason


def test_none_is_said_to_be_none(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert reason() == f"no Docker engine answers at unix://{tmp_path}/docker.sock (there is none)"


def test_a_socket_that_somebody_has_left_is_said_to_be_one(door):
    door.close()
    assert reason().endswith("(nothing listens there)")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may talk to every socket")
def test_a_socket_of_somebody_else_is_said_to_be_one(door, tmp_path):
    (tmp_path / "docker.sock").chmod(0)
    assert reason().endswith("(this user may not talk to it)")


def test_a_port_where_nothing_listens(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
    assert reason() == f"no Docker engine answers at tcp://127.0.0.1:{port} (nothing listens there)"


def test_one_that_hangs_is_waited_for_no_longer_than_said(door):
    assert "(it did not answer within" in reason()


def test_one_that_answers_byte_by_byte_is_waited_for_no_longer_than_said(door):
    over = threading.Event()

    def drip() -> None:
        connection, _ = door.accept()  # the knock
        connection.close()
        connection, _ = door.accept()
        with connection:
            connection.recv(65536)
            while not over.wait(SHORT / 10):
                connection.sendall(b"H")

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        assert "(it did not answer within" in reason()
    finally:
        over.set()
        dripping.join()


def test_somebody_else_at_the_socket_is_no_engine(door):
    def refuse() -> None:
        door.accept()[0].close()
        with door.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    refusing = threading.Thread(target=refuse)
    refusing.start()
    assert "404" in reason(30)
    refusing.join()


def test_a_place_that_cannot_be_one_is_no_engine(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "nonsense://there")
    assert reason(30).startswith("no Docker engine answers at nonsense://there (")


def test_the_time_that_the_import_takes_is_not_the_engines(door, monkeypatch):
    """The clock runs on by a minute while the SDK is imported; the engine answers at once."""
    now = [0.0]

    def load() -> None:
        now[0] += 60

    monkeypatch.setattr(finding, "_load_sdk", load)
    monkeypatch.setattr(finding, "time", SimpleNamespace(monotonic=lambda: now[0]))
    version = b'{"Version": "28.0.0", "ApiVersion": "1.48", "Os": "linux", "Arch": "amd64"}'

    def answer() -> None:
        door.accept()[0].close()  # the knock
        for _ in range(2):  # one question is for the version of the API
            with door.accept()[0] as connection:
                connection.recv(65536)
                head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                connection.sendall(head % len(version) + version)

    answering = threading.Thread(target=answer)
    answering.start()
    found = find(30)
    assert (found.version, found.architecture) == ("28.0.0", "amd64")
    found.client.close()
    answering.join()


# -- What a choice comes to ------------------------------------------------------------------------------------------


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")


def opened(choice: str | None, home: Path) -> ways.Engine:
    return ways.open_engine(choice, None, home / "Dockerfile", None, home)


def test_auto_without_an_engine_is_the_embedded_way_and_says_why(nowhere, tmp_path, monkeypatch):
    monkeypatch.delenv("LABKIT_ENGINE")
    for choice in ("auto", None):
        engine = opened(choice, tmp_path)
        assert engine.name == "embedded"
        assert engine.sentence == (
            f"The lab builds, pushes and pulls by itself: no Docker engine answers at unix://{tmp_path}/docker.sock "
            "(there is none)."
        )


def test_docker_without_an_engine_is_an_error(nowhere, tmp_path):
    with pytest.raises(NoEngine):
        opened("docker", tmp_path)


def test_what_is_chosen_wins_over_the_environment_and_that_over_auto(monkeypatch):
    monkeypatch.setenv("LABKIT_ENGINE", "embedded")
    assert (ways.wanted("docker"), ways.wanted(None)) == ("docker", "embedded")
    monkeypatch.delenv("LABKIT_ENGINE")
    assert ways.wanted(None) == "auto"


def test_an_engine_that_there_is_not_is_refused(monkeypatch):
    monkeypatch.setenv("LABKIT_ENGINE", "podman")
    with pytest.raises(UsageError, match="There is no engine 'podman': choose auto, docker or embedded"):
        ways.wanted(None)


def test_a_chosen_embedded_way_asks_nobody(door, tmp_path):
    assert opened("embedded", tmp_path).sentence == "The lab builds, pushes and pulls by itself."
    door.settimeout(0)
    with pytest.raises(BlockingIOError):
        door.accept()
