"""The Condition element: operators as a table, and what each key's comparison came to.

An operator is a row: its family, whether it is negated, how a policy value is compiled, and whether variables and
wildcards mean something in it. ``…IfExists``, ``ForAnyValue:`` and ``ForAllValues:`` are handled once for all rows.

    a condition holds when every operator and key in it holds
    several values of one key    any of them may match; under a negated operator none may
    a key that is absent         positive: no; negated: yes; IfExists: yes; ForAllValues: yes; ForAnyValue: no

Source: IAM User Guide, "IAM JSON policy elements: Condition", "Condition operators", "Set operators for multivalued
context keys" and "Policy variables".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from labkit.iam.arn import split
from labkit.iam.patterns import Context, ContextValue, Pattern

Test = Callable[[str, Context], bool]


class Outcome(Enum):
    """Why a condition key's comparison held or not."""

    HOLDS = "holds"
    DIFFERS = "differs"  #: the value is there and does not match
    EXCLUDED = "excluded"  #: a negated operator, and the value matches
    ABSENT = "absent"  #: the key is absent and that decides against
    ABSENT_HOLDS = "absent-holds"  #: the key is absent and that decides for
    MULTIVALUED = "multivalued"  #: several values, and no ForAnyValue: or ForAllValues:
    NO_VARIABLE = "no-variable"  #: a policy variable in the value has no value in this request

    @property
    def holds(self) -> bool:
        """Whether the comparison came out in favour of the statement."""
        return self in (Outcome.HOLDS, Outcome.ABSENT_HOLDS)


def _string(*, wildcards: bool, ignore_case: bool = False) -> Callable[[str, bool], Test]:
    return lambda text, variables: (
        Pattern.compile(text, variables=variables, wildcards=wildcards, ignore_case=ignore_case).matches
    )


def _arn(text: str, variables: bool) -> Test:
    parts = split(text)
    if parts is None:
        return lambda _value, _context: False
    fields = [Pattern.compile(part, variables=variables) for part in parts]

    def test(value: str, context: Context) -> bool:
        found = split(value)
        return found is not None and all(f.matches(v, context) for f, v in zip(fields, found, strict=True))

    return test


def _numeric(compare: Callable[[float, float], bool]) -> Callable[[str, bool], Test]:
    return _ordered(_number, compare)


def _date(compare: Callable[[float, float], bool]) -> Callable[[str, bool], Test]:
    return _ordered(_timestamp, compare)


def _ordered(
    read: Callable[[str], float | None], compare: Callable[[float, float], bool]
) -> Callable[[str, bool], Test]:
    def compile_(text: str, _variables: bool) -> Test:
        wanted = read(text)

        def test(value: str, _context: Context) -> bool:
            got = read(value)
            return wanted is not None and got is not None and compare(got, wanted)

        return test

    return compile_


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _timestamp(text: str) -> float | None:
    """Seconds since 1970 of an ISO 8601 date or of epoch seconds."""
    number = _number(text)
    if number is not None and not (len(text) == 4 and text.isdigit()):  # four digits are a year
        return number
    try:
        when = datetime.fromisoformat(text if len(text) != 4 else f"{text}-01-01")
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _bool(text: str, variables: bool) -> Test:
    return Pattern.compile(text, variables=variables, wildcards=False, ignore_case=True).matches


def _binary(text: str, _variables: bool) -> Test:
    def decoded(value: str) -> bytes | None:
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return None

    wanted = decoded(text)
    return lambda value, _context: wanted is not None and decoded(value) == wanted


def _ip(text: str, _variables: bool) -> Test:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return lambda _value, _context: False

    def test(value: str, _context: Context) -> bool:
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return test


@dataclass(frozen=True, slots=True)
class Operator:
    """One row of the operator table.

    ``compile`` turns a policy value into a test of one request value; ``negated`` operators hold when it fails.
    """

    name: str
    compile: Callable[[str, bool], Test] = field(repr=False)
    negated: bool = False
    wildcards: bool = False
    variables: bool = False


def _rows() -> list[Operator]:
    equals, exactly = _string(wildcards=False), _string(wildcards=False, ignore_case=True)
    like = _string(wildcards=True)
    text = [
        Operator("StringEquals", equals, variables=True),
        Operator("StringNotEquals", equals, negated=True, variables=True),
        Operator("StringEqualsIgnoreCase", exactly, variables=True),
        Operator("StringNotEqualsIgnoreCase", exactly, negated=True, variables=True),
        Operator("StringLike", like, wildcards=True, variables=True),
        Operator("StringNotLike", like, negated=True, wildcards=True, variables=True),
        Operator("Bool", _bool, variables=True),
        Operator("BinaryEquals", _binary),
        Operator("IpAddress", _ip),
        Operator("NotIpAddress", _ip, negated=True),
    ]
    arn = [
        Operator(f"Arn{name}", _arn, negated="Not" in name, wildcards=True, variables=True)
        for name in ("Equals", "Like", "NotEquals", "NotLike")
    ]
    comparisons: dict[str, tuple[Callable[[float, float], bool], bool]] = {
        "Equals": (lambda got, wanted: got == wanted, False),
        "NotEquals": (lambda got, wanted: got == wanted, True),
        "LessThan": (lambda got, wanted: got < wanted, False),
        "LessThanEquals": (lambda got, wanted: got <= wanted, False),
        "GreaterThan": (lambda got, wanted: got > wanted, False),
        "GreaterThanEquals": (lambda got, wanted: got >= wanted, False),
    }
    ordered = [
        Operator(f"{family}{name}", make(compare), negated=negated)
        for family, make in (("Numeric", _numeric), ("Date", _date))
        for name, (compare, negated) in comparisons.items()
    ]
    return text + arn + ordered


OPERATORS: dict[str, Operator] = {row.name: row for row in _rows()}
NULL = "Null"
ANY, ALL = "ForAnyValue", "ForAllValues"


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator and key of a Condition element, compiled.

    ``operator`` is written as in the policy, prefix and suffix included; ``values`` are the policy's values.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    row: Operator | None = field(repr=False)
    quantifier: str = ""
    if_exists: bool = False
    tests: tuple[Test, ...] = field(default=(), repr=False, compare=False)
    patterns: tuple[Pattern, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def compile(cls, operator: str, key: str, values: tuple[str, ...], variables: bool) -> Condition:
        """Compiles one entry; raises KeyError when there is no such operator."""
        quantifier, _, rest = operator.rpartition(":")
        if quantifier not in ("", ANY, ALL):
            raise KeyError(operator)
        if rest == NULL:
            return cls(operator, key, values, None, quantifier)
        name = rest.removesuffix("IfExists")
        row = OPERATORS[name]
        resolve = variables and row.variables
        return cls(
            operator,
            key,
            values,
            row,
            quantifier,
            name != rest,
            tuple(row.compile(value, resolve) for value in values),
            tuple(Pattern.compile(v, variables=True) for v in values) if resolve else (),
        )

    def outcome(self, context: Context) -> Outcome:
        """Compares the request's value of the key, if any, with the policy's values."""
        value = context.get(self.key.lower())
        if self.row is None:
            absent = not value and value != ""
            wanted = {v.lower() for v in self.values}
            return Outcome.HOLDS if ("true" if absent else "false") in wanted else Outcome.DIFFERS
        if value is None or value == ():
            return self._when_absent(self.row)
        if self._unresolved(context):
            return Outcome.NO_VARIABLE
        return self._compare(self.row, value, context)

    def _when_absent(self, row: Operator) -> Outcome:
        if self.if_exists or self.quantifier == ALL or (row.negated and self.quantifier != ANY):
            return Outcome.ABSENT_HOLDS
        return Outcome.ABSENT

    def _unresolved(self, context: Context) -> bool:
        # A value whose variable is missing matches nothing; it decides only when no other value is left.
        return bool(self.patterns) and all(p.resolve(context) is None for p in self.patterns)

    def _compare(self, row: Operator, value: ContextValue, context: Context) -> Outcome:
        if not isinstance(value, str) and not self.quantifier:
            return Outcome.MULTIVALUED
        values = (value,) if isinstance(value, str) else value
        quantify = any if self.quantifier == ANY else all
        if quantify(self._one(row, each, context) for each in values):
            return Outcome.HOLDS
        return Outcome.EXCLUDED if row.negated else Outcome.DIFFERS

    def _one(self, row: Operator, value: str, context: Context) -> bool:
        return any(test(value, context) for test in self.tests) != row.negated
