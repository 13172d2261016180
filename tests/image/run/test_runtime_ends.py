"""How processes of functions end: by themselves, in time, with their environment, and with whoever has started them."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from labkit.image.format.errors import ImageError
from labkit.image.run import runtime
from labkit.image.run.result import InvocationOutcome
from labkit.image.run.runtime import Sandbox
from tests.image.handlers import CASES


def test_a_process_that_has_ended_is_replaced_by_a_cold_one(sandbox):
    environment = sandbox(CASES, "code.exits")
    assert environment.invoke(b"1").init_duration_ms is not None
    assert environment.pid is None
    assert environment.invoke(b"1").init_duration_ms is not None


def test_a_process_found_dead_is_restarted_without_a_word(sandbox):
    environment = sandbox(CASES, "code.pid", timeout=60)
    first = environment.invoke(b"").payload
    process = environment._process
    process.api.events.put(process.api.next_event(60))  # it has asked for its next event before it dies
    os.kill(int(first), signal.SIGKILL)
    process._watcher.join()
    second = environment.invoke(b"")
    assert second.function_error is None
    assert second.payload != first


def test_an_init_that_takes_too_long_is_a_timeout(sandbox, monkeypatch):
    monkeypatch.setattr(runtime, "INIT_LIMIT", 0.3)
    result = sandbox("import threading; threading.Event().wait()").invoke(b"", "ID")
    assert (result.outcome, json.loads(result.payload)["errorMessage"]) == (
        InvocationOutcome.TIMED_OUT,
        "RequestId: ID Error: Task timed out after 0.30 seconds",
    )


# The handler's child holds the pipe too, so that the pipe ends when both have ended.
SLOW = """\
import subprocess, sys
def handler(event, context):
    if event:
        with open(event, "w") as pipe:
            child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"],
                                     stdin=subprocess.PIPE, stdout=pipe)
            print("waiting", file=pipe, flush=True)
            print("waiting")
            child.wait()
    return "fast"
"""


class SlowCall(threading.Thread):
    """An invocation under way: its handler is running when this has been made."""

    def __init__(self, environment, folder):
        super().__init__()
        self.environment, self.fifo, self.result = environment, folder / "pipe", None
        os.mkfifo(self.fifo)
        # Opened before there is a writer, so that a handler that ends too early is a failure and no endless wait.
        self.pipe = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.start()
        assert self.said() == b"waiting\n"

    def run(self):
        self.result = self.environment.invoke(json.dumps(str(self.fifo)).encode(), "ID")

    def end(self):
        """Wait until every process of the handler has ended, then return the result."""
        assert self.said() == b""
        os.close(self.pipe)
        self.join()
        return self.result

    def said(self):
        assert select.select([self.pipe], [], [], 60)[0], "the handler says nothing"
        return os.read(self.pipe, 100)


def test_a_timeout_ends_the_whole_process_group_and_the_next_call_is_cold(sandbox, tmp_path):
    environment = sandbox(SLOW, timeout=2)
    result = SlowCall(environment, tmp_path).end()
    assert json.loads(result.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: ID Error: Task timed out after 2.00 seconds",
    }
    assert (result.outcome, b"waiting" in result.log) == (InvocationOutcome.TIMED_OUT, True)
    assert b"Status: timeout" in result.log
    again = environment.invoke(b"")
    assert (again.payload, again.init_duration_ms is not None) == (b'"fast"', True)


def test_closing_ends_an_invocation_in_the_middle_and_refuses_further_ones(sandbox, tmp_path):
    environment = sandbox(SLOW, timeout=600)
    call = SlowCall(environment, tmp_path)
    environment.close()
    assert call.end().outcome is InvocationOutcome.EXITED
    with pytest.raises(ImageError, match="is closed"):
        environment.invoke(b"")


def test_nothing_is_left_behind(function, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    with Sandbox(function(CASES, "code.pid")) as environment:
        pid = int(environment.invoke(b"").payload)
        assert list((tmp_path / "scratch").iterdir())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list((tmp_path / "scratch").iterdir()) == []


HOST = """\
import sys, json
from pathlib import Path
from labkit.image.format.config import ImageConfig
from labkit.image.run.function import RunnableFunction
from labkit.image.run.runtime import Sandbox
root, fifo = sys.argv[1:]
config = ImageConfig(
    entrypoint=("/lambda-entrypoint.sh",), command=("code.handler",), working_directory="/var/task"
)
Sandbox(RunnableFunction(Path(root), config, timeout=600)).invoke(json.dumps(fifo).encode())
"""
ENDLESS = """\
import os
def handler(event, context):
    pipe = os.open(event, os.O_WRONLY)
    os.write(pipe, b"%d\\n" % os.getpid())
    while True: pass
"""


def test_a_handler_that_never_returns_ends_when_its_host_is_killed(function, tmp_path):
    root, fifo = function(ENDLESS).root, tmp_path / "pipe"
    os.mkfifo(fifo)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-c", HOST, str(root), str(fifo)]
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(scratch)}) as host, fifo.open("rb") as pipe:
        assert int(pipe.readline()) > 0
        host.kill()
        assert pipe.read() == b""  # returns when the last process that has the pipe open is gone
    assert list(scratch.iterdir()) == []


DIGS = """\
import os, tempfile
def handler(event, context):
    os.chdir(tempfile.gettempdir())
    top = os.getcwd()
    for _ in range(1500):
        os.mkdir("a-directory")
        os.chdir("a-directory")
    return top
"""


def test_a_function_that_digs_deep_leaves_no_temporary_files(sandbox):
    environment = sandbox(DIGS)
    top = Path(json.loads(environment.invoke(b"").payload))
    assert (top / "a-directory" / "a-directory").is_dir()
    environment.close()
    assert not top.exists()
