"""Parameters and answers as CloudTrail shows them, without anything secret.

Names begin with a small letter, dates are written out, bytes are left out. What the model of a service marks as
sensitive is hidden: Organizations shows ``****`` for names and addresses of accounts, others nothing. The session token
of temporary credentials, which AWS shows (it is of no use without the secret key), is hidden here as well. Lambda
leaves out Environment (Lambda Developer Guide, "Logging Lambda API calls").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import Shape, StructureShape

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What stands in the place of a value that nobody may read."""
LONGEST = 100_000
"""The most characters of parameters or of an answer; of longer ones nothing is shown (CloudTrail record contents)."""

_LEFT_OUT = frozenset(
    {"Environment", "ZipFile", "Payload", "ClientContext", "SecretAccessKey", "WebIdentityToken", "SAMLAssertion"}
    | {"Password", "authorizationToken", "downloadUrl"}
)
_TOKENS = frozenset({"SessionToken"})


def shown(shape: StructureShape | None, value: Mapping[str, Any] | None, service: str) -> dict[str, Any] | None:
    """The members of a structure as an event shows them; None for none, and for more than `LONGEST` characters."""
    if shape is None or value is None:
        return None
    found = _structure(shape, value, "****" if service == "organizations" else None)
    return found if found and len(json.dumps(found)) <= LONGEST else None


def _structure(shape: StructureShape, value: Mapping[str, Any], mask: str | None) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, member in shape.members.items():
        given = value.get(name)
        if given is None or name in _LEFT_OUT or member.type_name == "blob":
            continue
        if name in _TOKENS:
            members[_small(name)] = HIDDEN
        elif not member.metadata.get("sensitive"):
            members[_small(name)] = _value(member, given, mask)
        elif mask:
            members[_small(name)] = mask
    return members


def _value(shape: Shape, value: Any, mask: str | None) -> Any:
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        return _structure(shape, value, mask)
    if shape.type_name == "list":
        return [_value(shape.member, item, mask) for item in value if shape.member.type_name != "blob"]
    if shape.type_name == "map":
        return {key: _value(shape.value, item, mask) for key, item in value.items()}
    return _date(value) if isinstance(value, datetime) else value


def _date(moment: datetime) -> str:
    """A date as events write it: ``Mar 13, 2024, 8:33:21 PM``."""
    utc = moment.astimezone(UTC)
    return f"{utc:%b} {utc.day}, {utc.year}, {int(f'{utc:%I}')}:{utc:%M:%S %p}"


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]
