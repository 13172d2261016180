"""The gateway's edges: routes, sizes, failures, many clients at once, and waiting for moto."""

from __future__ import annotations

import http.client
import io
import json
import logging
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.embedded.http import gateway
from labkit.embedded.process.client import Running
from labkit.embedded.protocol.calls import Operation
from labkit.embedded.protocol.models import SERVICES, operation_names
from labkit.embedded.protocol.wire import BodyTooLargeError, read_body
from labkit.embedded.request import execution
from tests.embedded.conftest import Cloud, MovedClock


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
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(b"x" * 100)}
    assert read_body(environ, 100) == b"x" * 100
    environ["wsgi.input"] = io.BytesIO(b"x" * 101)
    with pytest.raises(BodyTooLargeError, match="more than 100 bytes"):
        read_body(environ, 100)


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


def test_moto_failing_on_input_is_a_client_error(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from labkit.embedded.state import backend

    def broken(*_: Any) -> Any:
        raise KeyError("x")

    monkeypatch.setattr(backend.iam_backends["592444418872"]["aws"].__class__, "list_users", broken)
    with pytest.raises(ClientError) as caught:
        cloud.client("workload", "iam").list_users()
    response = caught.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == ("ValidationError", 400)
    assert "could not execute ListUsers with these parameters (KeyError)" in response["Error"]["Message"]


def test_who_only_asks_who_they_are_does_not_wait_for_moto(cloud: Cloud) -> None:
    cloud.embedded._backend = Future()
    assert cloud.client("workload", "sts").get_caller_identity()["Account"] == "592444418872"
    assert cloud.client("workload", "sts").get_session_token()["Credentials"]


def test_control_requests_answer_in_json(cloud: Cloud) -> None:
    bearer = {"Authorization": "Bearer token"}
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
    users = {user["UserName"] for user in aws("development", "iam").list_users()["Users"]}
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


def test_a_state_that_is_no_state_of_moto_is_not_loaded(cloud: Cloud, tmp_path: Path, clock: MovedClock) -> None:
    import pickle

    evil = pickle.dumps({"masters": print})
    with pytest.raises(pickle.UnpicklingError, match=r"builtins\.print is not part of the state"):
        cloud.embedded.backend.load(evil)


def test_no_policy_changes_between_the_decision_and_the_call(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    lock = WatchedLock(lambda: seen.append("free"))
    monkeypatch.setattr(cloud.embedded, "lock", lock)
    monkeypatch.setattr(execution, "authorize", lambda *_: seen.append("authorized"))
    offered: dict[str, Operation] = gateway.operations("iam")  # type: ignore[assignment]
    watched = replace(offered["ListUsers"], handler=lambda *_: seen.append("executed") or {})  # type: ignore[func-returns-value]
    monkeypatch.setitem(offered, "ListUsers", watched)
    cloud.client("workload", "iam").list_users()
    assert seen == ["free", "authorized", "executed", "free"]  # the first: who is asking


class WatchedLock:
    """A lock that tells when nobody holds it any more."""

    def __init__(self, freed: Callable[[], None]) -> None:
        self._freed = freed
        self._depth = 0

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._freed()
