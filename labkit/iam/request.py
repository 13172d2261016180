"""What is asked: a principal wants to do an action on a resource, in a context.

Source: IAM User Guide, "Policy evaluation logic", processing the request context; "AWS JSON policy elements:
Principal".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.errors import UsageError
from labkit.iam import arn as arns
from labkit.iam.patterns import ContextValue

ANONYMOUS, SERVICE, FEDERATED, CANONICAL = "anonymous", "service", "federated", "canonical"
ROOT, USER, ROLE, SESSION = "root", "user", "role", "session"
IAM_KINDS = frozenset({ROOT, USER, ROLE, SESSION})


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    ``kind`` is one of root, user, role, session (an assumed-role session), service, federated, canonical, anonymous.
    ``arn`` is what AWS shows as the caller (the session's ARN for a session); ``role_arn`` is the IAM ARN of the role
    behind a role or session; ``name`` is the service's or identity provider's name.
    """

    kind: str
    arn: str = ""
    role_arn: str = ""
    name: str = ""

    @classmethod
    def aws(cls, arn: str) -> Principal:
        """An IAM principal by its ARN (or a 12-digit account id for its root).

        An assumed-role session's ARN is taken too; its role is then assumed to have no path. Raises UsageError for
        anything else.
        """
        if len(arn) == 12 and arn.isdigit():
            arn = f"arn:aws:iam::{arn}:root"
        parts = arns.split(arn)
        if parts is None or not parts.account:
            raise UsageError(f"{arn!r} is not the ARN of a principal, such as arn:aws:iam::111122223333:role/Admin.")
        kind = parts.resource.split("/", 1)[0]
        if parts.service == "iam" and kind in (ROOT, USER, ROLE):
            return cls(kind, arn, arn if kind == ROLE else "")
        if parts.service == "sts" and kind == "assumed-role" and parts.resource.count("/") == 2:
            role = parts.resource.split("/")[1]
            return cls(SESSION, arn, f"arn:{parts.partition}:iam::{parts.account}:role/{role}")
        raise UsageError(f"{arn!r} is no root, user, role or assumed-role session, so it cannot make requests.")

    @classmethod
    def session(cls, session_arn: str, role_arn: str) -> Principal:
        """An assumed-role session together with the IAM ARN of its role (which may have a path)."""
        return cls(SESSION, session_arn, role_arn)

    @classmethod
    def service(cls, name: str) -> Principal:
        """An AWS service that makes the request itself, such as ``lambda.amazonaws.com``."""
        return cls(SERVICE, name=name)

    @classmethod
    def federated(cls, provider: str) -> Principal:
        """A user signed in by an identity provider (its ARN or web identity name)."""
        return cls(FEDERATED, arn=provider, name=provider)

    @classmethod
    def canonical(cls, identifier: str) -> Principal:
        """An account named by its canonical user id."""
        return cls(CANONICAL, name=identifier)

    @classmethod
    def anonymous(cls) -> Principal:
        """A request without a signature."""
        return cls(ANONYMOUS)

    @classmethod
    def from_json(cls, value: Any) -> Principal:
        """``{"AWS": arn}``, ``{"Service": name}``, ``{"Federated": name}`` or ``"*"``, as in the vector format."""
        makers = {
            "AWS": cls.aws,
            "Service": cls.service,
            "Federated": cls.federated,
            "CanonicalUser": cls.canonical,
        }
        if value == "*":
            return cls.anonymous()
        if isinstance(value, Mapping) and len(value) == 1:
            ((kind, name),) = value.items()
            if kind in makers and isinstance(name, str):
                return makers[kind](name)
        raise UsageError(f'A principal is {{"AWS": arn}}, {{"Service": name}} or "*", not {value!r}.')

    @property
    def account(self) -> str | None:
        """The principal's 12-digit account, or None for services and anonymous callers."""
        return arns.account_of(self.arn) if self.kind in IAM_KINDS else None

    @property
    def is_iam(self) -> bool:
        """Whether identity policies apply: a root, user, role or session."""
        return self.kind in IAM_KINDS

    @property
    def is_service_linked_role(self) -> bool:
        """Service-linked roles live under one path and are exempt from SCPs and RCPs."""
        return ":role/aws-service-role/" in self.role_arn

    def __str__(self) -> str:
        return self.arn or self.name or "an anonymous caller"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as IAM sees it.

    ``context`` maps condition keys to a string, or to a list for a multivalued key; keys are case-insensitive.
    ``resource_account`` owns the resource; None takes it from the resource's ARN, else from the principal.
    """

    principal: Principal
    action: str
    resource: str
    resource_account: str | None = None
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    keys: Mapping[str, ContextValue] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        keys = {k.lower(): v if isinstance(v, str) else tuple(v) for k, v in self.context.items()}
        object.__setattr__(self, "keys", keys)
        if self.resource_account is None:
            owner = arns.account_of(self.resource) or self.principal.account
            object.__setattr__(self, "resource_account", owner)

    @property
    def is_cross_account(self) -> bool:
        """Whether an IAM principal asks for a resource of another account."""
        return self.principal.is_iam and self.principal.account != self.resource_account

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Request:
        """A request in the vector format: principal, action, resource, resource_account, context."""
        missing = [name for name in ("principal", "action", "resource") if name not in value]
        if missing:
            raise UsageError(f"The request lacks {', '.join(missing)}.")
        return cls(
            Principal.from_json(value["principal"]),
            value["action"],
            value["resource"],
            value.get("resource_account"),
            value.get("context", {}),
        )
