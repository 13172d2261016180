"""Aliases: made, moved, shared out between two versions, and what they refuse (texts as recorded on AWS)."""

from __future__ import annotations

from collections import Counter
from itertools import cycle
from typing import Any

import pytest

from labkit.embedded.services.lambda_ import pages as lists
from labkit.embedded.services.lambda_.aliases.record import Alias
from labkit.embedded.services.lambda_.aliases.routing import chosen
from labkit.pull.function import FunctionRef
from tests.embedded.lab_of_tests import REGISTRY, refusal
from tests.embedded.services.lambda_.conftest import Functions

ARN = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:f"


def weights(**shares: float) -> dict[str, Any]:
    return {"RoutingConfig": {"AdditionalVersionWeights": {name.lstrip("v"): share for name, share in shares.items()}}}


@pytest.fixture
def lambda_(functions: Functions) -> Any:
    """The function f with the versions 1 and 2 and the alias live, which names 1."""
    functions.active()
    functions.published("one", "two")
    functions.lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1", Description="now")
    return functions.lambda_


def members(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in ("ResponseMetadata", "RevisionId")}


@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_an_alias_is_shown_as_it_was_made_and_moved(lambda_: Any):
    live = {"AliasArn": f"{ARN}:live", "Name": "live", "FunctionVersion": "1", "Description": "now"}
    first = lambda_.get_alias(FunctionName="f", Name="live")
    assert members(first) == live
    moved = lambda_.update_alias(FunctionName="f", Name="live", FunctionVersion="2", **weights(v1=0.25))
    assert members(moved) == {**live, "FunctionVersion": "2", **weights(v1=0.25)}
    kept = lambda_.update_alias(FunctionName="f", Name="live", Description="")
    assert members(kept) == {**live, "FunctionVersion": "2", "Description": "", **weights(v1=0.25)}
    alone = lambda_.update_alias(FunctionName="f", Name="live", **weights())
    assert "RoutingConfig" not in alone
    assert len({each["RevisionId"] for each in (first, moved, kept, alone)}) == 4
    assert lambda_.delete_alias(FunctionName="f", Name="live")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(lambda_.get_alias, FunctionName="f", Name="live")[:2] == ("ResourceNotFoundException", 404)
    assert lambda_.delete_alias(FunctionName="f", Name="live")["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_a_function_is_shown_by_the_name_of_its_alias(lambda_: Any):
    for written in ({"FunctionName": "f:live"}, {"FunctionName": ARN, "Qualifier": "live"}):
        found = lambda_.get_function(**written)["Configuration"]
        assert (found["FunctionArn"], found["Version"]) == (f"{ARN}:live", "1")


def test_aliases_are_listed_by_name_or_by_version_in_pages(lambda_: Any, monkeypatch: pytest.MonkeyPatch):
    for name, version in {"b": "1", "a": "2", "c": "$LATEST"}.items():
        lambda_.create_alias(FunctionName="f", Name=name, FunctionVersion=version)
    monkeypatch.setattr(lists, "PAGE", 3)
    pages = lambda_.get_paginator("list_aliases").paginate(FunctionName="f")
    assert [[each["Name"] for each in page["Aliases"]] for page in pages] == [["a", "b", "c"], ["live"]]
    of_one = lambda_.list_aliases(FunctionName="f", FunctionVersion="1")["Aliases"]
    assert [each["Name"] for each in of_one] == ["b", "live"]


def test_an_old_revision_of_an_alias_is_refused(lambda_: Any):
    text = "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
    answer = refusal(lambda_.update_alias, FunctionName="f", Name="live", Description="x", RevisionId="old")
    assert answer == ("PreconditionFailedException", 412, text + "retrieve the latest Revision Id")
    now = lambda_.get_alias(FunctionName="f", Name="live")["RevisionId"]
    lambda_.update_alias(FunctionName="f", Name="live", Description="x", RevisionId=now)


INVALID, MISSING = "InvalidParameterValueException", "ResourceNotFoundException"
AT = (
    "1 validation error detected: Value '{}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: "
)
REFUSED: list[tuple[str, dict[str, Any], tuple[str, int, str]]] = [
    (
        "two more versions",
        {"FunctionVersion": "1", **weights(v2=0.2, v3=0.2)},
        (INVALID, 400, "Number of items in AdditionalVersionWeights cannot be greater than 1"),
    ),
    (
        "more than all",
        {"FunctionVersion": "1", **weights(v2=2.0)},
        (
            "ValidationException",
            400,
            AT.format("{2=2.0}") + "Map value must satisfy constraint: [Member must have value less than or equal to "
            "1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
        ),
    ),
    (
        "a share of $LATEST",
        {"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"$LATEST": 0.5}}},
        (
            "ValidationException",
            400,
            AT.format("{$LATEST=0.5}") + "Map keys must satisfy constraint: [Member must have length less than or "
            "equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression "
            "pattern: [0-9]+]",
        ),
    ),
    (
        "the same version twice",
        {"FunctionVersion": "1", **weights(v1=0.5)},
        (INVALID, 400, "Invalid function version 1. Function version 1 is already included in routing configuration."),
    ),
    (
        "$LATEST beside another",
        {"FunctionVersion": "$LATEST", **weights(v1=0.5)},
        (INVALID, 400, "$LATEST is not supported for an alias pointing to more than 1 version"),
    ),
    ("no such version", {"FunctionVersion": "10"}, (MISSING, 404, f"Function not found: {ARN}:10")),
    (
        "no such other version",
        {"FunctionVersion": "1", **weights(v10=0.5)},
        (MISSING, 404, f"Function not found: {ARN}:10"),
    ),
    (
        "a name that is taken",
        {"FunctionVersion": "1", "Name": "live"},
        ("ResourceConflictException", 409, f"Alias already exists: {ARN}:live"),
    ),
    (
        "no such function",
        {"FunctionVersion": "1", "FunctionName": "g"},
        (MISSING, 404, f"Function not found: {ARN[:-1]}g:1"),
    ),
]


@pytest.mark.parametrize(("request_", "answer"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_an_alias_that_cannot_be_is_refused(lambda_: Any, request_: dict[str, Any], answer: tuple[str, int, str]):
    assert refusal(lambda_.create_alias, **{"FunctionName": "f", "Name": "new", **request_}) == answer


@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_a_missing_alias_is_told_in_words_of_the_operation(lambda_: Any):
    of = {"FunctionName": "f", "Name": "none"}
    assert refusal(lambda_.get_alias, **of) == (MISSING, 404, f"Cannot find alias arn: {ARN}:none")
    assert refusal(lambda_.update_alias, **of) == (MISSING, 404, f"Alias not found: {ARN}:none")


# -- Invocations ---------------------------------------------------------------------------------------------------


def test_an_invocation_by_an_alias_runs_its_version_and_says_which(lambda_: Any, functions: Functions):
    assert functions.invoke(Qualifier="live") == ("1", ["1", f"{ARN}:live", "one"])
    lambda_.update_alias(FunctionName="f", Name="live", FunctionVersion="2")
    assert functions.invoke("f:live") == ("2", ["2", f"{ARN}:live", "two"])


@pytest.mark.aws("Lambda Developer Guide, aliases", "high")
def test_invocations_are_shared_out_by_the_weights(lambda_: Any, functions: Functions):
    lambda_.update_alias(FunctionName="f", Name="live", **weights(v2=0.25))
    draws = cycle([0.1, 0.3, 0.6, 0.9])
    functions.cloud.embedded.functions.draw = lambda: next(draws)
    executed = [functions.invoke(Qualifier="live")[0] for _ in range(8)]
    assert executed == ["2", "1", "1", "1", "2", "1", "1", "1"]


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.2, 20), (0.5, 50), (1.0, 100)])
def test_each_version_gets_its_share_and_no_more(share: float, expected: int):
    alias = Alias(FunctionRef(REGISTRY, "eu-central-1", "f", "live"), "1", weights={"2": share})
    found = Counter(chosen(alias, lambda number=number: number / 100) for number in range(100))
    assert found == {version: count for version, count in (("2", expected), ("1", 100 - expected)) if count}
