"""Which Python makes the environment, found among fake ones on a PATH of the test's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from labkit.cli.installation import interpreters
from labkit.errors import LabError


class Machine:
    """A machine whose only programs are those that a test puts there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        monkeypatch.setenv("PATH", str(folder))
        for variable in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "LOCALAPPDATA"):
            monkeypatch.setenv(variable, str(folder / variable))

    def program(self, path: str, script: str) -> str:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        return str(file)

    def python(self, path: str, version: str, has_venv: int = 1) -> str:
        return self.program(path, f'echo "{version} {has_venv} $0"')

    def runs_with(self, version: str, has_venv: int = 1) -> str:
        path = self.python("running/python", version, has_venv)
        self.monkeypatch.setattr(sys, "_base_executable", path)
        return path


@pytest.fixture
def machine(tmp_path, monkeypatch):
    return Machine(tmp_path, monkeypatch)


def test_a_python_3_12_on_path_is_preferred_to_the_one_that_runs(machine):
    machine.runs_with("3 11")
    better = machine.python("python3.12", "3 12")
    assert interpreters.choose(uv=None).path == better


def test_the_running_python_is_taken_when_it_is_a_3_12_itself(machine):
    running = machine.runs_with("3 12")
    machine.python("python3.12", "3 12")
    assert interpreters.choose(uv=None).path == running


def test_a_name_on_path_that_does_not_run_is_passed_over(machine):
    running = machine.runs_with("3 13")
    machine.program("python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127")
    assert interpreters.choose(uv=None).path == running


def test_a_3_12_of_a_version_manager_is_found_off_path(machine):
    machine.runs_with("3 11")
    managed = machine.python("PYENV_ROOT/versions/3.12.1/bin/python3.12", "3 12")
    assert interpreters.choose(uv=None).path == managed


def test_a_3_12_that_cannot_make_environments_is_passed_over_unless_there_is_uv(machine):
    running = machine.runs_with("3 11")
    bare = machine.python("python3.12", "3 12", has_venv=0)
    assert interpreters.choose(uv=None).path == running
    assert interpreters.choose(uv="uv").path == bare


def test_without_venv_and_without_uv_the_package_to_install_is_named(machine):
    machine.runs_with("3 11", has_venv=0)
    with pytest.raises(LabError, match=r"apt install python3\.11-venv"):
        interpreters.choose(uv=None)


def test_a_uv_that_does_not_run_is_no_uv(machine):
    assert interpreters.find_uv() is None
    machine.program("uv", "exit 127")
    assert interpreters.find_uv() is None


def test_a_uv_that_runs_is_found(machine):
    uv = machine.program("uv", "echo uv 1.0")
    assert interpreters.find_uv() == uv


def test_the_running_python_knows_itself():
    found = interpreters.probe(sys.executable)
    assert found is not None
    assert found.version == sys.version_info[:2]
