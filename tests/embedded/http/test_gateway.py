"""The gateway's edges: routes, sizes, failures, and many clients at once."""

from __future__ import annotations

import http.client
import json
import logging
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.embedded.http import gateway
from labkit.embedded.process.running import Running
from labkit.embedded.protocol.calls import Operation
from labkit.embedded.protocol.models import SERVICES, operation_names
from labkit.embedded.protocol.wire import BodyTooLargeError, HttpRequest, gathered
from labkit.embedded.request import execution
from tests.embedded.conftest import Cloud


def test_every_operation_that_is_offered_is_one_of_the_services_model() -> None:
    for service in SERVICES:
        assert set(gateway.operations(service)) <= operation_names(service)


@pytest.mark.parametrize(
    ("service", "target", "named", "text"),
    [
        ("lambda", "/2015-03-31/functions/f/invocations", "", "6291456 bytes for the InvokeFunction operation"),
        ("lambda", "/2015-03-31/functions", "", "6291456 bytes for the CreateFunction operation"),
        ("lambda", "/2015-03-31/nothing", "", "6291456 bytes"),
        ("ecr", "/", "AmazonEC2ContainerRegistry_V20150921.PutImage", "29360128 bytes for the PutImage operation"),
        ("sts", "/", "", "1048576 bytes"),
    ],
)
def test_a_body_that_is_too_large_is_not_read(cloud: Cloud, service: str, target: str, named: str, text: str) -> None:
    headers = cloud.signed("workload", service, target=target, headers={"X-Amz-Target": named} if named else None)
    answer = cloud.send("POST", target, {**headers, "Content-Length": str(1 << 40)})
    assert answer.status == 413
    assert b"RequestEntityTooLargeException" in answer.body + str(answer.headers).encode()
    assert re.search(f'Request must be smaller than {text}["<]', answer.body.decode())


def test_a_body_in_chunks_is_bounded_too() -> None:
    head = HttpRequest("POST", "/", "", {"transfer-encoding": "chunked"}, b"")
    body = gathered(head, 100)
    next(body)
    body.send(b"x" * 60)
    body.send(b"x" * 40)
    with pytest.raises(StopIteration) as ended:
        body.send(b"")
    assert ended.value.value == b"x" * 100
    body = gathered(head, 100)
    next(body)
    body.send(b"x" * 60)
    with pytest.raises(BodyTooLargeError, match="more than 100 bytes"):
        body.send(b"x" * 41)


def test_what_breaks_inside_is_answered_in_the_protocol_and_explained_in_the_log(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("broken")

    offered: dict[str, Operation] = gateway.operations("sts")  # type: ignore[assignment]
    monkeypatch.setitem(offered, "GetCallerIdentity", replace(offered["GetCallerIdentity"], handler=broken))
    with caplog.at_level(logging.ERROR), pytest.raises(ClientError) as caught:
        cloud.client("workload", "sts").get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "InternalFailure"
    assert "RuntimeError: broken" in caplog.text
    assert cloud.keys("workload")["aws_secret_access_key"] not in caplog.text


def test_control_requests_answer_in_json(cloud: Cloud) -> None:
    bearer = {"Authorization": f"Bearer {cloud.served.token}"}
    status = json.loads(cloud.send("GET", "/_labkit/status", bearer).body)
    assert status["accounts"]["registry"] == "813835382529" and status["organization"] == "o-lambdaecrlab"
    assert cloud.send("GET", "/_labkit/status", {"Authorization": "Bearer tokem"}).status == 403
    assert cloud.send("GET", "/_labkit/nothing", bearer).status == 404
    assert cloud.send("POST", "/_labkit/world", bearer, b"{").status == 400
    answer = cloud.send("POST", "/_labkit/world", bearer, b'{"region": "eu-central-9"}')
    assert answer.status == 400 and "eu-central-9" in json.loads(answer.body)["error"]


def test_many_clients_at_once_lose_nothing(aws: Callable[..., Any], process: Running) -> None:
    def work(number: int) -> None:
        iam = aws("development", "iam")
        for turn in range(5):
            iam.create_user(UserName=f"crowd-{number}-{turn}")
            iam.list_users()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(20)))
    pages = aws("development", "iam").get_paginator("list_users").paginate()
    users = {user["UserName"] for page in pages for user in page["Users"]}
    assert {f"crowd-{number}-{turn}" for number in range(20) for turn in range(5)} <= users


def test_a_header_with_an_underscore_is_no_header(process: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(process.endpoint.rpartition(":")[2]))
    connection.request("POST", "/", b"{}", {"X_Amz_Target": "AmazonEC2ContainerRegistry_V20150921.ListImages"})
    answer = connection.getresponse().read()
    connection.close()
    assert b"<Code>MissingAuthenticationToken</Code>" in answer


def test_a_connection_stays_open_after_an_error(process: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(process.endpoint.rpartition(":")[2]))
    for _ in range(3):
        connection.request("POST", "/", b"Action=GetCallerIdentity")
        assert connection.getresponse().read().startswith(b"<ErrorResponse")
        assert connection.sock is not None
    connection.close()


@pytest.mark.parametrize(("operation", "unit"), [("ListUsers", "read"), ("CreateUser", "write")])
def test_no_policy_changes_between_the_decision_and_the_call(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, operation: str, unit: str
) -> None:
    seen: list[tuple[str, int]] = []
    database, depth = cloud.embedded.database, 0
    genuine = getattr(database, unit)

    @contextmanager
    def watched() -> Iterator[None]:
        nonlocal depth
        depth += 1
        with genuine():
            yield
        depth -= 1

    offered: dict[str, Operation] = gateway.operations("iam")  # type: ignore[assignment]
    handled = replace(offered[operation], handler=lambda *_: seen.append(("executed", depth)) or {})  # type: ignore[func-returns-value]
    monkeypatch.setitem(offered, operation, handled)
    client = cloud.client("workload", "iam")
    monkeypatch.setattr(execution, "authorize", lambda *_: seen.append(("authorized", depth)))
    monkeypatch.setattr(database, unit, watched)
    client._make_api_call(operation, {"UserName": "ann"} if operation == "CreateUser" else {})
    (authorized, held), executed = seen
    assert authorized == "authorized" and held > 0 and executed == ("executed", held)
