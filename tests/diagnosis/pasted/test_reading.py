"""Texts as people paste them, in the forms of the tools: what each of them says is found, whatever surrounds it."""

from __future__ import annotations

import html
import json
import textwrap
from dataclasses import asdict
from pathlib import Path

import pytest

from labkit.diagnosis.cause_table import CAUSES
from labkit.diagnosis.pasted import read
from labkit.diagnosis.pasted.pullers import PULLERS
from labkit.diagnosis.pasted.sentences import BARE_CODES, SENTENCES

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "expected.json").read_text("utf-8"))
SAMPLES = {path.stem: path.read_text("utf-8") for path in (HERE / "samples").glob("*.txt")}
DENIED = (
    "An error occurred (AccessDeniedException) when calling the CreateFunction operation: User: "
    "arn:aws:sts::592444418872:assumed-role/deployer/GitHubActions is not authorized to perform: iam:PassRole on "
    "resource: arn:aws:iam::592444418872:role/orders-execution because no identity-based policy allows the "
    "iam:PassRole action"
)
IMAGE = "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-another-account:0.0.1"
GONE = (
    "An error occurred (InvalidParameterValueException) when calling the UpdateFunctionCode operation: Source image "
    f"{IMAGE} does not exist. Provide a valid source image."
)


def said(pasted):
    """What was found, as the table of expectations writes it."""
    found = {**asdict(pasted), "looks_like": list(pasted.looks_like), "masked": list(pasted.masked)}
    if pasted.denial:
        found["denial"] = {**asdict(pasted.denial), "kind": pasted.denial.kind and pasted.denial.kind.value}
    return found | {"repository_arn": pasted.repository_arn}


def test_every_sample_has_an_expectation():
    assert set(SAMPLES) == set(EXPECTED)
    assert len(SAMPLES) >= 40


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_a_pasted_text_says_is_found(name):
    expected = dict(EXPECTED[name])
    fits = expected.pop("fits", [])
    found = said(read(SAMPLES[name]))
    assert {key: found[key] for key in expected} == expected
    assert set(fits) <= set(found["looks_like"])


def hard_wrapped(text, width):
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


FORMS = {
    "as it is": lambda text: text,
    "wrapped by a terminal of 80 columns": lambda text: hard_wrapped(text, 80),
    "wrapped by a terminal of 100 columns": lambda text: hard_wrapped(text, 100),
    "wrapped between words": lambda text: textwrap.fill(text, 72, break_long_words=False, break_on_hyphens=False),
    "framed by Terraform": lambda text: textwrap.indent(
        textwrap.fill(text, 70, break_long_words=False, break_on_hyphens=False), "│ "
    ),
    "quoted in a mail": lambda text: textwrap.indent(
        textwrap.fill(text, 70, break_long_words=False, break_on_hyphens=False), "> > "
    ),
    "stamped by GitHub": lambda text: textwrap.indent(text, "2026-03-02T10:11:13.1234568Z "),
    "stamped by a program": lambda text: textwrap.indent(text, "[2026-03-02 10:11:13,123] "),
    "coloured": lambda text: "\x1b[31m" + text.replace(": ", ": \x1b[1m") + "\x1b[0m",
    "coloured, the escape lost": lambda text: f"[31m{text}[0m",
    "linked": lambda text: f"\x1b]8;;https://example.com\x07{text}\x1b]8;;\x07",
    "in JSON": lambda text: json.dumps({"message": json.dumps({"reason": f'"{text}"'})}),
    "in HTML": lambda text: html.escape(f'<p>"{text}"</p>'),
    "with lines of Windows": lambda text: f"before\r\n{text}\r\nafter\r\n",
    "with a byte order mark and soft spaces": lambda text: "\ufeff" + text.replace(" ", "\xa0"),
    "in smart quotes": lambda text: f"“{text}”",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", [DENIED, GONE], ids=["denied", "gone"])
def test_the_same_is_found_whatever_a_tool_does_to_the_text(text, form):
    plain, pasted = read(text), read(FORMS[form](text))
    keys = ("speaker", "looks_like", "code", "api", "operation", "image", "caller", "execution_role", "denial")
    assert {key: getattr(pasted, key) for key in keys} == {key: getattr(plain, key) for key in keys}
    assert plain.code is not None


@pytest.mark.parametrize("width", range(60, 140))
def test_a_terminal_of_any_width_breaks_no_name(width):
    assert read(hard_wrapped(GONE, width)).image == IMAGE


def test_whoever_is_no_lambda_is_told_with_the_rule_that_holds_there():
    pasted = read(SAMPLES["agentcore"])
    assert pasted.is_other_puller
    assert "identity policy" in pasted.puller.rule
    assert pasted.puller.sentence.startswith("This is an error of Amazon Bedrock AgentCore, not of Lambda.")


def test_every_puller_has_a_sample():
    assert {puller.id for puller in PULLERS} <= {read(text).speaker for text in SAMPLES.values()}


def test_every_cause_that_a_sentence_fits_is_in_the_table_of_causes():
    named = {cause for row in (*SENTENCES, *BARE_CODES) for cause in row.looks_like}
    named |= {cause for text in SAMPLES.values() for cause in read(text).looks_like}
    assert named <= set(CAUSES)


def test_the_functions_arn_is_put_together_from_what_stands_apart():
    pasted = read(SAMPLES["cloudtrail-lookup-events"])
    assert pasted.function_arn == "arn:aws:lambda:eu-central-1:592444418872:function:orders"
    assert read(SAMPLES["console-restore"]).function_arn is None
