"""How dates, policy variables and condition keys are written, where IAM refuses what is not written well.

IAM reads dates more leniently than ISO 8601 has them: single digits, an hour without minutes, a year far before Christ.
Whether such a date is one that the engine compares is another question (the rule ``value-never-matches``).

Sources: IAM User Guide, "Condition operators" and "Variables and tags"; IAM Access Analyzer policy check reference;
what AWS answered to the documents in moto's tests (see ``labkit.check.answers``). Only about dates it is known what
IAM says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labkit.check.findings import Violation, quoted
from labkit.check.located import LocatedStatement, LocatedText
from labkit.iam.patterns import pieces_of

_DATE = re.compile(
    r"(?P<year>-?\d+)(?:-(?P<month>\d\d?)(?:-(?P<day>\d\d?))?)?"
    r"(?:[Tt](?:(?P<hour>\d\d?)(?::(?P<minute>\d\d?)(?::(?P<second>\d\d?)(?:\.\d{1,9})?)?)?)?"
    r"(?:[Zz]|[+-](?P<zone>\d\d)(?::(?P<east>\d\d))?)?)?",
    re.ASCII,
)
_HIGHEST = {"month": 12, "day": 31, "hour": 23, "minute": 59, "second": 59, "zone": 23, "east": 59}
_LOWEST = {"month": 1, "day": 1}
_FURTHEST_YEAR = 292_278_993  # what 64 bits of milliseconds hold
_LAST_SECOND = 2**63 - 1
_LONGEST = 100  # of a date; what is longer is none
_UNFINISHED = re.compile(r"\$\{[^}]*+$")
_WRITTEN = re.compile(r"\$\{([^{}']*+)(?:'[^']*+'\s*+)?\}")


def check(statement: LocatedStatement) -> Iterator[Violation]:
    """Findings about dates (which only IAM is known to refuse), variables and spellings of a statement."""
    for condition in statement.conditions if statement.kind.by_iam else ():
        for value in condition.values if condition.name.startswith("Date") else ():
            if not is_date(value.text):
                instead = "Write a date such as 2025-05-09T10:00:00Z, or seconds since 1970."
                yield Violation("bad-date", value.pointer, f"{quoted(value.text)} is no date.", instead)
    if statement.version == "2012-10-17":
        yield from _variables(statement)
    yield from _spellings(statement)


def is_date(text: str) -> bool:
    """Whether IAM reads the text as a date; one with a variable counts as such."""
    if "${" in text:
        return True
    if text.isdecimal() and text.isascii():
        return len(text) < _LONGEST and int(text) <= _LAST_SECOND
    found = _DATE.fullmatch(text) if len(text) < _LONGEST else None
    if found is None or abs(int(found["year"])) > _FURTHEST_YEAR:
        return False
    return all(
        found[part] is None or _LOWEST.get(part, 0) <= int(found[part]) <= highest for part, highest in _HIGHEST.items()
    )


def _variables(statement: LocatedStatement) -> Iterator[Violation]:
    listed = [value for name in ("Resource", "NotResource") for value in statement.values(name)]
    for condition in statement.conditions:
        if condition.name.startswith(("String", "Arn")):
            listed += condition.values
    yield from (_variable(value) for value in listed if "${" in value.text and not _well_formed(value.text))


def _variable(value: LocatedText) -> Violation:
    problem = f"{quoted(value.text)} holds a policy variable that is not well formed."
    instead = "Write ${aws:username}, or ${aws:username, 'default'}; for the characters themselves ${*}, ${?}, ${$}."
    return Violation("bad-variable", value.pointer, problem, instead)


def _well_formed(text: str) -> bool:
    """Whether each ``${`` begins a variable that the engine reads, with no space before its key."""
    starts = [found for found in _WRITTEN.finditer(text) if not found[1][:1].isspace()]
    pieces = [piece for piece in pieces_of(text) if not isinstance(piece, str)]
    return len(starts) == len(pieces) == text.count("${") and not _UNFINISHED.search(text)


def _spellings(statement: LocatedStatement) -> Iterator[Violation]:
    seen: dict[tuple[str, str], str] = {}
    for each in statement.conditions:
        first = seen.setdefault((each.operator, each.lower_key), each.key)
        if first != each.key:
            problem = f"{quoted(each.key)} is the same key as {quoted(first)}."
            yield Violation("two-spellings", each.pointer, problem, "Keep one, with a list of values.")
