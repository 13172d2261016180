"""From an access key to an `Identity`: who it is, whether it may still be used, and which policies limit it.

Whether credentials are good is what the state says at this moment: an inactive key, an ended session, a role that was
deleted (or deleted and made anew: another id) cannot sign any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Identity
from labkit.embedded.protocol.faults import SignatureError
from labkit.embedded.records import keys
from labkit.embedded.records import principals as records
from labkit.embedded.records.keys import Session, UserKey
from labkit.iam import Policies, Policy, Principal

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.records.principals import EntityRecord

_INVALID = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"


def find_key(embedded: Embedded, access_key: str, token: str | None) -> UserKey | Session:
    """The key or session that may sign with ``access_key`` and ``token`` now; raises `SignatureError`."""
    found = keys.find(embedded.database, access_key)
    if isinstance(found, UserKey) and found.status == "Active" and token is None:
        return found
    if not isinstance(found, Session):
        raise SignatureError("unknown key", _INVALID)
    if not found.accepts(token):
        raise SignatureError("bad token", _INVALID)
    if found.expired(embedded.clock.now()):
        raise SignatureError("expired token", _EXPIRED)
    return found


def identify(embedded: Embedded, found: UserKey | Session) -> Identity:
    """The identity behind a key whose signature was verified; raises `SignatureError` when it is gone."""
    if isinstance(found, UserKey):
        return _user(embedded, found)
    return _role_session(embedded, found) if found.role_id else _user_session(embedded, found)


def _user(embedded: Embedded, key: UserKey) -> Identity:
    return Identity(
        account=key.account,
        arn=key.user_arn,
        principal=Principal.aws(key.user_arn),
        principal_arn=key.user_arn,
        user_id=key.user_id,
        access_key=key.id,
        gather=lambda: policies_of(embedded, records.by_id(embedded.database, key.user_id)),
    )


def _user_session(embedded: Embedded, session: Session) -> Identity:
    parent = keys.find(embedded.database, session.parent or "")
    if not isinstance(parent, UserKey) or parent.status != "Active":
        raise SignatureError("unknown key", _INVALID)
    user = _user(embedded, parent)
    return Identity(
        account=user.account,
        arn=user.arn,
        principal=user.principal,
        principal_arn=user.principal_arn,
        user_id=user.user_id,
        access_key=session.id,
        gather=user.gather,
        issued=session.issued,
    )


def _role_session(embedded: Embedded, session: Session) -> Identity:
    role = records.by_id(embedded.database, session.role_id or "")
    if role is None:
        raise SignatureError("unknown key", _INVALID)
    return Identity(
        account=session.account,
        arn=session.arn,
        principal=Principal.session(session.arn, role.arn),
        principal_arn=role.arn,
        user_id=session.user_id,
        access_key=session.id,
        gather=lambda: policies_of(embedded, role, session.policies),
        issued=session.issued,
        tags=session.tags,
    )


def policies_of(embedded: Embedded, entity: EntityRecord | None, session: tuple[str, ...] | None = None) -> Policies:
    """What limits a user or a role's session: its policies and boundary, session policies, the account's SCPs.

    Nothing is allowed to one that is not there any more.
    """
    if entity is None:
        return Policies()
    documents = records.documents(embedded.database, entity)
    boundary = documents.boundary
    return Policies(
        identity=[Policy.parse(text, name) for name, text in documents.identity],
        boundary=Policy.parse(boundary[1], boundary[0]) if boundary else None,
        session=[Policy.parse(text, "session policy") for text in session or ()],
        scp=None if entity.linked_service else embedded.scp(entity.account),
    )


def is_service_linked(identity: Identity) -> bool:
    """Whether this is a service-linked role, which neither SCPs nor RCPs limit; no other role stands below its path.

    (Organizations User Guide, "Tasks and entities not restricted by SCPs"; the same for RCPs.)
    """
    return ":role/aws-service-role/" in identity.principal_arn
