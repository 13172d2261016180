"""Functions in the lab's own process, where it is chosen: the same answers, at once, and the log says how they run."""

from __future__ import annotations

import base64
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from labkit.aws import transport
from labkit.docker.engine_choice import INTERPRETER, VARIABLE
from labkit.pull import policies
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import REGISTRY, image_of, push

HANDLERS = """
import json, os, threading
import boto3

def handler(event, context):
    return globals()[event["do"]](event, context)

def where(event, context):
    return [os.getpid(), threading.current_thread().name, os.environ["AWS_LAMBDA_FUNCTION_NAME"]]

def whoami(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"]

def calls(event, context):
    answer = boto3.client("lambda").invoke(FunctionName=event["name"], Payload=json.dumps({"do": "where"}))
    return [json.load(answer["Payload"]), where(event, context)]

def writes(event, context):
    with open(event["path"], "w") as file:
        file.write("written")

def fails(event, context):
    raise ValueError("bad value")
"""


@pytest.fixture
def lambda_(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A client, and the functions ``f`` and ``g`` in a lab whose handlers run in this process."""
    monkeypatch.setenv(VARIABLE, INTERPRETER)
    transport.connect_clients()
    ecr, client, iam = (cloud.client("registry", service) for service in ("ecr", "lambda", "iam"))
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(policies.lambda_trust()))["Role"]["Arn"]
    every = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    iam.put_role_policy(RoleName="r", PolicyName="all", PolicyDocument=every)
    uri = ecr.create_repository(repositoryName="repo")["repository"]["repositoryUri"] + ":1"
    push(ecr, "repo", "1", image_of(tmp_path / "image", HANDLERS))
    for name in ("f", "g"):
        client.create_function(FunctionName=name, Role=role, PackageType="Image", Code={"ImageUri": uri})
    cloud.embedded.functions.settle()
    return client


def answer_of(lambda_: Any, do: str, **event: Any) -> Any:
    answer = lambda_.invoke(FunctionName="f", Payload=json.dumps({"do": do, **event}))
    return json.loads(answer["Payload"].read())


def test_the_handler_runs_in_this_process_and_thread(lambda_: Any):
    assert answer_of(lambda_, "where") == [os.getpid(), threading.current_thread().name, "f"]


def test_its_clients_are_its_execution_roles(lambda_: Any):
    assert answer_of(lambda_, "whoami") == f"arn:aws:sts::{REGISTRY}:assumed-role/r/f"


def test_a_handler_can_invoke_another_function_which_runs_in_the_same_way(lambda_: Any):
    here = [os.getpid(), threading.current_thread().name]
    assert answer_of(lambda_, "calls", name="g") == [[*here, "g"], [*here, "f"]]
    assert answer_of(lambda_, "calls", name="f") == [[*here, "f"], [*here, "f"]]


def test_an_event_has_been_handled_when_it_is_answered(lambda_: Any, tmp_path: Path):
    payload = json.dumps({"do": "writes", "path": str(tmp_path / "file")})
    assert lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=payload)["StatusCode"] == 202
    assert (tmp_path / "file").read_text() == "written"


def test_an_event_that_fails_is_answered_all_the_same(lambda_: Any):
    answer = lambda_.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"do": "fails"}')
    assert answer["StatusCode"] == 202


def test_the_log_says_how_the_handler_runs(lambda_: Any):
    answer = lambda_.invoke(FunctionName="f", Payload=b'{"do": "where"}', LogType="Tail")
    first = base64.b64decode(answer["LogResult"]).decode().splitlines()[0]
    assert first.startswith("INIT_START Runtime Version: ")
    assert first.endswith("in the lab's own process: no timeout, no isolation")


def test_what_is_chosen_counts_from_the_next_invocation_on(lambda_: Any, monkeypatch: pytest.MonkeyPatch):
    pids = [answer_of(lambda_, "where")[0]]
    monkeypatch.setenv(VARIABLE, "embedded")
    pids.append(answer_of(lambda_, "where")[0])
    monkeypatch.setenv(VARIABLE, INTERPRETER)
    pids.append(answer_of(lambda_, "where")[0])
    assert [pid == os.getpid() for pid in pids] == [True, False, True]
