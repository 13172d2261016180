"""A hundred kills at random points of a mixed load: what was acknowledged is there, what was not is whole or absent."""

from __future__ import annotations

import configparser
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest

from labkit.aws.images import push
from labkit.embedded.process import client as embedded
from labkit.embedded.process.running import Running
from labkit.image.format.image import Image
from tests.embedded.conftest import make_client
from tests.embedded.robustness import histories
from tests.embedded.signed_calls import TRUST, Caller

_CLIENTS, _KILLS = 4, 25
_LONGEST = 0.25  # seconds of load before a kill


def clients_of(home: Path, running: Running) -> dict[str, Any]:
    """boto3's clients of the registry account's administrator."""
    profiles = configparser.ConfigParser()
    profiles.read(home / "aws" / "credentials")
    keys = dict(profiles["registry"])
    return {service: make_client(service, running.endpoint, keys) for service in ("iam", "ecr", "lambda")}


def furnish(home: Path, running: Running, image: Image) -> Caller:
    """Make what the clients' operations need."""
    to = clients_of(home, running)
    uri = to["ecr"].create_repository(repositoryName=histories.IMAGES)["repository"]["repositoryUri"]
    push(to["ecr"], histories.IMAGES, "first", image)
    role = to["iam"].create_role(RoleName="kill-role", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    to["ecr"].set_repository_policy(repositoryName=histories.IMAGES, policyText=histories.PULL)
    profiles = configparser.ConfigParser()
    profiles.read(home / "aws" / "credentials")
    key = profiles["registry"]
    return Caller(key["aws_access_key_id"], key["aws_secret_access_key"], f"{uri}:first", role)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_server_that_is_killed_has_lost_nothing_that_it_acknowledged(home: Path, image: Image, seed: int) -> None:
    random = Random(seed)
    running = embedded.ensure(home)
    caller = furnish(home, running, image)
    manifest = image.manifest.decode()
    clients = [histories.Client(number, caller, Random(f"{seed} {number}"), manifest) for number in range(_CLIENTS)]
    for _ in range(_KILLS):
        load_and_kill(running, clients, random.uniform(0, _LONGEST))
        running = embedded.ensure(home)
        to = clients_of(home, running)
        everything = histories.found(to["iam"], to["ecr"], to["lambda"])
        for each in clients:
            each.settle(histories.of(each, everything))
    assert sum(each.acknowledged for each in clients) > _KILLS * _CLIENTS


def load_and_kill(running: Running, clients: list[histories.Client], after: float) -> None:
    """Let the clients write, and kill the server after so many seconds."""
    host, stop, process = running.endpoint.removeprefix("http://"), threading.Event(), psutil.Process(running.pid)
    with ThreadPoolExecutor(len(clients)) as threads:
        writing = [threads.submit(each.write_until_killed, host, stop) for each in clients]
        try:
            stop.wait(after)
            os.kill(running.pid, signal.SIGKILL)
            process.wait(30)
        finally:
            stop.set()
        for each in writing:
            each.result(60)
