"""How long things last in an engine: functions without their images, idle containers, trials of killed processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import docker.errors
import pytest

from labkit.docker.daemon import HOME_LABEL, Daemon
from labkit.embedded.process import client
from labkit.ground.home import open_home
from tests.embedded.lab_of_tests import Lab

from .handlers import HANDLERS, invoke


def restarted(aws: Lab) -> None:
    client.stop(aws.home)
    aws.running = client.ensure(aws.home)
    aws._clients.clear()


@pytest.mark.parametrize("then", [lambda _aws: None, restarted], ids=["at once", "after down and up"])
def test_a_function_that_was_never_invoked_outlives_its_image(
    aws: Lab, name: str, pushed: Any, engine: Daemon, then: Callable[[Lab], None]
):
    uri = pushed(handlers=f"# {uuid4()}\n{HANDLERS}")
    aws.active("registry", name, uri)
    aws.client("registry", "ecr").delete_repository(repositoryName=uri.split("/")[1].split(":")[0], force=True)
    for image in engine.client.images.list():
        if any(each.endswith(uri) for each in image.tags):
            engine.client.images.remove(image.id, force=True)
    then(aws)
    assert invoke(aws, name)[0].startswith("/var/lang/bin")


def test_of_the_containers_of_calls_at_the_same_time_one_stays(aws: Lab, name: str, uri: str, containers: Any):
    aws.active("registry", name, uri, Timeout=60)
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:
        listener.settimeout(60)
        calls = [pool.submit(invoke, aws, name, "wait", at=listener.getsockname()) for _ in range(3)]
        with ExitStack() as waiting:
            for _ in calls:
                waiting.enter_context(listener.accept()[0])
            assert len(containers(name)) == 3
        assert [call.result() for call in calls] == [None, None, None]
    assert len(containers(name)) == 1
    assert invoke(aws, name)[1] == 1
    assert len(containers(name)) == 1


# Tries an image of the engine, says so, and goes on until its standard input ends.
TRIES = """\
import sys
from pathlib import Path
from labkit.docker.building import DockerImage
from labkit.docker.daemon import find
from labkit.docker.trial import LocalContainer
with LocalContainer(DockerImage(find(), sys.argv[1], "", "", {}), Path(sys.argv[2])):
    print(flush=True)
    sys.stdin.read()
"""


class Trial:
    """A process that tries an image, and its container."""

    def __init__(self, image: Any, home: Path, engine: Daemon) -> None:
        ours = {"label": f"{HOME_LABEL}={home}"}
        before = {each["Id"] for each in engine.client.api.containers(filters=ours)}
        command = [sys.executable, "-c", TRIES, image.id, str(home)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.read(1) == b"\n"
        [self.container] = {each["Id"] for each in engine.client.api.containers(filters=ours)} - before

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def trial(image: Any, engine: Daemon, tmp_path: Path) -> Iterator[Callable[[], Trial]]:
    """``trial()``: one for a lab home of the test's own."""
    begun: list[Trial] = []

    def begin() -> Trial:
        begun.append(Trial(image, tmp_path / "home", engine))
        return begun[-1]

    yield begin
    for each in begun:
        each.process.communicate()
        with suppress(docker.errors.NotFound):
            engine.client.api.remove_container(each.container, force=True)
    client.stop(tmp_path / "home")


@pytest.mark.parametrize("clearing", [client.stop, client.ensure], ids=["down", "up"])
def test_the_trial_of_a_killed_process_is_removed_and_that_of_a_living_one_stays(
    trial: Callable[[], Trial], engine: Daemon, tmp_path: Path, clearing: Callable[[Path], Any]
):
    killed, living = trial(), trial()
    killed.kill()
    clearing(tmp_path / "home")
    with suppress(docker.errors.NotFound):  # it is gone already
        engine.client.api.wait(killed.container, timeout=30, condition="removed")
    assert engine.client.api.inspect_container(living.container)["State"]["Running"]
    living.process.communicate()
    with pytest.raises(docker.errors.NotFound):
        engine.client.api.inspect_container(living.container)
    client.stop(tmp_path / "home")
    assert not open_home(tmp_path / "home").may_have_containers
