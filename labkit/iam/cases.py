"""Cases: requests with policies and, if wanted, the expected answer, as JSON.

One shape for the command line, the tests and examples. A file is a list of cases or one case:

    id, title, source, topics     to speak of it; not looked at
    request                       principal, action, resource, and if need be resource_account and context
    policies                      identity, resource, boundary, session, scp, rcp, all of them optional
    resource_must_allow           true for a role's trust policy
    expect                        decision, checks, nearest_miss: what is named is compared, the rest is not
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from labkit.errors import UsageError
from labkit.iam.decision import Decision
from labkit.iam.evaluation import evaluate
from labkit.iam.policies import CheckEffect, CheckKind, Policies
from labkit.iam.request import Request

VERDICTS = ("allowed", "denied")
_FIELDS = {"id", "title", "source", "topics", "request", "policies", "resource_must_allow", "expect"}
_EXPECTED = {"decision", "checks", "nearest_miss"}


class Case(NamedTuple):
    """One question, and the answer that is expected (empty: any)."""

    id: str
    title: str
    request: Request
    policies: Policies
    resource_must_allow: bool
    expect: Mapping[str, Any]

    def decide(self) -> Decision:
        """The engine's answer."""
        return evaluate(self.request, self.policies, self.resource_must_allow)

    def missed(self, decision: Decision) -> list[str]:
        """In which respects the answer is another than expected, in sentences."""
        found = decision.to_dict()
        pairs = [("decision", self.expect.get("decision"), found["decision"])]
        pairs += [(kind, wanted, found["checks"][kind]) for kind, wanted in self.expect.get("checks", {}).items()]
        if "nearest_miss" in self.expect:
            pairs += _miss_pairs(self.expect["nearest_miss"], found["nearest_miss"])
        return [f"{name} is {got}, expected was {wanted}" for name, wanted, got in pairs if wanted not in (None, got)]


def _miss_pairs(wanted: Mapping[str, Any] | None, got: Mapping[str, Any] | None) -> list[tuple[str, Any, Any]]:
    if wanted is None:
        return [("nearest_miss", "none", got["sid"] if got else "none")]
    return [(f"nearest_miss {name}", value, (got or {}).get(name)) for name, value in wanted.items()]


def explain(case: Mapping[str, Any]) -> Decision:
    """One request, decided with the policies that are given; the decision says which statement made it so, and why.

    ``case`` is a case as the files have it: ``request`` with principal, action, resource and if need be
    resource_account and context, ``policies`` by their kind, ``resource_must_allow`` for a role's trust policy. What it
    expects is not looked at. Raises UsageError for anything that is no case.
    """
    if not isinstance(case, Mapping):
        raise UsageError(f"A case is a mapping with request and policies, and this is {type(case).__name__}.")
    return _case(case, str(case.get("id", 1))).decide()


def read_cases(text: str) -> list[Case]:
    """The cases of a file's text. Raises UsageError with the place and the reason."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"This is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except (RecursionError, ValueError):
        raise UsageError("This is JSON that is nested too deeply, or has too long a number, to be read.") from None
    listed = content if isinstance(content, list) else [content]
    if not listed:
        raise UsageError("There is no case in it; a case has a request and policies.")
    return list(_cases(listed))


def _cases(listed: list[Any]) -> Iterator[Case]:
    for number, each in enumerate(listed, 1):
        where = f"case {number}"
        if not isinstance(each, dict):
            raise UsageError(f"{where.capitalize()} is not a JSON object with request and policies.")
        where = f"{where} ({each['id']})" if each.get("id") else where
        try:
            yield _case(each, str(each.get("id", number)))
        except UsageError as error:
            raise UsageError(f"In {where}: {error}") from None


def _case(each: Mapping[str, Any], name: str) -> Case:
    if unknown := sorted(set(each) - _FIELDS):
        raise UsageError(f"Unknown field {unknown[0]!r}; known are {', '.join(sorted(_FIELDS))}.")
    if "request" not in each:
        raise UsageError("It has no request.")
    must_allow = each.get("resource_must_allow", False)
    if not isinstance(must_allow, bool):
        raise UsageError("resource_must_allow must be true or false.")
    request, policies = Request.from_json(each["request"]), Policies.from_json(each.get("policies", {}))
    return Case(name, str(each.get("title", "")), request, policies, must_allow, _expectation(each.get("expect")))


def _expectation(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict) or set(value) - _EXPECTED:
        raise UsageError("expect must be a JSON object with decision, checks and nearest_miss, or some of them.")
    if value.get("decision", "allowed") not in VERDICTS:
        raise UsageError(f"The expected decision must be allowed or denied, not {value['decision']!r}.")
    checks = value.get("checks", {})
    if not isinstance(checks, dict) or not isinstance(value.get("nearest_miss") or {}, dict):
        raise UsageError("The expected checks and nearest_miss must be JSON objects.")
    kinds, effects = {kind.value for kind in CheckKind}, {effect.value for effect in CheckEffect}
    for kind, effect in checks.items():
        if kind not in kinds or effect not in effects:
            known = f"{', '.join(sorted(kinds))} with {', '.join(sorted(effects))}"
            raise UsageError(f"The expected check {kind}: {effect} is none of {known}.")
    return value
