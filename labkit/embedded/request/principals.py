"""From an access key to an `Identity`: who it is, whether it may still be used, and which policies limit it.

Whether credentials are good is what the state says at this moment: an inactive key, an ended session, a role that was
deleted (or deleted and made anew: another id) cannot sign any more. Temporary credentials of a user (GetSessionToken,
GetFederationToken) are not for IAM: it answers as if it had never heard of them (IAM User Guide, "Compare AWS STS
credentials"; without MFA, which there is none of here).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Identity
from labkit.embedded.protocol.faults import SignatureError
from labkit.embedded.records import keys
from labkit.embedded.records import principals as records
from labkit.embedded.records.keys import Session, SessionPolicy, UserKey
from labkit.embedded.request.propagation import past
from labkit.iam import Policies, Principal

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.records.principals import EntityRecord

_INVALID = "The security token included in the request is invalid."
_NOT_FOR_IAM = "The security token included in the request is invalid"  # AWS was seen to write it without a full stop
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


def identify(embedded: Embedded, found: UserKey | Session, service: str = "") -> Identity:
    """The identity behind a key whose signature was verified for ``service``.

    Raises `SignatureError` when it is gone, or where its credentials are of no use with the service.
    """
    if isinstance(found, UserKey):
        return _user(embedded, found)
    if found.role_id:
        return _role_session(embedded, found)
    if service == "iam":
        raise SignatureError("unknown key", _NOT_FOR_IAM)
    return _user_session(embedded, found)


def _user(embedded: Embedded, key: UserKey) -> Identity:
    return Identity(
        account=key.account,
        arn=key.user_arn,
        principal=Principal.aws(key.user_arn),
        principal_arn=key.user_arn,
        user_id=key.user_id,
        access_key=key.id,
        gather=lambda: policies_of(embedded, records.by_id(embedded.database, key.user_id)),
        entity=key.user_id,
    )


def _user_session(embedded: Embedded, session: Session) -> Identity:
    parent = keys.find(embedded.database, session.parent or "")
    if not isinstance(parent, UserKey) or parent.status != "Active":
        raise SignatureError("unknown key", _INVALID)
    user = replace(_user(embedded, parent), access_key=session.id, issued=session.issued)
    return user if session.arn == session.principal_arn else _federated_user(embedded, session, user)


def _federated_user(embedded: Embedded, session: Session, user: Identity) -> Identity:
    """A session of GetFederationToken: it is called by its own ARN, and has of the user what its policies allow."""

    def gather() -> Policies:
        return policies_of(embedded, records.by_id(embedded.database, user.entity), session.policies)

    return replace(
        user,
        arn=session.arn,
        principal=Principal.session(session.arn, user.arn),
        principal_arn=session.arn,
        user_id=session.user_id,
        gather=gather,
        tags=session.tags,
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
        entity=role.id,
        tags=session.tags,
        inherited=session.inherited,
        source_identity=session.source_identity,
        context=session.context,
    )


def policies_of(
    embedded: Embedded, entity: EntityRecord | None, session: tuple[SessionPolicy, ...] | None = None
) -> Policies:
    """What limits a user or a role's session: its policies and boundary, session policies, the account's SCPs.

    Nothing is allowed to one that is not there any more.
    """
    if entity is None:
        return Policies()
    documents = records.documents(embedded.database, entity, past(embedded))
    return Policies(
        identity=[policy.compiled() for policy in documents.identity],
        boundary=documents.boundary.compiled() if documents.boundary else None,
        session=[policy.compiled() for policy in session or ()],
        scp=None if entity.linked_service else embedded.scp(entity.account),
    )


def is_service_linked(identity: Identity) -> bool:
    """Whether this is a service-linked role, which neither SCPs nor RCPs limit; no other role stands below its path.

    (Organizations User Guide, "Tasks and entities not restricted by SCPs"; the same for RCPs.)
    """
    return ":role/aws-service-role/" in identity.principal_arn
