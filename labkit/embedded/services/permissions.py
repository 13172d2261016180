"""What the tables of the services share: rows of several operations, and the permissions that many of them need.

Each service's ``operations`` module has one table ``OPERATIONS``, a row for each operation that it offers: its handler
and what a call of it needs as permission, after the Service Authorization Reference ("Actions, resources, and condition
keys for ..."): IAM actions, the resources they act on, and who owns these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call, Handler, Needs, Operation
from labkit.iam.arn import account_of

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def rows(handler: Handler, needs: Needs, names: str, *, reads: bool = False) -> dict[str, Operation]:
    """The same row for all operations in ``names``, which are separated by spaces."""
    return dict.fromkeys(names.split(), Operation(handler, needs, reads))


def nothing(embedded: Embedded, call: Call) -> list[Access]:
    """No permission is needed, and none can be denied."""
    return []


def in_account(embedded: Embedded, call: Call) -> list[Access]:
    """The action of the operation's own name, on no resource in particular."""
    return [Access(f"{call.service}:{call.operation}", "*", call.account)]


def account_in(arn: str) -> str | None:
    """The account in an ARN, or None where there is none (also for AWS's own policies, whose account is ``aws``)."""
    account = account_of(arn)
    return account if account and account.isdecimal() else None
