"""Narrows a statement that denies so that it spares one party's requests and goes on denying everybody else's.

What opens least is tried first, and the first that spares the requests is taken:

    NotPrincipal, NotAction       the party, the actions, join those that are spared already
    a list of what is spared      a negated condition on an account or ARN gets the value
    a list of what is denied      the value goes out of it, where others stay
    an exception                  by the service's name, the function's account, the caller's ARN, the repository

Source: IAM User Guide, "AWS global condition context keys", aws:PrincipalServiceName (absent for IAM principals, so
that a negated operator goes on denying them); "Establish permissions guardrails using data perimeters".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy

from labkit.diagnosis.fixing.asking import Asked
from labkit.diagnosis.fixing.conditions import Statement, listed, put, shaped
from labkit.errors import PolicyError
from labkit.iam import Policy
from labkit.iam import arn as arns
from labkit.iam.conditions import Condition
from labkit.iam.match import match
from labkit.iam.patterns import Pattern
from labkit.pull.policies import LAMBDA

_OF_FUNCTIONS = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")
_NUMBERED = ("aws:sourceaccount", "aws:principalaccount", "aws:sourcearn", "aws:principalarn")


def spared(statement: Statement, version: str, asked: Asked) -> Statement | None:
    """The statement that spares the requests; None where no change but taking it out does."""
    candidates = (deepcopy(statement) for _ in _STEPS)
    for step, changed in zip(_STEPS, candidates, strict=True):
        if step(changed, version, asked) and not hits(changed, version, asked):
            return changed
    return None


def hits(statement: Statement, version: str, asked: Asked) -> bool:
    """Whether the statement matches any of the requests."""
    try:
        compiled = Policy.parse({"Version": version, "Statement": [statement]}).statements[0]
    except PolicyError:
        return False
    bounded = any(decision.policies.boundary for decision in asked.decisions)
    return any(match(compiled, request, bounded=bounded).matched for request in asked.requests)


def _not_principal(statement: Statement, version: str, asked: Asked) -> bool:
    spared_ = statement.get("NotPrincipal")
    if not isinstance(spared_, dict):
        return False
    named = [LAMBDA] if asked.is_service else dict.fromkeys((asked.entry[1], asked.own_arn, asked.who.arn))
    kind = asked.entry[0]
    spared_[kind] = shaped(spared_.get(kind), list(dict.fromkeys([*listed(spared_.get(kind, [])), *named])))
    return True


def _not_action(statement: Statement, version: str, asked: Asked) -> bool:
    if "NotAction" not in statement:
        return False
    statement["NotAction"] = shaped(
        statement["NotAction"], list(dict.fromkeys([*listed(statement["NotAction"]), *asked.actions]))
    )
    return True


def _value_spared(statement: Statement, version: str, asked: Asked) -> bool:
    """The party's number or ARN among those that a negated condition spares."""
    for condition in _conditions(statement, version):
        got = asked.requests[0].keys.get(condition.lower_key)
        if condition.row and condition.row.negated and condition.lower_key in _NUMBERED and isinstance(got, str):
            put(statement, condition.operator, condition.key, [got])
            return True
    return False


def _value_let_go(statement: Statement, version: str, asked: Asked) -> bool:
    """The party's value out of a list of those that are denied, where others stay in it."""
    for condition in _conditions(statement, version):
        got = asked.requests[0].keys.get(condition.lower_key)
        if got in condition.values and len(condition.values) > 1 and condition.row and not condition.row.negated:
            kept = [each for each in condition.values if each != got]
            statement["Condition"][condition.operator][condition.key] = kept
            return True
    return _principal_let_go(statement, asked) or _resource_let_go(statement, asked)


def _principal_let_go(statement: Statement, asked: Asked) -> bool:
    principal = statement.get("Principal")
    kind, text = asked.entry
    if not isinstance(principal, dict) or kind not in principal:
        return False
    kept = [each for each in listed(principal[kind]) if each not in (text, asked.own_arn, asked.who.arn)]
    others = {name: value for name, value in principal.items() if name != kind}
    if not (kept or others) or len(kept) == len(listed(principal[kind])):
        return False
    statement["Principal"] = {**principal, kind: kept} if kept else others
    return True


def _resource_let_go(statement: Statement, asked: Asked) -> bool:
    resources = listed(statement.get("Resource", []))
    kept = [each for each in resources if not Pattern.compile(each, "glob").matches(asked.resource, {})]
    if not kept or len(kept) == len(resources):
        return False
    statement["Resource"] = kept
    return True


def _exception(statement: Statement, version: str, asked: Asked) -> bool:
    """A condition, or the resource, that leaves the party's requests out."""
    if asked.is_service:
        operator, key, value = _exception_for_service(statement, version, asked)
        put(statement, operator, key, [value])
        return True
    if "Principal" not in statement and statement.get("Resource") == "*":
        place = list(statement).index("Resource")
        members = list(statement.items())
        members[place] = ("NotResource", asked.resource)
        statement.clear()
        statement.update(members)
        return True
    if asked.own_arn and arns.split(asked.own_arn) is not None:
        put(statement, "ArnNotLike", "aws:PrincipalArn", [asked.own_arn])
        return True
    return False


def _exception_for_service(statement: Statement, version: str, asked: Asked) -> tuple[str, str, str]:
    """By the function's account where the statement speaks of services or accounts of theirs; else by Lambda's name."""
    principal = statement.get("Principal")
    names_services = isinstance(principal, dict) and "Service" in principal
    sources = any(each.lower_key in _OF_FUNCTIONS for each in _conditions(statement, version))
    if names_services or sources:
        return "StringNotEquals", "aws:SourceAccount", asked.account
    return "StringNotEquals", "aws:PrincipalServiceName", LAMBDA


def _conditions(statement: Statement, version: str) -> Iterator[Condition]:
    yield from Policy.parse({"Version": version, "Statement": [statement]}).statements[0].conditions


_STEPS: tuple[Callable[[Statement, str, Asked], bool], ...] = (
    _not_principal,
    _not_action,
    _value_spared,
    _value_let_go,
    _exception,
)
