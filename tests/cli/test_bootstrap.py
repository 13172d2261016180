"""The first start, with a tiny copy of the project, a stand-in for uv, and no network."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys

import pytest

from tests.cli.tiny_project import Project

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for uv is a POSIX script")


@pytest.fixture
def project(tmp_path, root):
    return Project(tmp_path, root)


def test_the_first_start_makes_the_environment_and_runs_the_command_in_it(project):
    done = project.start("status", "--json")
    assert json.loads(done.stdout) == {"prefix": str(project.venv), "argv": ["status", "--json"]}
    assert project.called() == ["--version", "venv", "pip"]
    assert "first start here" in done.stderr


def test_the_second_start_installs_nothing_and_says_nothing(project):
    project.start("status")
    done = project.start("status")
    assert project.called() == ["--version", "venv", "pip"]
    assert done.stderr == ""
    assert json.loads(done.stdout)["prefix"] == str(project.venv)


def test_the_exit_code_of_the_command_is_the_exit_code(project):
    assert project.start("fail").returncode == 7


def test_the_environment_finds_labkit_from_another_folder_and_as_a_command(project, tmp_path):
    project.start("status")
    program = subprocess.run(
        [project.venv / "bin" / "labkit", "up"], cwd=tmp_path, env=project.environment, capture_output=True, text=True
    )
    assert json.loads(program.stdout)["argv"] == ["up"]


def test_bytecode_is_compiled_even_where_python_is_told_not_to_write_any(project):
    project.start("status", PYTHONDONTWRITEBYTECODE="1")
    assert list((project.root / "labkit" / "cli" / "__pycache__").glob("main.*.pyc"))


@pytest.mark.parametrize("argv", [[], ["--help"], ["lab", "-h"], ["--version"]])
def test_help_is_given_without_installing_anything(project, argv):
    done = project.start(*argv)
    assert json.loads(done.stdout)["argv"] == argv
    assert not project.venv.exists()


@pytest.mark.parametrize(
    "argv", [["check", "x"], ["explain"], ["evaluate"], ["policy"], ["--home", "x", "check"], ["typo"]]
)
def test_what_needs_nothing_runs_at_once_in_the_python_that_was_typed(project, argv):
    done = project.start(*argv)
    assert json.loads(done.stdout) == {"prefix": sys.base_prefix, "argv": argv}
    assert not project.venv.exists()
    assert project.called() == []


def test_what_needs_nothing_stays_in_that_python_where_there_is_an_environment(project):
    project.start("status")
    assert json.loads(project.start("check", "x").stdout)["prefix"] == sys.base_prefix


def test_what_may_ask_a_lab_runs_at_once_and_with_boto3_where_that_is_there(project):
    assert json.loads(project.start("diagnose", "--error", "x").stdout)["prefix"] == sys.base_prefix
    assert not project.venv.exists()
    project.install("live")
    assert json.loads(project.start("diagnose", "--error", "x").stdout)["prefix"] == str(project.venv)
    assert json.loads(project.start("diagnose", "--offline", "x").stdout)["prefix"] == sys.base_prefix


def test_the_project_s_checks_bring_what_they_need_and_take_nothing_away(project):
    project.start("status")
    (project.venv / "kept").touch()
    project.start("test", "--fast")
    assert project.asked_for() == [["one==1.0", "boto3==1.0"], ["two==1.0"]]
    project.start("test")
    assert project.asked_for()[2:] == [["three==1.0"]]
    for command in ("status", "test"):
        done = project.start(command)
        assert (json.loads(done.stdout)["prefix"], done.stderr) == (str(project.venv), "")
    assert len(project.asked_for()) == 3
    assert (project.venv / "kept").exists()


def test_the_checks_first_bring_the_lab_with_them(project):
    project.start("test", "--fast")
    assert project.asked_for() == [["one==1.0", "boto3==1.0"], ["two==1.0"]]
    project.start("status")
    assert len(project.asked_for()) == 2


def test_what_only_calls_aws_needs_no_more_than_boto3(project):
    assert project.install("live").returncode == 0
    assert project.asked_for() == [["boto3==1.0"]]
    project.start("status")
    assert project.install("live").returncode == 0
    assert project.asked_for() == [["boto3==1.0"], ["one==1.0", "boto3==1.0"]]


def test_what_is_installed_already_is_not_asked_for_again(project):
    project.install("live")
    project.add_package("boto3", size=5)
    project.start("status")
    assert project.asked_for() == [["boto3==1.0"], ["one==1.0"]]


def interrupted(project: Project) -> None:
    """Leave ``.venv`` as it is in the middle of installing packages."""
    project.start("status")
    (project.venv / "labkit-has-lab.txt").unlink()
    (project.venv / "labkit-unfinished.txt").touch()


def test_an_interrupted_set_up_goes_on_where_it_was(project):
    interrupted(project)
    (project.venv / "kept").touch()
    project.add_package("one", size=5)
    done = project.start("status")
    assert "was interrupted and goes on" in done.stderr
    assert project.asked_for()[1:] == [["boto3==1.0"]]
    assert (project.venv / "kept").exists()
    assert project.start("status").stderr == ""


@pytest.mark.parametrize(("size", "whole"), [(7, True), (5, False)], ids=["a short file", "no last file"])
def test_a_package_that_was_left_half_installed_is_installed_again(project, size, whole):
    interrupted(project)
    folder = project.add_package("one", size, whole=whole)
    done = project.start("status")
    assert "once more: one" in done.stderr
    assert not folder.exists()
    assert "one==1.0" in project.asked_for()[1]


def test_an_environment_that_was_interrupted_before_it_was_one_is_made_anew(project):
    project.start("status")
    for name in ("labkit-has-lab.txt", "bin/python"):
        (project.venv / name).unlink()
    (project.venv / "leftover").touch()
    done = project.start("status")
    assert "rebuilding" in done.stderr
    assert done.returncode == 0
    assert not (project.venv / "leftover").exists()


@pytest.mark.parametrize("breakage", ["dangling", "failing", "empty"])
def test_an_environment_whose_python_does_not_run_is_rebuilt(project, breakage):
    project.start("status")
    python = project.venv / "bin" / "python"
    python.unlink()
    if breakage == "dangling":
        python.symlink_to(project.root / "gone")
    else:
        python.write_text("#!/bin/sh\nexit 1\n" if breakage == "failing" else "")
        python.chmod(0o755)
    done = project.start("status")
    assert "rebuilding" in done.stderr
    assert done.returncode == 0


def test_an_environment_of_somebody_else_is_left_alone(project):
    project.venv.mkdir()
    (project.venv / "precious").touch()
    done = project.start("status")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "was not made by labkit" in done.stderr
    assert (project.venv / "precious").exists()


def test_a_link_to_an_environment_elsewhere_is_left_alone(project, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    project.venv.symlink_to(elsewhere)
    assert "was not made by labkit" in project.start("status").stderr
    assert elsewhere.exists()


def test_changed_requirements_are_installed_into_the_environment_that_is_there(project):
    project.start("status")
    (project.venv / "kept").touch()
    project.add_package("boto3", size=5)
    (project.root / "requirements.txt").write_text("one==2.0\nboto3==1.0\n")
    done = project.start("status")
    assert "requirements.txt has changed" in done.stderr
    assert project.asked_for()[1:] == [["one==2.0"]]
    assert (project.venv / "kept").exists()
    assert project.start("status").stderr == ""


def test_an_environment_that_was_moved_with_its_project_is_rebuilt(project):
    project.start("status")
    project.root = project.root.rename(project.root.with_name("moved"))
    done = project.start("status")
    assert "rebuilding" in done.stderr
    assert json.loads(done.stdout)["prefix"] == str(project.root / ".venv")


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("error: Failed to fetch: dns error: failed to lookup address information", "could not be reached"),
        ("error sending request for url (https://example.invalid/simple/one/)", "could not be reached"),
        ("Failed to establish a new connection: [Errno 111] Connection refused", "could not be reached"),
        ("error: failed to write: No space left on device (os error 28)", "the disk is full"),
        ("error: failed to create file: Permission denied (os error 13)", "no permission"),
        ("ERROR: No matching distribution found for one==1.0", "is not offered"),
        ("something nobody has seen before", "something nobody has seen before"),
    ],
)
def test_a_failed_installation_is_one_sentence_and_the_next_try_works(project, printed, said):
    done = project.start("status", UV_FAILS=printed)
    assert done.returncode == 1
    assert said in done.stderr.splitlines()[-1]
    assert done.stdout == ""
    assert printed in (project.venv / "labkit-installation.log").read_text()
    assert project.start("status").returncode == 0


def test_ctrl_c_during_the_installation_is_one_line_and_the_next_start_repairs(project, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = project.popen("status", UV_FIFO=str(fifo))
    fifo.open().close()  # uv is in the middle of it
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "labkit: interrupted; the next start goes on from here."
    assert "Traceback" not in err
    done = project.start("status")
    assert done.returncode == 0
    assert "was interrupted and goes on" in done.stderr


def test_of_two_starts_at_once_one_installs_and_the_other_waits(project, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    first = project.popen("status", UV_FIFO=str(fifo))
    fifo.open().close()  # the first is in the middle of it
    second = project.popen("status", UV_FIFO=str(fifo))
    assert "another start is setting up" in second.stderr.readline()
    fifo.open("w").close()  # the first may go on
    for process in (first, second):
        out, _ = process.communicate(timeout=60)
        assert json.loads(out)["prefix"] == str(project.venv)
    assert project.called() == ["--version", "venv", "pip"]


def test_a_start_that_waits_goes_on_when_the_tools_of_a_killed_one_have_ended(project, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    first = project.popen("status", UV_FIFO=str(fifo))
    fifo.open().close()
    first.kill()
    first.wait()
    second = project.popen("status")
    assert "another start is setting up" in second.stderr.readline()
    fifo.open("w").close()  # the orphaned uv ends
    out, _ = second.communicate(timeout=60)
    assert json.loads(out)["prefix"] == str(project.venv)
    first.communicate()


def test_the_lab_runs_with_the_python_at_hand_where_it_is_told_so(project):
    done = project.start("status", LABKIT_NO_VENV="1")
    assert json.loads(done.stdout)["prefix"] == sys.base_prefix
    assert not project.venv.exists()


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 10, 13)])
def test_a_python_that_is_too_old_says_so_in_one_sentence(root, version):
    program = f"import runpy, sys; sys.version_info = {version}; runpy.run_module('labkit', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert ".".join(map(str, version)) in done.stderr
    assert "3.11 or newer" in done.stderr


@pytest.mark.parametrize("name", ["__main__.py", "__init__.py"])
def test_the_files_that_meet_an_old_python_are_ones_it_can_read(root, name):
    source = (root / "labkit" / name).read_bytes().decode("ascii")
    tree = ast.parse(source, feature_version=(3, 4))
    nodes = list(ast.walk(tree))
    too_new = (
        ast.JoinedStr,
        ast.AnnAssign,
        ast.arg,
        ast.Starred,
        ast.Nonlocal,
        ast.NamedExpr,
        ast.Match,
        ast.YieldFrom,
    )
    assert [node for node in nodes if isinstance(node, too_new)] == []
    assert [node for node in nodes if isinstance(node, ast.Name) and node.id == "print"] == []
    assert [node for node in nodes if isinstance(node, ast.FunctionDef) and node.returns] == []
