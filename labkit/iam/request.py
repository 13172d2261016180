"""What is asked: a principal wants to do an action on a resource, in a context.

Source: IAM User Guide, "Policy evaluation logic", processing the request context; "AWS JSON policy elements:
Principal".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from labkit.errors import UsageError
from labkit.iam import arn as arns
from labkit.iam.patterns import UNKNOWN, ContextValue

ANONYMOUS, SERVICE, FEDERATED, CANONICAL = "anonymous", "service", "federated", "canonical"
ROOT, USER, ROLE, SESSION = "root", "user", "role", "session"
FEDERATED_USER = "federated-user"
IAM_KINDS = frozenset({ROOT, USER, ROLE, SESSION})


class Principal(NamedTuple):
    """Who asks.

    ``kind`` is one of root, user, role, session (of a role, or of a federated user), service, federated, canonical,
    anonymous. ``arn`` is what AWS shows as the caller (the session's ARN for a session); ``role_arn`` is the IAM ARN
    behind it: of the role, or of the user that called GetFederationToken; ``name`` is the service's or identity
    provider's name; ``id`` is the unique id of the user or role (``AIDA…``, ``AROA…``), empty where it is not known.
    """

    kind: str
    arn: str = ""
    role_arn: str = ""
    name: str = ""
    id: str = ""

    @classmethod
    def aws(cls, arn: str) -> Principal:
        """An IAM principal by its ARN (or a 12-digit account id for its root).

        A session's ARN is taken too: of an assumed role, which is then assumed to have no path, or of a federated
        user, whose IAM user stays unknown. Raises UsageError for anything else.
        """
        if len(arn) == 12 and arn.isdigit():
            arn = f"arn:aws:iam::{arn}:root"
        parts = arns.split(arn)
        if parts is None or not parts.account:
            raise UsageError(f"{arn!r} is not the ARN of a principal, such as arn:aws:iam::111122223333:role/Admin.")
        kind, *names = parts.parts
        if parts.service == "iam" and kind in (ROOT, USER, ROLE):
            return cls(kind, arn, arn if kind == ROLE else "")
        if parts.service == "sts" and kind == "assumed-role" and len(names) == 2:
            return cls(SESSION, arn, f"arn:{parts.partition}:iam::{parts.account}:role/{names[0]}")
        if parts.service == "sts" and kind == FEDERATED_USER and len(names) == 1:
            return cls(SESSION, arn)
        raise UsageError(f"{arn!r} is no root, user, role or assumed-role session, so it cannot make requests.")

    @classmethod
    def session(cls, session_arn: str, role_arn: str) -> Principal:
        """A session together with the IAM ARN of its role (which may have a path) or of the federating user."""
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
        """``{"AWS": arn}``, ``{"Service": name}``, ``{"Federated": name}`` or ``"*"``, as in the vector format.

        A session whose role has a path is ``{"AWS": session_arn, "Role": role_arn}``.
        """
        makers = {
            "AWS": cls.aws,
            "Service": cls.service,
            "Federated": cls.federated,
            "CanonicalUser": cls.canonical,
        }
        if value == "*":
            return cls.anonymous()
        if isinstance(value, Mapping) and value.keys() == {"AWS", "Role"} and all(map(_is_text, value.values())):
            return cls.session(value["AWS"], value["Role"])
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

    @property
    def is_federated_user(self) -> bool:
        """Whether this is a session of GetFederationToken, which has no permission without a session policy."""
        return f":{FEDERATED_USER}/" in self.arn

    def __str__(self) -> str:
        return self.arn or self.name or "an anonymous caller"


_IMAGE = re.compile(r"(?P<name>[^:@]+)(?P<reference>(?::[^:@]*)?(?:@.*)?)")
_EMPTY: Mapping[str, str | Sequence[str]] = MappingProxyType({})
_NONE: frozenset[str] = frozenset()


class PartlyKnown(dict[str, ContextValue]):
    """Condition keys in lower case, of which some are there on AWS and not known here: ``get`` finds `UNKNOWN`."""

    def __init__(self, known: Mapping[str, ContextValue], unknown: frozenset[str]) -> None:
        super().__init__(known)
        self._unknown = unknown

    def get(self, key: str, default: Any = None) -> Any:
        """The key's value, `UNKNOWN` where it or its prefix is not known here, else ``default``."""
        if key in self:
            return self[key]
        prefix = key[: key.find("/") + 1]
        return UNKNOWN if key in self._unknown or prefix in self._unknown else default


class FoundKeys(Mapping[str, ContextValue]):
    """Condition keys that are found when a policy asks for them, by names in lower case; several values are a tuple.

    `UNKNOWN` is the value of one that is there on AWS and not known here; it is not among the names.
    """

    __slots__ = ()

    @property
    def unknown(self) -> frozenset[str]:
        """The names of those that are not known; empty unless told otherwise."""
        return _NONE


class _Fields(NamedTuple):
    principal: Principal
    action: str
    resource: str
    resource_account: str | None
    context: Mapping[str, str | Sequence[str]]
    keys: Mapping[str, ContextValue]
    unknown: frozenset[str]


class Request(_Fields):
    """One request as IAM sees it.

    ``context`` maps condition keys to a string, or to a list for a multivalued key; keys are case-insensitive, and
    ``keys`` holds them in lower case. ``resource_account`` owns the
    resource; None takes it from the resource's ARN, else from the principal. ``unknown`` are keys in lower case, or
    prefixes that end in a slash such as ``aws:resourcetag/``, that AWS has for this request and whose value is not
    known here: a condition on one never satisfies an Allow and always a Deny; what ``context`` gives is known. A
    context of `FoundKeys` says both itself and is read as policies ask for its keys. Raises UsageError for a context
    value that is neither text, number, true or false, nor a list of these.
    """

    __slots__ = ()

    def __new__(
        cls,
        principal: Principal,
        action: str,
        resource: str,
        resource_account: str | None = None,
        context: Mapping[str, str | Sequence[str]] = _EMPTY,
        unknown: frozenset[str] = _NONE,
    ) -> Request:
        """Reads the context; finds the owner of the resource."""
        owner = resource_account or arns.account_of(resource) or principal.account
        if isinstance(context, FoundKeys):
            return super().__new__(cls, principal, action, resource, owner, context, context, unknown)
        keys = {key.lower(): each if type(each) is str else _value(key, each) for key, each in context.items()}
        if unknown:
            keys = PartlyKnown(keys, unknown)
        return super().__new__(cls, principal, action, resource, owner, context, keys, unknown)

    @property
    def is_cross_account(self) -> bool:
        """Whether an IAM principal asks for a resource of another account."""
        return self.principal.is_iam and self.principal.account != self.resource_account

    def having(self, key: str, value: str | Sequence[str] | None) -> Request:
        """The same request with another value of one condition key; None: without the key."""
        context = {name: each for name, each in self.context.items() if name.lower() != key.lower()}
        if value is not None:
            context[key] = value
        unknown = self.context.unknown if isinstance(self.context, FoundKeys) else self.unknown
        unknown -= {key.lower()}
        return Request(self.principal, self.action, self.resource, self.resource_account, context, unknown)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Request:
        """A request in the vector format: principal, action, resource, resource_account, context, unknown.

        ``principal_id`` is the unique id of the user or role, ``principal_tags`` are its tags. Raises UsageError.
        """
        if not isinstance(value, Mapping):
            raise UsageError("The request is not a JSON object with principal, action and resource.")
        missing = [name for name in ("principal", "action", "resource") if name not in value]
        if missing:
            raise UsageError(f"The request lacks {', '.join(missing)}.")
        for name in ("action", "resource"):
            if not isinstance(value[name], str):
                raise UsageError(f"The request's {name} is not a text.")
        account, context = value.get("resource_account"), value.get("context", {})
        if account is not None and not isinstance(account, str):
            raise UsageError("The request's resource_account is not a text of 12 digits.")
        check_names(value["action"], value["resource"], account)
        if not isinstance(context, Mapping):
            raise UsageError("The request's context is not a JSON object of condition keys.")
        unknown = value.get("unknown", [])
        if not isinstance(unknown, list) or not all(map(_is_text, unknown)):
            raise UsageError("The request's unknown is not a list of condition keys.")
        identifier, tags = value.get("principal_id", ""), value.get("principal_tags", {})
        if not isinstance(identifier, str) or not isinstance(tags, Mapping):
            raise UsageError("The request's principal_id is a text, and principal_tags are a JSON object of texts.")
        who = Principal.from_json(value["principal"])._replace(id=identifier)
        context = {**{f"aws:PrincipalTag/{name}": tag for name, tag in tags.items()}, **context}
        lowered = frozenset(key.lower() for key in unknown)
        return cls(who, value["action"], value["resource"], account, context, lowered)


def check_names(action: str, resource: str, account: str | None) -> None:
    """Raises UsageError for what no request can be for: a typing error is no denial."""
    if not re.fullmatch(r"[A-Za-z0-9-]+:[A-Za-z0-9]+", action):
        if named := _with_service(action):
            raise UsageError(f"An action begins with its service: write {named} for {action!r}.")
        raise UsageError(f"A request is for one action, such as ecr:BatchGetImage, not {action!r}.")
    if problem := _no_resource(resource):
        raise UsageError(problem)
    if account is not None and not re.fullmatch("[0-9]{12}", account):
        raise UsageError(f"The owner of a resource is an account of 12 digits, not {account!r}.")


def _with_service(name: str) -> str:
    """The action of that name in the table, with its service; ECR's first, empty where no service has it."""
    from labkit.iam.action_table.reading import actions, services  # asked for in errors alone

    found = [row.name for service in ("ecr", *services()) for row in actions(service)]
    return next((each for each in found if each.partition(":")[2].lower() == name.lower()), "")


def _no_resource(text: str) -> str:
    """What is wrong with a text that stands for a resource, with the ARN that was meant; empty where it is one."""
    if text == "*":
        return ""
    host, slash, rest = text.removeprefix("https://").removeprefix("docker://").partition("/")
    registry, image = arns.RegistryHost.parse(host), re.fullmatch(_IMAGE, rest)
    if registry and slash and image:
        what = "an image" if image["reference"] else "a repository"
        return f"{text} is the URI of {what}, and a resource is an ARN: write {registry.repository_arn(image['name'])}."
    if not text.startswith("arn:"):
        return f"A resource is an ARN, or * where an action has none, not {text!r}."
    fields = arns.split(text)
    if fields is None:
        return f"An ARN has six fields, such as arn:aws:ecr:REGION:ACCOUNT:repository/NAME, and {text!r} has not."
    inside = re.fullmatch(_IMAGE, fields.resource_id)
    if fields.is_a("ecr", "repository") and inside and inside["reference"]:
        whole = text.removesuffix(inside["reference"])
        return f"An image has no ARN of its own; permissions are those of its repository: write {whole}."
    return ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _value(key: str, value: Any) -> ContextValue:
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(_scalar(key, each) for each in value)
    return _scalar(key, value)


def _scalar(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise UsageError(f"The value of {key} must be a text or a list of texts, not {value!r}.")
