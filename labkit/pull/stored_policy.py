"""How ECR writes a repository policy: anew, whatever was sent.

Recorded answers of SetRepositoryPolicy, GetRepositoryPolicy and DeleteRepositoryPolicy (Cloud Custodian's, with what
was sent beside them) and the examples of the API Reference show the rules: two spaces a level, spaces around colons,
lists on one line; members in the order of `_DOCUMENT` and `_STATEMENT`, also where they were sent in another one; a
list of one action as that action. An account by its number becomes its ARN (crossplane-contrib/provider-aws, issue
700).

Not recorded, and taken to be alike: a list of one principal or of one value of a condition. ECR shows several
principals in any order (hashicorp/terraform-provider-aws, issue 19365); `rewritten` leaves them in the order in which
they were sent, and `same` pays no heed to it.
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
_PRINCIPALS = ("Principal", "NotPrincipal")
_NUMBER = re.compile(r"[0-9]{12}")


def rewritten(text: str, partition: str = "aws") -> str:
    """The text of a policy as ECR shows it; ``partition`` is that of the repository.

    Raises ValueError for a text that is no JSON.
    """
    return _shown(canonical(json.loads(text), partition))


def canonical(document: Any, partition: str = "aws") -> Any:
    """The document that ECR shows for a document. What is no policy in some place is left as it is there."""
    if not isinstance(document, dict) or "Statement" not in document:
        return document
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return _ordered({**document, "Statement": [_statement(each, partition) for each in listed]}, _DOCUMENT)


def same(one: Any, other: Any) -> bool:
    """Whether ECR would show the same for both documents, but for the order of principals."""
    return bool(_unordered(canonical(one)) == _unordered(canonical(other)))


def _statement(statement: Any, partition: str) -> Any:
    if not isinstance(statement, dict):
        return statement
    ordered = _ordered(statement, _STATEMENT)
    return {name: _element(name, value, partition) for name, value in ordered.items()}


def _element(name: str, value: Any, partition: str) -> Any:
    if name in _PRINCIPALS and isinstance(value, dict):
        return {kind: _single(_principals(kind, entries, partition)) for kind, entries in value.items()}
    if name == "Condition" and isinstance(value, dict):
        return {operator: _condition(keys) for operator, keys in value.items()}
    return _single(value)


def _condition(keys: Any) -> Any:
    return {key: _single(value) for key, value in keys.items()} if isinstance(keys, dict) else keys


def _principals(kind: str, entries: Any, partition: str) -> Any:
    if kind != "AWS":
        return entries
    listed = entries if isinstance(entries, list) else [entries]
    return [f"arn:{partition}:iam::{entry}:root" if _NUMBER.fullmatch(str(entry)) else entry for entry in listed]


def _unordered(document: Any) -> Any:
    """A canonical document with its principals in the order of their letters."""
    if not isinstance(document, dict) or not isinstance(document.get("Statement"), list):
        return document
    return {**document, "Statement": [_without_order(each) for each in document["Statement"]]}


def _without_order(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    found = {name: statement[name] for name in _PRINCIPALS if isinstance(statement.get(name), dict)}
    turned = {name: {kind: _sorted(v) for kind, v in principal.items()} for name, principal in found.items()}
    return {**statement, **turned}


def _sorted(entries: Any) -> Any:
    return sorted(entries, key=str) if isinstance(entries, list) else entries


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
