"""Invoke: the handler out of the pushed image really runs, and what goes wrong looks as on AWS."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.embedded.lab_of_tests import PATIENTLY, REGISTRY, ROLE, Lab, image_of, refusal, unique

HANDLERS = """
import json, os, sys, time
import boto3
calls = 0

def handler(event, context):
    return globals()[event.get("do", "greet")](event, context)

def greet(event, context):
    return "Hello from AWS Lambda using Python" + sys.version + "!"

def count(event, context):
    global calls
    calls += 1
    return [calls, os.getpid()]

def environment(event, context):
    return dict(os.environ)

def about(event, context):
    client = context.client_context
    return {
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "version": context.function_version,
        "memory": context.memory_limit_in_mb,
        "id": context.aws_request_id,
        "custom": client.custom if client else None,
    }

def whoami(event, context):
    return boto3.client("sts").get_caller_identity()["Arn"]

def repositories(event, context):
    boto3.client("ecr").describe_repositories()

def fail(event, context):
    raise ValueError("bad value")

def sleep(event, context):
    time.sleep(60)

def much(event, context):
    return "x" * 7_000_000

def say(event, context):
    print("said by the handler")

def leave(event, context):
    os._exit(3)

def touch(event, context):
    with open(event["path"], "w") as file:
        file.write("done")

def pass_gate(event, context):
    if "here" in event:
        open(event["here"], "w").close()
        open(event["go"]).close()
    return os.environ.get("NAME")
"""


class Gate:
    """Where a handler waits until the test lets it go: it says that it is there, and reads until it may go on."""

    def __init__(self, folder: Path) -> None:
        self._here, self._go = folder / "here", folder / "go"
        os.mkfifo(self._here)
        os.mkfifo(self._go)
        self.event = {"do": "pass_gate", "here": str(self._here), "go": str(self._go)}

    def is_reached(self) -> None:
        """Wait for the handler."""
        self._here.read_bytes()

    def open(self) -> None:
        """Let the handler go on."""
        self._go.write_bytes(b"")


@pytest.fixture(scope="module")
def uri(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> str:
    return lab.repository("invoke/handlers", image_of(tmp_path_factory.mktemp("image"), HANDLERS))


@pytest.fixture
def name() -> str:
    return unique("invoke")


@pytest.fixture(scope="module")
def shared(lab: Lab, uri: str) -> str:
    """A function whose handler does what the event says."""
    lab.active("registry", "invoke-shared", uri, Timeout=30)
    return "invoke-shared"


def invoked(lab: Lab, function: str, event: Any = None, **more: Any) -> dict[str, Any]:
    answer = lab.client("registry", "lambda").invoke(FunctionName=function, Payload=json.dumps(event or {}), **more)
    return {**answer, "Payload": json.loads(answer["Payload"].read() or "null")}


def test_the_greeting_comes_from_the_pushed_image(lab: Lab, shared: str):
    answer = invoked(lab, shared)
    assert answer["Payload"] == f"Hello from AWS Lambda using Python{sys.version}!"
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    assert "LogResult" not in answer
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-executed-version"] == "$LATEST"


def test_an_empty_payload_is_an_empty_event(lab: Lab, shared: str):
    answer = lab.client("registry", "lambda").invoke(FunctionName=shared)
    assert b"Hello from" in answer["Payload"].read()


@pytest.mark.differs("LogResult begins with START", "one line before it says what is not real here")
def test_the_log_of_a_cold_start_names_the_interpreter_that_really_ran(lab: Lab, name: str, uri: str):
    lab.active("registry", name, uri)
    cold, warm = (
        base64.b64decode(invoked(lab, name, {"do": "say"}, LogType="Tail")["LogResult"]).decode() for _ in range(2)
    )
    version = ".".join(map(str, sys.version_info[:3]))
    assert re.match(rf"INIT_START Runtime Version: \w+ {re.escape(version)} of the lab \(stand-in for .*\)\n", cold)
    assert "INIT_START" not in warm
    for log in (cold, warm):
        assert re.search(r"^START RequestId: [0-9a-f-]{36} Version: \$LATEST\n", log, re.MULTILINE)
        assert "\nsaid by the handler\n" in log
        assert re.search(r"\nEND RequestId: [0-9a-f-]{36}\nREPORT RequestId: ", log)


def test_a_warm_process_is_used_again(lab: Lab, name: str, uri: str):
    lab.active("registry", name, uri)
    (first, pid), (second, again) = (invoked(lab, name, {"do": "count"})["Payload"] for _ in range(2))
    assert (first, second) == (1, 2)
    assert pid == again


def test_deleting_a_function_ends_its_processes(lab: Lab, name: str, uri: str):
    lambda_ = lab.active("registry", name, uri)
    _, pid = invoked(lab, name, {"do": "count"})["Payload"]
    assert psutil.pid_exists(pid)
    lambda_.delete_function(FunctionName=name)
    assert not psutil.pid_exists(pid)


def test_a_function_that_is_deleted_while_it_runs_ends_at_once(lab: Lab, name: str, uri: str, tmp_path: Path):
    lambda_ = lab.active("registry", name, uri, Timeout=60)
    gate = Gate(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoked, lab, name, gate.event)
        gate.is_reached()
        lambda_.delete_function(FunctionName=name)
        assert running.result()["Payload"]["errorType"] == "Runtime.ExitError"


def test_the_handler_acts_as_the_execution_role_on_the_embedded_aws(lab: Lab, shared: str):
    assert invoked(lab, shared, {"do": "whoami"})["Payload"] == (
        f"arn:aws:sts::{REGISTRY}:assumed-role/{ROLE}/{shared}"
    )
    answer = invoked(lab, shared, {"do": "repositories"})
    assert answer["FunctionError"] == "Unhandled"
    assert "no identity-based policy allows the ecr:DescribeRepositories action" in answer["Payload"]["errorMessage"]


def test_the_handler_sees_lambdas_variables_and_its_own_and_none_of_the_lab(lab: Lab, name: str, uri: str):
    lab.active("registry", name, uri, Environment={"Variables": {"NAME": "value"}}, MemorySize=256)
    seen = invoked(lab, name, {"do": "environment"})["Payload"]
    expected = {
        "NAME": "value",
        "AWS_REGION": "eu-central-1",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_ENDPOINT_URL": lab.running.endpoint,
    }
    assert {key: seen.get(key) for key in expected} == expected
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert not any(key.startswith(("LABKIT", "AWS_CONFIG", "AWS_SHARED")) for key in seen)


def test_the_context_tells_the_handler_about_its_invocation(lab: Lab, shared: str):
    client = base64.b64encode(json.dumps({"custom": {"who": "lab"}}).encode()).decode()
    answer = invoked(lab, shared, {"do": "about"}, ClientContext=client)
    assert answer["Payload"] == {
        "arn": f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:{shared}",
        "name": shared,
        "version": "$LATEST",
        "memory": "128",
        "id": answer["ResponseMetadata"]["RequestId"],
        "custom": {"who": "lab"},
    }


@pytest.mark.aws("Lambda Developer Guide, Invoke", "high")
def test_a_handler_that_raises_answers_200_with_an_error(lab: Lab, shared: str):
    answer = invoked(lab, shared, {"do": "fail"})
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert answer["Payload"]["errorMessage"] == "bad value"
    assert answer["Payload"]["errorType"] == "ValueError"


def test_a_handler_that_takes_too_long_is_ended(lab: Lab, name: str, uri: str):
    lab.active("registry", name, uri, Timeout=1)
    answer = invoked(lab, name, {"do": "sleep"})
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"
    assert answer["Payload"]["errorMessage"].endswith("Task timed out after 1.00 seconds")
    assert invoked(lab, name, {"do": "count"})["Payload"][0] == 1


def test_a_process_that_ends_is_an_exit_error(lab: Lab, name: str, uri: str):
    lab.active("registry", name, uri)
    answer = invoked(lab, name, {"do": "leave"})
    assert answer["Payload"]["errorType"] == "Runtime.ExitError"
    assert answer["Payload"]["errorMessage"].endswith("Runtime exited with error: exit status 3")


@pytest.mark.aws("Lambda Developer Guide, quotas", "high")
def test_an_answer_above_6_mib_is_too_large(lab: Lab, name: str, uri: str):
    lab.active("registry", name, uri, Timeout=30)
    assert invoked(lab, name, {"do": "much"})["Payload"]["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_command_of_the_image_config_names_another_handler(lab: Lab, name: str, uri: str):
    lab.active("registry", name, uri, ImageConfig={"Command": ["lambda_function.count"]})
    assert invoked(lab, name)["Payload"][0] == 1


def test_a_handler_that_is_not_there_is_an_init_error(lab: Lab, name: str, uri: str):
    lab.active("registry", name, uri, ImageConfig={"Command": ["no_such_module.handler"]})
    answer = invoked(lab, name)
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Runtime.ImportModuleError"


def test_an_entrypoint_that_cannot_be_run_is_told(lab: Lab, name: str, uri: str):
    lab.active("registry", name, uri, ImageConfig={"EntryPoint": ["/bin/busybox"]})
    answer = invoked(lab, name)
    assert answer["Payload"]["errorType"] == "Runtime.InvalidEntrypoint"


@pytest.mark.aws("recorded by LocalStack; Lambda Developer Guide", "recorded")
def test_another_architecture_than_the_functions_shows_at_invoke_not_at_create(lab: Lab, name: str, uri: str):
    lab.active("registry", name, uri, Architectures=["arm64"])
    answer = lab.client("registry", "lambda").invoke(FunctionName=name)
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert json.loads(answer["Payload"].read()) == {
        "errorType": "Runtime.InvalidEntrypoint",
        "errorMessage": f"RequestId: {request_id} Error: fork/exec /lambda-entrypoint.sh: exec format error",
    }


# -- What is refused -----------------------------------------------------------------------------------------------


def test_a_function_that_is_not_there_is_not_found(lab: Lab):
    arn = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:nobody"
    expected = ("ResourceNotFoundException", 404, f"Function not found: {arn}:$LATEST")
    lambda_ = lab.client("registry", "lambda")
    for named in ("nobody", arn, f"{REGISTRY}:function:nobody"):
        assert refusal(lambda_.invoke, FunctionName=named) == expected
    qualified = ("ResourceNotFoundException", 404, f"Function not found: {arn}:1")
    assert refusal(lambda_.invoke, FunctionName="nobody", Qualifier="1") == qualified


def test_a_version_that_was_not_published_cannot_be_invoked(lab: Lab, shared: str):
    lambda_ = lab.client("registry", "lambda")
    assert lambda_.invoke(FunctionName=shared, Qualifier="$LATEST")["StatusCode"] == 200
    assert refusal(lambda_.invoke, FunctionName=shared, Qualifier="prod")[:2] == ("ResourceNotFoundException", 404)


def test_a_function_of_another_account_or_region_is_out_of_reach(lab: Lab, shared: str):
    arn = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:{shared}"
    code, status, text = refusal(lab.client("workload", "lambda").invoke, FunctionName=arn)
    assert (code, status) == ("AccessDeniedException", 403)
    assert text.endswith("because no resource-based policy allows the lambda:InvokeFunction action")
    elsewhere = refusal(lab.client("registry", "lambda").invoke, FunctionName=arn.replace("central", "west"))
    text = "Functions from 'eu-west-1' are not reachable in this region ('eu-central-1')"
    assert elsewhere == ("ResourceNotFoundException", 404, text)


@pytest.mark.parametrize("payload", [b"nope", b"{", b'{"a": }'])
def test_a_payload_that_is_not_json_is_refused(lab: Lab, shared: str, payload: bytes):
    code, status, text = refusal(lab.client("registry", "lambda").invoke, FunctionName=shared, Payload=payload)
    assert (code, status) == ("InvalidRequestContentException", 400)
    assert text.startswith("Could not parse request body into json: ")


def test_a_client_context_must_be_base64_of_json(lab: Lab, shared: str):
    call = refusal(lab.client("registry", "lambda").invoke, FunctionName=shared, ClientContext="nope")
    assert call[:2] == ("InvalidRequestContentException", 400)


@pytest.mark.parametrize(("kind", "limit"), [("RequestResponse", 6_291_456), ("Event", 1_048_576)])
@pytest.mark.aws("Lambda Developer Guide, quotas", "high")
def test_a_payload_above_the_limit_is_refused(lab: Lab, shared: str, kind: str, limit: int):
    invoke = lab.client("registry", "lambda").invoke
    payload = json.dumps("x" * limit)
    code, status, text = refusal(invoke, FunctionName=shared, Payload=payload, InvocationType=kind)
    assert (code, status) == ("RequestEntityTooLargeException", 413)
    assert text.startswith(f"Request must be smaller than {limit} bytes")


def test_a_payload_at_the_limit_arrives(lab: Lab, shared: str):
    event = {"do": "count", "fill": ""}
    event["fill"] = "x" * (6_291_456 - len(json.dumps(event)))
    assert "FunctionError" not in invoked(lab, shared, event)


def test_a_role_that_lambda_may_no_longer_assume_stops_new_processes(lab: Lab, name: str, uri: str):
    iam = lab.client("registry", "iam")
    role = lab.role("registry", "SoonGone")
    lab.active("registry", name, uri, Role=role)
    iam.delete_role(RoleName="SoonGone")
    code, status, _ = refusal(lab.client("registry", "lambda").invoke, FunctionName=name)
    assert (code, status) == ("AccessDeniedException", 403)


# -- Kinds of invocation -------------------------------------------------------------------------------------------


@pytest.mark.aws("Lambda API Reference, Invoke", "high")
def test_a_dry_run_answers_204_and_runs_nothing(lab: Lab, shared: str, tmp_path: Path):
    answer = invoked(lab, shared, {"do": "touch", "path": str(tmp_path / "ran")}, InvocationType="DryRun")
    assert answer["StatusCode"] == 204
    assert not (tmp_path / "ran").exists()


@pytest.mark.aws("Lambda API Reference, Invoke", "high")
def test_an_event_answers_202_and_runs_later(lab: Lab, name: str, uri: str, tmp_path: Path):
    lab.active("registry", name, uri)
    gate = Gate(tmp_path)
    answer = invoked(lab, name, gate.event, InvocationType="Event")
    assert answer["StatusCode"] == 202
    assert answer["Payload"] is None
    gate.is_reached()
    gate.open()


def test_the_lab_answers_while_a_handler_runs(lab: Lab, name: str, uri: str, tmp_path: Path):
    lab.active("registry", name, uri, Timeout=30)
    gate = Gate(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoked, lab, name, gate.event)
        gate.is_reached()
        assert lab.client("registry", "lambda").get_function(FunctionName=name)["Configuration"]["State"] == "Active"
        assert invoked(lab, name, {"do": "count"})["Payload"][0] == 1  # in a second environment
        gate.open()
        assert "FunctionError" not in running.result()


def test_what_runs_is_finished_with_the_old_configuration(lab: Lab, name: str, uri: str, tmp_path: Path):
    lambda_ = lab.active("registry", name, uri, Timeout=30, Environment={"Variables": {"NAME": "old"}})
    gate = Gate(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoked, lab, name, gate.event)
        gate.is_reached()
        lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": {"NAME": "new"}})
        lambda_.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=PATIENTLY)
        gate.open()
        assert running.result()["Payload"] == "old"
    assert invoked(lab, name, {"do": "pass_gate"})["Payload"] == "new"
