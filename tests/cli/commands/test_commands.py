"""The commands that start, show and stop the embedded AWS, and the lab as a whole, as a user runs them."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import boto3
import psutil
import pytest

from labkit.cli import main
from labkit.cli.commands.status import duration
from labkit.embedded.process import client
from labkit.ground.home import open_home


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A lab home of the test's own, where nothing is left running."""
    path = tmp_path / "lab"
    monkeypatch.setenv("LABKIT_HOME", str(path))
    yield path
    client.stop(path)


def has_ended(process: psutil.Process) -> bool:
    """Whether the process is gone; one that has just stopped serving may still be on its way out."""
    return not psutil.wait_procs([process], timeout=30)[1]


def labkit(capsys, *argv):
    code = main.main(argv)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_it_goes_up_is_shown_and_goes_down(home, capsys):
    code, out, _ = labkit(capsys, "up")
    assert (code, "is up at http://127.0.0.1:" in out) == (0, True)
    _, out, _ = labkit(capsys, "up", "--account", "999988887777", "--account", "888877776666")
    assert "was up already" in out
    assert "The account 888877776666 exists: policies can name it." in out

    code, out, _ = labkit(capsys, "status", "--json")
    facts = json.loads(out)
    assert (code, facts["up"], facts["home"], facts["engine"]) == (0, True, str(home), "embedded")
    assert facts["accounts"]["registry"] == "813835382529"
    assert facts["organization"] == "o-lambdaecrlab"
    assert (facts["run_as"], facts["contents"]["accounts"]) == ("process", 8)
    process = psutil.Process(facts["pid"])

    assert facts["because"] == "it is chosen"

    _, out, _ = labkit(capsys, "status")
    assert facts["endpoint"] in out
    assert "592444418872  workload" in out

    assert labkit(capsys, "down")[:2] == (0, "The embedded AWS has stopped.\n")
    assert has_ended(process)


def test_the_embedded_aws_on_a_port_in_use_is_one_sentence_and_starts_nothing(home, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = labkit(capsys, "up", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert "cannot be listened on (Address already in use)" in err
    assert labkit(capsys, "status")[0] == 1
    assert labkit(capsys, "down")[:2] == (0, "The embedded AWS was not up.\n")


@pytest.mark.parametrize("port", ["0", "-3", "65536", "99999"])
def test_a_port_that_there_cannot_be_is_one_sentence_and_starts_nothing(home, capsys, port):
    said = f"labkit: The port must be a number from 1 to 65535, not {port}.\n"
    assert labkit(capsys, "up", "--port", port) == (2, "", said)
    assert not home.exists()


@pytest.mark.parametrize("command", [("down",), ("reset", "--yes"), ("snapshot", "save", "start"), ("up",)])
def test_a_home_that_nothing_can_be_written_in_is_one_sentence(home, capsys, command):
    lock = open_home(home).start_lock
    lock.mkdir()  # refused to everybody, to root as well
    (lock.parent / "state.sqlite3").touch()
    code, out, err = labkit(capsys, *command)
    lock.rmdir()
    assert (code, out) == (2, "")
    assert err.startswith(f"labkit: The lab home {home} cannot be used: ")
    assert err.endswith("Set LABKIT_HOME to a directory you can write to.\n")


def test_status_starts_nothing_and_says_no(home, capsys):
    code, out, _ = labkit(capsys, "status", "--json")
    assert (code, json.loads(out)) == (1, {"up": False, "home": str(home)})
    assert not home.exists()


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.9, "7 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (7500, "2 h 5 min")]
)
def test_a_duration_is_told_in_its_largest_units(seconds, text):
    assert duration(seconds) == text


def test_reset_without_anybody_to_ask_changes_nothing(home, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    code, _, err = labkit(capsys, "reset")
    assert (code, "--yes" in err) == (2, True)
    assert not home.exists()


@pytest.mark.parametrize(("answer", "code"), [("", 1), ("n", 1), ("y", 0)])
def test_reset_asks_and_only_a_yes_resets(home, capsys, monkeypatch, answer, code):
    resets = []
    monkeypatch.setattr(client, "reset", lambda home, everything: resets.append((home, everything)))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    assert labkit(capsys, "reset")[0] == code
    assert resets == ([(home, False)] if code == 0 else [])


def test_reset_forgets_what_was_made(home, capsys, environment):
    client.use_profiles(client.ensure(home))
    repositories = boto3.Session(profile_name="registry").client("ecr")
    repositories.create_repository(repositoryName="lambda-same-account")
    assert labkit(capsys, "reset", "--yes")[0] == 0
    client.use_profiles(client.ensure(home))
    assert boto3.Session(profile_name="registry").client("ecr").describe_repositories()["repositories"] == []


def test_a_home_that_belongs_to_somebody_else_is_refused_and_left_alone(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path))
    (tmp_path / "precious").touch()
    for command in ("up", "status", "env", "down"):
        code, _, err = labkit(capsys, command)
        assert (code, "not a lab home" in err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_the_aws_command_line_works_in_a_shell_that_has_evaluated_the_exports(home, root):
    script = (
        f'eval "$({sys.executable} -m labkit env)" && aws sts get-caller-identity --profile workload '
        '&& printf "%s" "$LAB_REGISTRY"'
    )
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "LABKIT_NO_VENV": "1",
        "AWS_ACCESS_KEY_ID": "AKIAWRONG",
        "AWS_SECRET_ACCESS_KEY": "wrong",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    }
    done = subprocess.run(
        ["/bin/sh", "-c", script], cwd=root, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    identity, _, registry = done.stdout.rpartition("}")
    assert json.loads(identity + "}")["Account"] == "592444418872"
    assert registry.strip() == client.status(home).endpoint.removeprefix("http://")


LAB = """
import sys
from labkit.cli import main
from labkit.ground import project
project.CONTENT = sys.argv[1]
sys.exit(main.main(["lab", "--no-browser", "--port", sys.argv[2]]))
"""


@pytest.fixture
def lab(home, tmp_path, root):
    """A started ``labkit lab`` on a folder with one notebook: the process, and the address that it printed."""
    project = tmp_path / "project"
    (project / "notebooks").mkdir(parents=True)
    (project / "notebooks" / "00-start-here.ipynb").write_text(
        json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", LAB, str(project), str(port)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    lines = iter(process.stdout.readline, "")
    yield process, next(line.strip() for line in lines if "token=" in line)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_the_lab_opens_its_first_notebook_and_ctrl_c_stops_everything(lab, home):
    process, url = lab
    assert "/lab/tree/notebooks/00-start-here.ipynb?token=" in url
    with urllib.request.urlopen(url, timeout=30) as page:
        assert page.status == 200
    embedded = psutil.Process(client.status(home).pid)
    token = url.partition("token=")[2]
    kernels = urllib.request.Request(
        f"{url.partition('/lab')[0]}/api/kernels", data=b"{}", headers={"Authorization": f"token {token}"}
    )
    urllib.request.urlopen(kernels, timeout=30).close()
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 2

    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Stopping the lab." in out
    assert [one for one in family if one.is_running()] == []
    assert has_ended(embedded)


@pytest.mark.parametrize("kind", ["in-process", "process"])
def test_the_lab_starts_an_embedded_aws_for_all_notebooks_unless_each_kernel_is_to_be_its_own(
    home, monkeypatch, tmp_path, kind
):
    served = []
    monkeypatch.setenv("LABKIT_RUN_AS", kind)
    monkeypatch.setattr("labkit.cli.jupyter.server.start", lambda settings, environment, log: environment)
    monkeypatch.setattr("labkit.cli.commands.lab._serve", lambda environment, running: served.append(environment))
    assert main.main(["lab", "--no-browser"]) == 0
    [environment] = served
    assert environment["LABKIT_HOME"] == str(home)
    assert ("LAB_REGISTRY" in environment) is (kind == "process")
    assert client.status(home) is None
    assert (home / "embedded" / "state.sqlite3").exists() is (kind == "process")


def test_the_lab_leaves_an_embedded_aws_running_that_was_up_before(home, request):
    before = client.ensure(home)
    process, _ = request.getfixturevalue("lab")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert client.status(home).pid == before.pid


def test_a_port_in_use_is_one_sentence_and_starts_nothing(home, capsys, monkeypatch, tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00-start-here.ipynb").touch()
    monkeypatch.setattr("labkit.ground.project.CONTENT", str(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = labkit(capsys, "lab", "--port", str(taken.getsockname()[1]))
    assert (code, "is in use" in err) == (2, True)
    assert not home.exists()
