"""A changed document keeps every byte of what did not change, whatever its layout."""

from __future__ import annotations

import json
from difflib import ndiff
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.diagnosis.fixing.layout import diff, rewritten
from labkit.pull import policies
from labkit.pull.stored_policy import rewritten as as_ecr_shows

POLICY = policies.cross_account("111122223333")
LAYOUTS = {
    "two spaces": json.dumps(POLICY, indent=2),
    "four spaces": json.dumps(POLICY, indent=4),
    "tabs": json.dumps(POLICY, indent="\t"),
    "one line": json.dumps(POLICY),
    "no blanks": json.dumps(POLICY, separators=(",", ":")),
    "ECR's": as_ecr_shows(json.dumps(POLICY)),
    "blanks around": f"\n  {json.dumps(POLICY, indent=2)}\n\n",
    "CRLF": json.dumps(POLICY, indent=2).replace("\n", "\r\n"),
}
NEW = {
    "Sid": "New",
    "Effect": "Allow",
    "Principal": "*",
    "Action": ["ecr:A", "ecr:B"],
    "Condition": {"Bool": {"k": "v"}},
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_what_is_not_changed_is_kept_byte_for_byte(text: str):
    assert rewritten(text, json.loads(text)) == text


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_a_new_statement_changes_no_line_of_the_others(text: str):
    data = json.loads(text)
    data["Statement"].append(NEW)
    after = rewritten(text, data)
    assert json.loads(after) == data
    gone = [line[2:].strip() for line in ndiff(text.splitlines(), after.splitlines()) if line.startswith("- ")]
    assert len(text.splitlines()) == 1 or set(gone) <= {"}", "} ]"}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_one_value_is_replaced_in_its_place(text: str):
    data = json.loads(text)
    data["Statement"][0]["Sid"] = "Other"
    assert rewritten(text, data) == text.replace('"CrossAccountPermission"', '"Other"')


def test_a_new_statement_is_laid_out_as_ecr_lays_out_the_others():
    text = LAYOUTS["ECR's"]
    data = {**POLICY, "Statement": [*POLICY["Statement"], NEW]}
    assert rewritten(text, data) == as_ecr_shows(json.dumps(data))


def test_a_renamed_operator_stays_where_it_stood():
    text = json.dumps({"Statement": {"Condition": {"StringEquals": {"a": "*"}, "Bool": {"b": "true"}}}}, indent=2)
    data = {"Statement": {"Condition": {"StringLike": {"a": "*"}, "Bool": {"b": "true"}}}}
    assert json.loads(rewritten(text, data)) == data
    assert list(json.loads(rewritten(text, data))["Statement"]["Condition"]) == ["StringLike", "Bool"]


def test_the_diff_of_one_long_line_is_spread_to_be_read():
    text = LAYOUTS["one line"]
    lines = diff(text, text.replace("CrossAccountPermission", "Other"), "app").splitlines()
    assert [line for line in lines if line[:2] in ("- ", "+ ")] == [
        '-      "Sid": "CrossAccountPermission",',
        '+      "Sid": "Other",',
    ]


VALUES = st.recursive(
    st.text(max_size=5) | st.integers(0, 9) | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, VALUES, st.sampled_from((None, 1, 2, "\t")))
def test_whatever_is_rewritten_says_the_new_value(old: Any, new: Any, indent: Any):
    assert json.loads(rewritten(json.dumps(old, indent=indent), new)) == new
