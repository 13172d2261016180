"""What is wrong with a text that is no JSON, in people's words: what stands where, and what to write.

Python's parser says where it could not go on, and what it would have taken there. What the author did is told from the
text around that place: a table of mistakes, of which the first that fits is named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

_INSTEAD = "Write JSON: double quotes, commas between members and none after the last, no comments."
_MORE = 40  # characters of the text that are shown


class Mistake(NamedTuple):
    """What is wrong, what to write instead, and the offset in the text where it stands."""

    problem: str
    instead: str
    offset: int


def mistake(text: str, error: json.JSONDecodeError) -> Mistake:
    """The mistake in a text that ``json`` did not read. Never raises."""
    for rule in (*_WHOLE, *_AT):
        found = rule(text, error)
        if found is not None:
            return found
    return Mistake(f"{error.msg}.", _INSTEAD, error.pos)


def located(text: str, error: json.JSONDecodeError) -> str:
    """The mistake as the end of a sentence, with the line and column (from 1) where it stands."""
    found = mistake(text, error)
    line, column = text.count("\n", 0, found.offset) + 1, found.offset - text.rfind("\n", 0, found.offset)
    problem = f"{found.problem[0].lower()}{found.problem[1:]}".rstrip(".")
    return f"{problem} (line {line}, column {column})."


_Rule = Callable[[str, json.JSONDecodeError], Mistake | None]


def _whole(pattern: str, problem: str, instead: str) -> _Rule:
    """A text of another language altogether, told by how it begins."""
    return lambda text, _error: Mistake(problem, instead, 0) if re.match(pattern, text) else None


_WHOLE: tuple[_Rule, ...] = (
    _whole(r"\s*\Z", "The text is empty.", "Give the policy's JSON."),
    _whole(
        r"\s*(?:#[^\n]*\n\s*)*(?:resource|data|locals|variable|module|output)\b[^\n{]*\{|\s*jsonencode\(",
        "This is Terraform's language, not JSON.",
        "Give what it makes: terraform show -json, or the policy's own JSON.",
    ),
    _whole(
        r"\s*(?:---|(?:#[^\n]*\n\s*)*(?:-\s+)?[\"']?\w+[\"']?:(?:\s|$))",
        "This is YAML, not JSON.",
        "Give the policy as JSON, as AWS stores it.",
    ),
    _whole(r"\s*<", "This is HTML or XML, not JSON.", "Give the policy's JSON."),
    _whole(r"\s*%7B", "The text is percent-encoded, as IAM's API answers it.", "Decode it first; the aws CLI does."),
    _whole(
        r"\s*(?:aws: \[ERROR\]: )?An error occurred \(\w+\)",
        "This is an error that the aws CLI printed, and no policy.",
        "Give the policy, or the answer of aws ecr get-repository-policy.",
    ),
)  # fmt: skip


def _at(expected: str, pattern: str, problem: str, instead: str = _INSTEAD) -> _Rule:
    """A mistake at the place where the parser stopped (with a message that fits), told by what stands there."""

    def rule(text: str, error: json.JSONDecodeError) -> Mistake | None:
        found = re.compile(pattern).match(text, error.pos) if re.match(expected, error.msg) else None
        if found is None:
            return None
        word = found.groupdict().get("word") or found[0]
        fields = {"word": word[:_MORE], "json": _AS_JSON.get(word, "")}
        return Mistake(problem.format(**fields), instead.format(**fields), error.pos)

    return rule


def _comma_too_many(text: str, error: json.JSONDecodeError) -> Mistake | None:
    """A comma before a closing brace or bracket, told where the comma stands."""
    before = text[: error.pos].rstrip()
    here = text[error.pos : error.pos + 1]
    if here in ("}", "]") and here and before.endswith(","):
        name = "brace" if here == "}" else "bracket"
        problem = f"There is a comma before the closing {name} {here}"
        return Mistake(f"{problem}.", "Take the comma away: none stands after the last member.", len(before) - 1)
    if before.endswith(",") and here == ",":
        return Mistake("There are two commas, one after the other.", "Take one of them away.", error.pos)
    return None


def _missing_comma(text: str, error: json.JSONDecodeError) -> Mistake | None:
    """A value after a value, told at the end of the first."""
    if not error.msg.startswith("Expecting ',' delimiter") or not re.match(r'["{\[\w-]', text[error.pos :]):
        return None
    before = text[: error.pos].rstrip()
    word = re.match(r'"[^"\n]*"?|\S', text[error.pos :])
    shown = word[0][:_MORE] if word else ""
    if before.endswith('"') and re.match(r"\w", text[error.pos :]):
        problem = f"A text ends before {shown}: a double quote inside it ends it."
        return Mistake(problem, 'Write \\" for a double quote inside a text.', error.pos)
    return Mistake(f"There is no comma before {shown}.", "Write a comma between two members.", len(before))


def _ends_early(text: str, error: json.JSONDecodeError) -> Mistake | None:
    if text[error.pos :].strip():
        return None
    problem = "The text ends before the policy does: a closing brace or bracket is missing."
    return Mistake(problem, "Close what was opened, or copy the whole of it.", max(len(text.rstrip()) - 1, 0))


_AS_JSON = {"True": "true", "False": "false", "None": "null"}
_VALUE, _KEY, _ANY = "Expecting value", "Expecting property name|Illegal trailing comma", ""
_AT: tuple[_Rule, ...] = (
    _comma_too_many,
    _at(_ANY, r"[\u201c\u201d\u201e\u00ab\u00bb]", "There are typographic quotes ({word}).", 'Write " for them.'),
    _at(_ANY, r"[\u2018\u2019\u201a]", "There are typographic quotes ({word}).", 'Write " for them.'),
    _at(_ANY, "'", "There are single quotes.", 'Write double quotes: ".'),
    _at(_ANY, r"//|/\*|#", "There is a comment ({word}), and JSON has none.", "Take it out."),
    _at("Extra data", r"[}\]]", "There is one closing {word} too many.", "Take it away."),
    _at("Extra data", r"[{\[]", "After the end of the policy another document begins.", "Give one policy."),
    _at("Extra data", r"(?P<word>\S[^\n]*)", "After the end of the policy there is more text: {word}", "Take it away."),
    _ends_early,
    _missing_comma,
    _at(_VALUE, r"[}\],:]", "A value is missing before {word}.", "Write it, or take away what announces it."),
    _at(_VALUE, r"(?P<word>True|False|None)\b", "{word} is Python's word.", "Write {json}."),
    _at(_KEY, r"(?P<word>[A-Za-z_][\w.-]*(?::[A-Za-z][\w/.-]*)?)", "The name {word} has no quotes.", 'Write "{word}".'),
    _at(_VALUE, r"(?P<word>[A-Za-z_*][^\s,}}\]]*)", "The value {word} has no quotes.", 'Write "{word}".'),
    _at("Expecting ':' delimiter", "=", "There is an equals sign where a colon belongs.", "Write : for it."),
    _at("Expecting ':' delimiter", r"\S", "There is no colon after the name.", 'Write "Name": value.'),
    _at("Unterminated string", r"\S", "The text that begins here has no closing quote.", 'Write " at its end.'),
    _at(
        "Invalid control character",
        r"\s",
        "A text goes on over the end of its line: its closing quote is missing, or it holds a line break.",
        'Write " at its end; a line break inside a text is \\n.',
    ),
    _at(r"Invalid \\(?:escape|uXXXX)", r"\\?.?", "There is a backslash that JSON does not know.", "Write \\\\ for it."),
)  # fmt: skip
