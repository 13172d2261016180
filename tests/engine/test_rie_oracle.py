"""The lab's own trial of an image against AWS's Runtime Interface Emulator: the same requests to both.

What is the same: statuses, bodies and error types for answers, errors of the handler, exits, init errors, answers that
are too large, and timeouts. Where they differ on purpose, a test says how:

- Request ids, and the file names in stack traces, are each one's own; they are replaced before comparing.
- A process that ends before its first event: the emulator answers 502 with nothing, the lab says how it ended.
- An empty payload: the lab gives the handler ``{}``, as Lambda's Invoke does, the emulator what is not JSON.
- The emulator runs with the ``AWS_EXECUTION_ENV`` that the bootstrap of AWS's base image sets; without it, awslambdaric
  writes other letters than ASCII as escapes.
"""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from labkit.image.build.assemble import build
from labkit.image.run.local import PATH, run_locally

from .emulator import emulator, serving

HANDLERS = """\
import os, sys, time

def echo(event, context): return event
def text(event, context): return "gr\\u00fc\\u00dfe"
def nothing(event, context): return None
def aset(event, context): return {1}
def raises(event, context): raise ValueError("bad value: " + repr(event))
def leaves(event, context): sys.exit(event)
def ends(event, context): os._exit(event)
def crashes(event, context): os.kill(os.getpid(), 11)
def killed(event, context): os.kill(os.getpid(), 9)
def much(event, context): return "x" * 7_000_000
def slow(event, context): time.sleep(60)
"""
BROKEN = {
    "no_module": ("", "no_such_module.handler"),
    "no_import": ("import no_such_module\n", "code.handler"),
    "syntax": ("def handler(:\n", "code.handler"),
    "missing": ("", "code.nope"),
    "no_dot": ("", "nodot"),
    "raises": ("raise RuntimeError('while starting')\n", "code.handler"),
}
COUNTING = """\
count = 0
def handler(event, context):
    global count
    count += 1
    return {}
"""
_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

Answer = tuple[int, str, bytes]
Both = Callable[..., tuple[Callable[..., Answer], Callable[..., Answer]]]


@pytest.fixture(scope="module")
def program(require: Callable[..., None]) -> Path:
    found = emulator()
    require("rie", isinstance(found, Path), f"is not here: {found}")
    assert isinstance(found, Path)
    return found


@pytest.fixture
def both(program: Path, tmp_path: Path) -> Iterator[Both]:
    """``both(source, handler)``: how to ask the emulator, and how to ask the lab."""
    with ExitStack() as stack:

        def start(source: str, handler: str, timeout: int = 60) -> Any:
            (tmp_path / "code.py").write_text(source)
            command = json.dumps([handler])
            (tmp_path / "Dockerfile").write_text(
                f"FROM public.ecr.aws/lambda/python:3.12\nCOPY code.py ./\nCMD {command}\n"
            )
            local = stack.enter_context(run_locally(build(tmp_path), timeout=timeout))
            theirs = stack.enter_context(serving(program, tmp_path, handler, timeout))
            return asking(theirs, tmp_path), asking(int(urlsplit(local.url).port or 0), tmp_path)

        yield start


def asking(port: int, folder: Path) -> Callable[..., Answer]:
    def ask(payload: bytes = b"{}") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("POST", PATH, payload)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        told = _ID.sub(b"ID", body).replace(str(folder).encode(), b"/var/task")
        return response.status, str(response.headers["Content-Type"]), told

    return ask


@pytest.mark.parametrize(
    ("handler", "payload"),
    [
        ("echo", b"{}"),
        ("echo", b'{"key": ["value", 1, 1.5, null, true]}'),
        ("echo", b'"text"'),
        ("text", b"{}"),
        ("nothing", b"{}"),
        ("aset", b"{}"),
        ("raises", b'{"a": 1}'),
        ("leaves", b"0"),
        ("leaves", b"3"),
        ("ends", b"7"),
        ("crashes", b"{}"),
        ("killed", b"{}"),
        ("much", b"{}"),
        ("echo", b"this is not JSON"),
        ("echo", b"{"),
    ],
)
def test_one_request_gets_one_answer(both: Both, handler: str, payload: bytes):
    theirs, ours = both(HANDLERS, f"code.{handler}")
    assert ours(payload) == theirs(payload)


def test_a_timeout_is_the_same_sentence(both: Both):
    theirs, ours = both(HANDLERS, "code.slow", timeout=1)
    assert ours() == theirs()


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_start_is_the_same_error(both: Both, case: str):
    theirs, ours = both(*BROKEN[case])
    assert ours() == theirs()


def test_an_environment_is_used_again_after_an_error_of_the_handler(both: Both):
    theirs, ours = both(COUNTING.format("count / event"), "code.handler")
    for payload in (b"1", b"0", b"1"):
        assert ours(payload) == theirs(payload)


def test_an_environment_is_lost_with_its_process(both: Both):
    theirs, ours = both(COUNTING.format("count if event else exit(3)"), "code.handler")
    for payload in (b"1", b"1", b"0", b"1"):
        assert ours(payload) == theirs(payload)


@pytest.mark.parametrize("code", [0, 3])
def test_of_a_process_that_ends_before_its_first_event_the_lab_says_more(both: Both, code: int):
    theirs, ours = both(f"import os\nos._exit({code})\n", "code.handler")
    assert theirs() == (502, "None", b"")
    status, _, body = ours()
    assert status == 502
    assert json.loads(body)["errorType"] == "Runtime.ExitError"


def test_an_empty_payload_is_an_empty_event_to_the_lab_as_to_lambda(both: Both):
    theirs, ours = both(HANDLERS, "code.echo")
    assert ours(b"") == (200, "text/plain; charset=utf-8", b"{}")
    assert json.loads(theirs(b"")[2])["errorType"] == "Runtime.UnmarshalError"
