"""The table of condition operators, and how each family reads values.

An operator is a row: its family, whether it is negated, and how a policy value is compiled into a test of one value
of the request. ``…IfExists``, ``ForAnyValue:`` and ``ForAllValues:`` are handled once for all rows, by
``labkit.iam.conditions``. A value that is not of the family's form (a word where a number is wanted) matches nothing.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import NamedTuple

from labkit.iam.patterns import Context, Pattern

ValueTest = Callable[[str, Context], bool]
Compiler = Callable[[str, bool], "CompiledValue"]
Reader = Callable[[str], float | None]


class CompiledValue(NamedTuple):
    """One value of a condition: its test, and its pattern where the family is one of texts."""

    test: ValueTest
    pattern: Pattern | None = None


def _text(style: str) -> Compiler:
    def compile_(text: str, variables: bool) -> CompiledValue:
        pattern = Pattern.compile(text, style, variables=variables)
        return CompiledValue(pattern.matches, pattern)

    return compile_


_BOOLEANS = ("true", "false")


def _bool(text: str, variables: bool) -> CompiledValue:
    pattern = Pattern.compile(text, "exact-any-case", variables=variables)
    return CompiledValue(lambda value, context: value.lower() in _BOOLEANS and pattern.matches(value, context), pattern)


def _ordered(read: Reader, compare: Callable[[float, float], bool]) -> Compiler:
    def compile_(text: str, _variables: bool) -> CompiledValue:
        wanted = read(text)

        def test(value: str, _context: Context) -> bool:
            got = read(value)
            return wanted is not None and got is not None and compare(got, wanted)

        return CompiledValue(test)

    return compile_


_NUMBER = re.compile(r"[+-]?(?:\d{1,400}(?:\.\d*+)?|\.\d{1,400})(?:[eE][+-]?\d{1,3})?", re.ASCII)


def number(text: str) -> float | None:
    """An integer (kept exact) or a decimal number; None for anything else."""
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.lstrip("+-").isdigit() else float(text)


_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)


def timestamp(text: str) -> float | None:
    """Seconds since 1970 of a date in one of the W3C's forms of ISO 8601, or of epoch seconds; None otherwise.

    A year, year and month, date, or date and time; without a zone it is UTC. Four digits are a year.
    """
    from datetime import UTC, datetime

    found = _DATE.fullmatch(text)
    if found is None:
        return number(text)
    *fields, fraction, zone = found.groups()
    filled = [int(each) if each else lowest for each, lowest in zip(fields, _LOWEST, strict=True)]
    year, month, day, hour, minute, second = filled
    try:
        when = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return when.timestamp() + float(fraction or 0) - _offset(zone)


def _offset(zone: str | None) -> int:
    """Seconds east of Greenwich of ``Z``, ``+hh:mm`` or ``-hh:mm``."""
    if zone is None or zone == "Z":
        return 0
    seconds = 3600 * int(zone[1:3]) + 60 * int(zone[4:6])
    return -seconds if zone[0] == "-" else seconds


_LOWEST = (1, 1, 1, 0, 0, 0)


def _binary(text: str, _variables: bool) -> CompiledValue:
    wanted = _decoded(text)
    return CompiledValue(lambda value, _context: wanted is not None and _decoded(value) == wanted)


def _decoded(text: str) -> bytes | None:
    from base64 import b64decode

    try:
        return b64decode(text, validate=True)
    except ValueError:
        return None


_PREFIX = re.compile(r"[0-9A-Fa-f.:]+(?:/\d{1,3})?", re.ASCII)


def _ip(text: str, _variables: bool) -> CompiledValue:
    from ipaddress import ip_address, ip_network

    try:
        network = ip_network(text, strict=False) if _PREFIX.fullmatch(text) else None
    except ValueError:
        network = None

    def test(value: str, _context: Context) -> bool:
        try:
            return network is not None and ip_address(value) in network
        except ValueError:
            return False

    return CompiledValue(test)


class Operator(NamedTuple):
    """One row of the operator table.

    ``compile`` turns a policy value into a test of one request value (its second argument: whether the document's
    version knows variables); ``negated`` operators hold when it fails. ``wildcards`` and ``variables`` tell whether
    these mean something in its values.
    """

    name: str
    family: str
    compile: Compiler
    negated: bool = False
    wildcards: bool = False
    variables: bool = False


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "Equals": operator.eq,
    "NotEquals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}


def _rows() -> list[Operator]:
    exact, any_case, glob, arn = _text("exact"), _text("exact-any-case"), _text("glob"), _text("arn")
    rows = [
        Operator("StringEquals", "String", exact, variables=True),
        Operator("StringNotEquals", "String", exact, negated=True, variables=True),
        Operator("StringEqualsIgnoreCase", "String", any_case, variables=True),
        Operator("StringNotEqualsIgnoreCase", "String", any_case, negated=True, variables=True),
        Operator("StringLike", "String", glob, wildcards=True, variables=True),
        Operator("StringNotLike", "String", glob, negated=True, wildcards=True, variables=True),
        # Of variables in Bool the guide says yes ("Condition operators") and no ("Variables and tags").
        Operator("Bool", "Bool", _bool, variables=True),
        Operator("BinaryEquals", "Binary", _binary),
        Operator("IpAddress", "IpAddress", _ip),
        Operator("NotIpAddress", "IpAddress", _ip, negated=True),
    ]
    rows += [
        Operator(f"Arn{name}", "Arn", arn, negated="Not" in name, wildcards=True, variables=True)
        for name in ("Equals", "Like", "NotEquals", "NotLike")
    ]
    return rows + [
        Operator(f"{family}{name}", family, _ordered(read, compare), negated=name == "NotEquals")
        for family, read in (("Numeric", number), ("Date", timestamp))
        for name, compare in _COMPARISONS.items()
    ]


OPERATORS: dict[str, Operator] = {row.name: row for row in _rows()}
"""The operators by name, without ``Null``, which asks for presence and compares nothing."""
