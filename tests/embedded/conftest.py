"""Embedded AWS for tests, in two forms.

    process   a real process on a fresh home, one per test session; reached with ``aws("workload", "ecr")``
    cloud     one in the process of the test, fresh for every test, with a clock that the test moves; reached with
              ``cloud.client("workload", "ecr")`` through boto3, or with ``cloud.send(...)`` for raw requests

Tests on ``process`` share its state: give what you make names of your own.
"""

from __future__ import annotations

import configparser
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from labkit.aws import transport
from labkit.embedded.process import client as embedded_client
from labkit.embedded.process import here
from labkit.embedded.process.running import Running
from labkit.embedded.records.founding import administrators
from labkit.ground import addresses
from labkit.ground.home import open_home
from labkit.image.format.image import Image
from tests.embedded.lab_of_tests import Lab, image_of, unique

REGION = "eu-central-1"
ONCE = Config(retries={"total_max_attempts": 1})
_SESSION = botocore.session.Session()  # one for all tests: it reads each service's model once


def make_client(service: str, endpoint: str, keys: Mapping[str, str], region: str = REGION) -> Any:
    """A client that is the same as boto3's, made in a tenth of the time."""
    return _SESSION.create_client(service, region, endpoint_url=endpoint, config=ONCE, **keys)


def profile_keys(home: Path, profile: str) -> dict[str, str]:
    """The access key of a profile, as boto3's keyword arguments."""
    parser = configparser.ConfigParser()
    parser.read(home / "aws" / "credentials")
    return dict(parser[profile])


def session_keys(credentials: Mapping[str, str]) -> dict[str, str]:
    """What AssumeRole answered, as boto3's keyword arguments."""
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running embedded AWS, shared by all tests of this session."""
    home = tmp_path_factory.mktemp("embedded") / "home"
    yield embedded_client.ensure(home)
    embedded_client.stop(home)


@pytest.fixture(scope="session")
def aws(process: Running) -> Callable[..., Any]:
    """``aws(profile, service)``: a boto3 client of the shared process; keys of a session can be given instead."""

    def make(profile: str | Mapping[str, str], service: str, region: str = REGION) -> Any:
        keys = profile_keys(process.home, profile) if isinstance(profile, str) else profile
        return make_client(service, process.endpoint, keys, region)

    return make


@pytest.fixture(scope="session")
def lab(process: Running) -> Lab:
    """The shared process with boto3 clients of its profiles."""
    return Lab(process.home)


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """An image with the article's handler."""
    return image_of(tmp_path_factory.mktemp("image"))


@dataclass
class MovedClock:
    """A clock that stands still until it is moved."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 1, 15, 12, 0, tzinfo=UTC))

    def now(self) -> datetime:
        """The moment at which the clock stands."""
        return self.moment

    def move(self, **by: float) -> None:
        """Move the clock; takes what timedelta takes."""
        self.moment += timedelta(**by)


@dataclass
class Response:
    """What the gateway answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class Cloud:
    """The embedded AWS in this process, as the product runs it there, with the test's clock."""

    def __init__(self, home: Path, clock: MovedClock) -> None:
        self.clock = clock
        self.home = open_home(home)
        self.served = here.start(self.home, clock)
        self.embedded = self.served.embedded

    def close(self) -> None:
        """End it."""
        here.stop(self.home)

    def keys(self, profile: str) -> dict[str, str]:
        """The access key of a profile's administrator, as boto3's keyword arguments."""
        key = administrators(self.embedded.database, self.embedded.settings)[profile]
        return {"aws_access_key_id": key.id, "aws_secret_access_key": key.secret}

    def client(self, who: str | Mapping[str, str], service: str, region: str = REGION) -> Any:
        """A boto3 client whose requests stay in this process, signed at the test's time."""
        keys = self.keys(who) if isinstance(who, str) else who
        made = make_client(service, self.embedded.endpoint, keys, region)
        made.meta.events.register("before-send", transport.answer)
        return made

    def signed(
        self,
        who: str | Mapping[str, str],
        service: str,
        method: str = "POST",
        target: str = "/",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        region: str = REGION,
    ) -> dict[str, str]:
        """The headers of a request signed by botocore's own signer."""
        keys = self.keys(who) if isinstance(who, str) else who
        request = AWSRequest(method, f"{self.embedded.endpoint}{target}", dict(headers or {}), body)
        credentials = Credentials(
            keys["aws_access_key_id"], keys["aws_secret_access_key"], keys.get("aws_session_token")
        )
        SigV4Auth(credentials, service, region).add_auth(request)
        return {"Host": self.served.address, **dict(request.headers.items())}

    def call(self, who: str | Mapping[str, str], service: str, **request: Any) -> Response:
        """Sign a raw request and send it."""
        headers = self.signed(who, service, **request)
        parts = {name: request[name] for name in ("method", "target", "body") if name in request}
        return self.send(parts.get("method", "POST"), parts.get("target", "/"), headers, parts.get("body", b""))

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Send a request as it is."""
        url = self.embedded.endpoint + target
        application = addresses.application_at(url)
        assert application is not None
        answer = addresses.exchange(application, method, url, headers, body)
        return Response(answer.status, answer.headers, answer.body.read())


@pytest.fixture
def clock() -> Iterator[MovedClock]:
    """The clock of the test; botocore signs by it too."""
    moved = MovedClock()

    def now(remove_tzinfo: bool = True) -> datetime:
        return moved.now().replace(tzinfo=None) if remove_tzinfo else moved.now()

    with patch("botocore.auth.get_current_datetime", now):
        yield moved


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab home in which the world has just been made; copying it is faster than making it again."""
    home = tmp_path_factory.mktemp("founded") / "home"
    Cloud(home, MovedClock()).close()
    return home


@pytest.fixture
def cloud(tmp_path: Path, founded: Path, clock: MovedClock) -> Iterator[Cloud]:
    """A fresh embedded AWS inside the test."""
    shutil.copytree(founded, tmp_path / "home")
    made = Cloud(tmp_path / "home", clock)
    yield made
    made.close()


@pytest.fixture(scope="module")
def ecr(lab: Lab) -> Any:
    """ECR as the registry account's administrator sees it."""
    return lab.client("registry", "ecr")


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """An image that is not the usual one."""
    return image_of(tmp_path_factory.mktemp("another"), "def handler(event, context):\n    return 2\n")


@pytest.fixture
def name() -> str:
    """A repository name of the test's own."""
    return unique("team/app")


@pytest.fixture
def repository(ecr: Any, name: str) -> str:
    """A repository of the test's own."""
    ecr.create_repository(repositoryName=name)
    return name


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Where a lab home may be made; what runs in it is stopped after the test."""
    yield tmp_path / "home"
    if (tmp_path / "home" / "labkit-home.json").exists():
        embedded_client.stop(tmp_path / "home")
