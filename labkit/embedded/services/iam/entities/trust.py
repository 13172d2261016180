"""Trust policies: what may stand in one, and that whom it names exists.

A role, user or account that does not exist is refused when the policy is saved; who is named is bound to its id
(`labkit.embedded.records.bindings`). Source: IAM User Guide, "AWS JSON policy elements: Principal"; the texts are those
of public logs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labkit.embedded.records import accounts, bindings, principals
from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.services.iam.policies import documents
from labkit.iam import arn as arns
from labkit.pull.organization import ACCOUNT_ID

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_UNIQUE_ID = re.compile("A(ROA|IDA)[A-Z2-7]{12,}")


def checked(embedded: Embedded, text: str) -> str:
    """The trust policy as it is stored: ids of users and roles written as their ARNs. Raises MalformedPolicyDocument
    for one that AWS refuses, and LimitExceeded for one that is too long.
    """
    documents.check(text, "trust")
    return bindings.replaced(text, lambda entry: _arn(embedded, entry))


def _arn(embedded: Embedded, entry: str) -> str:
    """What a principal is stored as. Raises MalformedPolicyDocument for one that does not exist."""
    if _UNIQUE_ID.fullmatch(entry):
        found = principals.by_id(embedded.database, entry)
        if found is not None:
            return found.arn
    elif entry == "*" or _exists(embedded, entry):
        return entry
    raise refusal("bad document", f'Invalid principal in policy: "AWS":"{entry}"')


def _exists(embedded: Embedded, entry: str) -> bool:
    if ACCOUNT_ID.fullmatch(entry):
        return _account_exists(embedded, entry)
    named = arns.split(entry)
    if named is None or not ACCOUNT_ID.fullmatch(named.account) or named.service not in ("iam", "sts"):
        return False
    if not _account_exists(embedded, named.account):
        return False
    if named.service == "iam" and named.resource_type in ("role", "user"):
        found = principals.by_arn(embedded.database, entry)
        return found is not None and found.kind == named.resource_type
    # The account itself, or a session; whether AWS asks if the role or user of a session exists is not known.
    return True


def _account_exists(embedded: Embedded, account: str) -> bool:
    return accounts.known(embedded.database, account, "a trust policy")
