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
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.embedded.calls import Call
from labkit.embedded.ecr_registry import registry_of
from labkit.embedded.files import write_atomically

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

LIFETIME = timedelta(hours=12)
"""How long a token works."""


@dataclass(frozen=True)
class TokenHolder:
    """Who a login token was given to: the access key that asked for it, and the ARN behind it.

    ``access_key`` is what the embedded AWS finds identity and policies by; ``expires`` is an aware datetime.
    """

    account: str
    arn: str
    access_key: str
    expires: datetime


def get_authorization_token(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetAuthorizationToken: ``AWS:<password>`` in base64, for 12 hours, at the embedded AWS's own address."""
    expires = embedded.clock.now() + LIFETIME
    accounts = call.params.get("registryIds") or [registry_of(call)]
    identity = call.identity
    holder = TokenHolder(identity.account, identity.arn, identity.access_key, expires)
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


def principal_of_token(embedded: Embedded, token: str) -> TokenHolder | None:
    """Who the password of a registry login belongs to; None if it was never given out or has expired."""
    # The fingerprint is looked up, not compared byte by byte with a secret: timing tells nothing about a token.
    holder = _known(embedded).get(_fingerprint(token))
    return holder if holder is not None and embedded.clock.now() < holder.expires else None


def _remember(embedded: Embedded, fresh: dict[str, TokenHolder]) -> None:
    now = embedded.clock.now()
    valid = {key: holder for key, holder in _known(embedded).items() if now < holder.expires}
    state = {key: {**asdict(holder), "expires": holder.expires.isoformat()} for key, holder in (valid | fresh).items()}
    write_atomically(_file(embedded), json.dumps(state).encode())


def _known(embedded: Embedded) -> dict[str, TokenHolder]:
    try:
        state = json.loads(_file(embedded).read_bytes())
    except FileNotFoundError:
        return {}
    return {
        key: TokenHolder(**{**item, "expires": datetime.fromisoformat(item["expires"])}) for key, item in state.items()
    }


def _file(embedded: Embedded) -> Path:
    return embedded.places.state / "login-tokens.json"


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
