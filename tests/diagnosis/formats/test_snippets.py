"""In every form a change says whose it is, and nothing is left out in silence."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.diagnosis import facts as f
from labkit.diagnosis.formats import FORMATS
from labkit.diagnosis.formats.quoting import PYTHON, json_text, literal, quoted
from labkit.diagnosis.formats.snippets import JSON, beside, snippet
from labkit.ground.text import UNSEEN
from tests.diagnosis.formats.made import (
    AWKWARD,
    CALLS,
    DOCUMENTS,
    EVERYTHING,
    ONCE,
    REGION,
    REGISTRY,
    SESSION,
    changed,
)

COMMENTS = [form for form in FORMATS if form != JSON]
MARKS = {"cdk-typescript": "// "}
TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from('${}%"\\#\u2028\x00\x1b'))
DATA = st.recursive(
    TEXT | st.booleans() | st.none() | st.integers(-(2**53), 2**53),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(TEXT, inside, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("form", COMMENTS)
@pytest.mark.parametrize("change", EVERYTHING.values(), ids=EVERYTHING)
def test_a_snippet_begins_with_a_comment_that_says_whose_it_is_and_that_it_replaces_the_policy(change, form):
    first = snippet((change,), form, REGION).splitlines()[0]
    assert first.startswith(MARKS.get(form, "# "))
    assert change.account in first
    regional = change.kind in (f.REPOSITORY_POLICY, f.REGISTRY_POLICY, f.VPC_ENDPOINT_POLICY)
    assert (f"region {REGION}" in first) or not regional
    assert ("the whole policy" in first) is (change.call is None)


@pytest.mark.parametrize("form", COMMENTS)
@pytest.mark.parametrize("change", ONCE.values(), ids=ONCE)
def test_a_call_is_never_left_out(change, form):
    assert change.call[1] in snippet((change,), form, REGION)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("change", EVERYTHING.values(), ids=EVERYTHING)
def test_nothing_that_is_not_seen_reaches_a_terminal(change, form):
    found = UNSEEN.findall(snippet((change,), form, REGION))
    assert set(found) <= {"\n", "\t"}


@pytest.mark.parametrize("form", COMMENTS)
def test_a_name_does_not_end_a_comment(form):
    change = changed(f.REPOSITORY_POLICY, REGISTRY, "a\nb\u2028c\rd", AWKWARD)
    assert "a\\nb\\u2028c\\rd" in snippet((change,), form, REGION).splitlines()[0]


def test_one_policy_as_json_is_its_very_text():
    change = DOCUMENTS["repository"]
    assert snippet((change,), JSON) == change.after
    assert REGISTRY in beside((change,), JSON)[0]


def test_several_changes_as_json_are_a_list_that_says_what_each_is():
    changes = tuple(EVERYTHING.values())
    found = json.loads(snippet(changes, JSON))
    assert [each["kind"] for each in found] == [each.kind for each in changes]
    assert [each.get("after") for each in found] == [json.loads(each.after) if each.after else None for each in changes]
    assert [each["call"][1] for each in found if "call" in each] == [each.call[1] for each in CALLS.values()]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_ends_of_lines_are_those_of_this_system(end):
    text = json.dumps(AWKWARD, indent=2)
    assert json_text(text.replace("\n", end)) == text


@pytest.mark.parametrize("form", [form for form in COMMENTS if form != "cli"])
def test_a_session_policy_is_told_with_its_text(form):
    mark = MARKS.get(form, "# ")
    lines = snippet((SESSION,), form, REGION).splitlines()
    assert all(line.startswith(mark.strip()) for line in lines)
    begin = lines.index(f"{mark}{{")
    assert json.loads("\n".join(line.removeprefix(mark) for line in lines[begin:])) == AWKWARD


@pytest.mark.parametrize("form", ["cloudformation", "cdk-python", "cdk-typescript"])
def test_what_belongs_to_two_accounts_belongs_into_two_stacks(form):
    word = {"cloudformation": "AWSTemplateFormatVersion", "cdk-python": "\nclass ", "cdk-typescript": "export class "}
    changes = (DOCUMENTS["repository"], DOCUMENTS["role"], DOCUMENTS["registry"])
    assert snippet(changes, form, REGION).count(word[form]) == 2


@pytest.mark.parametrize("form", ["cdk-python", "cdk-typescript"])
def test_the_cdk_is_told_that_an_imported_repository_takes_no_policy(form):
    text = snippet((DOCUMENTS["repository"],), form, REGION)
    assert "of an imported one does nothing" in text
    assert "of an imported one" not in snippet((DOCUMENTS["role"],), form, REGION)


@given(DATA)
def test_data_is_read_as_itself_by_python(data):
    assert ast.literal_eval(literal(data, PYTHON)) == data


@given(TEXT)
def test_a_text_is_read_as_itself_by_json(text):
    assert json.loads(quoted(text)) == text
    assert set(UNSEEN.findall(quoted(text))) == set()
