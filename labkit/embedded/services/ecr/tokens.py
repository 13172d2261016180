"""ECR's login tokens: what ``aws ecr get-login-password`` prints, and who stands behind one.

A token is 12 hours of the caller's own permissions at the registry, for every repository that the caller can
reach (Amazon ECR User Guide, "Private registry authentication"): it authenticates and authorizes nothing. Only the
SHA-256 of a token is kept, so that the state cannot be used to log in.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.records import keys
from labkit.embedded.records.keys import Session
from labkit.embedded.services.ecr.lookup import registry_of
from labkit.embedded.state.clock import read_stored, stored

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

LIFETIME = timedelta(hours=12)
"""How long a token works."""

_REMEMBERED = timedelta(days=7)  # how long a token that has expired is told from one that never was
_SECRETS = {"secret": "", "token": ""}


@dataclass(frozen=True)
class TokenHolder:
    """Who a login token was given to: the access key that asked for it, and the ARN behind it.

    ``access_key`` is what the embedded AWS finds identity and policies by; ``expires`` is an aware datetime. A token
    outlives the session that asked for it, so ``session`` is that session, without its secrets, where there was one.
    """

    account: str
    arn: str
    access_key: str
    expires: datetime
    session: Session | None = None


def get_authorization_token(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetAuthorizationToken: ``AWS:<password>`` in base64, for 12 hours, at the embedded AWS's own address."""
    now, db = embedded.clock.now(), embedded.database
    accounts = call.params.get("registryIds") or [registry_of(call)]
    tokens = [secrets.token_urlsafe(96) for _ in accounts]
    found = keys.find(db, call.identity.access_key)
    db.run("DELETE FROM login_token WHERE expires <= ?", stored(now - _REMEMBERED))
    for token in tokens:
        db.insert(
            "login_token",
            fingerprint=_fingerprint(token),
            account=call.identity.account,
            arn=call.identity.arn,
            access_key=call.identity.access_key,
            session=_packed(found) if isinstance(found, Session) else None,
            expires=stored(now + LIFETIME),
        )
    return {
        "authorizationData": [
            {
                "authorizationToken": base64.b64encode(f"AWS:{token}".encode()).decode(),
                "expiresAt": now + LIFETIME,
                "proxyEndpoint": embedded.endpoint,
            }
            for token in tokens
        ]
    }


def holder_of(embedded: Embedded, token: str) -> TokenHolder | None:
    """Who the password of a registry login was given to; it may have expired. None if it was never given out."""
    # The fingerprint is looked up, not compared byte by byte with a secret: timing tells nothing about a token.
    row = embedded.database.one("SELECT * FROM login_token WHERE fingerprint = ?", _fingerprint(token))
    if row is None:
        return None
    session = _unpacked(json.loads(row["session"])) if row["session"] else None
    return TokenHolder(row["account"], row["arn"], row["access_key"], read_stored(row["expires"]), session)


def _packed(session: Session) -> str:
    moments = {name: stored(getattr(session, name)) for name in ("issued", "expires")}
    return json.dumps({**asdict(session), **_SECRETS, **moments})


def _unpacked(content: Mapping[str, Any]) -> Session:
    moments = {name: read_stored(content[name]) for name in ("issued", "expires")}
    policies, transitive = content["policies"], tuple(content.get("transitive", ()))
    lists = {"policies": None if policies is None else tuple(policies), "transitive": transitive}
    return Session(**{**content, **moments, **lists})


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
