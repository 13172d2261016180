"""A tiny copy of the project, with a stand-in for uv that notes what it was called with, and no network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

COMMAND_LINE = """
import json, sys
def main(argv):
    print(json.dumps({"prefix": sys.prefix, "argv": argv}))
    return 7 if argv == ["fail"] else 0
"""

UV = f"""#!{sys.executable} -I
import os, pathlib, sys
print("line of uv", flush=True)
arguments = sys.argv[1:]
with open(os.environ["UV_CALLS"], "a") as calls:
    calls.write(" ".join(arguments) + "\\n")
if arguments[0] == "venv":
    python, venv = arguments[arguments.index("--python") + 1], pathlib.Path(arguments[-1])
    (venv / "bin").mkdir()
    (venv / "lib" / ("python%d.%d" % sys.version_info[:2]) / "site-packages").mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text("home = " + os.path.dirname(python) + chr(10))
    (venv / "bin" / "python").symlink_to(python)
if arguments[0] == "pip":
    if "UV_FIFO" in os.environ:
        open(os.environ["UV_FIFO"], "w").close()  # until a test opens it: "I am in the middle of it"
        open(os.environ["UV_FIFO"]).close()  # until a test opens it again: "go on"
    if "UV_FAILS" in os.environ:
        print(os.environ["UV_FAILS"])
        sys.exit(2)
"""


class Project:
    """A copy of the project that has the entry and nothing else."""

    def __init__(self, root: Path, source: Path) -> None:
        self.root = root / "project"
        self.venv = self.root / ".venv"
        package = self.root / "labkit"
        package.mkdir(parents=True)
        for name in ("__init__.py", "__main__.py", "bootstrap.py", "errors.py", "exports.py"):
            shutil.copy(source / "labkit" / name, package)
        for name in ("ground", "cli/installation"):
            shutil.copytree(source / "labkit" / name, package / name)
        for name in ("__init__.py", "table.py"):
            shutil.copy(source / "labkit" / "cli" / name, package / "cli")
        (package / "cli" / "main.py").write_text(COMMAND_LINE)
        (self.root / "requirements.txt").write_text("one==1.0\nboto3==1.0\n")
        (self.root / "tests").mkdir()
        (self.root / "tests" / "requirements.txt").write_text("two==1.0\n")
        (self.root / "tests" / "requirements-slow.txt").write_text("three==1.0\n")
        (self.root / "pyproject.toml").write_text("")
        tools = root / "tools"
        tools.mkdir()
        (tools / "uv").write_text(UV)
        (tools / "uv").chmod(0o755)
        self.calls = root / "calls.txt"
        self.environment = {"PATH": str(tools), "HOME": str(root), "UV_CALLS": str(self.calls)}

    def popen(self, *argv: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys._base_executable, "-m", "labkit", *argv],
            cwd=self.root,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, *argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
        process = self.popen(*argv, **environment)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        return subprocess.CompletedProcess(argv, process.returncode, out, err)

    def called(self) -> list[str]:
        return [line.split()[0] for line in self._calls()]

    def asked_for(self) -> list[list[str]]:
        """The packages of each call that installs some."""
        calls = [line.split() for line in self._calls()]
        return [[word for word in words if "==" in word] for words in calls if words[0] == "pip"]

    def _calls(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    def install(self, need: str) -> subprocess.CompletedProcess[str]:
        program = f"from labkit.cli.installation import install; install({need!r})"
        return subprocess.run(
            [sys._base_executable, "-c", program], cwd=self.root, env=self.environment, capture_output=True, text=True
        )

    @property
    def site_packages(self) -> Path:
        [found] = self.venv.glob("lib/python*/site-packages")
        return found

    def add_package(self, name: str, size: int, *, whole: bool = True) -> Path:
        """A package as uv and pip leave it; ``size`` is what its RECORD says of a file of five bytes."""
        folder = self.site_packages / f"{name}-1.0.dist-info"
        folder.mkdir()
        (self.site_packages / f"{name}.py").write_text("fives")
        (folder / "RECORD").write_text(f"{name}.py,sha256=x,{size}\n{name}.pyc,,\n{folder.name}/RECORD,,\n")
        if whole:
            (folder / "INSTALLER").write_text("uv")
        return folder
