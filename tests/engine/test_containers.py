"""Functions in containers of a real engine: what a handler sees, what goes wrong, and what is left behind."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import docker.errors
import psutil
import pytest

from labkit.docker import building
from labkit.docker.daemon import HOME_LABEL, Daemon
from labkit.docker.registry import login, push
from labkit.embedded.process import client
from labkit.embedded.services.lambda_.invoke.container_images import name_of
from labkit.lab.choices import Choices
from labkit.pull.uri import ImageUri
from tests.embedded.lab_of_tests import DOCKERFILE, PATIENTLY, REGION, REGISTRY, Lab, image_of, unique

from .conftest import silent
from .handlers import HANDLERS, invoke


@pytest.fixture(scope="module")
def shared(aws: Lab, uri: str) -> str:
    aws.active("registry", "shared", uri, Timeout=30, Environment={"Variables": {"NAME": "value"}}, MemorySize=256)
    return "shared"


def error_of(answer: dict[str, Any]) -> tuple[str, str]:
    return answer["errorType"], answer["errorMessage"].partition(" Error: ")[2] or answer["errorMessage"]


# -- What a handler sees ---------------------------------------------------------------------------------------------


def test_the_images_own_interpreter_runs_and_stays_warm(aws: Lab, name: str, uri: str, containers: Any):
    aws.active("registry", name, uri)
    assert [invoke(aws, name) for _ in range(3)] == [[invoke(aws, name)[0], number] for number in (1, 2, 3)]
    assert invoke(aws, name)[0].startswith("/var/lang/bin/python3")
    assert len(containers(name)) == 1


def test_a_cold_start_says_in_whose_container_it_runs(aws: Lab, name: str, uri: str, engine: Daemon):
    aws.active("registry", name, uri)
    cold, warm = invoke(aws, name, "say", log=True), invoke(aws, name, "say", log=True)
    expected = f"INIT_START Runtime Version: the image's own, in a container of Docker {engine.version}\n"
    assert cold.startswith(expected)
    for log in (cold, warm):
        assert "said by the handler" in log
        assert "and to standard error" in log
        assert "REPORT RequestId: " in log
        assert "Memory Size: 128 MB\tMax Memory Used: " in log
    assert "INIT_START" not in warm


def test_the_environment_is_lambdas_and_has_nothing_of_the_lab(aws: Lab, shared: str):
    seen = invoke(aws, shared, "environment")
    expected = {
        "NAME": "value",
        "AWS_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": shared,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_ENDPOINT_URL": aws.running.endpoint,
        "_HANDLER": "lambda_function.handler",
        "LAMBDA_TASK_ROOT": "/var/task",
    }
    assert {key: seen.get(key) for key in expected} == expected
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert not any(key.startswith(("LABKIT", "AWS_CONFIG", "AWS_SHARED")) for key in seen)


def test_the_handler_reaches_the_embedded_aws(aws: Lab, shared: str):
    assert invoke(aws, shared, "reach") in range(200, 500)


def test_only_tmp_can_be_written_to(aws: Lab, shared: str):
    assert invoke(aws, shared, "write", path="/tmp/file") is True
    for path in ("/file", "/var/task/file", "/opt/file", "/dev/shm/file"):
        assert invoke(aws, shared, "write", path=path)["errorType"] in ("OSError", "FileNotFoundError")


def test_the_handler_has_no_privileges(aws: Lab, shared: str):
    seen = invoke(aws, shared, "status")
    assert {seen[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapInh")} == {"0" * 16}
    assert seen["NoNewPrivs"] == "1"
    assert "0" not in seen["Uid"].split()


# -- What goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("do", "event", "expected"),
    [
        ("fail", {}, ("ValueError", "bad value")),
        ("leave", {"code": 3}, ("Runtime.ExitError", "Runtime exited with error: exit status 3")),
        ("end", {"code": 0}, ("Runtime.ExitError", "Runtime exited without providing a reason")),
        ("end", {"code": 7}, ("Runtime.ExitError", "Runtime exited with error: exit status 7")),
        ("eat", {}, ("Runtime.ExitError", "Runtime exited with error: signal: killed")),
        (
            "much",
            {},
            (
                "Function.ResponseSizeTooLarge",
                "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            ),
        ),
    ],
)
def test_errors_are_those_of_a_process(aws: Lab, shared: str, do: str, event: Any, expected: Any):
    assert error_of(invoke(aws, shared, do, **event)) == expected
    assert "errorType" not in invoke(aws, shared)


def test_a_handler_that_takes_too_long_loses_its_container(aws: Lab, name: str, uri: str, containers: Any):
    aws.active("registry", name, uri, Timeout=1)
    assert error_of(invoke(aws, name, "sleep")) == ("Sandbox.Timedout", "Task timed out after 1.00 seconds")
    assert containers(name) == set()
    assert invoke(aws, name)[1] == 1


def test_a_handler_that_is_not_there_is_an_init_error(aws: Lab, name: str, uri: str):
    aws.active("registry", name, uri, ImageConfig={"Command": ["no_such_module.handler"]})
    assert invoke(aws, name)["errorType"] == "Runtime.ImportModuleError"


def test_no_handler_at_all_is_what_the_images_entrypoint_says(aws: Lab, name: str, uri: str):
    aws.active("registry", name, uri, ImageConfig={"Command": ["one", "two"]})
    expected = ("Runtime.ExitError", "Runtime exited with error: exit status 142")
    assert error_of(invoke(aws, name)) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"EntryPoint": ["/bin/no-such-program"]},
            ("Runtime.InvalidEntrypoint", "fork/exec /bin/no-such-program: no such file or directory"),
        ),
        ({"EntryPoint": ["/etc/passwd"]}, ("Runtime.InvalidEntrypoint", "fork/exec /etc/passwd: permission denied")),
        ({"WorkingDirectory": "/nowhere"}, ("Runtime.InvalidWorkingDir", "chdir /nowhere: no such file or directory")),
    ],
)
def test_what_cannot_be_started_is_told(aws: Lab, name: str, uri: str, containers: Any, settings: Any, expected: Any):
    aws.active("registry", name, uri, ImageConfig=settings)
    assert error_of(invoke(aws, name)) == expected
    assert containers(name) == set()


def test_a_program_of_another_format_shows_at_invoke(aws: Lab, name: str, pushed: Any):
    uri = pushed(f"{DOCKERFILE}COPY program /program\n", program=b"\x7fELF of another machine")
    aws.active("registry", name, uri, ImageConfig={"EntryPoint": ["/program"]})
    assert error_of(invoke(aws, name)) == ("Runtime.InvalidEntrypoint", "fork/exec /program: exec format error")


def test_an_image_of_another_architecture_than_the_functions_shows_at_invoke(
    aws: Lab, name: str, uri: str, engine: Daemon
):
    other = {"amd64": "arm64", "arm64": "x86_64"}[engine.architecture]
    aws.active("registry", name, uri, Architectures=[other])
    expected = ("Runtime.InvalidEntrypoint", "fork/exec /lambda-entrypoint.sh: exec format error")
    assert error_of(invoke(aws, name)) == expected


# -- What runs where, and what is left -------------------------------------------------------------------------------


def test_an_image_on_the_labs_stand_in_runs_without_a_container(aws: Lab, name: str, tmp_path: Path, containers: Any):
    handler = "def handler(event, context):\n    return 'done'\n"
    uri = aws.repository(unique("containers"), image_of(tmp_path, handler))
    aws.active("registry", name, uri)
    assert invoke(aws, name) == "done"
    assert containers(name) == set()


def test_a_function_outlives_its_image(aws: Lab, name: str, pushed: Any):
    uri = pushed(handlers=f"# {uuid4()}\n{HANDLERS}")
    aws.active("registry", name, uri)
    invoke(aws, name)
    aws.client("registry", "ecr").delete_repository(repositoryName=uri.split("/")[1].split(":")[0], force=True)
    assert invoke(aws, name)[0].startswith("/var/lang/bin")


def test_an_engine_that_does_not_have_the_image_is_given_it(aws: Lab, name: str, pushed: Any, engine: Daemon):
    handlers = f"# {uuid4()}\n{HANDLERS}"
    uri = pushed(handlers=handlers)
    for image in engine.client.images.list():
        if any(each.endswith(uri) for each in image.tags):
            engine.client.images.remove(image.id, force=True)
    aws.active("registry", name, uri)
    assert invoke(aws, name)[1] == 1


def test_deleting_a_function_removes_its_container_and_the_name_of_its_image(
    aws: Lab, name: str, pushed: Any, containers: Any, engine: Daemon
):
    lambda_ = aws.active("registry", name, pushed(handlers=f"# {uuid4()}\n{HANDLERS}"))
    invoke(aws, name)
    digest = lambda_.get_function(FunctionName=name)["Configuration"]["CodeSha256"]
    assert len(containers(name)) == 1
    assert names_with(engine, digest)
    lambda_.delete_function(FunctionName=name)
    assert containers(name) == set()
    assert not names_with(engine, digest)


def names_with(engine: Daemon, digest: str) -> list[str]:
    return [tag for image in engine.client.images.list() for tag in image.tags if tag.endswith(f":{digest}")]


def test_updating_a_function_replaces_its_container(aws: Lab, name: str, uri: str, containers: Any):
    lambda_ = aws.active("registry", name, uri)
    invoke(aws, name)
    before = containers(name)
    lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": {"NAME": "new"}})
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=PATIENTLY)
    assert invoke(aws, name, "environment")["NAME"] == "new"
    assert containers(name).isdisjoint(before)
    assert len(containers(name)) == 1


def test_what_is_chosen_counts_from_the_next_invocation_on_and_nothing_is_left_of_the_other(
    aws: Lab, name: str, uri: str, containers: Any
):
    aws.active("registry", name, uri)
    assert invoke(aws, name)[0].startswith("/var/lang/bin")
    try:
        Choices(engine="embedded").write(aws.home)
        assert containers(name) == set()
        assert invoke(aws, name) == [sys.executable, 1]
        assert containers(name) == set()
    finally:
        Choices().write(aws.home)
    assert invoke(aws, name)[0].startswith("/var/lang/bin")
    assert len(containers(name)) == 1


@pytest.fixture
def another(
    environment: None, tmp_path: Path, engine: Daemon, base: str, request: pytest.FixtureRequest
) -> tuple[Lab, Any]:
    """An embedded AWS of the test's own with a function in a container; gives the lab and how to list containers."""
    aws = Lab(tmp_path / "another")
    request.addfinalizer(lambda: client.stop(aws.home))
    folder = tmp_path / "image"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "lambda_function.py").write_text(HANDLERS)
    image = building.build(engine, folder, base, [], silent, silent)
    uri = aws.repository("another")
    push(engine, image.id, login(aws.client("registry", "ecr")), ImageUri(REGISTRY, REGION, "another", "0.0.1"), silent)
    aws.active("registry", "another", uri)
    invoke(aws, "another")

    def left() -> set[str]:
        ours = {"label": f"{HOME_LABEL}={aws.home}"}
        return {each["Id"] for each in engine.client.api.containers(all=True, filters=ours)}

    assert len(left()) == 1
    return aws, left


def names_of(engine: Daemon, home: Path) -> list[str]:
    repository, _ = name_of(home, "")
    return [name for image in engine.client.api.images(repository) for name in image["RepoTags"]]


def test_stopping_the_lab_removes_what_it_has_in_the_engine_and_nothing_else(
    another: Any, aws: Lab, shared: str, containers: Any, engine: Daemon
):
    lab, left = another
    invoke(aws, shared)
    before = containers(shared)
    client.stop(lab.home)
    assert left() == set()
    assert names_of(engine, lab.home) == []
    assert containers(shared) == before
    assert names_of(engine, aws.home)


def killed(lab: Lab) -> None:
    process = psutil.Process(lab.running.pid)
    os.kill(lab.running.pid, signal.SIGKILL)
    process.wait(10)


def test_what_a_killed_lab_has_left_is_removed_by_the_next(another: Any, engine: Daemon):
    lab, left = another
    [before] = left()
    lab.kill()
    with suppress(docker.errors.NotFound):  # it is gone already
        engine.client.api.wait(before, timeout=30, condition="removed")
    invoke(lab, "another")
    assert len(left()) == 1


def test_what_a_killed_lab_has_left_is_removed_when_it_is_stopped(another: Any):
    lab, left = another
    killed(lab)
    client.stop(lab.home)
    assert left() == set()
