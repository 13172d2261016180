"""Handlers in this interpreter: they answer as in a process of their own, and leave nothing behind in the lab's."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from labkit.image.format.errors import Throttled
from labkit.image.run import interpreter
from labkit.image.run.function import RunnableFunction
from labkit.image.run.interpreter import InterpreterProcess
from labkit.image.run.process import FunctionProcess
from labkit.image.run.result import InvocationOutcome, InvocationResult
from labkit.image.run.runtime import Sandbox
from tests.image.handlers import CASES

Opened = Callable[..., Sandbox]


@pytest.fixture
def here(function: Callable[..., RunnableFunction]) -> Iterator[Opened]:
    """Environments whose handlers run in this interpreter, closed after the test."""
    opened: list[Sandbox] = []

    def make(source: str, handler: str = "code.handler", **settings: Any) -> Sandbox:
        opened.append(Sandbox(function(source, handler, **settings), InterpreterProcess))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def surroundings() -> list[object]:
    """What a handler could change in this interpreter."""
    root = logging.getLogger()
    return [
        dict(os.environ),
        list(sys.path),
        {name: module for name, module in sys.modules.items() if name.partition(".")[0] in ("code", "helper")},
        Path.cwd(),
        (sys.stdin, sys.stdout, sys.stderr),
        (root.handlers, root.level, logging.Formatter.converter),
        tempfile.tempdir,
        boto3.DEFAULT_SESSION,
    ]


CHANGES = """\
import os, sys, json, logging, tempfile
import helper
def handler(event, context):
    seen = [os.environ.get("MINE"), helper.count, logging.getLogger().level, os.getcwd() == tempfile.gettempdir()]
    helper.count += 1
    os.environ["MINE"] = "yes"
    os.environ.pop("HOME", None)
    sys.path.append("/nowhere")
    os.chdir(tempfile.gettempdir())
    logging.getLogger().setLevel(logging.DEBUG)
    if event == "raise": raise ValueError("as asked")
    if event == "exit": sys.exit(3)
    return seen
"""


@pytest.mark.parametrize("event", ["answer", "raise", "exit"])
def test_what_a_handler_changes_is_its_own_and_there_again_at_its_next_event(here: Opened, event: str):
    environment = here(CHANGES)
    (environment.function.root / "var/task/helper.py").write_text("count = 1\n")
    before = surroundings()
    first = environment.invoke(b'"answer"')
    assert surroundings() == before
    assert json.loads(first.payload) == [None, 1, logging.WARNING, False]
    environment.invoke(json.dumps(event).encode())
    assert surroundings() == before
    third = json.loads(environment.invoke(b'"answer"').payload)
    assert third == ([None, 1, logging.WARNING, False] if event == "exit" else ["yes", 3, logging.DEBUG, True])


SAME = {
    "answers": ("code.echo", b'{"a": "\xc3\xbc"}'),
    "umlaut": ("code.umlaut", b""),
    "raises": ("code.raises", b""),
    "no JSON": ("code.a_set", b""),
    "exits": ("code.exits", b"4"),
    "exits with nothing": ("code.exits", b"null"),
    "exits with a text": ("code.exits", b'"why"'),
    "too much": ("code.big", str(6 * 1024**2 + 101).encode()),
    "just not too much": ("code.big", str(6 * 1024**2 + 100).encode()),
    "talks": ("code.talks", b""),
    "chatty": ("code.chatty", b""),
    "context": ("code.about", b""),
    "where": ("code.where", b""),
    "no such function": ("code.nowhere", b""),
    "no such module": ("nowhere.handler", b""),
    "no module": ("handler", b""),
    "a built-in module": ("sys.exit", b""),
    "no event": ("code.echo", b"{"),
    "logs": ("logs.handler", b""),
    "fails to load": ("fails.handler", b""),
    "no syntax": ("syntax.handler", b""),
    "ends when loaded": ("ends.handler", b""),
}
MODULES = {
    "logs": "import logging\ndef handler(event, context): logging.warning('careful'); logging.info('not shown')\n",
    "fails": "print('before')\nraise ValueError('at once')\n",
    "syntax": "def handler(:\n",
    "ends": "import sys\nsys.exit(5)\n",
}


def lines(result: InvocationResult) -> list[str]:
    """The log without what differs from run to run."""
    times = ("Duration", "Billed", "Init", "Max Memory")
    return [
        "\t".join(part for part in line.split("\t") if not part.startswith(times) and "Z" not in part)
        for line in result.log.decode().splitlines()
    ]


@pytest.mark.parametrize("case", SAME)
def test_the_same_is_answered_and_logged_as_in_a_process(function: Callable[..., RunnableFunction], case: str):
    handler, payload = SAME[case]
    runnable = function(CASES, handler, memory=256, timeout=30)
    for name, source in MODULES.items():
        (runnable.root / "var/task" / f"{name}.py").write_text(source)
    answers = []
    for start in (FunctionProcess, InterpreterProcess):
        with Sandbox(runnable, start) as sandbox:
            answers.append([sandbox.invoke(payload, "the-id") for _ in range(2)])
    for there, here in zip(*answers, strict=True):
        assert (here.outcome, here.payload) == (there.outcome, there.payload)
        if case != "too much":  # what the process's runtime client says of it comes in time, or does not
            assert lines(here) == lines(there)
        assert (here.init_duration_ms is None) == (there.init_duration_ms is None)


def test_nothing_of_the_labs_environment_is_passed_on(here: Opened, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAB_SECRET", "x")
    environment = json.loads(here(CASES, "code.environment", environment={"MINE": "1"}).invoke(b"").payload)
    assert "LAB_SECRET" not in environment
    assert (environment["MINE"], environment["AWS_LAMBDA_FUNCTION_NAME"]) == ("1", "test_function")


def test_a_function_has_its_own_modules_where_the_lab_has_others_of_the_same_name(here: Opened):
    environment = here("import requests\ndef handler(event, context): return requests.mine\n")
    package = environment.function.root / "var/task/requests"
    package.mkdir()
    (package / "__init__.py").write_text("mine = 'the function\\'s'\n")
    labs = sys.modules.get("requests")
    assert json.loads(environment.invoke(b"").payload) == "the function's"
    assert sys.modules.get("requests") is labs


def test_a_handler_may_run_another_one_inside_its_own(here: Opened, function: Callable[..., RunnableFunction]):
    outer = here(
        "import os, code\ncall = None\ndef handler(event, context):\n"
        "    inner = call()\n    return [inner, os.environ['AWS_LAMBDA_FUNCTION_NAME']]\n",
        name="outer",
    )
    outer.invoke(b"")  # to load it
    process: Any = outer._process
    inner = Sandbox(
        RunnableFunction(outer.function.root, outer.function.config, name="inner", command=("inner.handler",)),
        InterpreterProcess,
    )
    (outer.function.root / "var/task/inner.py").write_text(
        "import os\ndef handler(event, context): return os.environ['AWS_LAMBDA_FUNCTION_NAME']\n"
    )
    process._surroundings._modules["code"].call = lambda: json.loads(inner.invoke(b"").payload)
    assert json.loads(outer.invoke(b"").payload) == ["inner", "outer"]
    inner.close()


def test_a_handler_keeps_its_default_session_of_boto3_and_the_lab_its_own(here: Opened):
    source = (
        "import boto3\ndef handler(event, context):\n"
        "    boto3.client('sts', region_name='eu-central-1')\n"
        "    return boto3.DEFAULT_SESSION.get_credentials().access_key\n"
    )
    keys = {"AWS_ACCESS_KEY_ID": "AKIAFUNCTION", "AWS_SECRET_ACCESS_KEY": "secret"}
    before = boto3.DEFAULT_SESSION
    environment = here(source, host_environment=keys)
    assert [json.loads(environment.invoke(b"").payload) for _ in range(2)] == ["AKIAFUNCTION"] * 2
    assert boto3.DEFAULT_SESSION is before


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_a_variable_that_no_process_can_have_fails_as_there(function: Callable[..., RunnableFunction], value: str):
    before = surroundings()
    runnable = function(CASES, "code.echo", environment={"MINE": value})
    with Sandbox(runnable, InterpreterProcess) as sandbox:
        result = sandbox.invoke(b"")
    assert result.outcome is InvocationOutcome.NOT_STARTED
    assert json.loads(result.payload)["errorType"] == "Runtime.InvalidEntrypoint"
    assert surroundings() == before


def test_a_handler_of_another_thread_is_waited_for_as_long_as_the_function_may_take(here: Opened):
    environment = here(CASES, "code.echo", timeout=0.05)
    environment.invoke(b"")
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with interpreter._ONE:
            held.set()
            over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    with pytest.raises(Throttled):
        environment.invoke(b"")
    over.set()
    thread.join()
    assert environment.invoke(b"1").payload == b"1"


def test_what_it_writes_is_kept_to_the_last_mebibyte_and_its_temporary_files_are_removed(here: Opened):
    source = (
        "import tempfile\ndef handler(event, context):\n    print('x' * (3 << 20) + 'end')\n"
        "    return tempfile.mkdtemp()\n"
    )
    environment = here(source)
    result = environment.invoke(b"")
    assert 1 << 20 <= len(result.log) < 1.1 * (1 << 20)
    assert b"end\n" in result.log
    folder = Path(json.loads(result.payload))
    assert folder.is_dir()
    environment.close()
    assert not folder.parent.exists()


def test_nothing_ends_a_handler_that_takes_too_long(here: Opened):
    source = (
        "import time\ndef handler(event, context):\n"
        "    while context.get_remaining_time_in_millis(): time.sleep(0.001)\n    return 'over'\n"
    )
    assert here(source, timeout=0.01).invoke(b"").payload == b'"over"'


def test_the_log_says_under_which_conditions_it_runs(function: Callable[..., RunnableFunction]):
    runnable = function(CASES, conditions=interpreter.CONDITIONS)
    assert runnable.interpreter.endswith(", in the lab's own process: no timeout, no isolation")
