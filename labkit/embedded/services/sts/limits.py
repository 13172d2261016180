"""Which operations of STS temporary credentials may call, and how long a session may last.

Source: IAM User Guide, "Compare AWS STS credentials"; STS API Reference, GetSessionToken and GetFederationToken; IAM
User Guide, "Methods to assume a role" (role chaining).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call, Identity, Needs
from labkit.embedded.services.sts.errors import refusal

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

LONGEST_CHAINED = 3600
"""Seconds of a session that was asked for with temporary credentials; also where nobody says how long."""

_FOR_USER_SESSIONS = frozenset({"AssumeRole", "GetCallerIdentity"})
_FOR_FEDERATED_USERS = frozenset({"GetCallerIdentity"})
_FOR_LASTING_KEYS = frozenset({"GetSessionToken", "GetFederationToken"})


def limited(needs: Needs) -> Needs:
    """What an operation needs, for callers whose credentials are of use for it. Raises the AccessDenied of STS."""

    def checked(embedded: Embedded, call: Call) -> list[Access]:
        if not _may_call(call.identity, call.operation):
            raise refusal("session credentials", call.operation)
        return needs(embedded, call)

    return checked


def _may_call(caller: Identity, operation: str) -> bool:
    if caller.is_federated_user:
        return operation in _FOR_FEDERATED_USERS
    if caller.is_temporary and not caller.is_session:
        return operation in _FOR_USER_SESSIONS
    return not (caller.is_temporary and operation in _FOR_LASTING_KEYS)


def role_duration(embedded: Embedded, call: Call) -> int:
    """For how many seconds the session of a role is to last. Raises the ValidationErrors of STS."""
    asked = call.params.get("DurationSeconds")
    if asked is None:
        return LONGEST_CHAINED
    role = embedded.role(call.params["RoleArn"])
    if role is not None and asked > (role.max_session or LONGEST_CHAINED):
        raise refusal("longer than the role")
    if call.identity.is_temporary and asked > LONGEST_CHAINED:
        raise refusal("longer than a chain")
    return int(asked)
