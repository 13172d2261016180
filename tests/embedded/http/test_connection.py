"""Connections of the embedded AWS: bodies in pieces, refusals before their end, greetings in other languages."""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
import requests

from labkit.embedded.process import client
from labkit.embedded.process.running import Running
from tests.embedded.lab_of_tests import Lab
from tests.embedded.registry_client import REGISTRY, basic, digest_of

MIB = 1 << 20
STALLED = 40
LAYER = bytes(range(256)) * 64
LONG = LAYER * 192  # three MiB


@pytest.fixture
def raw(process: Running) -> Iterator[socket.socket]:
    """A bare connection."""
    with socket.create_connection(("127.0.0.1", port_of(process)), timeout=60) as connection:
        yield connection


def port_of(process: Running) -> int:
    """The port at which the process answers."""
    return int(process.endpoint.rpartition(":")[2])


@pytest.fixture(scope="module")
def login(aws: Callable[..., Any]) -> dict[str, str]:
    """The headers of the registry's administrator."""
    (data,) = aws("registry", "ecr").get_authorization_token()["authorizationData"]
    return basic(base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:"))


@pytest.fixture
def repository(process: Running, aws: Callable[..., Any]) -> str:
    """The URL of a new repository."""
    name = f"connection-{uuid4().hex[:12]}"
    aws("registry", "ecr").create_repository(repositoryName=name)
    return f"{process.endpoint}/v2/{REGISTRY}/{name}"


def begun(repository: str, login: dict[str, str]) -> str:
    """The URL of a new upload."""
    answer = requests.post(f"{repository}/blobs/uploads/", headers=login, timeout=60)
    assert answer.status_code == 202
    return repository.partition("/v2/")[0] + answer.headers["Location"]


def pieces(size: int, piece: int = MIB) -> Iterator[bytes]:
    yield from (bytes(piece) for _ in range(size // piece))


def send(connection: socket.socket, text: str, body: bytes = b"") -> http.client.HTTPResponse:
    """Send a request as it is, and read the head of its answer."""
    connection.sendall(text.replace("\n", "\r\n").encode() + body)
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response


# -- TLS on the plain port -----------------------------------------------------------------------------------------


def test_a_tls_greeting_is_answered_in_plain_http_at_once(raw: socket.socket):
    raw.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200))  # no line ever ends in it
    answer = raw.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert raw.recv(4096) == b""


def test_a_real_tls_client_learns_that_there_is_no_tls(raw: socket.socket):
    context = ssl.create_default_context()
    with pytest.raises(ssl.SSLError, match=r"WRONG_VERSION_NUMBER|wrong version number|record layer failure"):
        context.wrap_socket(raw, server_hostname="127.0.0.1")


# -- Bodies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 4096, len(LAYER)])
def test_a_body_in_chunks_of_any_size_arrives_whole(repository: str, login: dict[str, str], size: int):
    upload = begun(repository, login)
    parts = (LAYER[first : first + size] for first in range(0, len(LAYER) if size > 1 else 50, size))
    answer = requests.patch(upload, data=parts, headers=login, timeout=60)
    assert (answer.status_code, answer.headers["Range"]) == (202, f"0-{(len(LAYER) if size > 1 else 50) - 1}")
    whole = LAYER if size > 1 else LAYER[:50]
    assert requests.put(f"{upload}?digest={digest_of(whole)}", headers=login, timeout=60).status_code == 201
    assert requests.get(f"{repository}/blobs/{digest_of(whole)}", headers=login, timeout=60).content == whole


def test_chunks_may_have_extensions_and_trailers_and_the_connection_goes_on(
    raw: socket.socket, repository: str, login: dict[str, str]
):
    path = begun(repository, login)[len("http://") :].partition("/")[2]
    head = f"PATCH /{path} HTTP/1.1\nHost: 127.0.0.1\nAuthorization: {login['Authorization']}\n"
    body = "Transfer-Encoding: chunked\n\n5;name=value\nhello\n00A\n, registry\n0\nTrailer: 1\n\n"
    for last in (14, 29):
        answer = send(raw, head + body)
        assert (answer.status, answer.headers["Range"]) == (202, f"0-{last}")
        answer.read()


@pytest.mark.parametrize("chunk", ["-1\nx\n", "\nx\n", "xyz\nx\n", "1_0\n", "2\nabc\n0\n\n", "1" * 21 + "\n"])
def test_malformed_chunks_end_the_request_and_the_connection(
    raw: socket.socket, repository: str, login: dict[str, str], chunk: str
):
    path = begun(repository, login)[len("http://") :].partition("/")[2]
    head = f"PATCH /{path} HTTP/1.1\nHost: 127.0.0.1\nAuthorization: {login['Authorization']}\n"
    answer = send(raw, f"{head}Transfer-Encoding: chunked\n\n{chunk}")
    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    answer.read()
    assert raw.recv(100) == b""


def test_what_came_before_a_client_left_is_kept_and_is_no_blob(
    raw: socket.socket, repository: str, login: dict[str, str]
):
    upload = begun(repository, login)
    half_sent(raw, upload, login)
    raw.shutdown(socket.SHUT_WR)
    assert raw.recv(100) == b""  # the server has noticed
    status = requests.get(upload, headers=login, timeout=60)
    assert (status.status_code, status.headers["Range"]) == (204, "0-399")
    assert requests.head(f"{repository}/blobs/{digest_of(LAYER[:400])}", headers=login, timeout=60).status_code == 404


# -- Refusals before the end of a body -----------------------------------------------------------------------------


@pytest.mark.parametrize("chunked", [False, True])
def test_who_is_refused_while_still_sending_reads_the_refusal_and_goes_on_with_the_connection(
    repository: str, login: dict[str, str], chunked: bool
):
    def body() -> Any:
        return pieces(30 * MIB) if chunked else io.BytesIO(bytes(30 * MIB))

    with requests.Session() as session:
        url = f"{repository}/blobs/uploads/?digest={digest_of(b'')}"
        answer = session.post(url, data=body(), timeout=60)
        assert (answer.status_code, answer.json()["errors"][0]["message"]) == (401, "Not Authorized")
        nowhere = re.sub("/v2/.*", f"/v2/{REGISTRY}/nope/blobs/uploads/{uuid4()}", repository)
        answer = session.patch(nowhere, data=body(), headers=login, timeout=60)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "NAME_UNKNOWN")
        assert session.get(f"{repository}/tags/list", headers=login, timeout=60).status_code == 200


def test_who_waits_to_be_told_to_continue_is_told(raw: socket.socket, repository: str, login: dict[str, str]):
    path = begun(repository, login)[len("http://") :].partition("/")[2]
    head = f"PATCH /{path} HTTP/1.1\nHost: 127.0.0.1\nAuthorization: {login['Authorization']}\n"
    raw.sendall(f"{head}Content-Length: 5\nExpect: 100-continue\n\n".replace("\n", "\r\n").encode())
    assert raw.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    answer = send(raw, "", b"hello")
    assert (answer.status, answer.headers["Range"]) == (202, "0-4")


# -- Memory --------------------------------------------------------------------------------------------------------


def peak(process: Running) -> int:
    """The most memory that the process has ever had, in bytes."""
    with Path(f"/proc/{process.pid}/status").open() as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


@pytest.mark.skipif(not psutil.LINUX, reason="peak memory is read from /proc")
def test_memory_stays_flat_whatever_the_size_of_a_blob(process: Running, repository: str, login: dict[str, str]):
    requests.get(f"{repository}/tags/list", headers=login, timeout=60)  # whatever is loaded on first use
    before = peak(process)
    size = 256 * MIB
    upload = begun(repository, login)
    assert requests.patch(upload, data=pieces(size, size // 2), headers=login, timeout=600).status_code == 202
    answer = requests.put(f"{upload}?digest={digest_of(b'')}", data=pieces(size), headers=login, timeout=600)
    assert answer.json()["errors"][0]["code"] == "BLOB_UPLOAD_INVALID"
    refused = requests.post(f"{repository}/blobs/uploads/?digest={digest_of(b'')}", data=pieces(size), timeout=600)
    assert refused.status_code == 401
    whole = bytes(64 * MIB)
    answer = requests.post(f"{repository}/blobs/uploads/?digest={digest_of(whole)}", whole, headers=login, timeout=600)
    assert answer.status_code == 201
    with requests.get(f"{repository}/blobs/{digest_of(whole)}", headers=login, stream=True, timeout=600) as got:
        assert sum(len(piece) for piece in got.iter_content(MIB)) == len(whole)
    assert peak(process) - before < 48 * MIB
    assert json.loads(requests.get(f"{repository}/tags/list", headers=login, timeout=60).text)["tags"] == []


# -- While bytes are on their way ----------------------------------------------------------------------------------


def half_sent(
    connection: socket.socket, upload: str, login: dict[str, str], *, size: int = 1000, now: int = 400
) -> None:
    """Begin to append so many bytes of `LONG`, and send some of them now."""
    path = upload[len("http://") :].partition("/")[2]
    head = (
        f"PATCH /{path} HTTP/1.1\nHost: 127.0.0.1\nAuthorization: {login['Authorization']}\nContent-Length: {size}\n\n"
    )
    connection.sendall(head.replace("\n", "\r\n").encode() + LONG[:now])


def reached(url: str, login: dict[str, str], most: int) -> int:
    """How many bytes an upload has, as soon as it has some; at most so many."""
    sizes = (int(text.partition("-")[2]) + 1 for text in ranges(url, login) if text != "0-0")
    found = next(sizes)
    assert 0 < found <= most
    return found


def ranges(url: str, login: dict[str, str]) -> Iterator[str]:
    """How far an upload has come, asked again and again."""
    latest = time.monotonic() + 60
    while time.monotonic() < latest:
        yield requests.get(url, headers=login, timeout=60).headers.get("Range", "")


def test_nobody_waits_for_a_blob_that_is_still_coming(
    raw: socket.socket, repository: str, login: dict[str, str], aws: Callable[..., Any]
):
    upload = begun(repository, login)
    half_sent(raw, upload, login, size=3 * MIB, now=2 * MIB)
    reached(upload, login, 2 * MIB)
    aws("registry", "ecr").describe_repositories()
    other = begun(repository, login)
    assert requests.put(f"{other}?digest={digest_of(LAYER)}", LAYER, headers=login, timeout=60).status_code == 201
    raw.sendall(LONG[2 * MIB : 3 * MIB])
    assert f"0-{3 * MIB - 1}" in ranges(upload, login)


def test_everybody_else_is_served_however_many_uploads_have_stalled(
    process: Running, repository: str, login: dict[str, str], aws: Callable[..., Any]
):
    uploads = [begun(repository, login) for _ in range(STALLED)]
    with contextlib.ExitStack() as stack:
        for upload in uploads:
            stalled = stack.enter_context(socket.create_connection(("127.0.0.1", port_of(process)), timeout=60))
            half_sent(stalled, upload, login)
        assert client.status(process.home) is not None
        aws("registry", "ecr").describe_repositories()


def test_a_process_that_is_killed_leaves_an_upload_that_goes_on_and_no_blob(tmp_path: Path):
    lab = Lab(tmp_path / "home")
    ecr = lab.client("registry", "ecr")
    ecr.create_repository(repositoryName="killed")
    (data,) = ecr.get_authorization_token()["authorizationData"]
    login = {"Authorization": f"Basic {data['authorizationToken']}"}
    repository = f"{lab.running.endpoint}/v2/{REGISTRY}/killed"
    upload = begun(repository, login)
    with socket.create_connection(("127.0.0.1", port_of(lab.running))) as connection:
        half_sent(connection, upload, login, size=3 * MIB, now=2 * MIB)
        reached(upload, login, 2 * MIB)
        lab.kill()
    try:
        now = lab.running.endpoint
        upload = now + upload.removeprefix("http://")[upload.removeprefix("http://").index("/") :]
        repository = f"{now}/v2/{REGISTRY}/killed"
        kept = reached(upload, login, 2 * MIB)
        partial = digest_of(LONG[:kept])
        assert requests.head(f"{repository}/blobs/{partial}", headers=login, timeout=60).status_code == 404
        rest = {**login, "Content-Range": f"{kept}-{len(LONG) - 1}"}
        answer = requests.put(f"{upload}?digest={digest_of(LONG)}", LONG[kept:], headers=rest, timeout=60)
        assert answer.status_code == 201
    finally:
        client.stop(lab.home)
