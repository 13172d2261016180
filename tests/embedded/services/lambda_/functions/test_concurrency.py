"""Reserved concurrency and account settings (texts as recorded on AWS)."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from tests.embedded.lab_of_tests import REGISTRY, refusal
from tests.embedded.services.lambda_.conftest import Functions

ARN = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:f"


def test_what_is_reserved_is_shown_until_it_is_given_back(functions: Functions):
    functions.active(Publish=True)
    lambda_ = functions.lambda_
    reserved = {"ReservedConcurrentExecutions": 7}
    assert "ReservedConcurrentExecutions" not in lambda_.get_function_concurrency(FunctionName="f")
    assert lambda_.put_function_concurrency(FunctionName="f", **reserved)["ReservedConcurrentExecutions"] == 7
    assert lambda_.get_function_concurrency(FunctionName="f")["ReservedConcurrentExecutions"] == 7
    assert lambda_.get_function(FunctionName="f:1")["Concurrency"] == reserved
    assert lambda_.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 993
    lambda_.delete_function_concurrency(FunctionName="f")
    assert "Concurrency" not in lambda_.get_function(FunctionName="f")


@pytest.mark.aws("Lambda Developer Guide, reserved concurrency", "high")
def test_nothing_reserved_throttles_every_invocation_of_every_version(functions: Functions):
    functions.active(Publish=True)
    functions.lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    for name in ("f", "f:1"):
        with pytest.raises(functions.lambda_.exceptions.TooManyRequestsException) as refused:
            functions.lambda_.invoke(FunctionName=name)
        answer = refused.value.response
        assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
        assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["message"]) == (429, "Rate Exceeded.")
    functions.lambda_.delete_function_concurrency(FunctionName="f")
    assert functions.invoke()[0] == "$LATEST"


def test_no_more_invocations_run_at_a_time_than_are_reserved(functions: Functions, monkeypatch: pytest.MonkeyPatch):
    functions.active(Publish=True)
    functions.lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=1)
    environments = functions.cloud.embedded.functions.environments
    running, over = threading.Event(), threading.Event()
    real = environments.invoke

    def slow(*arguments: Any) -> Any:
        running.set()
        over.wait(60)
        return real(*arguments)

    monkeypatch.setattr(environments, "invoke", slow)
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(functions.invoke()))
    first.start()
    assert running.wait(60)
    assert refusal(functions.lambda_.invoke, FunctionName="f:1")[:2] == ("TooManyRequestsException", 429)
    over.set()
    first.join(60)
    assert [version for version, _ in answers] == ["$LATEST"]
    assert functions.invoke("f:1")[0] == "1"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("nobody", ("ResourceNotFoundException", 404, f"Function not found: {ARN[:-1]}nobody:$LATEST")),
        (
            "f:$LATEST",
            (
                "InvalidParameterValueException",
                400,
                "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
                "operation. Please specify either a function name or an unqualified function ARN.",
            ),
        ),
    ],
)
def test_only_a_function_can_have_something_reserved(functions: Functions, name: str, answer: tuple[str, int, str]):
    functions.active()
    call = functions.lambda_.put_function_concurrency
    assert refusal(call, FunctionName=name, ReservedConcurrentExecutions=1) == answer


@pytest.mark.aws("Lambda Developer Guide, reserved concurrency", "high")
def test_something_must_be_left_for_the_other_functions(functions: Functions):
    functions.active("f")
    functions.active("g")
    put = functions.lambda_.put_function_concurrency
    put(FunctionName="f", ReservedConcurrentExecutions=900)
    put(FunctionName="f", ReservedConcurrentExecutions=800)
    put(FunctionName="g", ReservedConcurrentExecutions=100)
    text = (
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
        "its minimum value of [100]."
    )
    answer = refusal(put, FunctionName="g", ReservedConcurrentExecutions=101)
    assert answer == ("InvalidParameterValueException", 400, text)


def test_an_accounts_settings_count_its_own_functions(functions: Functions):
    functions.active("f", Publish=True)
    functions.active("g")
    settings = functions.lambda_.get_account_settings()
    assert settings["AccountUsage"] == {"TotalCodeSize": 0, "FunctionCount": 2}
    assert settings["AccountLimit"] == json.loads(
        '{"TotalCodeSize": 80530636800, "CodeSizeUnzipped": 262144000, "CodeSizeZipped": 52428800, '
        '"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}'
    )
    other = functions.cloud.client("workload", "lambda").get_account_settings()
    assert other["AccountUsage"]["FunctionCount"] == 0
