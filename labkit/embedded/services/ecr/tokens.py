"""ECR's login tokens: what ``aws ecr get-login-password`` prints, and who stands behind one.

A token is 12 hours of the caller's own permissions at the registry, for every repository that the caller can
reach (Amazon ECR User Guide, "Private registry authentication"): it authenticates and authorizes nothing. Only the
SHA-256 of a token is kept, in a file that its owner alone can read; so the file cannot be used to log in.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.services.ecr.lookup import registry_of
from labkit.embedded.state.keys import Session
from labkit.ground.files import write_atomically

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

LIFETIME = timedelta(hours=12)
"""How long a token works."""

_REMEMBERED = timedelta(days=7)  # how long a token that has expired is told from one that never was


@dataclass(frozen=True)
class TokenHolder:
    """Who a login token was given to: the access key that asked for it, and the ARN behind it.

    ``access_key`` is what the embedded AWS finds identity and policies by; ``expires`` is an aware datetime. A token
    outlives the session that asked for it, so ``session`` has the session, without its secrets, where there was one.
    """

    account: str
    arn: str
    access_key: str
    expires: datetime
    session: Mapping[str, Any] | None = None


def get_authorization_token(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetAuthorizationToken: ``AWS:<password>`` in base64, for 12 hours, at the embedded AWS's own address."""
    expires = embedded.clock.now() + LIFETIME
    accounts = call.params.get("registryIds") or [registry_of(call)]
    identity = call.identity
    key = embedded.keys.find(identity.access_key)
    session = {**asdict(key), "secret": "", "token": ""} if isinstance(key, Session) else None
    holder = TokenHolder(identity.account, identity.arn, identity.access_key, expires, session)
    tokens = {secrets.token_urlsafe(96): account for account in accounts}
    _remember(embedded, {_fingerprint(token): holder for token in tokens})
    return {
        "authorizationData": [
            {
                "authorizationToken": base64.b64encode(f"AWS:{token}".encode()).decode(),
                "expiresAt": expires,
                "proxyEndpoint": embedded.endpoint,
            }
            for token in tokens
        ]
    }


def holder_of(embedded: Embedded, token: str) -> TokenHolder | None:
    """Who the password of a registry login was given to; it may have expired. None if it was never given out."""
    # The fingerprint is looked up, not compared byte by byte with a secret: timing tells nothing about a token.
    return _known(embedded).get(_fingerprint(token))


def _remember(embedded: Embedded, fresh: dict[str, TokenHolder]) -> None:
    oldest = embedded.clock.now() - _REMEMBERED
    recent = {key: holder for key, holder in _known(embedded).items() if oldest < holder.expires}
    state = {key: {**asdict(holder), "expires": holder.expires.isoformat()} for key, holder in (recent | fresh).items()}
    write_atomically(_file(embedded), json.dumps(state).encode())


def _known(embedded: Embedded) -> Mapping[str, TokenHolder]:
    path = _file(embedded)
    try:
        now = path.stat()
        return _read(path, now.st_ino, now.st_mtime_ns)
    except FileNotFoundError:
        return {}


@lru_cache(maxsize=1)
def _read(path: Path, *_version: int) -> Mapping[str, TokenHolder]:
    """What is in the file, which every request to the registry asks and few change."""
    state = json.loads(path.read_bytes())
    return {
        key: TokenHolder(**{**item, "expires": datetime.fromisoformat(item["expires"])}) for key, item in state.items()
    }


def _file(embedded: Embedded) -> Path:
    return embedded.home.state / "login-tokens.json"


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
