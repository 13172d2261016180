"""VPC endpoints through which requests go: as if an account's own calls to a service came through one, with its policy.

An endpoint belongs to the account whose calls go through it, and to one service. It limits the calls that users and
sessions of the account send. No request of Lambda's passes it, neither what Lambda does as itself nor what it forwards
with a caller's credentials: Lambda uses no endpoint of its customers. Nor do the calls of functions, which are in no
VPC here.

Source: AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from labkit.check import DOCUMENT_KINDS, RULES, refusal
from labkit.embedded.state.database import Database
from labkit.errors import UsageError

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

SERVICES = ("ecr", "lambda", "sts")
"""The services to which there can be endpoints here."""
OF_FUNCTION = "lambda:SourceFunctionArn"
"""The condition key that the credentials of a function carry."""


@dataclass(frozen=True)
class Endpoint:
    """A VPC endpoint: whose, for which service, with which policy (a text), with which id and VPC (None: not told)."""

    account: str
    service: str
    policy: str
    vpce: str | None = None
    vpc: str | None = None


def find(db: Database, account: str, service: str) -> Endpoint | None:
    """The endpoint through which the calls of an account to a service go; None where they go through none."""
    row = db.one("SELECT * FROM vpc_endpoint WHERE account = ? AND service = ?", account, service)
    return Endpoint(**dict(row)) if row else None


def through(db: Database, call: Call) -> Endpoint | None:
    """The endpoint that a call has come through, or None."""
    if call.service not in SERVICES or call.origin.forwarded_by or OF_FUNCTION in call.identity.context:
        return None
    return find(db, call.account, call.service)


def settled(embedded: Embedded) -> list[dict[str, Any]]:
    """All endpoints: ``{"profile", "service", "policy", "vpce", "vpc"}`` each; ``policy`` is a text."""
    profiles = {number: profile for profile, number in embedded.settings.accounts.items()}
    rows = embedded.database.all("SELECT * FROM vpc_endpoint ORDER BY account, service")
    return [{"profile": profiles.get(row["account"], row["account"]), **dict(row)} for row in rows]


def settle(embedded: Embedded, source: Mapping[str, Any]) -> None:
    """Let a profile's calls to a service go through an endpoint, or (policy None) through none.

    ``source`` has the members that `settled` answers. Raises `UsageError` for a profile, service or id that cannot be,
    and for a policy that AWS would not take; then nothing is changed.
    """
    profile, service, policy = source["profile"], source["service"], source["policy"]
    account = embedded.settings.accounts.get(profile)
    if account is None:
        known = ", ".join(embedded.settings.accounts)
        raise UsageError(f"The lab has no profile named {profile!r}: use one of {known}.")
    if service not in SERVICES:
        raise UsageError(f"The lab has VPC endpoints for {', '.join(SERVICES)}, not for {service!r}.")
    ids = {kind: _id(kind, source) for kind in ("vpce", "vpc")}
    endpoint = None if policy is None else Endpoint(account, service, _accepted(policy), **ids)
    with embedded.database.write():
        embedded.database.run("DELETE FROM vpc_endpoint WHERE account = ? AND service = ?", account, service)
        if endpoint is not None:
            embedded.database.insert("vpc_endpoint", **asdict(endpoint))


def _accepted(policy: str) -> str:
    refused = refusal(policy, DOCUMENT_KINDS["vpc-endpoint"])
    if refused is not None:
        why = f"{RULES[refused.rule].title}: {refused.message}"
        raise UsageError(f"AWS would not take this as the policy of a VPC endpoint. {why}")
    return policy


def _id(kind: str, source: Mapping[str, Any]) -> str | None:
    text: str | None = source.get(kind)
    if text is not None and not re.fullmatch(f"{kind}-[0-9a-f]{{8,17}}", text):
        raise UsageError(f"{text!r} is no id such as {kind}-0123456789abcdef0.")
    return text
