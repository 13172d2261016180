"""The emulator inside the stand-in base, run on this machine."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from labkit.image.run.emulator import Server, function_of
from labkit.image.run.local import PATH, emulate
from labkit.image.run.runtime import Sandbox


@pytest.fixture
def task(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(
        "import os\n"
        "def ok(event, context):\n    print('hello')\n"
        "    return [event, os.environ['COLOUR'], context.memory_limit_in_mb]\n"
        "def bad(event, context):\n    raise ValueError('no')\n"
    )
    return tmp_path


def environment(task: Path, handler: str) -> dict[str, str]:
    return {"_HANDLER": handler, "LAMBDA_TASK_ROOT": str(task), "COLOUR": "red", "LD_LIBRARY_PATH": "/x"}


def test_the_function_is_the_containers(task):
    function = function_of({**environment(task, "app.ok"), "AWS_LAMBDA_FUNCTION_TIMEOUT": "7"}, str(task))
    assert (function.handler(), function.directory(), function.timeout) == ("app.ok", task, 7.0)
    process = function.process_environment("app.ok", "127.0.0.1:1", Path("/tmp"))
    assert (process["LAMBDA_TASK_ROOT"], process["LD_LIBRARY_PATH"]) == (str(task), "/x")


def test_it_answers_the_emulators_path_and_writes_the_log(task):
    log: list[bytes] = []
    with Sandbox(function_of(environment(task, "app.ok"), str(task))) as sandbox:
        server = Server(lambda request: emulate(sandbox, request, log.append), 0)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            assert urlopen(url + PATH, data=b'{"a": 1}').read() == b'[{"a": 1}, "red", "3008"]'
            assert b"hello\n" in log[0] and b"REPORT RequestId:" in log[0]
            with pytest.raises(HTTPError, match="404"):
                urlopen(url + "/other")
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def test_paths_in_a_traceback_stay_what_they_are_where_the_root_is_the_machines(task):
    with Sandbox(function_of(environment(task, "app.bad"), str(task))) as sandbox:
        assert str(task / "app.py").encode() in sandbox.invoke(b"{}").payload
