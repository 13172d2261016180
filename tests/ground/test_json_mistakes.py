"""What is wrong with a text that is no JSON, in people's words, and where."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.ground.json_mistakes import located, mistake

#: The text, with a ^ before the place that is named; and what is said of it.
MISTAKES = (
    ('{"a": 1^,}', "comma before the closing brace"),
    ('{"a": [1, 2^,\n]}', "comma before the closing bracket"),
    ('{"a": 1,^, "b": 2}', "two commas"),
    ('{"a": 1^\n "b": 2}', 'no comma before "b"'),
    ('{"a": [{}^ {}]}', "no comma before {"),
    ('{"a": "xy" ^z"}', "a double quote inside it"),
    ("{^'a': 1}", "single quotes"),
    ('{"a": ^\'x\'}', "single quotes"),
    ("{^\u201ca\u201d: 1}", "typographic quotes"),
    ('{"a": ^\u2018x\u2019}', "typographic quotes"),
    ('{"a": 1, ^// more\n "b": 2}', "comment (//)"),
    ('^/* policy */ {"a": 1}', "comment (/*)"),
    ('{"a": 1 ^# one\n}', "comment (#)"),
    ('{^a: 1}', "name a has no quotes"),
    ('{^aws:SourceArn: 1}', "name aws:SourceArn has no quotes"),
    ('{"a": ^Allow}', "value Allow has no quotes"),
    ('{"a": ^True}', "True is Python's word"),
    ('{"a": ^NaN}', "NaN is not a value"),
    ('{"a": ^}', "value is missing before }"),
    ('{"a": 1}^}', "closing } too many"),
    ('{"a": 1}\n^{"b": 2}', "another document begins"),
    ('{"a": 1}\n^done', "more text: done"),
    ('{"a": [1, 2^]', "a closing brace or bracket is missing"),
    ('{"a": ^"x}', "no closing quote"),
    ('{"a": "x^\n", "b": 1}', "goes on over the end of its line"),
    ('{"a" ^= 1}', "an equals sign where a colon belongs"),
    ('{"a" ^1}', "no colon after the name"),
    ('{"a": "^\\d"}', "a backslash that JSON does not know"),
    ("^", "is empty"),
    ("^  \n", "is empty"),
    ("^Version: 2012-10-17\nStatement:\n  - Effect: Allow\n", "YAML"),
    ("^---\nVersion: '2012-10-17'\n", "YAML"),
    ('^resource "aws_ecr_repository_policy" "app" {\n  policy = jsonencode({})\n}', "Terraform"),
    ("^<html>", "HTML or XML"),
    ("^%7B%22Version%22", "percent-encoded"),
    ("^An error occurred (AccessDeniedException) when calling the X operation: no", "aws CLI printed"),
)  # fmt: skip


def refused(text: str) -> json.JSONDecodeError:
    def constant(name: str) -> None:
        raise json.JSONDecodeError(f"{name} is not a value of JSON", text, text.find(name))

    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text, parse_constant=constant)
    return caught.value


@pytest.mark.parametrize(("marked", "says"), MISTAKES, ids=[row[1] + " " + row[0][:12] for row in MISTAKES])
def test_the_mistake_is_named_where_it_stands(marked: str, says: str):
    text = marked.replace("^", "", 1)
    found = mistake(text, refused(text))
    assert says in found.problem
    assert found.offset == marked.index("^")
    assert found.problem.endswith((".", says)) and found.instead


def test_line_and_column_count_from_1():
    text = '{"a": 1,\n}'
    assert located(text, refused(text)) == "there is a comma before the closing brace } (line 1, column 8)."


@given(st.text(alphabet="{}[]:,\"'\\ \nabNaN0-=#/*\u201c%<", max_size=30))
def test_whatever_is_no_json_has_a_mistake_inside_the_text(text: str):
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        found = mistake(text, error)
        assert found.problem and found.instead and 0 <= found.offset <= len(text)
