"""Who speaks to the registry: the login token of a Basic ``Authorization``, and the principal that it stands for.

The token has the permissions that its principal has now (Amazon ECR User Guide, "Private registry authentication"): it
outlives the session of a role that asked for it, but neither the role, nor the user, nor the user's access key. AWS
does not say what becomes of a token when its key is made inactive; here it stops working.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Identity
from labkit.embedded.protocol.faults import SignatureError
from labkit.embedded.records import keys
from labkit.embedded.records.keys import UserKey
from labkit.embedded.request import principals
from labkit.embedded.services.ecr import tokens
from labkit.embedded.services.registry.errors import Refusal

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_USER = "AWS"
_EXPIRED = "Your authorization token has expired. Reauthenticate and try again."


def identity_of(embedded: Embedded, authorization: str) -> Identity:
    """The identity behind the value of an ``Authorization`` header; raises `Refusal` for none, or one that is over."""
    with embedded.database.read():
        return _identity(embedded, _token(authorization))


def _identity(embedded: Embedded, token: str | None) -> Identity:
    holder = tokens.holder_of(embedded, token) if token else None
    if holder is None:
        raise _unauthorized(embedded)
    if holder.expires <= embedded.clock.now():
        raise Refusal("DENIED", _EXPIRED, 403)
    found = holder.session or keys.find(embedded.database, holder.access_key)
    if found is None or (isinstance(found, UserKey) and found.status != "Active"):
        raise _unauthorized(embedded)
    try:
        return principals.identify(embedded, found)
    except SignatureError:
        raise _unauthorized(embedded) from None


def _token(authorization: str) -> str | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return password if user == _USER else None


def _unauthorized(embedded: Embedded) -> Refusal:
    challenge = f'Basic realm="{embedded.endpoint}/",service="ecr.amazonaws.com"'
    return Refusal("UNAUTHORIZED", "Not Authorized", 401, {"WWW-Authenticate": challenge})
