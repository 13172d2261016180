"""The Condition element: what each operator and key came to.

    a condition holds when every operator and key in it holds
    several values of one key    any of them may match; under a negated operator none may
    a key that is absent         positive: no; negated: yes; IfExists: yes; ForAllValues: yes; ForAnyValue: no,
                                 and IfExists changes nothing of that
    an empty value               for ForAllValues and ForAnyValue the same as an absent key
    a variable without a value   its value matches nothing, so that a negated operator holds
    a key that AWS has, its value not known here: unknown; an Allow is not satisfied by it, a Deny is
    several values, but neither ForAnyValue nor ForAllValues: it never holds, negated or not

``Null`` asks whether a key is absent; an empty text is a null value as well. ``ForAllValues:Null`` always holds and
``ForAnyValue:Null`` never. How values are compared is the business of the operator table, ``labkit.iam.operators``.

Source: IAM User Guide, "IAM JSON policy elements: Condition", "Condition operators", "Set operators for multivalued
context keys" and "Variables and tags", policy variables with no value; IAM Access Analyzer policy check reference,
"Null with qualifier". That IfExists has no effect under ForAnyValue was measured on AWS (sqs:ListQueues, aws:TagKeys).
"""

from __future__ import annotations

from typing import NamedTuple

from labkit.iam.operators import OPERATORS, CompiledValue, Operator
from labkit.iam.parts import Outcome, Part, asks_unknown, resolved, variables_of
from labkit.iam.patterns import UNKNOWN, Context, ContextValue, Pattern

__all__ = ["ALL", "ANY", "NULL", "OPERATORS", "Condition", "Operator", "Outcome"]

NULL = "Null"
ANY, ALL = "ForAnyValue", "ForAllValues"


class Condition(NamedTuple):
    """One operator and key of a Condition element, compiled.

    ``operator`` is written as in the policy, prefix and suffix included; ``values`` are the policy's values. ``row``
    is None for ``Null``. ``patterns`` are the values as patterns, where the operator is one of texts; ``lower_key`` is
    the key as it is compared, ``variables`` are the keys that stand in the values.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    row: Operator | None
    quantifier: str
    if_exists: bool
    compiled: tuple[CompiledValue, ...]
    patterns: tuple[Pattern, ...]
    variables: tuple[str, ...]
    lower_key: str

    @classmethod
    def compile(cls, operator: str, key: str, values: tuple[str, ...], variables: bool) -> Condition:
        """Compiles one entry; ``variables`` is False for documents of the old version.

        Raises KeyError for an operator that does not exist.
        """
        quantifier, colon, rest = operator.rpartition(":")
        if quantifier not in (ANY, ALL) and (colon or quantifier):
            raise KeyError(operator)
        name = rest.removesuffix("IfExists")
        row = None if rest == NULL else OPERATORS[name]
        compiled = tuple(row.compile(value, variables and row.variables) for value in values) if row else ()
        patterns = tuple(each.pattern for each in compiled if each.pattern)
        return cls(
            operator,
            key,
            values,
            row,
            quantifier,
            name != rest,
            compiled,
            patterns,
            variables_of(patterns),
            key.lower(),
        )

    def __repr__(self) -> str:
        return f"<Condition {self.operator} {self.key} {list(self.values)}>"

    def part(self, context: Context, allows: bool = True) -> Part:
        """Compares the request's value of the key, if any, with the policy's values; ``allows``: in an Allow."""
        outcome, got = self.outcome(context), context.get(self.lower_key)
        texts = resolved(self.patterns, context) if self.variables else ()
        return Part("Condition", outcome.satisfies(allows), self.values, got, self.operator, self.key, outcome, texts)

    def outcome(self, context: Context) -> Outcome:
        """How the comparison comes out, without the values on either side."""
        value = context.get(self.lower_key)
        if value is UNKNOWN:
            return Outcome.UNKNOWN
        if self.row is None:
            return self._presence(value)
        if value is None or value == () or (self.quantifier and not any(value)):
            return self._when_absent(self.row)
        if not isinstance(value, str) and not self.quantifier:
            return Outcome.MULTIVALUED
        return self._compare(self.row, value, context)

    def _presence(self, value: ContextValue | None) -> Outcome:
        absent = value is None or not any(value)
        wanted = {each.lower() for each in self.values}
        holds = ("true" if absent else "false") in wanted
        if self.quantifier == ALL or (holds and self.quantifier != ANY):
            return Outcome.ABSENT_HOLDS if absent else Outcome.HOLDS
        return Outcome.ABSENT if absent else Outcome.EXCLUDED

    def _when_absent(self, row: Operator) -> Outcome:
        holds = self.quantifier == ALL or (self.quantifier != ANY and (self.if_exists or row.negated))
        return Outcome.ABSENT_HOLDS if holds else Outcome.ABSENT

    def _compare(self, row: Operator, value: ContextValue, context: Context) -> Outcome:
        values = (value,) if isinstance(value, str) else value
        quantify = any if self.quantifier == ANY else all
        holds = quantify(self._one(row, each, context) for each in values)
        if self.variables and holds is row.negated and asks_unknown(self.variables, context):
            return Outcome.UNKNOWN
        if holds:
            return Outcome.HOLDS
        if row.negated:
            return Outcome.EXCLUDED
        return Outcome.NO_VARIABLE if self._unresolved(context) else Outcome.DIFFERS

    def _one(self, row: Operator, value: str, context: Context) -> bool:
        return any(each.test(value, context) for each in self.compiled) != row.negated

    def _unresolved(self, context: Context) -> bool:
        """Whether every value holds a variable that has no value, so that none could have matched."""
        return bool(self.patterns) and all(each.variables and each.resolve(context) is None for each in self.patterns)
