"""``.ci/run`` on machines that lack something, with stand-ins for what it would install."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")

GOOD_PYTHON = '#!/bin/sh\n[ "$1" = -c ] || echo "$@" requiring "$LABKIT_REQUIRE"\n'
BAD_PYTHON = "#!/bin/sh\nexit 1\n"
MAY_BE_SKIPPED = {"podman"}  # it does not run in every container
CLIENTS = ("skopeo", "podman", "dockerd", "docker", "curl", "chromium", "node", "npm")


class Machine:
    """A machine whose programs are those that a test puts there, and a few of the system's."""

    def __init__(self, folder: Path, user: int) -> None:
        self.folder = folder
        for name in ("bash", "dirname", "cp", "chmod"):
            (folder / name).symlink_to(str(shutil.which(name)))
        self.program("id", f"#!/bin/sh\necho {user}\n")

    def program(self, name: str, script: str) -> None:
        (self.folder / name).write_text(script)
        (self.folder / name).chmod(0o755)

    def run(self, root: Path, *argv: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": str(self.folder)}
        return subprocess.run([root / ".ci" / "run", *argv], env=environment, capture_output=True, text=True)


def test_with_a_python_that_does_it_is_labkit_test(tmp_path, root):
    machine = Machine(tmp_path, user=1000)
    machine.program("python3.12", BAD_PYTHON)
    machine.program("python3", GOOD_PYTHON)
    for client in CLIENTS:
        machine.program(client, "#!/bin/sh\n")
    command, _, required = machine.run(root, "--fast").stdout.partition(" requiring ")
    assert command == "-m labkit test --fast"
    assert set(required.strip().split(",")) == asked_for(root) - MAY_BE_SKIPPED


def asked_for(root: Path) -> set[str]:
    """What tests go on without, unless it is required: they name it in ``require("skopeo", …)``."""
    sources = (path.read_text("utf-8") for path in (root / "tests").rglob("*.py") if path != Path(__file__))
    return {name for source in sources for name in re.findall(r'^ +require\("([a-z-]+)"', source, re.MULTILINE)}


def test_on_debian_as_root_it_installs_what_is_missing(tmp_path, root):
    machine = Machine(tmp_path, user=0)
    machine.program("python3", BAD_PYTHON)
    machine.program("python3.later", GOOD_PYTHON)
    machine.program("apt-get", '#!/bin/sh\necho "apt-get $@"\ncp "${0%/*}/python3.later" "${0%/*}/python3"\n')
    update, install, command = machine.run(root).stdout.splitlines()
    assert update == "apt-get update -qq"
    assert install.endswith("python3 python3-venv")
    assert command.startswith("-m labkit test requiring ")


def test_elsewhere_it_says_what_is_missing(tmp_path, root):
    done = Machine(tmp_path, user=1000).run(root)
    assert done.returncode == 2
    assert "python3 python3-venv" in done.stderr
