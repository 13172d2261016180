"""The kinds of policy, as a table: which elements each must and must not have, and how long it may be.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM and AWS STS quotas"; Amazon ECR User Guide,
"Private repository policies" and "Private registry permissions"; AWS Organizations User Guide, "SCP syntax", "RCP
syntax" and "Quotas"; AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PRINCIPAL, RESOURCE = ("Principal", "NotPrincipal"), ("Resource", "NotResource")
_ITSELF = "the policy is attached to the resource that it speaks of"
_ATTACHED = "the policy is attached to the principals that it speaks of"
_OF_REGISTRIES = frozenset({"ecr:replicateimage", "ecr:createrepository", "ecr:batchimportupstreamimage"})
_ORGANIZATIONS = "The provided policy document does not meet the requirements of the specified policy type."


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind of policy.

    ``required`` lists elements of which one must stand in each statement; ``forbidden`` gives the reason for each
    that must not; ``longest`` is in characters, of which ``blanks`` says whether white space counts; ``versions``
    are those that may stand there, and None among them means that Version may be left out. ``by_iam``: IAM or STS
    reads it, which looks at more than others (``labkit.check.answers``). ``refusal`` is what others answer to every
    mistake. ``admits``: an Allow in it lets somebody in by itself; where not, it only leaves through what others
    allow.
    """

    name: str
    label: str
    required: tuple[tuple[str, ...], ...]
    forbidden: Mapping[str, str]
    principal_kinds: tuple[str, ...] = ()
    services: tuple[str, ...] = ()  #: prefixes of the actions it may hold; empty: any
    longest: int | None = None
    blanks: bool = True
    versions: tuple[str | None, ...] = ("2012-10-17", "2008-10-17", None)
    by_iam: bool = False
    refusal: str = ""
    admits: bool = False
    example: str = field(default="", repr=False)


_ROWS = (
    DocumentKind(
        "ecr-repository",
        "an ECR repository policy",
        (PRINCIPAL,),
        dict.fromkeys(RESOURCE, _ITSELF),
        principal_kinds=("AWS", "Service"),
        services=("ecr",),
        longest=10_240,
        admits=True,
        refusal="Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
        example='"Principal": {"Service": "lambda.amazonaws.com"}',
    ),
    DocumentKind(
        "ecr-registry",
        "an ECR registry policy",
        (PRINCIPAL, RESOURCE),
        {},
        principal_kinds=("AWS", "Service"),
        services=("ecr",),
        longest=10_240,
        admits=True,
        refusal="Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'",
        example='"Principal": {"Service": "lambda.amazonaws.com"} and "Resource": "*"',
    ),
    DocumentKind(
        "identity",
        "an identity policy",
        (RESOURCE,),
        dict.fromkeys(PRINCIPAL, _ATTACHED),
        longest=10_240,
        blanks=False,
        by_iam=True,
        example='"Resource": "*"',
    ),
    DocumentKind(
        "managed",
        "a managed policy",
        (RESOURCE,),
        dict.fromkeys(PRINCIPAL, _ATTACHED),
        longest=6_144,
        blanks=False,
        versions=("2012-10-17",),
        by_iam=True,
        example='"Resource": "*"',
    ),
    DocumentKind(
        "session",
        "a session policy",
        (RESOURCE,),
        dict.fromkeys(PRINCIPAL, _ATTACHED),
        longest=2_048,
        by_iam=True,
        example='"Resource": "*"',
    ),
    DocumentKind(
        "trust",
        "a role's trust policy",
        (PRINCIPAL,),
        {
            **dict.fromkeys(RESOURCE, _ITSELF),
            "NotPrincipal": "trust policies do not support it",
            "NotAction": "it may only name the actions of STS",
        },
        principal_kinds=("AWS", "Service", "Federated"),
        services=("sts",),
        longest=2_048,
        admits=True,
        blanks=False,
        by_iam=True,
        example='"Principal": {"Service": "lambda.amazonaws.com"}',
    ),
    DocumentKind(
        "scp",
        "a service control policy",
        (RESOURCE,),
        dict.fromkeys(PRINCIPAL, _ATTACHED),
        longest=10_240,
        versions=("2012-10-17",),
        refusal=_ORGANIZATIONS,
        example='"Resource": "*"',
    ),
    DocumentKind(
        "rcp",
        "a resource control policy",
        (PRINCIPAL, RESOURCE),
        dict.fromkeys(("NotPrincipal", "NotAction"), "resource control policies do not support it"),
        principal_kinds=("AWS",),
        longest=5_120,
        versions=("2012-10-17",),
        refusal=_ORGANIZATIONS,
        example='"Principal": "*" and "Resource": "*"',
    ),
    DocumentKind(
        "vpc-endpoint",
        "a VPC endpoint's policy",
        (PRINCIPAL, RESOURCE),
        {},
        principal_kinds=("AWS", "Service", "Federated"),
        longest=20_480,
        example='"Principal": "*" and "Resource": "*"',
    ),
    DocumentKind(
        "resource",
        "a resource's policy",
        (PRINCIPAL,),
        {},
        principal_kinds=("AWS", "Service", "Federated", "CanonicalUser"),
        admits=True,
        example='"Principal": {"AWS": "592444418872"}',
    ),
)

DOCUMENT_KINDS: dict[str, DocumentKind] = {kind.name: kind for kind in _ROWS}
"""The kinds by the name that ``--kind`` takes."""


def guess_kind(document: Any) -> DocumentKind:
    """The kind that a document most likely is, from the elements and actions of its statements. Never raises."""
    statements = _statements(document)
    name = _with_principal(statements) if _any_has(statements, PRINCIPAL) else _without_principal(statements)
    return DOCUMENT_KINDS[name]


def _with_principal(statements: list[dict[str, Any]]) -> str:
    actions = [action for each in statements for action in _texts(each.get("Action"))]
    if actions and all(action.lower().startswith("sts:") for action in actions):
        return "trust"
    if not _any_has(statements, RESOURCE):
        return "ecr-repository"
    if all(each.get("Effect") == "Deny" and each.get("Principal") == "*" for each in statements):
        return "rcp"
    if all(action.lower().startswith("ecr:") for action in actions):
        return "ecr-registry" if _OF_REGISTRIES.intersection(map(str.lower, actions)) else "ecr-repository"
    everyone = all(each.get("Principal") in ("*", {"AWS": "*"}) for each in statements)
    return "vpc-endpoint" if everyone else "resource"


def _without_principal(statements: list[dict[str, Any]]) -> str:
    actions = [action for each in statements for action in _texts(each.get("Action"))]
    if actions and not _any_has(statements, RESOURCE) and all(a.lower().startswith("ecr:") for a in actions):
        return "ecr-repository"
    denies = [each for each in statements if each.get("Effect") == "Deny"]
    rest = [each for each in statements if each.get("Effect") != "Deny"]
    return "scp" if denies and all(_is_full_access(each) for each in rest) else "identity"


def _is_full_access(statement: dict[str, Any]) -> bool:
    return _texts(statement.get("Action")) == ["*"] and _texts(statement.get("Resource")) == ["*"]


def _statements(document: Any) -> list[dict[str, Any]]:
    inside = document.get("Statement", document) if isinstance(document, dict) else None
    return [each for each in (inside if isinstance(inside, list) else [inside]) if isinstance(each, dict)]


def _any_has(statements: list[dict[str, Any]], elements: tuple[str, ...]) -> bool:
    return any(element in each for each in statements for element in elements)


def _texts(value: Any) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
