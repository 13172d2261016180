"""The kinds of policy, as a table: which elements each must and must not have, and how long it may be.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM and AWS STS quotas"; Amazon ECR User Guide,
"Private repository policies" and "Private registry permissions"; AWS Organizations User Guide, "SCP syntax", "RCP
syntax" and "Quotas"; AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PRINCIPAL, RESOURCE = ("Principal", "NotPrincipal"), ("Resource", "NotResource")
_ITSELF = "the policy is attached to the resource that it speaks of"
_ATTACHED = "the policy is attached to the principals that it speaks of"
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
