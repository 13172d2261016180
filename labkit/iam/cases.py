"""Cases: requests with policies and, if wanted, the expected answer, as JSON.

One shape for the command line, the tests and examples. A file is a list of cases or one case:

    id, title, source, topics     to speak of it; not looked at
    request                       principal, action, resource, and if need be resource_account, context,
                                  principal_id, principal_tags, unknown
    policies                      identity, resource, registry, boundary, session, scp, rcp, vpc_endpoint, all optional
    expect                        decision, checks, nearest_miss: what is named is compared, the rest is not

Keys that every such request carries on AWS are added where the context does not give them
(``labkit.iam.rules.carried_keys``). Older files say with ``resource_must_allow`` that the policy is a role's trust
policy; that follows from the action, and they may still say it. A case that cannot be read is told as such, and the
others are cases all the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from labkit.errors import UsageError
from labkit.ground.json_mistakes import located
from labkit.iam.decision import Decision
from labkit.iam.evaluation import evaluate
from labkit.iam.policies import CheckEffect, CheckKind, Policies
from labkit.iam.request import Request
from labkit.iam.rules.carried_keys import completed
from labkit.iam.rules.own_rules import rule_of

VERDICTS = ("allowed", "denied")
_FIELDS = {"id", "title", "source", "topics", "request", "policies", "resource_must_allow", "expect"}
_EXPECTED = {"decision", "checks", "nearest_miss"}


class Case(NamedTuple):
    """One question, and the answer that is expected (empty: any)."""

    id: str
    title: str
    request: Request
    policies: Policies
    expect: Mapping[str, Any]

    def decide(self) -> Decision:
        """The engine's answer."""
        return evaluate(self.request, self.policies)

    def missed(self, decision: Decision) -> list[str]:
        """In which respects the answer is another than expected, in sentences."""
        found = decision.to_dict()
        pairs = [("decision", self.expect.get("decision"), found["decision"])]
        pairs += [(kind, wanted, found["checks"][kind]) for kind, wanted in self.expect.get("checks", {}).items()]
        if "nearest_miss" in self.expect:
            pairs += _miss_pairs(self.expect["nearest_miss"], found["nearest_miss"])
        return [f"{name} is {got}, expected was {wanted}" for name, wanted, got in pairs if wanted not in (None, got)]


class UnreadableCase(NamedTuple):
    """What stands where a case should, and why it is none, in a sentence."""

    id: str
    error: str


def _miss_pairs(wanted: Mapping[str, Any] | None, got: Mapping[str, Any] | None) -> list[tuple[str, Any, Any]]:
    if wanted is None:
        return [("nearest_miss", "none", got["sid"] if got else "none")]
    return [(f"nearest_miss {name}", value, (got or {}).get(name)) for name, value in wanted.items()]


def explain(case: Mapping[str, Any]) -> Decision:
    """One request, decided with the policies that are given; the decision says which statement made it so, and why.

    ``case`` is a case as the files have it: ``request`` with principal, action, resource and if need be
    resource_account and context, and ``policies`` by their kind. What it expects is not looked at. Raises UsageError
    for anything that is no case.
    """
    if not isinstance(case, Mapping):
        raise UsageError(f"A case is a mapping with request and policies, and this is {type(case).__name__}.")
    return _case(case, str(case.get("id", 1))).decide()


def read_cases(text: str) -> list[Case | UnreadableCase]:
    """The cases of a file's text, in their order. Raises UsageError where the file is no list of cases, nor one case.

    Of a list, what is no case is told as such, with its place and the reason; of a file with one case it is raised.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"This is not JSON: {located(text, error)}") from None
    except (RecursionError, ValueError):
        raise UsageError("This is JSON that is nested too deeply, or has too long a number, to be read.") from None
    listed = content if isinstance(content, list) else [content]
    if not listed:
        raise UsageError("There is no case in it; a case has a request and policies.")
    cases = [_read(number, each) for number, each in enumerate(listed, 1)]
    if len(cases) == 1 and isinstance(cases[0], UnreadableCase):
        raise UsageError(cases[0].error)
    return cases


def _read(number: int, each: Any) -> Case | UnreadableCase:
    if not isinstance(each, dict):
        return UnreadableCase(str(number), f"Case {number} is not a JSON object with request and policies.")
    name = str(each.get("id", number))
    where = f"case {number} ({each['id']})" if each.get("id") else f"case {number}"
    try:
        return _case(each, name)
    except UsageError as error:
        return UnreadableCase(name, f"In {where}: {error}")


def _case(each: Mapping[str, Any], name: str) -> Case:
    if unknown := sorted(set(each) - _FIELDS):
        raise UsageError(f"Unknown field {unknown[0]!r}; known are {', '.join(sorted(_FIELDS))}.")
    if "request" not in each:
        raise UsageError("It has no request.")
    request, policies = completed(Request.from_json(each["request"])), Policies.from_json(each.get("policies", {}))
    _check_old_field(each, request)
    return Case(name, str(each.get("title", "")), request, policies, _expectation(each.get("expect")))


def _check_old_field(each: Mapping[str, Any], request: Request) -> None:
    """What older files say of the resource's policy must be what follows from the action."""
    rule = rule_of(request)
    follows = rule is not None and rule.must_allow
    if each.get("resource_must_allow", follows) is not follows:
        raise UsageError(
            f"resource_must_allow is to be {str(follows).lower()} for {request.action}, or left out: "
            "it follows from the action."
        )


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
