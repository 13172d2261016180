"""Real processes, since that is the point: each test's function is a Python file that AWS's runtime client runs."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

import labkit.image.run.lambda_runtime as inside_the_process
from labkit.image.format.config import ImageConfig
from labkit.image.format.errors import ImageError
from labkit.image.run.function import Fault, RunnableFunction
from labkit.image.run.result import InvocationOutcome
from labkit.image.run.runtime import Sandbox
from tests.image.handlers import CASES


def test_the_articles_handler_greets_with_the_interpreters_version(sandbox, article):
    result = sandbox((article / "lambda_function.py").read_text()).invoke(b"{}")
    assert json.loads(result.payload) == f"Hello from AWS Lambda using Python{sys.version}!"
    assert (result.function_error, result.outcome) == (None, InvocationOutcome.ANSWERED)
    assert result.init_duration_ms > 0


def test_the_interpreter_is_named_as_the_labs(sandbox):
    version = ".".join(map(str, sys.version_info[:3]))
    assert re.fullmatch(
        rf"\w+ {re.escape(version)} of the lab \(stand-in for the image's Python 3.12\)", sandbox(CASES).interpreter
    )


def test_warm_calls_reuse_the_process(sandbox):
    environment = sandbox(CASES, "code.pid")
    first, second = environment.invoke(b""), environment.invoke(b"")
    assert first.payload == second.payload == str(environment.pid).encode()
    assert (first.init_duration_ms is None, second.init_duration_ms) == (False, None)
    assert b"Init Duration" in first.log
    assert b"Init Duration" not in second.log


def test_an_empty_payload_is_an_empty_object(sandbox):
    assert sandbox(CASES, "code.echo").invoke(b"").payload == b"{}"


def test_the_context_says_what_lambda_would(sandbox):
    arn = "arn:aws:lambda:eu-central-1:592444418872:function:test-another-account"
    environment = sandbox(CASES, "code.about", name="test-another-account", arn=arn, memory=256, timeout=60)
    result = environment.invoke(b"", "some-id")
    assert json.loads(result.payload) == ["some-id", arn, "test-another-account", "$LATEST", "256", True]


def test_a_client_context_reaches_the_handler(sandbox):
    headers = {"Lambda-Runtime-Client-Context": '{"custom": {"a": "b"}}'}
    assert sandbox(CASES, "code.client").invoke(b"", headers=headers).payload == b'{"a": "b"}'


@pytest.mark.parametrize("value", ["a\nb", "ü", "a\r\nX: y"])
def test_a_header_that_http_cannot_carry_is_refused_before_anything_starts(sandbox, value):
    environment = sandbox(CASES, "code.echo")
    with pytest.raises(ImageError, match="printable ASCII"):
        environment.invoke(b"", headers={"Lambda-Runtime-Client-Context": value})
    with pytest.raises(ImageError, match="printable ASCII"):
        environment.invoke(b"", request_id=value)
    assert environment.pid is None


def test_the_process_starts_in_the_task_root_and_finds_the_handler_there(sandbox):
    environment = sandbox(CASES, "code.where")
    task_root = environment.function.root.resolve() / "var/task"
    assert json.loads(environment.invoke(b"").payload) == [str(task_root), str(task_root), str(task_root / "code.py")]


@pytest.mark.parametrize(
    ("handler", "payload", "outcome", "error_type", "message"),
    [
        ("raises", b"{}", InvocationOutcome.HANDLER_ERROR, "ValueError", "bad value"),
        (
            "a_set",
            b"",
            InvocationOutcome.HANDLER_ERROR,
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
        (
            "echo",
            b"nonsense",
            InvocationOutcome.HANDLER_ERROR,
            "Runtime.UnmarshalError",
            "Unable to unmarshal input: Expecting value: line 1 column 1 (char 0)",
        ),
        (
            "exits",
            b"0",
            InvocationOutcome.EXITED,
            "Runtime.ExitError",
            "RequestId: ID Error: Runtime exited without providing a reason",
        ),
        (
            "exits",
            b"3",
            InvocationOutcome.EXITED,
            "Runtime.ExitError",
            "RequestId: ID Error: Runtime exited with error: exit status 3",
        ),
        (
            "hard",
            b"",
            InvocationOutcome.EXITED,
            "Runtime.ExitError",
            "RequestId: ID Error: Runtime exited with error: exit status 7",
        ),
        (
            "killed",
            b"11",
            InvocationOutcome.EXITED,
            "Runtime.ExitError",
            "RequestId: ID Error: Runtime exited with error: signal: segmentation fault",
        ),
        (
            "missing",
            b"",
            InvocationOutcome.INIT_ERROR,
            "Runtime.HandlerNotFound",
            "Handler 'missing' missing on module 'code'",
        ),
    ],
)
def test_errors_look_as_on_lambda(sandbox, handler, payload, outcome, error_type, message):
    result = sandbox(CASES, f"code.{handler}").invoke(payload, "ID")
    error = json.loads(result.payload)
    assert (result.outcome, result.function_error) == (outcome, "Unhandled")
    assert (error["errorType"], error["errorMessage"]) == (error_type, message)


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message"),
    [
        (
            "import no_such",
            "code.x",
            "Runtime.ImportModuleError",
            "Unable to import module 'code': No module named 'no_such'",
        ),
        ("def x(:", "code.x", "Runtime.UserCodeSyntaxError", "Syntax error in module 'code'"),
        ("", "nodot", "Runtime.MalformedHandlerName", "Bad handler 'nodot'"),
        ("", "sys.exit", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
        ("raise RuntimeError('at import')", "code.x", "RuntimeError", "at import"),
    ],
)
def test_a_function_that_does_not_start_says_why_every_time(sandbox, source, handler, error_type, message):
    environment = sandbox(source, handler)
    for _ in range(2):
        result = environment.invoke(b"")
        error = json.loads(result.payload)
        assert (result.outcome, error["errorType"]) == (InvocationOutcome.INIT_ERROR, error_type)
        assert error["errorMessage"].startswith(message)
        assert b"[ERROR]" in result.log


def test_a_process_that_ends_while_it_starts_is_an_exit_error(sandbox):
    result = sandbox("import os; os._exit(4)").invoke(b"", "ID")
    assert json.loads(result.payload)["errorMessage"] == (
        "RequestId: ID Error: Runtime exited with error: exit status 4"
    )


def test_a_traceback_names_files_as_in_the_image(sandbox):
    result = sandbox(CASES, "code.raises").invoke(b"")
    trace = json.loads(result.payload)["stackTrace"]
    assert trace[0].startswith('  File "/var/task/code.py", line 2, in raises')
    assert b'File "/var/task/code.py", line 2, in raises' in result.log


def test_a_handler_that_raises_keeps_its_process(sandbox):
    environment = sandbox(CASES, "code.raises")
    environment.invoke(b"")
    pid = environment.pid
    environment.invoke(b"")
    assert environment.pid == pid is not None


def test_an_answer_of_the_largest_size_passes_and_one_more_byte_does_not(sandbox):
    environment = sandbox(CASES, "code.big")
    assert len(environment.invoke(b"6291556").payload) == 6291556
    result = environment.invoke(b"6291557")
    assert (result.outcome, json.loads(result.payload)) == (
        InvocationOutcome.TOO_LARGE,
        {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        },
    )
    assert environment.invoke(b"2").payload == b'""'


def test_the_log_has_lambdas_lines_around_what_the_handler_wrote(sandbox):
    log = sandbox(CASES, "code.talks").invoke(b"", "ID").log.decode()
    assert re.fullmatch(
        r"START RequestId: ID Version: \$LATEST\n"
        r"one\ntwo\nthreeEND RequestId: ID\n"
        r"REPORT RequestId: ID\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"(Max Memory Used: \d+ MB\t)?Init Duration: [\d.]+ ms\t\n",
        log,
    )


def test_the_log_tail_is_the_last_four_kilobytes(sandbox):
    result = sandbox(CASES, "code.chatty").invoke(b"")
    assert (len(result.log_tail), result.log.endswith(result.log_tail)) == (4096, True)
    assert b"xend\nEND" in result.log_tail


def test_what_the_module_writes_at_import_comes_before_start(sandbox):
    environment = sandbox("print('loading')\ndef handler(event, context): pass")
    assert environment.invoke(b"").log.startswith(b"loading\nSTART")
    assert b"loading" not in environment.invoke(b"").log


def test_the_environment_is_made_from_scratch(sandbox, monkeypatch):
    monkeypatch.setenv("LAB_SECRET", "s")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the lab's own")
    environment = sandbox(
        CASES,
        "code.environment",
        environment={"GREETING": "hi", "AWS_REGION": "mars"},
        host_environment={"AWS_ACCESS_KEY_ID": "role's", "AWS_SESSION_TOKEN": "t"},
    )
    found = json.loads(environment.invoke(b"").payload)
    assert {name for name in found if name.startswith("LAB")} == set()
    assert "AWS_SECRET_ACCESS_KEY" not in found
    assert "PYTHONPATH" not in found
    assert (found["GREETING"], found["AWS_REGION"], found["AWS_ACCESS_KEY_ID"]) == ("hi", "us-east-1", "role's")
    assert found["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert "LD_LIBRARY_PATH" not in found
    assert found["_HANDLER"] == "code.environment"
    assert found["LAMBDA_TASK_ROOT"] == str(environment.function.root.resolve() / "var/task")


def on_image(root, entrypoint=None, command=None, **settings):
    config = ImageConfig.of({"config": {"Entrypoint": entrypoint, "Cmd": command}})
    return RunnableFunction(root, config, **settings)


def test_secrets_are_not_in_the_representation_of_a_function(tmp_path):
    assert "secret-token" not in repr(
        RunnableFunction(tmp_path, ImageConfig(), host_environment={"AWS_SESSION_TOKEN": "secret-token"})
    )


def test_text_is_not_escaped_to_ascii(sandbox):
    assert sandbox(CASES, "code.umlaut").invoke(b"").payload == '"ü"'.encode()


@pytest.mark.parametrize(
    ("entrypoint", "command", "handler"),
    [
        (["/lambda-entrypoint.sh"], ["a.b"], "a.b"),
        (["/usr/local/bin/python", "-m", "awslambdaric"], ["a.b"], "a.b"),
        (["python3", "-m", "awslambdaric", "a.b"], [], "a.b"),
    ],
)
def test_the_handler_is_what_the_image_gives_to_awslambdaric(tmp_path, entrypoint, command, handler):
    assert on_image(tmp_path, entrypoint, command).handler() == handler


def test_the_functions_settings_override_the_images(tmp_path):
    settings = {"entrypoint": ["/lambda-entrypoint.sh"], "command": ["c.d"]}
    assert (
        RunnableFunction(
            tmp_path, ImageConfig.of({"config": {"Entrypoint": ["/x"], "Cmd": ["a"]}}), **settings
        ).handler()
        == "c.d"
    )


@pytest.mark.parametrize("entrypoint", [["/bin/sh", "-c", "true"], ["/app"], [], None])
def test_an_image_that_is_not_a_python_function_is_an_invalid_entrypoint(tmp_path, entrypoint):
    with Sandbox(on_image(tmp_path, entrypoint, ["x"])) as environment:
        result = environment.invoke(b"", "ID")
    error = json.loads(result.payload)
    assert (result.outcome, error["errorType"]) == (InvocationOutcome.NOT_STARTED, "Runtime.InvalidEntrypoint")
    assert "the lab runs Python handlers only" in error["errorMessage"]


@pytest.mark.parametrize("command", [[], ["/bin/sh", "-c", "a.b"], None])
def test_awss_entrypoint_without_exactly_one_argument_exits_as_its_script_does(tmp_path, command):
    with pytest.raises(Fault, match="exit status 142") as caught:
        RunnableFunction(
            tmp_path, ImageConfig.of({"config": {"Entrypoint": ["/lambda-entrypoint.sh"], "Cmd": command}})
        ).handler()
    assert (caught.value.error_type, "handler name" in caught.value.log) == ("Runtime.ExitError", True)


def test_a_working_directory_that_the_image_lacks_is_told(sandbox):
    error = json.loads(sandbox(CASES, working_directory="/nowhere").invoke(b"").payload)
    assert (error["errorType"], "chdir /nowhere" in error["errorMessage"]) == ("Runtime.InvalidWorkingDir", True)


@pytest.mark.parametrize(
    ("handler", "payload"),
    [
        ("echo", b'{"a": "\xc3\xbc"}'),
        ("about", b""),
        ("client", b""),
        ("raises", b""),
        ("exits", b"3"),
        ("big", b"6291557"),
    ],
)
def test_the_stand_in_for_the_native_client_answers_the_same(sandbox, handler, payload):
    headers = {"Lambda-Runtime-Client-Context": '{"custom": {"a": "b"}}'}
    native = sandbox(CASES, f"code.{handler}", timeout=60).invoke(payload, "ID", headers)
    stand_in = sandbox(CASES, f"code.{handler}", timeout=60)
    task_root = stand_in.function.root / "var/task"
    shutil.copy(Path(inside_the_process.__file__).parent / "runtime_client.py", task_root)
    (task_root / "code.py").write_text("import runtime_client\nassert runtime_client._connection\n" + CASES)
    result = stand_in.invoke(payload, "ID", headers)
    assert (result.payload.replace(b"line 4", b"line 2"), result.outcome) == (native.payload, native.outcome)


def test_the_stand_in_is_what_is_found_where_there_is_no_native_client(sandbox):
    source = "import sys\ndef handler(event, context): return sys.path[-1]"
    assert json.loads(sandbox(source).invoke(b"").payload) == str(Path(inside_the_process.__file__).parent)
