"""Addresses that this process answers: what a WSGI application is asked, and how its answer is read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from labkit.ground import addresses


class Recorder:
    """An application that notes what it was asked, and answers in pieces."""

    def __init__(self, status: str = "200 OK", pieces: tuple[bytes, ...] = (b"ab", b"", b"cde")) -> None:
        self.status, self.pieces = status, pieces
        self.environ: dict[str, Any] = {}
        self.sent = b""
        self.closed = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Recorder:
        self.environ = environ
        self.sent = b"".join(iter(lambda: environ["wsgi.input"].read(2), b""))
        start_response(self.status, [("X-Own", "1")])
        return self

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def address(recorder: Recorder) -> Iterator[str]:
    address = addresses.free_address()
    addresses.answer_at(address, recorder)
    yield address
    addresses.leave(address)


def test_what_is_answered_here_is_told_by_the_url(address: str, recorder: Recorder) -> None:
    assert addresses.application_at(f"http://{address}/v2/") is recorder
    assert addresses.application_at("http://127.0.0.1:4566/") is None
    assert addresses.free_address() != address
    addresses.leave(address)
    assert addresses.application_at(f"http://{address}/v2/") is None


def test_the_path_is_decoded_and_also_kept_as_it_was_sent(recorder: Recorder) -> None:
    addresses.exchange(
        recorder, "GET", "http://127.0.0.1:1/a%2Fb%20c?d=%26", {"X-Bytes": b"value", "content-type": "x"}
    )
    assert {name: recorder.environ[name] for name in ("PATH_INFO", "REQUEST_URI", "QUERY_STRING", "HTTP_HOST")} == {
        "PATH_INFO": "/a/b c",
        "REQUEST_URI": "/a%2Fb%20c?d=%26",
        "QUERY_STRING": "d=%26",
        "HTTP_HOST": "127.0.0.1:1",
    }
    assert (recorder.environ["HTTP_X_BYTES"], recorder.environ["CONTENT_TYPE"]) == ("value", "x")


@pytest.mark.parametrize(
    ("content", "length"),
    [
        (None, "0"),
        (b"abcde", "5"),
        (bytearray(b"abcde"), "5"),
        ("abcde", "5"),
        (io.BufferedReader(io.BytesIO(b"abcde")), None),
        ([b"ab", b"", b"cde"], None),
    ],
    ids=["nothing", "bytes", "bytearray", "a text", "a file", "pieces"],
)
def test_a_body_of_any_kind_arrives_whole(recorder: Recorder, content: Any, length: str | None) -> None:
    addresses.exchange(recorder, "PUT", "http://127.0.0.1:1/", {}, content)
    assert recorder.sent == (b"abcde" if content is not None else b"")
    assert recorder.environ.get("CONTENT_LENGTH") == length
    assert recorder.environ.get("HTTP_TRANSFER_ENCODING") == (None if length else "chunked")


def test_an_answer_is_read_as_far_as_one_wants(recorder: Recorder) -> None:
    answer = addresses.exchange(recorder, "GET", "http://127.0.0.1:1/", {})
    assert (answer.status, answer.reason, answer.headers) == (200, "OK", {"X-Own": "1"})
    assert [answer.body.read(3), answer.body.read(), answer.body.read(1)] == [b"abc", b"de", b""]
    answer.body.close()
    assert recorder.closed


def test_an_answer_comes_in_pieces_of_the_size_that_is_asked_for() -> None:
    answer = addresses.exchange(Recorder(), "GET", "http://127.0.0.1:1/", {})
    assert list(answer.body.stream(2)) == [b"ab", b"cd", b"e"]


def test_urlopen_reaches_it(address: str, recorder: Recorder) -> None:
    with urlopen(f"http://{address}/x", data=b"{}") as answer:
        assert (answer.status, answer.headers["X-Own"], answer.read()) == (200, "1", b"abcde")
    assert (recorder.environ["REQUEST_METHOD"], recorder.sent) == ("POST", b"{}")


def test_urlopen_raises_for_a_refusal_as_ever(address: str, recorder: Recorder) -> None:
    recorder.status = "404 Not Found"
    with pytest.raises(HTTPError, match="404: Not Found") as refused:
        urlopen(f"http://{address}/")
    assert refused.value.read() == b"abcde"
    refused.value.close()


def test_what_nobody_answers_here_goes_over_the_network(address: str) -> None:
    addresses.leave(address)
    with pytest.raises(URLError, match="refused"):
        urlopen(f"http://{address}/")
