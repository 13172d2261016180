"""Counterfactuals: which value of a condition key would turn the decision into its opposite.

The values to try come from the policies themselves, from every condition on the key: for each of its values one that
it takes (a pattern's wildcards replaced), and its neighbours; something that nobody names; and the key's absence. Each
is proved by deciding the request again with it, so that what is offered is true; and none is offered that this
request, by this principal for this resource, can never have. That none is offered means that no
value that the policies mention would do, other keys being as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from labkit.iam.arn import split
from labkit.iam.conditions import ANY, Condition
from labkit.iam.decision import Decision
from labkit.iam.document import Policy
from labkit.iam.evaluation import evaluate
from labkit.iam.operators import number, timestamp
from labkit.iam.patterns import Context, ContextValue, Pattern
from labkit.iam.request import SERVICE, Request

_OTHER = "something-else"
_SAMPLE = "x"


class Counterfactual(NamedTuple):
    """With this value of the key (None: without the key) the decision would be ``allowed``."""

    key: str
    value: ContextValue | None
    allowed: bool

    @property
    def sentence(self) -> str:
        """In words."""
        verdict = "allowed" if self.allowed else "denied"
        if self.value is None:
            return f"Without {self.key} it would be {verdict}."
        value = self.value if isinstance(self.value, str) else ", ".join(self.value)
        return f"If {self.key} were {value or 'empty'}, it would be {verdict}."


def counterfactual(decision: Decision, key: str) -> Counterfactual | None:
    """A value of that condition key with which the decision would be the opposite; None when none is found."""
    name = next((each.key for each in conditions(decision, key)), key)
    for value in candidates(decision, key):
        changed = decision.request.having(name, value)
        if evaluate(changed, decision.policies).allowed is not decision.allowed:
            return Counterfactual(name, value, not decision.allowed)
    return None


def counterfactuals(decision: Decision) -> tuple[Counterfactual, ...]:
    """For each condition key that the policies look at and that can flip the decision, a value that does."""
    keys = dict.fromkeys(condition.lower_key for condition in conditions(decision))
    found = (counterfactual(decision, key) for key in keys if can_be_otherwise(decision.request, key))
    return tuple(each for each in found if each is not None)


def can_be_otherwise(request: Request, key: str) -> bool:
    """Whether this very request, by the same principal for the same resource, could have the key with another value.

    Not a key that follows from the principal or the resource; nor one that only the other side has, callers or
    services; nor one that its action does not have, or nobody. Of services that the table of actions lacks it is not
    known which keys there are.
    """
    from labkit.iam.action_table import reading as table  # which deciding does without
    from labkit.iam.action_table.rows import CALLER
    from labkit.iam.action_table.rows import SERVICE as OF_SERVICES
    from labkit.iam.rules.carried_keys import CARRIED_KEYS

    row = table.key(key)
    if row is None:
        return key.partition(":")[0].lower() not in ("aws", *table.services())
    if row.name in (*CARRIED_KEYS, "aws:ResourceAccount") or (row.carried == CALLER and not request.principal.is_iam):
        return False
    if row.carried == OF_SERVICES and request.principal.kind != SERVICE:
        return False
    action = table.action(request.action)
    return row.everywhere or action is None or row in table.keys_of(action)


def candidates(decision: Decision, key: str) -> Iterator[ContextValue | None]:
    """Values of that condition key that are worth trying, the policies' own first; None is the key's absence."""
    return _candidates(conditions(decision, key), decision.request.keys)


def conditions(decision: Decision, key: str = "") -> list[Condition]:
    """The conditions of all policies that were looked at, or those on one key."""
    policies = decision.policies
    levels = [*(policies.scp or ()), *(policies.rcp or ())]
    each: list[Policy | None] = [*policies.identity, policies.resource, policies.boundary, *policies.session]
    each += [policies.registry, policies.vpc_endpoint]
    each += [policy for level in levels for policy in level]
    found = [c for policy in each if policy for statement in policy.statements for c in statement.conditions]
    return [condition for condition in found if not key or condition.lower_key == key.lower()]


def _candidates(conditions: Sequence[Condition], context: Context) -> Iterator[ContextValue | None]:
    """Values to try, without repetition: what conditions take, their neighbours, another value, no value."""
    several = any(condition.quantifier for condition in conditions)
    texts = [text for condition in conditions for text in _witnesses(condition, context)]
    for text in dict.fromkeys([*texts, _OTHER]):
        yield (text,) if several else text
    if several and conditions[0].quantifier == ANY and texts:
        yield tuple(dict.fromkeys(texts))
    yield None


def _witnesses(condition: Condition, context: Context) -> Iterator[str]:
    if condition.row is None:
        return
    make = _FAMILIES.get(condition.row.family)
    for value, compiled in zip(condition.values, condition.compiled, strict=True):
        if compiled.pattern is not None:
            yield from _sample(compiled.pattern, context, context.get(condition.lower_key))
        elif make is not None:
            yield from make(value)
        else:
            yield value


def _sample(pattern: Pattern, context: Context, got: ContextValue | None) -> Iterator[str]:
    """A text that the pattern takes: variables replaced by their values, wildcards by a letter.

    Where pattern and present value are ARNs, the fields that fit already stay as they are.
    """
    text = pattern.resolve(context)
    if text is None:
        return
    if pattern.style not in ("glob", "glob-any-case", "arn"):
        yield text
        return
    wanted, present = split(text), split(got) if isinstance(got, str) else None
    if wanted and present:
        pairs = zip(wanted, present, strict=True)
        text = ":".join(have if Pattern.compile(want, "glob").matches(have, {}) else want for want, have in pairs)
    yield text.replace("*", _SAMPLE).replace("?", _SAMPLE)


def _around(read: Callable[[str], float | None]) -> Callable[[str], Iterator[str]]:
    def neighbours(value: str) -> Iterator[str]:
        middle = read(value)
        if middle is not None:
            yield value
            yield str(middle + 1)
            yield str(middle - 1)

    return neighbours


def _address(value: str) -> Iterator[str]:
    yield value.partition("/")[0]


_FAMILIES: dict[str, Callable[[str], Iterator[str]]] = {
    "Numeric": _around(number),
    "Date": _around(timestamp),
    "IpAddress": _address,
}
