"""In-process and as a process of its own, the embedded AWS answers alike: status, headers and every byte of the body.

Two copies of one furnished world get the same requests in the same order: every operation of every service with
parameters made by botocore's models, good and bad, and the plain routes of the registry. What is compared is the answer
as it comes, before any client reads it; what is new in each world (ids, secrets, dates, the port) is replaced by its
kind.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from labkit.embedded.http.gateway import operations
from labkit.embedded.process import client, here
from labkit.embedded.protocol.models import SERVICES, operation_model
from labkit.ground import addresses
from tests.embedded.conftest import REGION, Response, profile_keys
from tests.embedded.raw_requests import request_of
from tests.embedded.robustness import furnished, generated

_GOOD, _BAD = 3, 3
_OPERATIONS = [(service, name) for service in sorted(SERVICES) for name in sorted(operations(service))]
_WAITED_FOR = 200
#: What each server says for itself, or of its connection.
_OF_THE_SERVER = {"date", "server", "connection", "keep-alive", "transfer-encoding"}
_NEW = (
    (r"127\.0\.0\.1:\d+", "ADDRESS"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
    (r"\b(A[A-Z]{3})[A-Z2-7]{12,}\b", r"\1-ID"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+0000|\+00:00)", "DATE"),
    (r"\d{8}T\d{6}Z", "DATE"),
    (r"\b1[789]\d{8}(\.\d+|E9)?\b", "DATE"),
    (r"\b(p|car|h)-[a-z0-9]{8,32}\b", r"\1-ID"),
    (r"\bou-lab1-[a-z0-9]{8}\b", "UNIT"),
    (r"IQoJb3JpZ2luX2VjE[A-Za-z0-9+/=]+", "TOKEN"),
    (r"signature=[0-9a-f]{64}", "SIGNATURE"),
    (r'"authorizationToken": ?"[^"]+"', "PASSWORD"),
    (r"<SecretAccessKey>[^<]+<", "SECRET"),
    (r"\d+\.\d\d ms|Max Memory Used: \d+ MB|Billed Duration: \d+ ms", "FIGURE"),
)


@dataclass
class Side:
    """One of the two: how to ask it, and its keys."""

    endpoint: str
    home: Path

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Send a request as it is, by the way of this side."""
        application = addresses.application_at(self.endpoint)
        if application is not None:
            answer = addresses.exchange(application, method, self.endpoint + target, headers, body)
            return Response(answer.status, answer.headers, answer.body.read())
        connection = http.client.HTTPConnection(urlsplit(self.endpoint).netloc)
        connection.request(method, target, body, dict(headers))
        got = connection.getresponse()
        found = Response(got.status, dict(got.getheaders()), got.read())
        connection.close()
        return found

    def call(self, who: str, service: str, parts: Mapping[str, Any]) -> Response:
        """Sign a request and send it."""
        keys = profile_keys(self.home, who)
        method, target = parts.get("method", "POST"), parts.get("target", "/")
        request = AWSRequest(method, self.endpoint + target, dict(parts.get("headers", {})), parts["body"])
        credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
        SigV4Auth(credentials, service, REGION).add_auth(request)
        headers = {"Host": urlsplit(self.endpoint).netloc, **dict(request.headers.items())}
        return self.send(method, target, headers, parts["body"])

    def settled(self) -> None:
        """Wait until no function of the registry's account is being made ready."""
        listing = request_of(operation_model("lambda", "ListFunctions"), {})
        for _ in range(_WAITED_FOR):
            found = json.loads(self.call("registry", "lambda", listing).body)["Functions"]
            states = {(each.get("State"), each.get("LastUpdateStatus")) for each in found}
            if not any("Pending" in state or "InProgress" in state for state in states):
                return


@pytest.fixture(scope="module")
def sides(
    tmp_path_factory: pytest.TempPathFactory, furnished_home: tuple[Path, dict[str, Any]]
) -> Iterator[tuple[Side, Side]]:
    """The same world in-process, and as a process of its own."""
    homes = [tmp_path_factory.mktemp(kind) / "home" for kind in here.KINDS]
    for home in homes:
        shutil.copytree(furnished_home[0], home)
    running = [client.ensure(home, run_as=kind) for home, kind in zip(homes, here.KINDS, strict=True)]
    yield Side(running[1].endpoint, homes[1]), Side(running[0].endpoint, homes[0])
    for home in homes:
        client.stop(home)


def compared(response: Response) -> tuple[int, dict[str, str], str]:
    """What must be alike: the status, the headers, and the body, with what is new replaced by its kind."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    assert headers.pop("content-length", str(len(response.body))) == str(len(response.body)) or not response.body
    kept = {name: known(value) for name, value in headers.items() if name not in _OF_THE_SERVER}
    return response.status, kept, known(response.body.decode("utf-8", "backslashreplace"))


def known(text: str) -> str:
    for pattern, kind in _NEW:
        text = re.sub(pattern, kind, text)
    return text


@pytest.mark.parametrize(("service", "name"), _OPERATIONS, ids=[f"{service}-{name}" for service, name in _OPERATIONS])
def test_every_operation_is_answered_alike(
    sides: tuple[Side, Side], furnished_home: tuple[Path, dict[str, Any]], service: str, name: str
) -> None:
    operation, random = operation_model(service, name), Random(f"both {service} {name}")
    maker = generated.Maker(random, furnished.values(furnished_home[1], service))
    who = "management" if service == "organizations" else "registry"
    for number in range(_GOOD + _BAD):
        params = maker.params(operation.input_shape, random.choice((0.0, 0.2, 1.0)))
        if number >= _GOOD:
            params = generated.spoilt(random, operation.input_shape, params)
        parts = request_of(operation, params)
        first, second = (compared(side.call(who, service, parts)) for side in sides)
        assert first == second, f"{service}:{name} {params!r:.2000}"
        if service == "lambda":
            for side in sides:
                side.settled()


_LAYER = b"a layer" * 1000
_WITH_A_PAGE = {"Origin": "https://example.com"}

ROUTES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("GET", "/v2/", {}),
    ("GET", "/v2/", {"Authorization": "Basic QVdTOng="}),
    ("GET", "/v2/fuzz/app/tags/list", {}),
    ("HEAD", "/v2/fuzz/app/manifests/1", {}),
    ("GET", "/v2/../../etc/passwd", {}),
    ("GET", "/v2/%2e%2e/x", {}),
    ("PATCH", "/v2/", {}),
    ("GET", "/layers/sha256:x", {}),
    ("GET", f"/layers/sha256:{'0' * 64}?expires=1&signature=x", {}),
    ("DELETE", "/layers/x", {}),
    ("GET", "/_labkit/status", {}),
    ("POST", "/_labkit/stop", {"Authorization": "Bearer x"}),
    ("GET", "/", {}),
    ("GET", "/", _WITH_A_PAGE),
    ("GET", "/", {"Host": "example.com"}),
    ("PUT", "/2015-03-31/functions", {}),
    ("GET", "/favicon.ico", {}),
    ("POST", "/?Action=GetCallerIdentity&Version=2011-06-15", {}),
)


@pytest.mark.parametrize(("method", "target", "headers"), ROUTES)
def test_every_plain_route_is_answered_alike(
    sides: tuple[Side, Side], method: str, target: str, headers: dict[str, str]
) -> None:
    first, second = (compared(side.send(method, target, headers)) for side in sides)
    assert first == second


def test_a_login_a_push_and_a_pull_are_answered_alike(sides: tuple[Side, Side]) -> None:
    steps = [list(_pushed_and_pulled(side)) for side in sides]
    assert steps[0] == steps[1]
    assert [step[0] for step in steps[0]][:4] == [200, 202, 202, 201]


def _pushed_and_pulled(side: Side) -> Iterator[tuple[int, dict[str, str], str]]:
    side.call("registry", "ecr", request_of(operation_model("ecr", "CreateRepository"), {"repositoryName": "both/app"}))
    login = side.call("registry", "ecr", request_of(operation_model("ecr", "GetAuthorizationToken"), {}))
    token = json.loads(login.body)["authorizationData"][0]["authorizationToken"]
    basic = {"Authorization": f"Basic {token}"}
    base = "/v2/813835382529.dkr.ecr.eu-central-1.amazonaws.com/both/app"
    yield compared(side.send("GET", "/v2/", basic))
    begun = side.send("POST", f"{base}/blobs/uploads/", basic)
    yield compared(begun)
    place = re.sub(r"^http://[^/]+", "", begun.headers["Location"])
    sent = side.send("PATCH", place, basic, _LAYER)
    yield compared(sent)
    place = re.sub(r"^http://[^/]+", "", sent.headers["Location"])
    digest = "sha256:" + hashlib.sha256(_LAYER).hexdigest()
    yield compared(side.send("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", basic))
    for headers in ({}, {"Range": "bytes=5-9"}, {"Range": "bytes=-3"}, {"Range": "bytes=99999-"}):
        for method in ("GET", "HEAD"):
            yield compared(side.send(method, f"{base}/blobs/{digest}", {**basic, **headers}))
    for reference in ("no-such-tag", f"sha256:{'0' * 64}"):
        for method in ("GET", "HEAD", "PUT"):
            yield compared(side.send(method, f"{base}/manifests/{reference}", basic))
