"""Tables, documents and refusals: what they say as text and as HTML."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from labkit.errors import LabError
from labkit.pull import policies
from labkit.show.denied import Denied
from labkit.show.document import Document
from labkit.show.table import Table

ERROR = ClientError(
    {"Error": {"Code": "AccessDeniedException", "Message": "No <b>."}, "ResponseMetadata": {"HTTPStatusCode": 403}},
    "CreateFunction",
)


def test_a_table_aligns_its_columns():
    assert repr(Table(("a", "long head"), [("value", 1), ("x", 22)])) == "a      long head\nvalue  1\nx      22"


def test_a_table_escapes_what_it_shows():
    assert "&lt;b&gt;" in Table(("a",), [("<b>",)])._repr_html_()


@pytest.mark.parametrize(
    "document",
    [
        policies.same_account(),
        policies.cross_account("592444418872", "444455556666"),
        policies.organization("o-lambdaecrlab", "o-neighbourorg"),
        policies.organization_paths("o-lambdaecrlab/r-lab1/*", "o-lambdaecrlab/r-lab1/ou-lab1-workloads/*"),
        {"Statement": []},
        {},
    ],
)
def test_a_document_means_what_it_was_made_of(document):
    assert json.loads(repr(Document(document))) == document


def test_a_document_keeps_short_lists_on_one_line():
    lines = repr(Document(policies.same_account())).splitlines()
    assert '      "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]' in lines


def test_a_text_of_aws_is_shown_byte_for_byte():
    text = policies.lambda_added_policy("eu-central-1", "813835382529")
    assert repr(Document(text)) == text


def test_a_refusal_is_caught_and_shown_as_the_cli_shows_it():
    with Denied() as refusal:
        raise ERROR
    assert repr(refusal) == str(ERROR)
    assert refusal.to_dict() == {"code": "AccessDeniedException", "status": 403, "message": "No <b>."}
    assert "No &lt;b&gt;." in refusal._repr_html_()


def test_a_call_that_is_allowed_where_a_refusal_was_expected_stops_the_notebook():
    with pytest.raises(LabError, match="expected to refuse"), Denied():
        pass


def test_errors_that_are_not_of_aws_pass_through():
    with pytest.raises(KeyError), Denied():
        raise KeyError("x")


def test_nothing_was_refused_before_the_block_ends():
    with pytest.raises(LabError, match="Nothing was refused"):
        _ = Denied().code


@pytest.mark.parametrize("at_once", [True, False])
def test_what_a_policy_that_was_taken_away_lets_be_created_is_deleted_only_where_changes_take_time(at_once):
    handlers, deleted = [], []
    events = SimpleNamespace(register=lambda _name, handler: handlers.append(handler), unregister=lambda *_: None)
    client = SimpleNamespace(
        meta=SimpleNamespace(events=events), delete_function=lambda FunctionName: deleted.append(FunctionName)
    )
    created = (None, {"FunctionArn": "arn:aws:lambda:eu-central-1:592444418872:function:f"})
    with pytest.raises(LabError, match="expected to refuse"), Denied(client, SimpleNamespace(knows_at_once=at_once)):
        pauses = [handler(response=created, attempts=1) for handler in handlers]
    assert (any(pauses), len(deleted)) == ((False, 0) if at_once else (True, 1))
