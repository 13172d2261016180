"""Which inputs flip a pull decision: for each, one value with which Lambda could (or could not) pull.

The values to try are those that the policies name: account numbers in principals and conditions, the values of
conditions on the caller's and the source's keys, the repository's own account; then some that nobody names. A pull is
made of up to four requests, so that what flips one of them need not flip the pull: each value is proved by deciding the
whole pull with it, and with it alone. None is offered that does not really flip.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from labkit.iam import Decision
from labkit.iam import arn as arns
from labkit.iam.alternatives import candidates, conditions
from labkit.pull.decision import PullDecision
from labkit.show.what_if.inputs import INPUT_NAMES, InputRules, InputValues

_NOBODY = ("999999999999", "888888888888")
_ELSEWHERE = "o-elsewhere00"
_UNIT = "ou-some-elsewhere/"


class Reversal(NamedTuple):
    """With ``value`` for the input ``name`` alone, which makes ``inputs``, the decision would be ``decision``."""

    name: str
    value: str
    inputs: InputValues
    decision: PullDecision
    sides: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """In words: the value, what it would do, and whose answer changes."""
        value = self.value or "absent (an account in no organization)"
        could = "could" if self.decision.allowed else "could not"
        whose = f"That changes the answer for {' and for '.join(self.sides)}."
        alone = "" if self.decision.is_cross_account else f" {_ALONE}"
        return f"If {self._what} were {value}, Lambda {could} pull. {whose}{alone}"

    @property
    def _what(self) -> str:
        keys = [_KEYS[side].get(self.name) for side in self.sides]
        return " and ".join(key for key in keys if key) or _WORDS[self.name]


CALLER, LAMBDA = "the caller", "Lambda"
_ALONE = "The caller would not be asked then, since all is in one account."
_KEYS = {
    CALLER: {"organization_id": "aws:PrincipalOrgID", "organization_path": "aws:PrincipalOrgPaths"},
    LAMBDA: {
        "organization_id": "aws:SourceOrgID",
        "organization_path": "aws:SourceOrgPaths",
        "source_arn": "aws:SourceArn",
    },
}
_WORDS = {"account": "the function's account", "caller": "the caller"}


def reversals(rules: InputRules, inputs: InputValues, decision: PullDecision) -> tuple[Reversal, ...]:
    """For each input that can flip the decision by itself, a value that does. ``inputs`` have no problems."""
    found = (_reversal(rules, inputs, decision, name) for name in INPUT_NAMES)
    return tuple(each for each in found if each is not None)


def _reversal(rules: InputRules, inputs: InputValues, decision: PullDecision, name: str) -> Reversal | None:
    present = rules.shown(inputs, name)
    for value in dict.fromkeys(_VALUES[name](rules, inputs, decision)):
        changed = inputs.with_(name, value)
        if value == present or rules.problems(changed):
            continue
        then = rules.question(changed).decide()
        if then.allowed is not decision.allowed:
            return Reversal(name, value, changed, then, _changed(decision, then))
    return None


def _changed(before: PullDecision, after: PullDecision) -> tuple[str, ...]:
    """The sides that are answered otherwise; one that is not asked any more is answered otherwise if it was refused."""
    sides = {CALLER: (before.caller, after.caller), LAMBDA: (before.service, after.service)}
    return tuple(side for side, (one, other) in sides.items() if _allows(one) is not _allows(other))


def _allows(decisions: Sequence[Decision]) -> bool:
    return all(decision.allowed for decision in decisions)


# The values to try for each input, the policies' own first


def _texts(decision: PullDecision, *keys: str) -> Iterator[str]:
    """What conditions on these keys take, as the caller's and Lambda's requests have it."""
    for asked, key in product((*decision.caller[:1], *decision.service[:1]), keys):
        for value in candidates(asked, key):
            yield from [value] if isinstance(value, str) else value or ()


def _principals(decision: PullDecision) -> list[str]:
    policy = decision.service[0].policies.resource
    statements = policy.statements if policy else ()
    return [entry.text for statement in statements for entry in statement.principal or ()]


def _accounts(rules: InputRules, _inputs: InputValues, decision: PullDecision) -> Iterator[str]:
    keys = ("aws:SourceArn", "aws:PrincipalArn", "aws:SourceAccount", "aws:PrincipalAccount")
    for text in (*_principals(decision), *_texts(decision, *keys)):
        yield arns.account_of(text) or text
    yield InputValues.of(rules.base).account
    yield from _NOBODY
    yield rules.base.image.account


def _organizations(rules: InputRules, _inputs: InputValues, decision: PullDecision) -> Iterator[str]:
    yield from _texts(decision, "aws:PrincipalOrgID", "aws:SourceOrgID")
    yield from (path.partition("/")[0] for path in _patterns(decision))
    yield InputValues.of(rules.base).organization_id
    yield from (_ELSEWHERE, "")


def _patterns(decision: PullDecision) -> list[str]:
    """The path patterns of the policies."""
    each = (*decision.caller[:1], *decision.service[:1])
    keys = ("aws:PrincipalOrgPaths", "aws:SourceOrgPaths")
    return [value for one in each for key in keys for condition in conditions(one, key) for value in condition.values]


def _paths(rules: InputRules, inputs: InputValues, decision: PullDecision) -> Iterator[str]:
    """Of each pattern the place at its end, and one below it; the lab's own place, the root, and another unit."""
    own = rules.derived(inputs, "organization_path")
    root = "/".join(own.split("/")[:2])
    for pattern in _patterns(decision):
        place = pattern.rstrip("*")
        yield from (place, f"{place.removesuffix('ou-')}{_UNIT}", f"{place}{own.partition('/')[2]}")
    yield from (own, f"{root}/", f"{root}/{_UNIT}")


def _sources(rules: InputRules, inputs: InputValues, decision: PullDecision) -> Iterator[str]:
    yield from _texts(decision, "aws:SourceArn")
    own = rules.derived(inputs, "source_arn")
    yield from (own, re.sub(r":function:.*", ":function:another-function", own))


def _callers(rules: InputRules, inputs: InputValues, decision: PullDecision) -> Iterator[str]:
    # An entry …:root means the account: that its root user may do everything is no answer for anybody else.
    yield from (each for each in _principals(decision) if not each.endswith(":root"))
    yield from _texts(decision, "aws:PrincipalArn")
    yield from (rules.derived(inputs, "caller"), f"arn:aws:iam::{inputs.account}:role/another-role")


_VALUES: dict[str, Callable[[InputRules, InputValues, PullDecision], Iterator[str]]] = {
    "account": _accounts,
    "organization_id": _organizations,
    "organization_path": _paths,
    "source_arn": _sources,
    "caller": _callers,
}
