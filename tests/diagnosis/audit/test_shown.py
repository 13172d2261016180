"""A report for people and programs: text, CSV, JSON, SARIF, a page; what is new in it; with made-up names."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest

from labkit.diagnosis.audit import columns
from labkit.diagnosis.audit.baseline import known_before, only_new
from labkit.diagnosis.audit.estate import Member
from labkit.diagnosis.audit.redacting import redacted
from labkit.diagnosis.audit.report import Report
from labkit.diagnosis.audit.shown import lines, sarif, table
from labkit.diagnosis.audit.shown.page import page
from labkit.diagnosis.facts import NotKnown
from labkit.errors import UsageError
from tests.diagnosis.audit import estates as e
from tests.diagnosis.audit.estates import FOREIGN, HOME, LAMBDA, MEMBER, ORG, ROOT, allow, report

HOSTILE = '</script><img src=x onerror="alert(1)">\x1b[31m'


@pytest.fixture(scope="module")
def result() -> Report:
    unread = NotKnown("the repository policy of secret", "ask the owner", "whoever asked is not allowed")
    shared = e.repository(allow({"AWS": [MEMBER, FOREIGN]}, sid="shared"), allow(LAMBDA, sid="lambda"), name="team/app")
    return report(shared, e.repository(name="bare"), e.repository(name="secret", policy=unread))


def test_text_begins_with_one_sentence_and_has_a_line_for_each_repository(result):
    first, *rest = lines(result)
    assert first == (
        f"0 errors, 2 warnings, 1 note in 3 repositories of {HOME} in eu-central-1 against 5 accounts; "
        "nothing is known of 1 repository."
    )
    assert any(line.split() == ["team/app", "3", "5", "3", "1"] for line in rest)
    assert any(line.split() == ["secret", "not", "known"] for line in rest)
    assert any(line.startswith("    team/app, shared: The account 999988887777") for line in rest)


def test_csv_has_a_line_for_each_column_and_finding(result):
    rows = list(csv.DictReader(io.StringIO(table(result))))
    team = next(row for row in rows if row["repository"] == "team/app" and row["accounts"] == "Root/team")
    assert (team["of"], team["create"], team["lambda_pull"], team["push"]) == ("3", "2", "3", "1")
    assert [row["id"] for row in rows if row["kind"] == "finding"] == [each.rule.id for each in result.findings]
    assert [row["repository"] for row in rows if row["kind"] == "unknown"] == ["secret"]


def test_csv_gives_a_program_for_tables_no_formula():
    hostile = e.repository(allow({"AWS": FOREIGN}, sid='=HYPERLINK("x")'))
    rows = list(csv.DictReader(io.StringIO(table(report(hostile)))))
    assert [row["statement"] for row in rows if row["id"] == "foreign-pull"] == ['\'=HYPERLINK("x")']


def test_json_has_what_a_program_needs(result):
    data = json.loads(json.dumps(result.to_dict()))
    assert (data["format"], data["kind"], data["organization"]) == (1, "audit", ORG)
    app = next(each for each in data["repositories"] if each["name"] == "team/app")
    assert app["totals"]["create"] == {"yes": 3, "some": 0}
    assert app["accounts"][MEMBER] == "yyyn"
    assert app["accounts"][HOME] == "yyyy"
    assert next(each for each in data["repositories"] if not each["known"])["totals"] is None


def test_sarif_names_rules_places_and_fingerprints(result):
    (run,) = sarif(result, "saved answers")["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[each["ruleIndex"]] == each["ruleId"] for each in run["results"])
    assert len({each["partialFingerprints"]["labkitAudit/v1"] for each in run["results"]}) == len(result.findings)
    locations = [each["locations"][0] for each in run["results"]]
    assert locations[0]["physicalLocation"]["artifactLocation"]["uri"] == "saved%20answers"


def test_only_what_is_new_is_left(result):
    known = known_before(json.dumps(result.to_dict()), "before.json")
    nothing = only_new(result, known)
    assert (nothing.findings, nothing.hidden) == ((), len(result.findings))
    assert nothing.summary.startswith("0 new errors, 0 new warnings, 0 new notes")
    wider = report(e.repository(allow({"AWS": [MEMBER, FOREIGN, "888877776666"]}, sid="shared"), name="team/app"))
    assert {each.subject for each in only_new(wider, known).findings} == {"888877776666", ""}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"kind": "audit"}', '{"kind": "audit", "findings": [], "format": 2}']
)
def test_what_is_no_earlier_report_is_refused(text):
    with pytest.raises(UsageError, match=r"before\.json"):
        known_before(text, "before.json")


class Reading(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def test_the_page_loads_nothing_and_its_data_can_be_read(result):
    shown = page(result)
    elements = Reading(shown).elements
    assert not [tag for tag, attributes in elements if {"src", "href"} & attributes.keys() or tag in ("link", "iframe")]
    data = json.loads(re.search(r"id=data>(.*?)</script>", shown, re.DOTALL)[1])
    assert [name for name, _ in data["rows"]] == ["team/app", "bare", "secret"]
    assert [label for label, _ in data["columns"]] == [column.label for column in result.columns]


def test_the_page_shows_hostile_names_as_text():
    hostile = e.repository(allow({"AWS": FOREIGN}, sid=HOSTILE), name="app")
    units = {ROOT: HOSTILE, e.TEAM: HOSTILE}
    shown = page(report(hostile, around=e.organization(units=units)))
    assert "img" not in {tag for tag, _ in Reading(shown).elements}
    assert "\x1b" not in shown
    assert shown.count("<script") == 2


def test_redaction_leaves_nobody_recognizable_and_every_number_as_it_is(result):
    hidden = redacted(result)
    everything = "\n".join((*lines(hidden), table(hidden), page(hidden), json.dumps(hidden.to_dict())))
    for original in (HOME, MEMBER, FOREIGN, ORG, "team/app", "Root/team"):
        assert original not in everything
    assert [row.totals for row in hidden.rows] == [row.totals for row in result.rows]
    assert [each.rule for each in hidden.findings] == [each.rule for each in result.findings]
    assert list(lines(hidden)) == list(lines(redacted(result)))


def test_accounts_of_a_unit_stand_together(result):
    assert {column.label: len(column.accounts) for column in result.columns} == {
        "Root/team": 3,
        "Root": 1,
        "outside the organization": 1,
    }


def test_where_there_are_many_units_those_above_stand_for_them(monkeypatch):
    monkeypatch.setattr(columns, "MOST", 3)
    members = tuple(
        Member(f"{n:012}", "", "ACTIVE", f"{ORG}/{ROOT}/ou-abcd-0000000{n % 2}/ou-abcd-1000000{n}/")
        for n in range(1, 9)
    )
    result = report(e.repository(allow({"AWS": "000000000001"})), around=e.organization(members=members))
    assert [(column.label, len(column.accounts)) for column in result.columns[1:]] == [
        ("Root/ou-abcd-00000001/…", 4),
        ("Root/ou-abcd-00000000/…", 4),
    ]
    assert sum(len(column.accounts) for column in result.columns) == 9
    assert result.rows[0].totals.docker_pull == (2, 0)
