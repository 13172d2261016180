"""JSON with places: the value is that of the standard library, and each part is found."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given

from labkit.check.positions import read
from tests.check.made_up import JSON


@given(JSON)
def test_reading_with_places_reads_what_json_reads(value):
    source = json.dumps(value)
    assume("NaN" not in source and "Infinity" not in source)
    assert repr(read(source).value) == repr(json.loads(source))
    assert "" in read(source).offsets


@pytest.mark.parametrize("pointer", ["/a~1b/0", "/a~1b/1/c~0", "/d"])
def test_places_are_found_by_json_pointers(pointer):
    parsed = read('{"a/b": [1, {"c~": "x"}],\n "d": {}}')
    key = {"/a~1b/0": "1,", "/a~1b/1/c~0": '"c~"', "/d": '"d"'}[pointer]
    assert parsed.source[parsed.offsets[pointer] :].startswith(key)


def test_a_brace_inside_a_text_is_not_taken_for_structure():
    parsed = read('{"a": "}{\\"[", "b": 1}')
    assert parsed.place("/b") == (1, 16)
