"""What a function has started in sessions of its own ends with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.image.run import orphans

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of orphans")

# Run as a process of its own, since adopting is for a whole process. A fifo ends when the last who has it open is gone.
HOST = """\
import json, sys
from pathlib import Path
from labkit.image.format.config import ImageConfig
from labkit.image.run import orphans
from labkit.image.run.function import RunnableFunction
from labkit.image.run.runtime import Sandbox
root, fifos, hidden = Path(sys.argv[1]), json.loads(sys.argv[2]), tuple(map(Path, json.loads(sys.argv[3])))
assert orphans.adopt()
config = ImageConfig.parse(Path(sys.argv[4]).read_bytes())
def sandbox(): return Sandbox(RunnableFunction(root, config, timeout=60, hidden=hidden))
with sandbox() as other, sandbox() as one:
    other.invoke(json.dumps(fifos["other"]).encode())
    print(one.invoke(json.dumps(fifos["one"]).encode()).payload.decode(), flush=True)
    one.close()
    print("closed", flush=True)
    sys.stdin.readline()
"""

DAEMON = """\
import os, subprocess, sys, time
SLEEPS = "import sys, time; open(sys.argv[1], 'w').write('up'); time.sleep(600)"
def handler(event, context):
    fifo, environment = event
    starter = "import subprocess, sys; subprocess.Popen(sys.argv[1:], start_new_session=True)"
    changed = {"kept": dict(os.environ), "empty": {}, "another's": {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"}}
    names = changed[environment]
    command = [sys.executable, "-c", starter, sys.executable, "-c", SLEEPS, fifo]
    subprocess.run(command, env=names, check=True, start_new_session=True)
    while not os.path.exists(fifo):
        time.sleep(0.01)
    return "started"
"""


def alive(marker: Path) -> list[int]:
    """The processes whose command line names a file."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(marker).encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("environment", ["kept", "empty", "another's"])
def test_a_daemon_ends_with_its_function_and_that_of_another_function_stays(function, tmp_path, environment) -> None:
    made = function(DAEMON)
    config = tmp_path / "config.json"
    settings = {"Env": [f"{k}={v}" for k, v in made.config.environment.items()], "Cmd": ["code.handler"]}
    config.write_text(
        json.dumps({"architecture": "amd64", "config": {**settings, "Entrypoint": list(made.config.entrypoint)}})
    )
    one, other = tmp_path / "one", tmp_path / "other"
    events = {"one": [str(one), environment], "other": [str(other), "kept"]}
    command = [sys.executable, "-c", HOST, str(made.root), json.dumps(events), json.dumps([]), str(config)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout.readline() == '"started"\n'
        assert host.stdout.readline() == "closed\n"
        assert (alive(one), len(alive(other))) == ([], 1)
        host.communicate("\n")
    assert alive(other) == []


def test_nobody_s_children_are_touched_by_a_process_that_does_not_adopt() -> None:
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as child:
        orphans.end(0)
        assert child.poll() is None
        child.communicate()
        assert child.returncode == 0
