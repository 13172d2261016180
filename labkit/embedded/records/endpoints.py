"""VPC endpoints through which requests go: as if an account's own calls to a service came through one, with its policy.

An endpoint belongs to the account whose calls go through it, and to one service. It limits the calls that users and
sessions of the account send. No request of Lambda's passes it, neither what Lambda does as itself nor what it forwards
with a caller's credentials: Lambda uses no endpoint of its customers. Nor do the calls of functions, which are in no
VPC here.

Source: AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies".
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from labkit.embedded.state.database import Database

if TYPE_CHECKING:
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
    if call.origin.forwarded_by or OF_FUNCTION in call.identity.context:
        return None
    return find(db, call.account, call.service)


def of_account(db: Database, account: str) -> list[Endpoint]:
    """The endpoints of an account, by service."""
    rows = db.all("SELECT * FROM vpc_endpoint WHERE account = ? ORDER BY service", account)
    return [Endpoint(**dict(row)) for row in rows]


def put(db: Database, endpoint: Endpoint) -> None:
    """Let the calls of an account to a service go through this endpoint, and through no other."""
    remove(db, endpoint.account, endpoint.service)
    db.insert("vpc_endpoint", **asdict(endpoint))


def remove(db: Database, account: str, service: str) -> None:
    """Let the calls of an account to a service go through no endpoint."""
    db.run("DELETE FROM vpc_endpoint WHERE account = ? AND service = ?", account, service)
