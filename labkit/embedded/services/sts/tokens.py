"""GetSessionToken and GetFederationToken: temporary credentials of an IAM user.

Source: STS API Reference, GetSessionToken and GetFederationToken; IAM User Guide, "Permissions for GetFederationToken":
the session has what both the user's policies and the session policies allow, and nothing without session policies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Access, Call
from labkit.embedded.records.keys import new_session
from labkit.embedded.services.sts import session_policies
from labkit.embedded.services.sts.attributes import SessionAttributes
from labkit.embedded.services.sts.shapes import credentials_of, packed_size, refuse_unsupported

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_SECONDS = 43_200
"""How long they last where nobody says how long."""


def get_session_token(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make temporary credentials of the user who asks."""
    refuse_unsupported(call, "SerialNumber", "TokenCode")
    caller = call.identity
    return {"Credentials": _session(embedded, call, caller.arn, caller.principal_arn, caller.user_id)}


def get_federation_token(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make temporary credentials for a federated user, who is called by a name that the caller chooses."""
    policies = session_policies.given(embedded, call, call.account)
    attributes = SessionAttributes.of_call(call)
    packed = packed_size(call, attributes)
    arn, user_id = _federated(call), f"{call.account}:{call.params['Name']}"
    members = {"policies": policies, "tags": attributes.all_tags}
    return {
        "Credentials": _session(embedded, call, arn, call.identity.arn, user_id, **members),
        "FederatedUser": {"FederatedUserId": user_id, "Arn": arn},
        "PackedPolicySize": packed,
    }


def on_federated_user(embedded: Embedded, call: Call) -> list[Access]:
    """What GetFederationToken needs: its own action on the federated user, and sts:TagSession where it passes tags."""
    attributes = SessionAttributes.of_call(call)
    actions = ["sts:GetFederationToken", *(["sts:TagSession"] if attributes.tags else [])]
    return [Access(action, _federated(call), call.account, attributes.context) for action in actions]


def _federated(call: Call) -> str:
    return f"arn:aws:sts::{call.account}:federated-user/{call.params['Name']}"


def _session(
    embedded: Embedded, call: Call, arn: str, principal_arn: str, user_id: str, **members: Any
) -> dict[str, Any]:
    session = new_session(
        call.account,
        embedded.clock.now(),
        call.params.get("DurationSeconds", _SECONDS),
        arn=arn,
        principal_arn=principal_arn,
        user_id=user_id,
        parent=call.identity.access_key,
        **members,
    )
    return credentials_of(embedded.open_session(session))
