"""The embedded AWS within the process that uses it: the same functions, no process and no socket of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import psutil
import pytest
import requests

from labkit.aws import images, sessions, transport, web
from labkit.embedded.process import client, here
from labkit.embedded.process.running import ElsewhereError, Running
from labkit.embedded.state import runtime
from labkit.embedded.state.settings import WorldSettings
from labkit.errors import EmbeddedError, UsageError
from labkit.ground.home import Home
from labkit.lab.choices import Choices
from labkit.lab.lab import Lab
from tests.embedded.lab_of_tests import image_of


@pytest.fixture
def running(home: Path, environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """An embedded AWS in the process of this test, which uses its profiles."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    found = client.ensure(home, run_as=here.IN_PROCESS)
    client.use_profiles(found)
    transport.connect_clients()
    yield found
    client.stop(home)


def listening() -> set[int]:
    return {each.laddr.port for each in psutil.Process().net_connections() if each.status == psutil.CONN_LISTEN}


def test_it_is_started_once_and_found_again_without_a_process_or_a_socket(home: Path) -> None:
    before = (listening(), psutil.Process().children())
    first, second = client.ensure(home, run_as=here.IN_PROCESS), client.ensure(home)
    assert (first.started, second.started) == (True, False)
    assert first.pid == second.pid == os.getpid()
    assert first.where == second.where == "the embedded AWS in this process"
    assert (listening(), psutil.Process().children()) == before
    assert (client.stop(home), client.stop(home), client.status(home)) == (True, False, None)


def test_boto3_reaches_it_as_a_reader_writes_it(running: Running) -> None:
    assert boto3.client("sts").get_caller_identity()["Account"] == running.accounts["registry"]
    workload = boto3.Session(profile_name="workload")
    assert workload.client("sts").get_caller_identity()["Account"] == running.accounts["workload"]
    with pytest.raises(workload.client("iam").exceptions.NoSuchEntityException):
        workload.client("iam").get_role(RoleName="nobody")


def test_an_image_is_pushed_and_pulled_by_way_of_its_layers(running: Running, tmp_path: Path) -> None:
    ecr = sessions.client(sessions.open_session("registry"), "ecr")
    ecr.create_repository(repositoryName="team/app")
    image = image_of(tmp_path / "image")
    pushed = images.push(ecr, "team/app", "1", image)
    pulled = images.pull(ecr, running.accounts["registry"], "team/app", "1")
    assert pushed.digest == pulled.digest == image.digest


def test_the_registry_answers_requests_that_ask_this_process(running: Running) -> None:
    with web.web() as session:
        answer = session.get(f"{running.endpoint}/v2/")
        assert (answer.status_code, "WWW-Authenticate" in answer.headers) == (401, True)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{running.endpoint}/v2/", timeout=5)  # there is no socket


def test_what_was_made_is_there_when_it_runs_as_a_process_of_its_own(running: Running, home: Path) -> None:
    boto3.client("ecr").create_repository(repositoryName="kept")
    keys = (home / "aws" / "credentials").read_text()
    again = client.ensure(home, run_as=here.OWN_PROCESS)
    assert again.started and again.pid != os.getpid()
    assert (home / "aws" / "credentials").read_text() == keys
    found = boto3.Session(profile_name="registry").client("ecr").describe_repositories()["repositories"]
    assert [each["repositoryName"] for each in found] == ["kept"]


def test_one_that_runs_as_a_process_does_not_make_way_by_itself(home: Path) -> None:
    running = client.ensure(home)
    with pytest.raises(EmbeddedError, match=rf"own \(process {running.pid}\). Run 'labkit down' to end it"):
        client.ensure(home, run_as=here.IN_PROCESS)
    assert client.ensure(home).pid == running.pid


HOLD = """
import sys
from pathlib import Path
from labkit.embedded.process import client
client.ensure(Path(sys.argv[1]), run_as="in-process")
print("ready", flush=True)
input()
"""


def test_one_within_another_process_is_left_alone_and_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_LOCK_PATIENCE", 0)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
        for act in (client.status, client.ensure, client.stop, client.reset):
            with pytest.raises(ElsewhereError, match=f"within process {holder.pid}, for that process alone. End that"):
                act(home)
        with pytest.raises(EmbeddedError, match=f"already served within process {holder.pid}"):
            here.start(Home(home))
        holder.communicate("\n")
    assert not (home / "embedded" / "runtime.json").exists()
    assert client.status(home) is None


def test_a_runtime_file_that_a_kill_left_behind_does_not_count(home: Path) -> None:
    client.ensure(home, run_as=here.IN_PROCESS)
    client.stop(home)
    (home / "embedded" / "runtime.json").write_text(json.dumps({"pid": 1, "port": 0, "token": "", "in_process": True}))
    assert client.status(home) is None
    assert client.ensure(home, run_as=here.IN_PROCESS).started


def test_two_homes_are_two_worlds_with_addresses_of_their_own(home: Path, tmp_path: Path) -> None:
    first = client.ensure(home, run_as=here.IN_PROCESS)
    second = client.ensure(tmp_path / "other", run_as=here.IN_PROCESS)
    assert first.endpoint != second.endpoint
    client.stop(tmp_path / "other")
    assert client.status(home) is not None


def test_the_world_is_chosen_and_reset_in_the_same_way(running: Running, home: Path) -> None:
    chosen = WorldSettings.parse({"accounts": {"registry": "000000000007"}, "region": "us-west-2"})
    assert client.apply_world(home, chosen).accounts["registry"] == "000000000007"
    assert boto3.Session(profile_name="registry").client("sts").get_caller_identity()["Account"] == "000000000007"
    boto3.client("ecr").create_repository(repositoryName="gone")
    again = client.reset(home)
    assert (again.run_as, again.accounts["registry"]) == (here.IN_PROCESS, "000000000007")
    assert boto3.client("ecr").describe_repositories()["repositories"] == []


def test_a_lab_on_it_says_so_and_can_be_told_of_an_account(home: Path, environment: None) -> None:
    lab = Lab.embedded(home, Choices(run_as="in-process"))
    assert lab.where == "the embedded AWS in this process"
    lab.add_account("999988887777")
    found = client.present_contents(home)
    assert found is not None and found["accounts"] == 7
    with pytest.raises(UsageError, match="must be 12 digits"):
        lab.add_account("1234")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr:*", "Resource": "*"}
    opened = {"Version": "2012-10-17", "Statement": [statement]}
    lab.let_through("workload", opened, vpce="vpce-0123456789abcdef0")
    assert [each["vpce"] for each in client.vpc_endpoints(home)] == ["vpce-0123456789abcdef0"]
    lab.let_through("workload", None)
    assert client.vpc_endpoints(home) == []
    assert lab.knows_at_once
    lab.be_realistic(propagation=30)
    assert not lab.knows_at_once
    lab.be_realistic(False)
    assert lab.knows_at_once
    with pytest.raises(UsageError, match="no timing named 'patience'"):
        lab.be_realistic(patience=3)
    assert lab.move_clock("+30d").words == lab.clock.words == "30 d ahead of this machine"
    client.stop(home)


def test_a_lab_on_real_accounts_cannot_be_told_of_one(home: Path) -> None:
    lab = Lab({"registry": "a", "workload": "b"}, Choices(registry_profile="a", workload_profile="b"), "AWS", home)
    with pytest.raises(UsageError, match="Which accounts exist on AWS is AWS's to know"):
        lab.add_account("999988887777")
    with pytest.raises(UsageError, match="Nobody moves the clock of AWS"):
        lab.move_clock("+30d")
    with pytest.raises(UsageError, match="Nobody moves the clock of AWS"):
        lab.be_realistic()
    assert not lab.knows_at_once
    with pytest.raises(UsageError, match="On AWS a call goes through a VPC endpoint where it does"):
        lab.let_through("workload", None)


@pytest.mark.parametrize(
    ("choice", "kept", "variable", "comes_to"),
    [
        (None, None, None, None),
        ("process", "in-process", "in-process", "process"),
        (None, "in-process", "process", "in-process"),
        (None, None, "in-process", "in-process"),
    ],
    ids=["all is open", "the choice", "what the home keeps", "the environment"],
)
def test_how_it_runs_is_chosen(
    home: Path,
    choice: str | None,
    kept: str | None,
    variable: str | None,
    comes_to: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home.mkdir()
    (home / "choices.json").write_text(json.dumps({"run_as": kept}))
    if variable:
        monkeypatch.setenv("LABKIT_RUN_AS", variable)
    assert here.wanted(Home(home), choice) == comes_to


def test_in_a_browser_tab_it_runs_in_process_of_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert here.wanted(Home(home)) == here.IN_PROCESS
    running = client.ensure(home)
    assert running.run_as == here.IN_PROCESS
    assert not (home / "embedded" / "server.lock").exists()


def test_a_way_that_there_is_not_is_one_sentence(home: Path) -> None:
    with pytest.raises(UsageError, match=r"^The embedded AWS cannot run as 'thread': choose process or in-process.$"):
        client.ensure(home, run_as="thread")
    assert not home.exists()


def test_a_port_is_for_a_process_of_its_own(home: Path) -> None:
    with pytest.raises(UsageError, match="has no port"):
        client.ensure(home, 4566, here.IN_PROCESS)
