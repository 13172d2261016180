"""What a hostile web page, or a program without keys, could send to the port of a lab: none of it gets anywhere."""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from labkit.aws.images import push
from labkit.embedded.process.running import Running
from labkit.image.format.image import Image
from tests.embedded.conftest import Cloud, make_client, profile_keys
from tests.embedded.lab_of_tests import Lab, refusal, unique


def bearer(cloud: Cloud) -> dict[str, str]:
    """The header of the lab's own requests."""
    return {"Authorization": f"Bearer {cloud.served.token}"}


DOORS = ["/", "/_labkit/status", "/v2/", "/layers/sha256:00", "/2015-03-31/functions", "/nothing"]


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_web_page_of_another_origin_is_answered_by_no_door(cloud: Cloud, method: str, path: str) -> None:
    for origin in ("https://evil.example", "http://127.0.0.1:8888", "null"):
        answer = cloud.send(method, path, {**bearer(cloud), "Origin": origin})
        assert answer.status == 403 and b"none that a web page sends" in answer.body
        assert not any(name.lower().startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "", "@"]
)
def test_a_name_that_was_rebound_to_the_loopback_is_answered_by_no_door(cloud: Cloud, host: str, path: str) -> None:
    assert cloud.send("GET", path, {**bearer(cloud), "Host": host}).status == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:43121", "localhost", "LOCALHOST:80", "[::1]:80"])
def test_the_loopback_is_answered_by_whatever_name(cloud: Cloud, host: str) -> None:
    assert cloud.send("GET", "/_labkit/status", {**bearer(cloud), "Host": host}).status == 200


def test_a_signed_request_is_refused_when_a_web_page_sends_it(cloud: Cloud) -> None:
    headers = cloud.signed("registry", "sts", method="GET", target="/?Action=GetCallerIdentity&Version=2011-06-15")
    target = "/?Action=GetCallerIdentity&Version=2011-06-15"
    assert cloud.send("GET", target, headers).status == 200
    assert cloud.send("GET", target, {**headers, "Origin": "https://evil.example"}).status == 403


@pytest.fixture
def raw(process: Running) -> Iterator[socket.socket]:
    """A connection to the shared process."""
    with socket.create_connection(("127.0.0.1", urlsplit(process.endpoint).port or 0), timeout=20) as connection:
        yield connection


def exchange(raw: socket.socket, *lines: str, body: bytes = b"") -> tuple[int, bytes]:
    """Send a request as it is; status and body of its answer."""
    raw.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    answer = http.client.HTTPResponse(raw)
    answer.begin()
    return answer.status, answer.read()


GET = ("GET / HTTP/1.1", "Host: 127.0.0.1")


@pytest.mark.parametrize(
    "twice",
    [
        ("Authorization: AWS4-HMAC-SHA256 a", "Authorization: AWS4-HMAC-SHA256 b"),
        ("X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.ListImages",) * 2,
        ("X-Amz-Date: 20260101T000000Z", "x-amz-date: 20260101T000000Z"),
        ("Content-Length: 0", "Content-Length: 5"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Host: 127.0.0.1",),
        ("X-Amz-Target: A", " folded"),
    ],
)
def test_a_header_that_could_be_read_in_two_ways_is_refused(raw: socket.socket, twice: tuple[str, ...]) -> None:
    assert exchange(raw, *GET, *twice)[0] == 400


def test_a_head_without_an_end_is_not_kept(raw: socket.socket) -> None:
    assert exchange(raw, *GET, *(f"X-{number}: {'x' * 1000}" for number in range(200)))[0] == 431


def test_numbers_with_thousands_of_digits_are_no_numbers(cloud: Cloud) -> None:
    digits = "9" * 5000
    credential = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/b/c/d/aws4_request&X-Amz-SignedHeaders=host"
    presigned = f"/?X-Amz-Signature=0&X-Amz-Date=1&{credential}&X-Amz-Expires={digits}"
    assert cloud.send("GET", presigned, {}).status == 400
    assert refusal(cloud.client("registry", "ecr").describe_repositories, nextToken=digits)[1] == 400
    assert (
        cloud.call(
            "registry",
            "iam",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=f"Action=ListUsers&MaxItems={digits}".encode(),
        ).status
        == 400
    )
    assert cloud.send("POST", "/", {"Content-Length": digits}).status in (400, 403)


def test_a_header_that_stands_once_is_read(raw: socket.socket) -> None:
    assert exchange(raw, *GET, "X-Amz-Date: 20260101T000000Z", "Accept: a", "Accept: b")[0] == 403


def test_the_body_of_a_refused_request_is_not_the_next_request(raw: socket.socket) -> None:
    smuggled = b"GET /_labkit/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    chunks = f"{len(smuggled):x}\r\n".encode() + smuggled + b"\r\n0\r\n\r\n"
    assert exchange(raw, *GET, "Origin: https://evil.example", "Transfer-Encoding: chunked", body=chunks)[0] == 403
    status, body = exchange(raw, *GET)
    assert status == 403 and b"MissingAuthenticationToken" in body


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "//_labkit/status",
        "/%5flabkit/status",
        "/_labkit/../_labkit/status",
        "/layers/../../embedded/state/labkit.json",
        "/layers/%2e%2e/%2e%2e/embedded/state/labkit.json",
        "/layers/..%2f..%2fembedded%2fstate%2flabkit.json",
        "/layers/sha256:%2e%2e%2f%2e%2e%2fstate",
        "/2015-03-31/functions/%2e%2e/code",
        "/v2/%2e%2e/blobs/sha256:00",
        "/%00",
    ],
)
def test_no_path_leads_around_the_doors(process: Running, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(process.endpoint).port, timeout=20)
    connection.putrequest("GET", path)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status in (400, 401, 403, 404)
    for secret in (profile_keys(process.home, "registry")["aws_secret_access_key"], '"sessions"', '"accounts"'):
        assert secret.encode() not in text


@pytest.fixture
def downloads(lab: Lab, image: Image) -> list[str]:
    """Download URLs of two blobs."""
    name, ecr = unique("attacks"), lab.client("registry", "ecr")
    lab.repository(name, image)
    push(ecr, name, "0.0.1", image)
    digests = [layer["digest"] for layer in json.loads(image.manifest)["layers"]]
    digests.append(image.config_digest)
    return [
        ecr.get_download_url_for_layer(repositoryName=name, layerDigest=digest)["downloadUrl"]
        for digest in digests[-2:]
    ]


def test_a_download_url_is_for_one_blob_and_one_time(downloads: list[str]) -> None:
    one, other = downloads
    assert requests.get(one, timeout=20).status_code == 200
    query = urlsplit(one).query
    assert requests.get(f"{other.partition('?')[0]}?{query}", timeout=20).status_code == 403
    later = re.sub(r"expires=\d", "expires=9", one)
    assert requests.get(later, timeout=20).status_code == 403
    assert requests.get(re.sub(r"expires=\d+", f"expires={'9' * 5000}", one), timeout=20).status_code == 403
    assert requests.get(one.partition("?")[0], timeout=20).status_code == 403


@pytest.fixture
def login(aws: Callable[..., Any]) -> str:
    """A login for the registry of the shared process."""
    return str(aws("registry", "ecr").get_authorization_token()["authorizationData"][0]["authorizationToken"])


def test_keys_and_tokens_of_another_home_open_nothing(
    downloads: list[str], login: str, process: Running, cloud: Cloud
) -> None:
    theirs = make_client("sts", process.endpoint, cloud.keys("registry"))
    ours = cloud.client(profile_keys(process.home, "registry"), "sts")
    for client in (theirs, ours):
        assert refusal(client.get_caller_identity)[0] == "InvalidClientTokenId"
    token = json.loads((process.home / "embedded" / "runtime.json").read_text())["token"]
    assert cloud.send("GET", "/_labkit/status", {"Authorization": f"Bearer {token}"}).status == 403
    assert cloud.send("GET", "/v2/", {"Authorization": f"Basic {login}"}).status == 401
    assert cloud.send("GET", downloads[0].partition(process.endpoint)[2], {}).status == 403


@pytest.mark.parametrize("login", ["", "AWS:", "AWS:x", ":", "admin:admin", "AWS:" + "x" * 100_000])
def test_logins_that_are_made_up_are_refused(cloud: Cloud, login: str) -> None:
    headers: Mapping[str, str] = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
    assert cloud.send("GET", "/v2/", headers).status == 401
