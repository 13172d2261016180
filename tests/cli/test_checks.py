"""How ``labkit test`` runs its checks and what it says about them."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from labkit.cli import checks
from labkit.cli.checks import CHECKS, ProjectCheck, run_check
from labkit.cli.commands import test as command
from labkit.ground.processes import stoppable


def program(name: str, source: str, folder: Path, **options) -> ProjectCheck:
    """A check that runs a module of the test's own."""
    (folder / f"{name}.py").write_text(source)
    return ProjectCheck(name, lambda root, more: [name, *more], **options)


@pytest.fixture
def importable(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def run(check: ProjectCheck, folder: Path, more=()):
    return run_check(check, folder, {**os.environ, "PYTHONPATH": str(folder)}, more, folder / "output.txt")


def test_a_check_passes_when_its_program_exits_with_0(importable):
    result = run(program("fine_check", "print('all is well')", importable), importable)
    assert (result.outcome, result.detail) == ("passed", "all is well\n")


def test_a_check_fails_when_its_program_does_and_its_output_is_kept(importable):
    source = "import sys; print('on stdout', flush=True); sys.exit('on stderr')"
    result = run(program("bad_check", source, importable), importable)
    assert (result.outcome, result.detail) == ("failed", "on stdout\non stderr\n")


def test_a_check_without_its_tool_is_skipped_with_the_reason(tmp_path):
    result = run(ProjectCheck("lint", lambda root, more: ["no_such_tool"]), tmp_path)
    assert (result.outcome, result.detail) == ("skipped", "no_such_tool is not installed")


def test_a_check_that_needs_something_is_skipped_with_the_reason(importable):
    check = program("needy_check", "", importable, needs=lambda root: "there is no browser")
    assert run(check, importable).detail == "there is no browser"


def test_a_check_that_has_to_be_run_is_run_whatever_it_needs(importable, monkeypatch):
    monkeypatch.setenv("LABKIT_REQUIRE", "docker,needy_check")
    check = program("needy_check", "import sys; sys.exit('no browser')", importable, needs=lambda root: "no browser")
    assert run(check, importable).outcome == "failed"


def test_what_is_added_goes_to_pytest_and_to_nothing_else(root):
    more = ["-k", "pull"]
    assert [check.name for check in CHECKS if set(more) & set(check.arguments(root, more))] == ["unit tests"]


def test_notebooks_are_run_one_after_another_in_order(tmp_path):
    (tmp_path / "notebooks").mkdir()
    for name in ("01-b.ipynb", "00-a.ipynb", "notes.txt"):
        (tmp_path / "notebooks" / name).touch()
    assert [Path(path).name for path in checks.notebooks(tmp_path)] == ["00-a.ipynb", "01-b.ipynb"]


def test_the_checks_see_a_lab_of_their_own_and_nothing_of_the_users_aws(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "mine")
    environment = command._environment(tmp_path)
    assert environment["LABKIT_HOME"] == str(tmp_path / "lab")
    assert not [name for name in environment if name.startswith("AWS_")]
    assert environment["IPYTHONDIR"].startswith(str(tmp_path))


@pytest.fixture
def play(importable, monkeypatch, capsys):
    """Runs ``labkit test`` with the checks of a test."""

    def play(*table: ProjectCheck, fast: bool = False) -> tuple[int, str]:
        monkeypatch.setattr(checks, "CHECKS", table)
        monkeypatch.setattr(command, "_environment", lambda folder: {**os.environ, "PYTHONPATH": str(importable)})
        code = command.run(argparse.Namespace(fast=fast, verbose=False, more=[]))
        return code, capsys.readouterr().out

    return play


def test_the_summary_has_a_row_for_every_check_and_one_failure_fails_all(play, importable):
    good = program("good_one", "print('quiet please')", importable)
    bad = program("bad_one", "import sys; sys.exit('the reason')", importable)
    code, out = play(good, bad, ProjectCheck("gone", lambda root, more: ["no_such_tool"]))
    assert code == 1
    assert "quiet please" not in out
    assert "the reason" in out
    summary = out.rpartition("labkit test")[2]
    assert [
        word for word in ("passed", "failed", "skipped: no_such_tool is not installed") if word not in summary
    ] == []


def test_tests_that_were_skipped_are_named_with_the_reason_also_where_all_is_well(play, importable):
    said = "SKIPPED [1] tests/test_a.py:5: podman is not installed"
    _, out = play(program("partly", f"print('..s.')\nprint({said!r})", importable))
    assert [line for line in out.splitlines() if "test_a" in line] == [f"  {said}"]


def test_nothing_failed_is_success_and_fast_says_what_it_left_out(play, importable):
    slow = program("slow_one", "raise SystemExit(1)", importable, slow=True)
    code, out = play(program("good_two", "", importable), slow, fast=True)
    assert code == 0
    assert "skipped: left out by --fast" in out


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_an_interrupted_check_leaves_no_process_behind(tmp_path, root):
    (tmp_path / "endless.py").write_text(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        "open(sys.argv[1], 'w').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    source = (
        "import os, sys, pathlib; from labkit.cli.checks import ProjectCheck, run_check\n"
        f"check = ProjectCheck('endless', lambda root, more: ['endless', {str(fifo)!r}])\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "run_check(check, folder, dict(os.environ), (), folder / 'out')"
    )
    environment = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{tmp_path}"}
    process = subprocess.Popen([sys.executable, "-c", source], env=environment, stderr=subprocess.DEVNULL)
    grandchild = psutil.Process(int(fifo.read_text()))
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_closed_terminal_and_a_polite_kill_mean_what_ctrl_c_means(number):
    with pytest.raises(KeyboardInterrupt), stoppable():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) == signal.SIG_DFL
