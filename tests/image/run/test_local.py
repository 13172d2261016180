import http.client
import json
import re
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from labkit.errors import UsageError
from labkit.ground import addresses
from labkit.image.build.assemble import build
from labkit.image.format.errors import ConfigError
from labkit.image.format.image import Image
from labkit.image.format.manifest import DOCKER_CONFIG, Descriptor, digest
from labkit.image.run.local import run_locally
from labkit.image.run.result import InvocationOutcome
from tests.image.odd_configurations import READABLE, UNREADABLE

FROM = "FROM public.ecr.aws/lambda/python:3.12\nCOPY f.py ./\n"
IMAGE_FOLDER = Path(__file__).parents[3] / "lambda_image"
PATH = "/2015-03-31/functions/function/invocations"


def post(function, body=b"{}", method="POST", path=PATH):
    connection = http.client.HTTPConnection(urlsplit(function.url).netloc)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, response.read(), response.headers["Content-Type"]
    finally:
        connection.close()


@pytest.fixture
def local(context):
    opened = []

    def make(handler, **options):
        folder = context(Dockerfile=FROM + f'CMD ["f.{handler}"]', **{"f.py": SOURCE})
        opened.append(run_locally(build(folder), **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


SOURCE = """\
import sys
def echo(event, context): return event
def raises(event, context): raise ValueError("no")
def exits(event, context): sys.exit(3)
def slow(event, context): sys.stdin = open(0); __import__("threading").Event().wait()
def big(event, context): return "x" * 7_000_000
"""


def test_the_articles_image_greets_at_the_emulators_url(article):
    with run_locally(build(article)) as function:
        status, body, content_type = post(function)
        assert function.url.endswith(PATH)
        assert function.url.startswith("http://127.0.0.1:")
        assert "stand-in" in function.interpreter
        assert function.invoke().payload == body
    assert (status, content_type) == (200, "text/plain; charset=utf-8")
    assert json.loads(body) == f"Hello from AWS Lambda using Python{sys.version}!"


def test_the_same_process_answers_again(local):
    function = local("echo")
    assert [post(function, b'{"n": %d}' % n)[1] for n in range(3)] == [b'{"n": 0}', b'{"n": 1}', b'{"n": 2}']
    assert function.invoke(b"1").init_duration_ms is None


@pytest.mark.parametrize(
    ("handler", "status", "says"),
    [
        ("raises", 200, b'"errorType": "ValueError"'),
        ("exits", 502, b"Runtime.ExitError"),
        ("missing", 502, b"Runtime.HandlerNotFound"),
        ("big", 502, b"Function.ResponseSizeTooLarge"),
    ],
)
def test_errors_have_the_emulators_statuses(local, handler, status, says):
    answer = post(local(handler))
    assert (answer[0], says in answer[1]) == (status, True)


def test_a_timeout_is_a_sentence_with_status_200(local):
    assert post(local("slow", timeout=0.2))[:2] == (200, b"Task timed out after 0.20 seconds")


def test_other_paths_and_methods_are_not_there(local):
    function = local("echo")
    assert post(function, path="/")[0] == 404
    assert post(function, method="GET")[0] == 405


def asked_here(function, body=b"{}", method="POST", path=PATH):
    """What `post` returns, of a function that this process answers for."""
    url = function.url.removesuffix(PATH) + path
    application = addresses.application_at(url)
    answer = addresses.exchange(application, method, url, {}, body)
    return answer.status, answer.body.read(), answer.headers["Content-Type"]


@pytest.mark.parametrize(
    ("handler", "request_"),
    [
        ("echo", {"body": b'{"n": 1}'}),
        ("raises", {}),
        ("exits", {}),
        ("missing", {}),
        ("big", {}),
        ("echo", {"path": "/"}),
        ("echo", {"method": "GET"}),
    ],
)
def test_in_this_interpreter_it_answers_alike_without_a_socket(local, handler, request_):
    there, here = local(handler), local(handler, in_process=True)
    answers = post(there, **request_), asked_here(here, **request_)
    assert without_request_ids(answers[0]) == without_request_ids(answers[1])


def without_request_ids(answer):
    """The answer without what is new in each: ids of requests, and the folder that the image is unpacked in."""
    status, body, content_type = answer
    return status, re.sub(rb"[0-9a-f-]{36}", b"ID", body), content_type


def test_what_is_answered_here_is_reached_by_urlopen_and_over_with_the_function(local):
    function = local("echo", in_process=True)
    with urlopen(function.url, data=b'"hello"') as answer:
        assert answer.read() == b'"hello"'
    function.close()
    assert addresses.application_at(function.url) is None


@pytest.mark.parametrize("header", ["Content-Length: x", "Transfer-Encoding: chunked"])
def test_a_request_without_a_length_is_refused(local, header):
    with socket.create_connection(("127.0.0.1", urlsplit(local("echo").url).port)) as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\n{header}\r\n\r\n".encode())
        assert connection.makefile("rb").readline().startswith(b"HTTP/1.1 411")


def test_a_port_in_use_is_one_sentence_and_leaves_nothing(local, article, tmp_path, monkeypatch):
    taken = urlsplit(local("echo").url).port
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    with pytest.raises(UsageError, match=f"Port {taken} on 127.0.0.1 is in use"):
        run_locally(build(article), port=taken)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_after_closing_the_port_is_free_again(article):
    image = build(article)
    for _ in range(20):  # somebody else may be given the port in between, but hardly every time
        with run_locally(image) as function:
            port = urlsplit(function.url).port
            post(function)
        with suppress(UsageError), run_locally(image, port=port) as function:
            assert function.invoke().outcome is InvocationOutcome.ANSWERED
            return
    raise AssertionError("no port was free again")


def with_configuration(image: Image, config: bytes) -> Image:
    manifest = json.loads(image.manifest)
    manifest["config"] = Descriptor(DOCKER_CONFIG, len(config), digest(config)).to_dict()
    return replace(image, manifest=json.dumps(manifest).encode(), blobs={**image.blobs, digest(config): config})


@pytest.fixture(scope="module")
def usual() -> Image:
    """The article's image."""
    return build(IMAGE_FOLDER)


@pytest.mark.parametrize("what", UNREADABLE)
def test_an_image_that_nobody_can_read_is_not_tried(usual, what):
    with pytest.raises(ConfigError), run_locally(with_configuration(usual, UNREADABLE[what])):
        pass


@pytest.mark.parametrize("what", READABLE)
def test_an_image_that_is_only_odd_is_tried_and_has_a_result(usual, what):
    with run_locally(with_configuration(usual, READABLE[what])) as function:
        assert function.invoke().payload
