"""AssumeRole: temporary credentials of a role, for whom its trust policy and the caller's own policies let in.

Source: STS API Reference, AssumeRole; IAM User Guide, "Methods to assume a role" (role chaining).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Access, Call
from labkit.embedded.services.permissions import account_in
from labkit.embedded.services.sts import session_policies
from labkit.embedded.services.sts.attributes import SessionAttributes
from labkit.embedded.services.sts.errors import refusal
from labkit.embedded.services.sts.limits import role_duration
from labkit.embedded.services.sts.shapes import credentials_of, packed_size, refuse_unsupported
from labkit.iam.arn import split

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def assume_role(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a session of a role. That the caller may assume it was decided before."""
    refuse_unsupported(call, "ProvidedContexts", "SerialNumber", "TokenCode")
    return new_role_session(embedded, call, SessionAttributes.of_call(call))


def new_role_session(
    embedded: Embedded, call: Call, attributes: SessionAttributes, context: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Make a session that carries ``attributes``, and ``context`` as condition keys; what the operation answers."""
    role_arn, name = call.params["RoleArn"], call.params["RoleSessionName"]
    duration = role_duration(embedded, call)
    policies = session_policies.given(embedded, call, account_in(role_arn))
    packed = packed_size(call, attributes)
    credentials = embedded.role_session(role_arn, name, duration, policies, **attributes.members, context=context or {})
    user = {"AssumedRoleId": f"{credentials.role_id}:{name}", "Arn": credentials.arn}
    answer: dict[str, Any] = {"Credentials": credentials_of(credentials), "AssumedRoleUser": user}
    optional = {"PackedPolicySize": packed, "SourceIdentity": attributes.identity}
    return {**answer, **{member: value for member, value in optional.items() if value}}


def on_role(embedded: Embedded, call: Call) -> list[Access]:
    """What AssumeRole needs: sts:AssumeRole on the role, and what tags and a source identity need beside it.

    Raises ValidationError for what is no ARN, before anything is decided.
    """
    check_arn(call.params["RoleArn"])
    return SessionAttributes.of_call(call).accesses("sts:AssumeRole", call.params["RoleArn"])


def check_arn(text: str) -> None:
    """Raise the ValidationError of STS for what has no six fields, or none for partition, service or resource."""
    arn = split(text)
    if arn is None or not (arn.partition and arn.service and arn.resource):
        raise refusal("bad arn", text)
