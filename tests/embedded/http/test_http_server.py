"""The HTTP server under clients of every kind: the silent, the slow, those that drip, that do not read, that leave."""

from __future__ import annotations

import contextlib
import http.client
import logging
import random
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.embedded.http import connection as connections
from labkit.embedded.http import connection_handler, http_server
from labkit.embedded.http.http_server import HttpServer
from tests.embedded.http.application import LARGE, MIB, TIMEOUT, Application, answer_on, assert_served, request


@pytest.fixture
def application(tmp_path: Path) -> Application:
    file = tmp_path / "large"
    with file.open("wb") as opened:
        opened.truncate(LARGE)
    return Application(file)


@pytest.fixture
def connect(application: Application) -> Iterator[Callable[[], socket.socket]]:
    """Opens a connection to a server in front of the application; all are closed after the test."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        opened = HttpServer(application, listener)
        stack.enter_context(opened.open())
        stack.callback(application.may_answer.set)
        yield lambda: stack.enter_context(socket.create_connection(listener.getsockname(), timeout=TIMEOUT))


# -- Crowds ----------------------------------------------------------------------------------------------------------


def test_clients_that_are_silent_or_stop_in_the_middle_of_a_request_hold_up_nobody(
    connect: Callable[[], socket.socket],
):
    for said in (b"", b"GET /ca", request("/call", "Content-Length: 100", body=b"x")):
        for _ in range(60):
            connect().sendall(said)
    for _ in range(20):
        connect().sendall(request("/kept", "Transfer-Encoding: chunked", body=b"5\r\nhel"))
        connect().sendall(request("/kept", f"Content-Length: {5 * MIB}", body=bytes(2 * MIB)))
    assert_served(connect)


def test_clients_that_do_not_read_what_they_asked_for_hold_up_nobody(connect: Callable[[], socket.socket]):
    for _ in range(40):
        connect().sendall(request("/large", method="GET"))
        connect().sendall(request("/call") * 500)
    assert_served(connect)


def test_calls_are_answered_while_others_of_another_kind_wait(
    application: Application, connect: Callable[[], socket.socket]
):
    for _ in range(40):
        connect().sendall(request("/long"))
    assert application.working.wait(TIMEOUT)
    connection = connect()
    connection.sendall(request("/large", method="GET"))
    assert len(answer_on(connection)[1]) == LARGE


def test_where_there_are_too_many_the_longest_silent_goes_and_never_one_that_is_worked_on(
    application: Application, connect: Callable[[], socket.socket], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(http_server, "most_connections", lambda: 4)
    with socket.create_server(("127.0.0.1", 0)) as listener, HttpServer(application, listener).open():

        def another(said: bytes = b"") -> socket.socket:
            made = socket.create_connection(listener.getsockname(), timeout=TIMEOUT)
            made.sendall(said)
            return made

        with another(request("/long")) as working, another() as oldest, another() as second, another() as third:
            assert application.working.wait(TIMEOUT)
            with another(request("/call")) as newest:
                assert answer_on(newest)[0] == 200
                assert oldest.recv(1) == b""
                for still in (second, third):
                    still.sendall(request("/call"))
                    assert answer_on(still)[0] == 200
                application.may_answer.set()
                assert answer_on(working)[0] == 200


# -- Timeouts --------------------------------------------------------------------------------------------------------


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for long."""
    for module in (connection_handler, connections):
        for name in ("IDLE_TIMEOUT", "HEAD_TIMEOUT", "PROGRESS_TIMEOUT"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, 0.2)
    monkeypatch.setattr(http_server, "_DEADLINES_EVERY", 0.01)


@pytest.mark.usefixtures("short_timeouts")
@pytest.mark.parametrize("said", [b"", b"GET / HT", request("/call", "Content-Length: 100", body=b"x")])
def test_who_says_nothing_more_is_aborted(connect: Callable[[], socket.socket], said: bytes):
    connection = connect()
    connection.sendall(said)
    assert connection.recv(1) == b""


@pytest.mark.usefixtures("short_timeouts")
@pytest.mark.parametrize("begun", [b"GET /", request("/kept", "Content-Length: 1000000")])
def test_who_drips_is_aborted_as_well(connect: Callable[[], socket.socket], begun: bytes):
    connection = connect()
    connection.sendall(begun)
    connection.settimeout(0.01)
    with contextlib.suppress(ConnectionError):
        while True:
            with contextlib.suppress(TimeoutError):
                assert connection.recv(1) == b""
                return
            connection.sendall(b"x")


@pytest.mark.usefixtures("short_timeouts")
def test_who_does_not_read_is_aborted_and_the_file_is_closed(
    application: Application, connect: Callable[[], socket.socket]
):
    connect().sendall(request("/large", method="GET"))
    assert application.closed.wait(TIMEOUT)


# -- Leaving -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [400, 3 * MIB])
def test_what_came_before_a_client_left_is_handed_on_and_nothing_is_logged(
    application: Application, connect: Callable[[], socket.socket], caplog: pytest.LogCaptureFixture, size: int
):
    connection = connect()
    connection.sendall(request("/kept", f"Content-Length: {size + 1}", body=b"x" * size))
    connection.close()
    assert application.closed.wait(TIMEOUT)
    assert b"".join(application.received) == b"x" * size
    assert not caplog.records


def test_who_leaves_before_the_answer_is_there_or_read_is_no_trouble(
    application: Application, connect: Callable[[], socket.socket], caplog: pytest.LogCaptureFixture
):
    for path in ("/long", "/large"):
        connection = connect()
        connection.sendall(request(path, method="GET"))
        connection.close()
    application.may_answer.set()
    assert application.closed.wait(TIMEOUT)
    assert_served(connect)
    assert not caplog.records


def test_a_stop_lets_what_is_worked_on_be_answered_and_ends_the_rest(
    application: Application, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(http_server, "_SHUTDOWN_TIMEOUT", TIMEOUT)
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as clients:
        with HttpServer(application, listener).open():
            silent, working = (
                clients.enter_context(socket.create_connection(listener.getsockname(), timeout=TIMEOUT))
                for _ in range(2)
            )
            working.sendall(request("/long"))
            assert application.working.wait(TIMEOUT)
            watching = threading.Thread(target=lambda: (silent.recv(1), application.may_answer.set()))
            watching.start()
        watching.join()
        response = http.client.HTTPResponse(working)
        response.begin()
        assert (response.status, response.headers["Connection"]) == (200, "close")
        assert response.read() == b"POST /long 0" and working.recv(1) == b""


# -- Bodies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [1 << 12, 1 << 17, LARGE])
def test_a_large_body_arrives_as_it_was_sent_in_pieces_of_any_size(
    application: Application, connect: Callable[[], socket.socket], piece: int
):
    body = random.Random(piece).randbytes(LARGE)
    connection = connect()
    connection.sendall(request("/kept", f"Content-Length: {LARGE}"))
    for first in range(0, LARGE, piece):
        connection.sendall(body[first : first + piece])
    assert answer_on(connection) == (200, b"kept")
    assert b"".join(application.received) == body


def test_who_is_refused_after_a_part_of_a_large_body_reads_it_at_once_and_may_go_on(
    connect: Callable[[], socket.socket],
):
    connection = connect()
    connection.sendall(request("/first", f"Content-Length: {LARGE}", body=bytes(MIB)))
    assert answer_on(connection) == (403, b"refused")
    connection.sendall(bytes(LARGE - MIB) + request("/call"))
    assert answer_on(connection) == (200, b"POST /call 0")


# -- HTTP --------------------------------------------------------------------------------------------------------------


def test_requests_that_come_at_once_are_answered_one_after_another(connect: Callable[[], socket.socket]):
    connection = connect()
    chunked = request("/b", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n")
    large = request("/c", f"Content-Length: {3 * MIB}", body=bytes(3 * MIB))
    last = request("/d", "Connection: close")
    sending = threading.Thread(target=connection.sendall, args=(request("/a") + chunked + large + last,))
    sending.start()
    answers = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    sending.join()
    texts = [b"POST /a 0", b"POST /b 3", f"POST /c {3 * MIB}".encode(), b"POST /d 0"]
    assert re.findall(rb"POST /\w \d+", answers) == texts


@pytest.mark.parametrize("path", ["/call", "/large"])
def test_a_head_alone_has_no_body_and_the_connection_goes_on(connect: Callable[[], socket.socket], path: str):
    connection = connect()
    connection.sendall(request(path, method="HEAD"))
    assert answer_on(connection, "HEAD") == (200, b"")
    connection.sendall(request("/call"))
    assert answer_on(connection)[0] == 200


@pytest.mark.parametrize(("version", "headers"), [("1.0", []), ("1.1", ["Connection: close"])])
def test_who_wants_one_answer_gets_one(connect: Callable[[], socket.socket], version: str, headers: list[str]):
    connection = connect()
    connection.sendall(request("/call", *headers, version=version))
    assert answer_on(connection) == (200, b"POST /call 0")
    assert connection.recv(1) == b""


@pytest.mark.parametrize(("version", "headers"), [("1.0", []), ("1.1", ["Connection: close"])])
def test_the_last_answer_on_a_connection_arrives_whole_however_slowly_it_is_taken(
    application: Application, version: str, headers: list[str]
):
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 14)  # its connections inherit it
        stack.enter_context(HttpServer(application, listener).open())
        connection = stack.enter_context(socket.socket())
        connection.settimeout(TIMEOUT)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        connection.connect(listener.getsockname())
        connection.sendall(request("/large", *headers, method="GET", version=version))
        assert len(answer_on(connection, "GET")[1]) == LARGE
        assert connection.recv(1) == b""


@pytest.mark.parametrize("size", [10, 3 * MIB])
def test_who_is_refused_before_the_end_of_a_body_reads_it_at_once_and_may_go_on(
    connect: Callable[[], socket.socket], size: int
):
    connection = connect()
    connection.sendall(request("/refused", f"Content-Length: {size}", "Expect: 100-continue"))
    assert answer_on(connection) == (403, b"refused")
    connection = connect()
    connection.sendall(request("/refused", f"Content-Length: {3 * MIB}", body=b"x"))
    assert answer_on(connection) == (403, b"refused")
    connection.sendall(bytes(3 * MIB - 1) + request("/call"))
    assert answer_on(connection) == (200, b"POST /call 0")


@pytest.mark.parametrize("size", [10, 3 * MIB])
def test_who_waits_to_be_told_to_continue_is_told(connect: Callable[[], socket.socket], size: int):
    connection = connect()
    connection.sendall(request("/call", f"Content-Length: {size}", "Expect: 100-continue"))
    assert connection.recv(25, socket.MSG_WAITALL) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(bytes(size))
    assert answer_on(connection) == (200, f"POST /call {size}".encode())


def test_what_fails_inside_is_answered_and_explained_in_the_log(
    connect: Callable[[], socket.socket], caplog: pytest.LogCaptureFixture
):
    connection = connect()
    with caplog.at_level(logging.ERROR):
        connection.sendall(request("/broken"))
        assert answer_on(connection)[0] == 500
    assert "RuntimeError: broken inside" in caplog.text
    connection.sendall(request("/call"))
    assert answer_on(connection)[0] == 200


@pytest.mark.parametrize(
    "head",
    [
        "CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1",
        "GET http://127.0.0.1/call HTTP/1.1\r\nHost: 127.0.0.1",
        "GET /call HTTP/1.1",
        "GET /call HTTP/1.1\r\nHost: a\r\nHost: b",
        "POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
        "POST /call HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked",
        "POST /call HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked",
        "POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: +1",
        "POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2",
        "GET /call\x00 HTTP/1.1\r\nHost: a",
        "GET /call HTTP/1.1\r\nHost : a",
        "\x16\x03\x01",
    ],
)
def test_what_is_no_plain_request_is_refused_and_nothing_after_it_is_read(
    connect: Callable[[], socket.socket], head: str
):
    connection = connect()
    connection.sendall(head.encode() + b"\r\n\r\n" + request("/call"))
    status, text = answer_on(connection)
    assert status in (400, 501) and b"plain HTTP" in text
    assert connection.recv(1) == b""
