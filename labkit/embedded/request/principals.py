"""From an access key to an `Identity`: who it is, whether it may still be used, and which policies limit it.

Whether credentials are good is what the key ring and moto know at this moment: an inactive key, an ended session, a
role that was deleted (or deleted and made anew: another id) cannot sign any more.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Identity
from labkit.embedded.protocol.faults import SignatureError
from labkit.embedded.state.keys import Session, UserKey
from labkit.iam import Policies, Policy, Principal
from labkit.iam.arn import parse

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.state.records import Documents

_INVALID = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"


def find_key(embedded: Embedded, access_key: str, token: str | None) -> UserKey | Session:
    """The key or session that may sign with ``access_key`` and ``token`` now; raises `SignatureError`."""
    found = embedded.keys.find(access_key)
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
        gather=lambda: user_policies(embedded, key.account, key.user),
    )


def _user_session(embedded: Embedded, session: Session) -> Identity:
    parent = embedded.keys.find(session.parent or "")
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
        issued=datetime.fromisoformat(session.issued),
    )


def _role_session(embedded: Embedded, session: Session) -> Identity:
    name = parse(session.principal_arn).name
    role = embedded.backend.role(session.account, name)
    if role is None or role.id != session.role_id:
        raise SignatureError("unknown key", _INVALID)
    return Identity(
        account=session.account,
        arn=session.arn,
        principal=Principal.session(session.arn, role.arn),
        principal_arn=role.arn,
        user_id=session.user_id,
        access_key=session.id,
        gather=lambda: role_policies(embedded, session.account, name, session.policies),
        issued=datetime.fromisoformat(session.issued),
        tags=session.tags,
    )


def user_policies(embedded: Embedded, account: str, name: str) -> Policies:
    """What limits an IAM user: its own policies and its groups', its boundary, the account's SCPs."""
    return _policies(embedded, account, embedded.backend.user_documents(account, name), None)


def role_policies(embedded: Embedded, account: str, name: str, session: tuple[str, ...] | None = None) -> Policies:
    """What limits a role's session: the role's policies and boundary, session policies, the account's SCPs."""
    return _policies(embedded, account, embedded.backend.role_documents(account, name), session)


def _policies(embedded: Embedded, account: str, documents: Documents, session: tuple[str, ...] | None) -> Policies:
    boundary = documents.boundary
    return Policies(
        identity=[Policy.parse(text, name) for name, text in documents.identity],
        boundary=Policy.parse(boundary[1], boundary[0]) if boundary else None,
        session=[Policy.parse(text, "session policy") for text in session or ()],
        scp=embedded.scp(account),
    )
