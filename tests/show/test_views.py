"""Tables, documents, refusals and the map: what they say as text and as HTML."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from labkit import policies
from labkit.errors import LabError
from labkit.organization import Account, Organization, Unit
from labkit.show import Denied, Document, OrganizationMap, Table
from labkit.show.organization import NoMap, organization_map

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


ORGANIZATION = Organization(
    "o-lambdaecrlab",
    "111122223333",
    (Unit("r-lab1", "Root", None), Unit("ou-lab1-production", "production", "r-lab1")),
    (Account("592444418872", "prod", "ou-lab1-production"), Account("111122223333", "<main>", "r-lab1")),
)


def test_the_map_indents_what_is_inside_and_names_accounts_as_the_lab_does():
    shown = OrganizationMap(ORGANIZATION, {"592444418872": "workload"}, {"123456789012": "outsider"})
    assert repr(shown).splitlines() == [
        "o-lambdaecrlab  managed by 111122223333",
        "    r-lab1  Root",
        "        111122223333  <main>, not of this lab",
        "        ou-lab1-production  production",
        "            592444418872  workload",
        "123456789012  outsider",
    ]
    assert "&lt;main&gt;" in shown._repr_html_()


def test_the_map_of_a_lab_names_all_of_its_accounts(lab):
    shown = organization_map(lab)
    for actor in lab.actors():
        assert f"{actor.account}  {actor.name}" in repr(shown)


def test_where_nobody_may_read_the_organization_the_reason_stands_in_for_the_map(lab, monkeypatch):
    monkeypatch.delitem(lab.profiles, "management")
    shown = organization_map(lab)
    assert isinstance(shown, NoMap)
    assert "management profile" in repr(shown)
