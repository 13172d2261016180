"""Which kind of policy a document is taken for where nobody says so, and why: from the elements of its statements."""

from __future__ import annotations

from typing import Any, NamedTuple

from labkit.check.kinds import DOCUMENT_KINDS, PRINCIPAL, RESOURCE, DocumentKind

_OF_REGISTRIES = frozenset({"ecr:replicateimage", "ecr:createrepository", "ecr:batchimportupstreamimage"})


class Guess(NamedTuple):
    """The kind that a document most likely is, and what shows it: the end of a sentence after "because"."""

    kind: DocumentKind
    why: str


def guess(document: Any) -> Guess:
    """The kind that a document most likely is. Never raises."""
    statements = _statements(document)
    name, why = _with_principal(statements) if _any_has(statements, PRINCIPAL) else _without_principal(statements)
    return Guess(DOCUMENT_KINDS[name], why)


def _with_principal(statements: list[dict[str, Any]]) -> tuple[str, str]:
    actions = [action for each in statements for action in _texts(each.get("Action"))]
    if actions and all(action.lower().startswith("sts:") for action in actions):
        return "trust", "its statements name principals and actions of STS"
    if not _any_has(statements, RESOURCE):
        return "ecr-repository", "its statements name principals and no Resource"
    if all(each.get("Effect") == "Deny" and each.get("Principal") == "*" for each in statements):
        return "rcp", "its statements deny everyone something on resources"
    if all(action.lower().startswith("ecr:") for action in actions):
        if _OF_REGISTRIES.intersection(map(str.lower, actions)):
            return "ecr-registry", "its statements name principals, resources and what only registries allow"
        return "ecr-repository", "its statements name principals and nothing but actions of ECR"
    if all(each.get("Principal") in ("*", {"AWS": "*"}) for each in statements):
        return "vpc-endpoint", "its statements name everyone and resources of several services"
    return "resource", "its statements name principals and resources"


def _without_principal(statements: list[dict[str, Any]]) -> tuple[str, str]:
    actions = [action for each in statements for action in _texts(each.get("Action"))]
    if actions and not _any_has(statements, RESOURCE) and all(a.lower().startswith("ecr:") for a in actions):
        return "ecr-repository", "its statements name actions of ECR and no Resource"
    denies = [each for each in statements if each.get("Effect") == "Deny"]
    rest = [each for each in statements if each.get("Effect") != "Deny"]
    if denies and all(_is_full_access(each) for each in rest):
        return "scp", "its statements name no principals, and allow nothing but everything"
    return "identity", "its statements name no principals" if statements else "it has no statement that says more"


def _is_full_access(statement: dict[str, Any]) -> bool:
    return _texts(statement.get("Action")) == ["*"] and _texts(statement.get("Resource")) == ["*"]


def _statements(document: Any) -> list[dict[str, Any]]:
    inside = document.get("Statement", document) if isinstance(document, dict) else None
    return [each for each in (inside if isinstance(inside, list) else [inside]) if isinstance(each, dict)]


def _any_has(statements: list[dict[str, Any]], elements: tuple[str, ...]) -> bool:
    return any(element in each for each in statements for element in elements)


def _texts(value: Any) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
