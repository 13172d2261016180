"""The process: found, started, stopped, killed, and refused where it has no business."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import SystemRandom
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError
from filelock import FileLock

from labkit.embedded.process import child, client
from labkit.embedded.process import running as running_of_homes
from labkit.embedded.process.running import Running
from labkit.embedded.state.settings import WorldSettings
from labkit.errors import EmbeddedError, UsageError
from labkit.ground.home import Home
from tests.embedded.conftest import make_client, profile_keys, session_keys


@pytest.fixture
def port() -> int:
    """A free port that stays free while nobody listens on it: no system gives it to who asks for any port."""
    for number in SystemRandom().sample(range(20_000, 32_000), 1000):
        with socket.socket() as tried, contextlib.suppress(OSError):
            tried.bind(("127.0.0.1", number))
            return number
    raise AssertionError("there is no free port")


def connect(running: Running, service: str, profile: str = "workload", **keys: str) -> Any:
    return make_client(service, running.endpoint, keys or profile_keys(running.home, profile), running.region)


def kill(running: Running) -> None:
    """End the process as a crash would, and wait until it is gone: its lock is free."""
    os.kill(running.pid, signal.SIGKILL)
    with FileLock(Home(running.home).server_lock).acquire(timeout=20):
        pass


def halt(running: Running) -> None:
    """Let the process hang, and wait until it does: its threads take the signal one by one, and may answer till then.

    It is a child of this one, so the system reports the last of them.
    """
    os.kill(running.pid, signal.SIGSTOP)
    assert os.WIFSTOPPED(os.waitpid(running.pid, os.WUNTRACED)[1])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_started_once_and_found_again(home: Path) -> None:
    first, second = client.ensure(home), client.ensure(home)
    assert (first.started, second.started) == (True, False)
    assert first.pid == second.pid == client.status(home).pid  # type: ignore[union-attr]
    assert client.stop(home) is True
    assert client.stop(home) is False
    assert client.status(home) is None


def test_the_users_own_settings_for_aws_do_not_reach_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somewhere-else")
    running = client.ensure(home)
    monkeypatch.delenv("AWS_PROFILE")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        connect(running, "iam").get_role(RoleName="nobody")


def test_two_who_start_it_at_once_get_one(home: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: client.ensure(home), range(4)))
    assert len({running.pid for running in found}) == 1
    assert sum(running.started for running in found) == 1


def test_a_restart_takes_the_same_port_and_keeps_keys_sessions_and_state(home: Path, port: int) -> None:
    first = client.ensure(home, port)
    keys = profile_keys(home, "workload")
    connect(first, "iam").create_user(UserName="ann")
    session = session_keys(connect(first, "sts").get_session_token()["Credentials"])
    client.stop(home)
    second = client.ensure(home)
    assert (second.endpoint, profile_keys(home, "workload")) == (first.endpoint, keys)
    assert connect(second, "iam").get_user(UserName="ann")["User"]["UserId"].startswith("AIDA")
    assert connect(second, "sts", **session).get_caller_identity()["Account"] == "592444418872"


def test_a_kill_loses_nothing_that_was_acknowledged(home: Path, port: int) -> None:
    running = client.ensure(home, port)
    iam = connect(running, "iam")
    names = [f"user-{number}" for number in range(5)]
    for name in names:
        iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=names[-1])["AccessKey"]
    connect(running, "ecr").create_repository(repositoryName="kept")
    kill(running)
    again = client.ensure(home)
    assert again.started and again.endpoint == running.endpoint
    assert {user["UserName"] for user in connect(again, "iam").list_users()["Users"]} == {"admin", *names}
    own = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    assert connect(again, "sts", **own).get_caller_identity()["Arn"].endswith("/user-4")
    assert connect(again, "ecr").describe_repositories()["repositories"][0]["repositoryName"] == "kept"


def test_files_that_a_kill_left_half_written_go_with_the_next_start(home: Path) -> None:
    kill(client.ensure(home))
    places = ("aws/credentials", "embedded/runtime.json")
    left = [(home / place).with_name(f".{Path(place).name}.0123abcd") for place in places]
    for path in left:
        path.touch()
    client.ensure(home)
    assert [path for path in left if path.exists()] == []


def test_secrets_are_in_files_that_only_the_owner_reads(home: Path) -> None:
    running = client.ensure(home)
    connect(running, "sts").get_session_token()
    secret = profile_keys(home, "workload")["aws_secret_access_key"]
    holding = [path for path in home.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert {path.name for path in holding} <= {"credentials", "state.sqlite3", "state.sqlite3-wal"}
    private = [*holding, *(home / "embedded").rglob("*.json"), home / "embedded" / "server.log"]
    assert {mode(path) for path in private} == {0o600}
    assert mode(home / "embedded") == mode(home / "aws") == 0o700
    assert secret not in (home / "embedded" / "server.log").read_text()


def test_the_profiles_lead_to_every_account(home: Path) -> None:
    running = client.ensure(home)
    for profile, account in running.accounts.items():
        answer = connect(running, "sts", profile).get_caller_identity()
        assert (answer["Account"], answer["Arn"]) == (account, f"arn:aws:iam::{account}:user/admin")
    assert f"endpoint_url = {running.endpoint}" in (home / "aws" / "config").read_text()


def test_control_requests_need_the_token(home: Path) -> None:
    running = client.ensure(home)
    for headers in ({}, {"Authorization": "Bearer x"}):
        connection = http.client.HTTPConnection("127.0.0.1", int(running.endpoint.rpartition(":")[2]))
        connection.request("POST", "/_labkit/stop", headers=headers)
        assert connection.getresponse().status == 403
        connection.close()
    assert client.status(home) is not None


def test_it_listens_on_loopback_only(home: Path) -> None:
    running = client.ensure(home)
    port = int(running.endpoint.rpartition(":")[2])
    with socket.socket() as elsewhere:
        elsewhere.bind(("127.0.0.2", port))  # would be taken if it listened on every address


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(home: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "labkit.embedded", "--home", str(home)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        assert child.stderr.readline().startswith("http://127.0.0.1:")
        child.send_signal(number)
        assert child.wait() == 0
    assert not (home / "embedded" / "runtime.json").exists()


def test_a_second_process_on_the_same_home_says_where_the_first_is(home: Path) -> None:
    running = client.ensure(home)
    command = [sys.executable, "-m", "labkit.embedded", "--home", str(home)]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert second.stderr == (
        f"The lab home {home} is already served at {running.endpoint}. Use that one, or stop it first.\n"
    )


def test_a_port_in_use_is_one_sentence_and_a_sticky_one_gives_way(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedError, match=rf"^The port {port} cannot be listened on \(Address already in use\)"):
            client.ensure(home, port)
        (home / "embedded" / "port").write_text(str(port))
        assert not client.ensure(home).endpoint.endswith(f":{port}")


def test_a_stale_runtime_file_does_not_count(home: Path) -> None:
    client.ensure(home)
    client.stop(home)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        dead = {"pid": 1, "port": other.getsockname()[1], "token": "x"}
        (home / "embedded" / "runtime.json").write_text(json.dumps(dead))
        assert client.status(home) is None
        assert client.ensure(home).started
    client.stop(home)
    (home / "embedded" / "runtime.json").write_text("{")
    assert client.status(home) is None


@contextlib.contextmanager
def impatience() -> Iterator[None]:
    """Within, nobody waits long for a process that does not answer; for one to start or to be gone, as ever."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running_of_homes, "_ANSWER_WITHIN", 0.2)
        patch.setattr(client, "_STOP_WITHIN", 0.2)
        patch.setattr(child, "_GRACE", 0.2)
        yield


def test_a_process_that_hangs_is_reported_and_ended_by_its_id(home: Path) -> None:
    running = client.ensure(home)
    connect(running, "ecr").create_repository(repositoryName="kept")
    halt(running)
    with impatience():
        for ask in (client.status, client.ensure):
            with pytest.raises(EmbeddedError, match=rf"\(process {running.pid}\) does not answer. Run 'labkit down'"):
                ask(home)
        assert client.stop(home) is True
    assert not (home / "embedded" / "runtime.json").exists() and not psutil.pid_exists(running.pid)
    again = client.ensure(home)
    assert connect(again, "ecr").describe_repositories()["repositories"][0]["repositoryName"] == "kept"


def test_a_process_whose_answers_are_broken_is_ended_by_a_signal(home: Path) -> None:
    running = client.ensure(home)
    path = home / "embedded" / "runtime.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "token": "another"}))
    with pytest.raises(EmbeddedError, match="does not answer"):
        client.status(home)
    assert client.stop(home) is True
    assert not path.exists() and not psutil.pid_exists(running.pid)


def test_no_process_is_ended_that_does_not_hold_the_lock_of_the_home(home: Path) -> None:
    running = client.ensure(home)
    path = home / "embedded" / "runtime.json"
    genuine = path.read_text()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        path.write_text(json.dumps({"pid": bystander.pid, "port": 9, "token": "x"}))
        with impatience(), pytest.raises(EmbeddedError, match="A process that cannot be told holds"):
            client.stop(home)
        assert bystander.poll() is None and psutil.pid_exists(running.pid)
        bystander.communicate(b"\n")
    path.write_text(genuine)


def test_a_reset_forgets_what_was_made_and_keeps_the_keys(home: Path, port: int) -> None:
    first = client.ensure(home, port)
    keys = profile_keys(home, "workload")
    connect(first, "iam").create_user(UserName="ann")
    again = client.reset(home)
    assert profile_keys(home, "workload") == keys and again.endpoint == first.endpoint
    assert [user["UserName"] for user in connect(again, "iam").list_users()["Users"]] == ["admin"]


def test_other_accounts_take_the_place_of_earlier_ones_which_keep_what_is_in_them(home: Path) -> None:
    first = client.ensure(home)
    connect(first, "ecr", "registry").create_repository(repositoryName="kept")
    old = profile_keys(home, "registry")
    chosen = WorldSettings.parse(
        {
            "accounts": {"registry": "000000000007", "management": "000000000001", "neighbour": "000000000009"},
            "region": "us-west-2",
            "organization": "o-exampleorgid",
        }
    )
    second = client.apply_world(home, chosen)
    assert second.pid == first.pid
    assert (second.accounts["registry"], second.region, second.organization) == (
        "000000000007",
        "us-west-2",
        "o-exampleorgid",
    )
    organizations = connect(second, "organizations", "management")
    members = {account["Id"] for account in organizations.list_accounts()["Accounts"]}
    assert members == {"000000000001", "000000000007", "592444418872", "444455556666"}
    assert organizations.describe_organization()["Organization"]["Id"] == "o-exampleorgid"
    assert organizations.list_parents(ChildId="000000000007")["Parents"][0]["Id"] == "ou-lab1-sharedservices"
    ecr = make_client("ecr", second.endpoint, old)
    assert ecr.describe_repositories()["repositories"][0]["repositoryName"] == "kept"
    kill(second)
    assert client.ensure(home).accounts["registry"] == "000000000007"
    assert client.settings(home) == chosen


def test_settings_that_exchange_the_organizations_are_refused_and_change_nothing(home: Path) -> None:
    running = client.ensure(home)
    swapped = {"management": "777788889999", "neighbour": "111122223333"}
    with pytest.raises(UsageError, match="manages the other organization"):
        client.apply_world(home, WorldSettings.parse({"accounts": swapped}))
    now = client.status(home)
    assert now is not None
    assert replace(now, details={}) == replace(running, started=False, details={})
