"""The vectors: requests and policies whose answers come from AWS's documentation, each one a case of its own.

An expectation names what matters to the case: the decision always, and the checks and the parts of the nearest miss
that the title speaks of. What it does not name may be anything.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from labkit.iam.cases import Case as ReadCase
from labkit.iam.cases import read_cases
from labkit.iam.operators import OPERATORS

FOLDER = Path(__file__).resolve().parents[1] / "vectors"
FILES = sorted(FOLDER.glob("*.json"))
Case = dict[str, Any]


def cases_of(path: Path) -> list[Case]:
    """The cases of a file, which holds a list of them or a single one."""
    content = json.loads(path.read_text("utf-8"))
    return content if isinstance(content, list) else [content]


CASES = [case for path in FILES for case in cases_of(path)]
LAB_TOPICS = {"ecr", "lambda", "organizations"}
OPTIONAL = {"topics", "expect", "resource_must_allow"}
REQUIRED = {"id", "title", "source", "request", "policies"}


def observed(case: Case) -> dict[str, Any]:
    """What the engine says, cut down to what the case expects something of."""
    [read] = read_cases(json.dumps(case))
    expect, answer = case["expect"], read.decide().to_dict()
    found: dict[str, Any] = {"decision": answer["decision"]}
    if "checks" in expect:
        found["checks"] = {kind: answer["checks"][kind] for kind in expect["checks"]}
    if "nearest_miss" in expect:
        miss = answer["nearest_miss"] or {}
        found["nearest_miss"] = {name: miss.get(name) for name in expect["nearest_miss"]}
    return found


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']}: {case['title']}" for case in CASES])
def test_vector(case):
    assert observed(case) == case["expect"]


def test_there_are_at_least_300_vectors():
    assert len(CASES) >= 300


def test_at_least_120_vectors_are_about_ecr_lambda_and_organizations():
    assert len([case for case in CASES if LAB_TOPICS & set(case.get("topics", ()))]) >= 120


def test_ids_are_unique():
    assert [name for name, count in Counter(case["id"] for case in CASES).items() if count > 1] == []


def test_titles_are_unique():
    assert [title for title, count in Counter(case["title"] for case in CASES).items() if count > 1] == []


def test_no_two_vectors_ask_the_same_question():
    asked = Counter(json.dumps([case["request"], case["policies"]], sort_keys=True) for case in CASES)
    assert [question for question, count in asked.items() if count > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_vector_of_a_file_has_what_a_reader_needs(path):
    for case in cases_of(path):
        assert case.keys() >= REQUIRED, case.get("id")
        assert case.keys() <= REQUIRED | OPTIONAL, case["id"]
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", case["id"]), case["id"]
        assert len(case["title"]) > 10, case["id"]
        assert len(case["source"]) > 10, case["id"]
        assert case["expect"]["decision"] in ("allowed", "denied"), case["id"]
        assert case["expect"].get("checks"), f"{case['id']} does not say which check decides"


def test_both_answers_are_well_represented():
    answers = Counter(case["expect"]["decision"] for case in CASES)
    assert min(answers.values()) >= len(CASES) / 3


def test_an_empty_engine_would_fail_the_vectors():
    """Each decision is missed by an engine that allows everything or by one that denies everything."""
    for verdict in ("allowed", "denied"):
        assert any(case["expect"]["decision"] != verdict for case in CASES)


def operators_of(value: Any) -> set[str]:
    """The condition operators that stand anywhere in a case's policies."""
    if isinstance(value, list):
        return {name for each in value for name in operators_of(each)}
    if isinstance(value, dict):
        own = set(value["Condition"]) if isinstance(value.get("Condition"), dict) else set()
        return own | {name for each in value.values() for name in operators_of(each)}
    return set()


def test_every_condition_operator_has_vectors_that_allow_and_vectors_that_deny():
    used = {verdict: set() for verdict in ("allowed", "denied")}
    for case in CASES:
        used[case["expect"]["decision"]] |= {
            name.rpartition(":")[2].removesuffix("IfExists") for name in operators_of(case["policies"])
        }
    assert {verdict: {*OPERATORS, "Null"} - names for verdict, names in used.items()} == {
        "allowed": set(),
        "denied": set(),
    }


# The collection of reported cases lies beside some copies of the project. The vectors hold the same questions; this
# reads it as it is, so that a case that is added to it counts at once.
REPORTED = Path(__file__).resolve().parents[3] / "shared" / "cases"
REPORTED_FILES = sorted(REPORTED.glob("*/case.json"))


@pytest.mark.skipif(not REPORTED_FILES, reason=f"there is no collection of reported cases in {REPORTED}")
@pytest.mark.parametrize("path", REPORTED_FILES, ids=lambda path: path.parent.name)
def test_a_reported_case_is_decided_as_aws_decided(path):
    for case in read_cases(path.read_text("utf-8")):
        assert isinstance(case, ReadCase), case
        assert case.missed(case.decide()) == []
