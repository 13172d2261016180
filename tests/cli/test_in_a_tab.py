"""The command line where there are no threads, no sockets and no processes, as in a browser tab.

The platform is CPython's own, told to be a tab's: starting a thread, connecting or binding a socket and starting a
process raise there, as Pyodide's do. So whatever needs one of them anyway fails here and not first in a browser.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labkit.embedded.process import client
from labkit.scenarios import SCENARIOS

# Python's own modules and those of libraries look at the platform when they are imported; that is not under test.
TAB = """
import concurrent.futures.thread, importlib.metadata, json, socket, ssl, subprocess, sys, tempfile, threading
import awslambdaric.bootstrap, boto3, botocore.session, requests, rich.live, rich.progress, rich.table

def refuse(*_args, **_options):
    raise RuntimeError("there is none in a tab")

sys.platform = "emscripten"
threading.Thread.start = socket.socket.connect = socket.socket.bind = subprocess.Popen.__init__ = refuse
from labkit.cli import main
for command in json.loads(sys.argv[1]):
    code = main.main(command)
    if code:
        sys.exit(code)
"""


def in_a_tab(home: Path, root: Path, *commands: list[str]) -> str:
    """What the commands print, run one after the other in one interpreter."""
    own = {name: value for name, value in os.environ.items() if name not in ("LABKIT_ENGINE", "LABKIT_RUN_AS")}
    environment = {**own, "LABKIT_HOME": str(home), "LABKIT_DEBUG": "1"}
    done = subprocess.run(
        [sys.executable, "-c", TAB, json.dumps(commands)],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def normal(text: str) -> Any:
    """The results of scenarios without what is new in each run."""
    for pattern, kind in (
        (r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)", "DATE"),
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r'"seconds": [\d.e-]+', '"seconds": 0'),
    ):
        text = re.sub(pattern, kind, text)
    return json.loads(text)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_all_scenarios_come_out_as_over_http(home: Path, root: Path, tmp_path: Path) -> None:
    names = list(SCENARIOS)
    tab = in_a_tab(home, root, ["run", *names, "--json"])
    server = tmp_path / "server"
    over_http = subprocess.run(
        [sys.executable, "-m", "labkit", "run", *names, "--json"],
        cwd=root,
        env={**os.environ, "LABKIT_HOME": str(server), "LABKIT_NO_VENV": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    client.stop(server)
    assert over_http.returncode == 0, over_http.stderr
    assert [each["ok"] for each in normal(tab)] == [True] * len(names)
    assert normal(tab) == normal(over_http.stdout)


def test_the_state_is_kept_loaded_and_reset(home: Path, root: Path) -> None:
    out = in_a_tab(
        home,
        root,
        ["snapshot", "save", "start"],
        ["snapshot", "load", "start", "--yes"],
        ["status"],
        ["run", "provenance"],
        ["reset", "--yes"],
        ["reset", "--all", "--yes"],
    )
    words = " ".join(out.split())
    assert "The snapshot start is loaded: the embedded AWS in this process is up with it." in words
    assert "interpreter: functions run in the lab's own process: no timeout, no isolation" in words
    assert f"The lab home {home} is as new; the embedded AWS in this process is up." in words
