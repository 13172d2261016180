"""How ECR writes a repository policy: anew, whatever was sent.

Recorded answers of SetRepositoryPolicy, GetRepositoryPolicy and DeleteRepositoryPolicy (Cloud Custodian's, with what
was sent beside them) and the examples of the API Reference show the rules: two spaces a level, spaces around colons,
lists on one line; members in the order of `_DOCUMENT` and `_STATEMENT`, also where they were sent in another one; a
list of one action as that action. An account by its number becomes its ARN (crossplane-contrib/provider-aws, issue
700).

Not recorded, and taken to be alike: a list of one principal or of one value of a condition. ECR shows several
principals in any order (hashicorp/terraform-provider-aws, issue 19365); here they stay in the order in which they were
sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_DOCUMENT = ("Version", "Id", "Statement")
_STATEMENT = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)
_NUMBER = re.compile(r"[0-9]{12}")


def rewritten(text: str, partition: str = "aws") -> str:
    """The policy as ECR shows it; ``partition`` is that of the repository. ``text`` is a policy that ECR stores."""
    document = json.loads(text)
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    shown = [_statement(each, partition) for each in listed]
    return _shown(_ordered({**document, "Statement": shown}, _DOCUMENT))


def _statement(statement: Mapping[str, Any], partition: str) -> dict[str, Any]:
    ordered = _ordered(statement, _STATEMENT)
    return {name: _element(name, value, partition) for name, value in ordered.items()}


def _element(name: str, value: Any, partition: str) -> Any:
    if name in ("Principal", "NotPrincipal") and isinstance(value, dict):
        return {kind: _single(_principals(kind, entries, partition)) for kind, entries in value.items()}
    if name == "Condition":
        return {operator: {key: _single(v) for key, v in keys.items()} for operator, keys in value.items()}
    return _single(value)


def _principals(kind: str, entries: Any, partition: str) -> Any:
    if kind != "AWS":
        return entries
    listed = entries if isinstance(entries, list) else [entries]
    return [f"arn:{partition}:iam::{entry}:root" if _NUMBER.fullmatch(entry) else entry for entry in listed]


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _ordered(members: Mapping[str, Any], order: Iterable[str]) -> dict[str, Any]:
    first = {name: members[name] for name in order if name in members}
    return {**first, **{name: value for name, value in members.items() if name not in first}}


def _shown(value: Any, depth: int = 0) -> str:
    """A JSON value in the layout of ECR; an object inside a list begins on the list's line."""
    if isinstance(value, dict) and value:
        inner = "  " * (depth + 1)
        members = (f"{inner}{_scalar(name)} : {_shown(item, depth + 1)}" for name, item in value.items())
        return "{\n" + ",\n".join(members) + "\n" + "  " * depth + "}"
    if isinstance(value, list) and value:
        return f"[ {', '.join(_shown(item, depth) for item in value)} ]"
    if isinstance(value, (dict, list)):
        return "{ }" if isinstance(value, dict) else "[ ]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
