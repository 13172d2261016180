"""What the answers of STS have in common: credentials, and how much of the allotted space policies and tags take."""

from __future__ import annotations

from typing import Any

from labkit.embedded.protocol.calls import Call, Credentials
from labkit.embedded.services.sts import session_policies
from labkit.embedded.services.sts.attributes import SessionAttributes
from labkit.embedded.services.sts.errors import refusal


def credentials_of(credentials: Credentials) -> dict[str, Any]:
    """Temporary credentials in the shape of STS's API."""
    return {
        "AccessKeyId": credentials.access_key,
        "SecretAccessKey": credentials.secret_key,
        "SessionToken": credentials.session_token,
        "Expiration": credentials.expiration,
    }


def packed_size(call: Call, attributes: SessionAttributes) -> int:
    """PackedPolicySize, in percent. Raises PackedPolicyTooLarge where tags do not fit beside the session policies."""
    packed = session_policies.packed(call) + attributes.packed
    if attributes.all_tags and packed > 100:
        raise refusal("tags too large", packed)
    return packed


def refuse_unsupported(call: Call, *names: str) -> None:
    """Raise InvalidParameterValue, with the lab's own sentence, where the call gives one of these parameters."""
    for name in names:
        if call.params.get(name):
            raise refusal("parameter", name)
