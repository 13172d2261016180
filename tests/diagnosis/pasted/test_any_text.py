"""Whatever is pasted: nothing is raised, no control character comes through, and no text takes forever."""

from __future__ import annotations

import json
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.diagnosis.pasted import denials, missing, read
from labkit.diagnosis.pasted.pullers import PULLERS
from labkit.diagnosis.pasted.sentences import BARE_CODES, SENTENCES
from labkit.ground.text import visible

FILES = sorted((Path(__file__).parent / "samples").glob("*.txt"))
NAMES, SAMPLES = [path.stem for path in FILES], [path.read_text("utf-8") for path in FILES]
PIECES = st.one_of(
    st.sampled_from([row.start for row in (*SENTENCES, *BARE_CODES)]),
    st.sampled_from([word for puller in PULLERS for word in puller.words]),
    st.sampled_from(
        ("User: ", " is not authorized to perform: ", "ecr:BatchGetImage", " on resource: ", " because no ")
    ),
    st.sampled_from(
        ("identity-based policy", " allows", " with an explicit deny in a ", "\x1b[31m", "\n", " ", "│ ", '\\"')
    ),
    st.sampled_from(
        ("813835382529", ".dkr.ecr.eu-central-1.amazonaws.com/", "***", "--region ", "arn:aws:iam::", "%3A")
    ),
    st.sampled_from(("{", '"eventName":', "[", "(", "&quot;", "\\u001b[1m")),
    st.text(max_size=8),
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_text_is_read(text):
    pasted = read(text)
    assert all(str(each) for each in missing(pasted))
    assert not any(isinstance(each, str) and each != visible(each) for each in astuple(pasted))


@given(st.text())
def test_any_text_has_its_denials(text):
    denials(text)


@given(st.sampled_from(SAMPLES), st.data())
def test_a_text_that_is_cut_anywhere_is_read(text, data):
    begin = data.draw(st.integers(0, len(text)))
    read(text[begin : data.draw(st.integers(begin, len(text)))])


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=8
    )
)
def test_an_event_of_any_shape_is_read(value):
    keys = (
        "eventName",
        "userIdentity",
        "errorCode",
        "errorMessage",
        "requestParameters",
        "resources",
        "CloudTrailEvent",
    )
    read(json.dumps({"Records": [dict.fromkeys(keys, value), value]}))
    read(json.dumps({"eventName": "X", "userIdentity": {"arn": value}, "requestParameters": {"imageIds": [value]}}))


LOG = "2026-03-02T10:11:12Z [INFO] step {} of the build is done\n"
WHERE = (0.0, 0.5, 1.0)


@pytest.mark.parametrize("place", WHERE)
def test_an_error_is_found_in_a_log_of_five_megabytes(place):
    lines = [LOG.format(number) for number in range(100_000)]
    lines.insert(int(len(lines) * place), SAMPLES[NAMES.index("cli-create")])
    log = "".join(lines)
    pasted = read(log)
    assert len(log) > 5_000_000
    assert replace(pasted, passed_over=0) == read(SAMPLES[NAMES.index("cli-create")])
    assert pasted.passed_over > 4_000_000


def test_of_a_text_without_lines_beginning_and_end_are_read():
    text = SAMPLES[NAMES.index("cli-create")].replace("\n", " ")
    pasted = read(text + "error " * 400_000)
    assert pasted.api == "CreateFunction"
    assert pasted.passed_over == len(text) + 2_400_000 - 1_000_001


CHUNKS = [
    "User: ",
    " is not authorized to perform: ecr:A on resource: ",
    "Source image ",
    "arn:aws:iam::",
    "{",
    "\\",
    "&",
    "│ ",
]
CHUNKS += [
    "***.dkr.ecr.***.",
    "creating urn:pulumi:",
    "\x1b]",
    "\n" + " " * 25 + "a",
    "The image with imageId {",
    "<a ",
    "CREATE_FAILED | ",
]


@pytest.mark.parametrize("chunk", CHUNKS)
def test_what_begins_like_something_over_and_over_is_read_to_its_end(chunk):
    text = chunk * (60_000 // len(chunk))
    assert read(f"{text} An error occurred (AccessDeniedException) when calling the").passed_over == 0
