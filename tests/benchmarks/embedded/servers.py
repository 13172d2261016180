"""The three servers that are measured: the embedded AWS, moto's own server, and MiniStack with AUTH=true.

moto_server believes whatever key it is given. MiniStack's root key is let through without a look at its signature, so
its caller is a user who may do everything, as in the embedded AWS: signatures are verified and policies evaluated
in both. The neighbours' packages go into a folder of their own for the time of the run.
"""

from __future__ import annotations

import configparser
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psutil
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from labkit.aws import images, repositories, roles
from labkit.embedded.process import client as embedded
from labkit.ground.home import open_home
from labkit.image.build.assemble import build
from labkit.lab.article import IMAGE_FOLDER, TAG
from labkit.pull import policies
from tests.embedded.signed_calls import EVERYTHING, PULL, REGION, TRUST, Caller

ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=60)
_HERE = Path(__file__).resolve().parent
_NUMBERS = count()


@dataclass
class Server:
    """A server that answers: where, as which process, and who may call it."""

    name: str
    endpoint: str
    process: psutil.Process
    callers: list[Caller] = field(default_factory=list)
    home: Path | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.endpoint)
        return str(parts.hostname), int(parts.port or 0)

    def client(self, service: str, caller: Caller | None = None) -> Any:
        """A boto3 client that tries once."""
        return client(self.endpoint, service, caller or self.callers[0])

    def memory(self) -> float:
        """Resident MiB of the process, without children."""
        return self.process.memory_info().rss / (1 << 20)

    def processor(self) -> float:
        """Seconds that the process has computed."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def idle_memory(self) -> float:
        """Resident MiB once the server has come up: as soon as it uses no more processor time."""
        used = -1.0
        while used != (used := self.processor()):
            time.sleep(0.5)
        return self.memory()


Start = Callable[[], AbstractContextManager[Server]]


def client(endpoint: str, service: str, caller: Caller) -> Any:
    """A boto3 client that tries once."""
    keys = {"aws_access_key_id": caller.key, "aws_secret_access_key": caller.secret}
    return boto3.client(service, region_name=REGION, endpoint_url=endpoint, config=ONCE, **keys)


def wait_for_answer(endpoint: str, caller: Caller) -> None:
    """Ask who is calling until there is an answer."""
    sts = client(endpoint, "sts", caller)
    while True:
        try:
            sts.get_caller_identity()
        except (BotoCoreError, ClientError):
            time.sleep(0.005)
        else:
            return


def install(target: Path, requirements: str) -> Path:
    """Install a lock of this folder into a folder of its own, or find it there."""
    if not target.exists():
        uv = shutil.which("uv")
        installer = (
            [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
        )
        wanted = ["--quiet", "--no-deps", "--target", str(target), "--requirement", str(_HERE / requirements)]
        subprocess.run([*installer, *wanted], check=True)
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(target)], check=False)
    return target


# -- The embedded AWS ----------------------------------------------------------------------------------------------


@contextmanager
def ours(folder: Path, start: Callable[[Path], Any] = embedded.ensure) -> Iterator[Server]:
    """The embedded AWS on a new lab home; ``start`` brings up the process of a home."""
    home = folder / f"home-{next(_NUMBERS)}"
    running = start(home)
    try:
        yield Server("labkit", running.endpoint, psutil.Process(running.pid), administrators(home), home)
    finally:
        embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)


_WITHOUT_FSYNC = """
import sys
from labkit.embedded.state import database
database._PRAGMAS = tuple(each.replace("synchronous = FULL", "synchronous = NORMAL") for each in database._PRAGMAS)
from labkit.embedded.__main__ import main
sys.exit(main())
"""


def without_fsync(home: Path) -> Any:
    """Serve a home with SQLite's ``synchronous=NORMAL``, which the product does not offer: a power cut loses writes."""
    runtime = open_home(home).runtime
    command = [sys.executable, "-c", _WITHOUT_FSYNC, "--home", str(home)]
    environment = {**os.environ, "PYTHONPATH": str(_HERE.parents[2])}
    subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)
    while not runtime.exists():
        time.sleep(0.01)
    return embedded.ensure(home)


def administrators(home: Path) -> list[Caller]:
    """The administrators of the registry and of the workload account."""
    profiles = configparser.ConfigParser()
    profiles.read(open_home(home).aws / "credentials")
    keys = [profiles[name] for name in ("registry", "workload")]
    return [Caller(key["aws_access_key_id"], key["aws_secret_access_key"]) for key in keys]


def furnish(server: Server) -> None:
    """Make in each caller's account what CreateFunction needs: a role, and a repository with the article's image."""
    image = build(IMAGE_FOLDER)
    for number, caller in enumerate(server.callers):
        ecr, iam = server.client("ecr", caller), server.client("iam", caller)
        made = repositories.ensure(ecr, "load/image", "benchmark")
        images.push(ecr, "load/image", TAG, image)
        repositories.set_policy(ecr, "load/image", json.loads(PULL))
        role = roles.ensure(iam, "load-role", policies.lambda_trust(), "benchmark")
        server.callers[number] = Caller(caller.key, caller.secret, f"{made.uri}:{TAG}", role.arn)


# -- The neighbours ------------------------------------------------------------------------------------------------


@contextmanager
def moto_server(packages: Path) -> Iterator[Server]:
    """moto's own server, answering."""
    port = _free_port()
    with _process(packages, [sys.executable, "-m", "moto.server", "-p", str(port)], {}) as process:
        server = Server("moto_server", f"http://127.0.0.1:{port}", process, [Caller("testing", "testing")])
        wait_for_answer(server.endpoint, server.callers[0])
        yield server


@contextmanager
def ministack(packages: Path) -> Iterator[Server]:
    """MiniStack with AUTH=true, answering."""
    port = _free_port()
    settings = {"AUTH": "true", "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "LOG_LEVEL": "ERROR"}
    with _process(packages, [sys.executable, "-m", "ministack"], settings) as process:
        server = Server("MiniStack", f"http://127.0.0.1:{port}", process, [Caller("test", "test")])
        wait_for_answer(server.endpoint, server.callers[0])
        yield server


def furnish_neighbour(server: Server) -> None:
    """Make the administrator that calls, and what CreateFunction needs; the image itself they do not look at."""
    root = server.callers[0]
    iam, ecr = server.client("iam", root), server.client("ecr", root)
    iam.create_user(UserName="administrator")
    iam.put_user_policy(UserName="administrator", PolicyName="everything", PolicyDocument=EVERYTHING)
    key = iam.create_access_key(UserName="administrator")["AccessKey"]
    uri = ecr.create_repository(repositoryName="load/image")["repository"]["repositoryUri"]
    role = iam.create_role(RoleName="load-role", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    server.callers[:] = [Caller(key["AccessKeyId"], key["SecretAccessKey"], f"{uri}:{TAG}", role)]


@contextmanager
def _process(packages: Path, command: Sequence[str], settings: dict[str, str]) -> Iterator[psutil.Process]:
    place = packages.parent / f"process-{next(_NUMBERS)}"
    place.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LABKIT_"))}
    # A session of its own, as the embedded AWS has one: schedulers share the processors out by session.
    process = psutil.Popen(
        command,
        env={**kept, "PYTHONPATH": str(packages), "TMPDIR": str(place), "HOME": str(place), **settings},
        cwd=place,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(place, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
