"""Published versions: numbers, what is answered, what runs, and what goes with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from labkit.aws.images import push
from labkit.embedded.services.lambda_ import pages as lists
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import REGISTRY, refusal
from tests.embedded.services.lambda_.conftest import Functions

ARN = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:f"
INVALID, CONFLICT, MISSING = (
    ("InvalidParameterValueException", 400),
    ("ResourceConflictException", 409),
    ("ResourceNotFoundException", 404),
)


def numbers(functions: Functions, name: str = "f") -> list[str]:
    found = functions.lambda_.list_versions_by_function(FunctionName=name)["Versions"]
    return [each["Version"] for each in found]


def shown(answer: dict[str, Any]) -> tuple[str, str, str]:
    return answer["Version"], answer["FunctionArn"], answer["State"]


# -- Published -----------------------------------------------------------------------------------------------------


@pytest.mark.aws("floci #2820 (measured on AWS), moto #8379", "high")
def test_a_function_can_be_published_as_it_is_created(functions: Functions):
    assert shown(functions.create(Publish=True)) == ("1", ARN, "Pending")
    functions.settle()
    found = functions.lambda_.get_function(FunctionName="f", Qualifier="1")["Configuration"]
    assert shown(found) == ("1", f"{ARN}:1", "Active")
    assert shown(functions.lambda_.get_function(FunctionName="f")["Configuration"]) == ("$LATEST", ARN, "Active")


@pytest.mark.aws("floci #2820 (measured on AWS)", "high")
def test_every_update_makes_another_version_and_nothing_else_does(functions: Functions):
    functions.active(Publish=True)
    lambda_ = functions.lambda_
    assert lambda_.publish_version(FunctionName="f")["Version"] == "1"
    lambda_.tag_resource(Resource=ARN, Tags={"a": "b"})
    assert lambda_.publish_version(FunctionName="f", Description="another")["Version"] == "1"
    update = lambda_.update_function_code(FunctionName="f", ImageUri=functions.uri, Publish=True)  # the same code
    assert shown(update) == ("2", f"{ARN}:2", "Pending")
    functions.settle()
    functions.update(Timeout=7)
    assert shown(lambda_.publish_version(FunctionName="f")) == ("3", f"{ARN}:3", "Active")
    assert numbers(functions) == ["$LATEST", "1", "2", "3"]


def test_a_version_keeps_what_it_was_published_with(functions: Functions):
    functions.active(Timeout=4, Description="first")
    functions.lambda_.publish_version(FunctionName="f", Description="one")
    functions.update(Timeout=9)
    of = {
        qualifier: functions.lambda_.get_function_configuration(FunctionName="f", Qualifier=qualifier)
        for qualifier in ("1", "$LATEST")
    }
    assert [(each["Timeout"], each["Description"]) for each in of.values()] == [(4, "one"), (9, "first")]
    assert of["$LATEST"]["FunctionArn"] == f"{ARN}:$LATEST"


def test_a_number_is_never_given_twice(functions: Functions):
    functions.active(Publish=True)
    functions.lambda_.delete_function(FunctionName="f", Qualifier="1")
    assert numbers(functions) == ["$LATEST"]
    assert functions.lambda_.publish_version(FunctionName="f")["Version"] == "2"
    functions.lambda_.delete_function(FunctionName="f")
    assert functions.active(Publish=True)["Version"] == "3"
    assert functions.active("g", Publish=True)["Version"] == "1"


def test_nothing_is_published_while_something_is_made_ready(functions: Functions, monkeypatch: pytest.MonkeyPatch):
    functions.active()
    monkeypatch.setattr(functions.cloud.embedded.functions, "make_ready", lambda *_: None)
    functions.lambda_.update_function_configuration(FunctionName="f", Timeout=5)
    text = f"The operation cannot be performed at this time. An update is in progress for resource: {ARN}"
    expected = (*CONFLICT, text)
    assert refusal(functions.lambda_.publish_version, FunctionName="f") == expected
    assert refusal(functions.lambda_.tag_resource, Resource=ARN, Tags={"a": "b"}) == expected
    functions.create("g", Publish=True)
    text = "The operation cannot be performed at this time. The function is currently in the following state: Pending"
    assert refusal(functions.lambda_.publish_version, FunctionName="g") == (*CONFLICT, text)
    assert refusal(functions.lambda_.invoke, FunctionName="g", Qualifier="1") == (*CONFLICT, text)


@pytest.mark.parametrize(
    ("precondition", "code", "text"),
    [
        ({"CodeSha256": "other"}, INVALID, "CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ("),
        ({"RevisionId": "other"}, ("PreconditionFailedException", 412), "The Revision Id provided does not match"),
    ],
)
def test_a_version_is_published_only_of_what_its_author_means(
    functions: Functions, precondition: dict[str, str], code: tuple[str, int], text: str
):
    functions.active()
    answer = refusal(functions.lambda_.publish_version, FunctionName="f", **precondition)
    assert answer[:2] == code
    assert answer[2].startswith(text)
    found = functions.lambda_.get_function_configuration(FunctionName="f")
    same = {name: found[name] for name in precondition}
    assert functions.lambda_.publish_version(FunctionName="f", **same)["Version"] == "1"


def test_what_is_made_ready_when_it_is_published_is_taken_up_by_the_next_process(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
):
    store = functions.cloud.embedded.functions
    with monkeypatch.context() as held:
        held.setattr(store, "make_ready", lambda *_: None)
        functions.create(Publish=True)
    store._resumed = False  # as in a process that has just started
    functions.lambda_.list_functions()
    functions.lambda_.get_function(FunctionName="f")
    functions.settle()
    assert functions.invoke(Qualifier="1")[0] == "1"


# -- Listed --------------------------------------------------------------------------------------------------------


@pytest.mark.aws("floci #2820 (measured on AWS)", "high")
def test_versions_are_listed_by_number_in_pages(functions: Functions, monkeypatch: pytest.MonkeyPatch):
    functions.active()
    functions.published(*map(str, range(11)))
    pages = functions.lambda_.get_paginator("list_versions_by_function").paginate(
        FunctionName="f", PaginationConfig={"PageSize": 5}
    )
    found = [[each["FunctionArn"].removeprefix(f"{ARN}:") for each in page["Versions"]] for page in pages]
    assert found == [["$LATEST", "1", "2", "3", "4"], ["5", "6", "7", "8", "9"], ["10", "11"]]
    monkeypatch.setattr(lists, "PAGE", 3)
    assert len(functions.lambda_.list_versions_by_function(FunctionName="f")["Versions"]) == 3


@pytest.mark.aws("moto's tests that were verified on AWS", "recorded")
def test_all_functions_are_listed_with_all_versions_where_that_is_asked(functions: Functions):
    functions.active("g", Publish=True)
    functions.active("f")
    plain = [
        each["FunctionArn"].rpartition(":function:")[2] for each in functions.lambda_.list_functions()["Functions"]
    ]
    assert plain == ["f", "g"]
    pages = functions.lambda_.get_paginator("list_functions").paginate(
        FunctionVersion="ALL", PaginationConfig={"PageSize": 2}
    )
    found = [each["FunctionArn"].rpartition(":function:")[2] for page in pages for each in page["Functions"]]
    assert found == ["f:$LATEST", "g:$LATEST", "g:1"]


# -- Run -----------------------------------------------------------------------------------------------------------


def test_each_version_runs_its_own_configuration_and_knows_its_name(functions: Functions):
    functions.active()
    functions.published("one", "two")
    functions.update(Environment={"Variables": {"WORD": "latest"}})
    assert functions.invoke() == ("$LATEST", ["$LATEST", ARN, "latest"])
    assert functions.invoke(Qualifier="$LATEST") == ("$LATEST", ["$LATEST", f"{ARN}:$LATEST", "latest"])
    assert functions.invoke(Qualifier="1") == ("1", ["1", f"{ARN}:1", "one"])
    assert functions.invoke(f"{ARN}:2") == ("2", ["2", f"{ARN}:2", "two"])


def test_a_version_goes_on_with_its_code_when_the_function_gets_another_image(functions: Functions, another: Any):
    functions.active(Publish=True)
    push(functions.ecr, "repo", "2", another)
    functions.lambda_.update_function_code(FunctionName="f", ImageUri=f"{functions.repository}:2")
    functions.settle()
    functions.ecr.delete_repository(repositoryName="repo", force=True)
    assert functions.invoke() == ("$LATEST", 2)
    assert functions.invoke(Qualifier="1")[1][:1] == ["1"]
    assert len(functions.cloud.embedded.functions.code.digests()) == 2
    functions.lambda_.delete_function(FunctionName="f", Qualifier="1")
    assert len(functions.cloud.embedded.functions.code.digests()) == 1


# -- What is not there, and what goes ------------------------------------------------------------------------------


@pytest.mark.parametrize("qualifier", ["99", "notaversion"])
@pytest.mark.aws("floci #2821", "high")
def test_a_version_that_is_not_there_is_named_in_full(functions: Functions, qualifier: str):
    """Case 28."""
    functions.active()
    expected = (*MISSING, f"Function not found: {ARN}:{qualifier}")
    for call in ("get_function", "get_function_configuration", "invoke"):
        assert refusal(getattr(functions.lambda_, call), FunctionName="f", Qualifier=qualifier) == expected
    assert (
        functions.lambda_.get_function(FunctionName="f", Qualifier="$LATEST")["Configuration"]["Version"] == "$LATEST"
    )


@pytest.mark.parametrize(
    ("name", "qualifier", "answer"),
    [
        ("f", "99", None),
        ("f", "1", (*CONFLICT, "Unable to delete version because the following aliases reference it: [blue, live]")),
        ("f", "2", (*CONFLICT, "Unable to delete version because the following aliases reference it: [blue]")),
        ("f", "3", None),
        ("f", "live", (*INVALID, "Deletion of aliases is not currently supported.")),
        ("f", "$LATEST", (*INVALID, "$LATEST version cannot be deleted without deleting the function.")),
        ("nobody", "1", (*MISSING, f"Function not found: {ARN[:-1]}nobody")),
        ("nobody", "live", (*INVALID, "Deletion of aliases is not currently supported.")),
    ],
)
@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_a_version_is_deleted_unless_an_alias_names_it(
    functions: Functions, name: str, qualifier: str, answer: tuple[str, int, str] | None
):
    functions.active()
    functions.published("1", "2", "3")
    weights = {"AdditionalVersionWeights": {"2": 0.1}}
    functions.lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    functions.lambda_.create_alias(FunctionName="f", Name="blue", FunctionVersion="1", RoutingConfig=weights)
    if answer:
        assert refusal(functions.lambda_.delete_function, FunctionName=name, Qualifier=qualifier) == answer
    else:
        deleted = functions.lambda_.delete_function(FunctionName=name, Qualifier=qualifier)
        assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    left = [each for each in ("$LATEST", "1", "2", "3") if answer or each != qualifier]
    assert numbers(functions) == left


def test_a_function_takes_all_that_it_has_with_it(functions: Functions, cloud: Cloud):
    functions.active()
    functions.published("one", "two")
    functions.active("g")
    for name in ("f", "g"):
        functions.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    principal = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": functions.role}
    for name in ("f", "f:1", "f:live", "g"):
        functions.lambda_.add_permission(FunctionName=name, **principal)
    functions.invoke(Qualifier="1")
    functions.lambda_.delete_function(FunctionName="f")
    tables = ("function", "function_alias")
    left = [[row["arn"] for row in cloud.embedded.database.all(f"SELECT arn FROM {table}")] for table in tables]
    assert left == [[f"{ARN[:-1]}g"], [f"{ARN[:-1]}g"]]
    holders = cloud.embedded.database.all("SELECT holder FROM bound_principal WHERE holder LIKE '%:function:%'")
    assert [row["holder"] for row in holders] == [f"{ARN[:-1]}g"]
    assert not functions.cloud.embedded.functions.environments._leases


# -- RevisionId ----------------------------------------------------------------------------------------------------


@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_a_revision_ends_with_every_change_of_state_or_tags_and_with_publishing(functions: Functions):
    def now() -> str:
        return str(functions.lambda_.get_function_configuration(FunctionName="f")["RevisionId"])

    seen = [functions.active()["RevisionId"], now()]
    text = "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
    old = refusal(functions.lambda_.update_function_configuration, FunctionName="f", Timeout=4, RevisionId=seen[0])
    assert old == ("PreconditionFailedException", 412, text + "retrieve the latest Revision Id")
    seen += [functions.update(Timeout=4, RevisionId=seen[1])["RevisionId"], now()]
    functions.lambda_.tag_resource(Resource=ARN, Tags={"a": "b"})
    seen.append(now())
    functions.lambda_.untag_resource(Resource=ARN, TagKeys=["a"])
    seen.append(now())
    seen += [functions.lambda_.publish_version(FunctionName="f")["RevisionId"], now()]
    assert len(set(seen)) == len(seen)
    assert now() == seen[-1]


# -- As time goes on -----------------------------------------------------------------------------------------------


def test_each_version_goes_idle_by_itself_and_comes_back(functions: Functions):
    functions.active(Publish=True)
    for _ in range(3):
        functions.cloud.embedded.move_clock(timedelta(days=10))
        functions.invoke()
    states = {
        qualifier: functions.lambda_.get_function_configuration(FunctionName="f", Qualifier=qualifier)["State"]
        for qualifier in ("$LATEST", "1")
    }
    assert states == {"$LATEST": "Active", "1": "Inactive"}
    assert functions.invoke()[0] == "$LATEST"
    assert refusal(functions.lambda_.invoke, FunctionName="f:1")[:2] == ("CodeArtifactUserPendingException", 409)
    functions.settle()
    assert functions.invoke("f:1")[0] == "1"
