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
from labkit.embedded.services.iam.quotas import TRUST_POLICY
from labkit.errors import PolicyError
from labkit.iam import Policy, Statement
from labkit.iam import arn as arns
from labkit.pull.organization import ACCOUNT_ID

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_UNIQUE_ID = re.compile("A(ROA|IDA)[A-Z2-7]{12,}")
_WILD = re.compile(r"[*?]")
_SPACE = re.compile(r"\s")


def checked(embedded: Embedded, text: str) -> str:
    """The trust policy as it is stored: ids of users and roles written as their ARNs. Raises MalformedPolicyDocument
    for one that AWS refuses, and LimitExceeded for one that is too long.
    """
    if len(_SPACE.sub("", text)) > TRUST_POLICY.most:
        raise refusal("quota", TRUST_POLICY.name, TRUST_POLICY.most)
    for statement in _parse(text).statements:
        _check(statement)
    return bindings.replaced(text, lambda entry: _arn(embedded, entry))


def _arn(embedded: Embedded, entry: str) -> str:
    """What a principal is stored as. Raises MalformedPolicyDocument for one that does not exist."""
    if _UNIQUE_ID.fullmatch(entry):
        found = principals.by_id(embedded.database, entry)
        if found is not None:
            return found.arn
    elif entry == "*" or _exists(embedded, entry):
        return entry
    raise refusal("trust policy", f'Invalid principal in policy: "AWS":"{entry}"')


def _exists(embedded: Embedded, entry: str) -> bool:
    if ACCOUNT_ID.fullmatch(entry):
        return accounts.exists(embedded.database, entry)
    named = arns.split(entry)
    if named is None or not ACCOUNT_ID.fullmatch(named.account) or named.service not in ("iam", "sts"):
        return False
    if not accounts.exists(embedded.database, named.account):
        return False
    if named.service == "iam" and named.resource_type in ("role", "user"):
        found = principals.by_arn(embedded.database, entry)
        return found is not None and found.kind == named.resource_type
    if named.service == "iam":
        return named.resource == "root"
    # Whether AWS asks if the role or user of a session exists is not known.
    return named.resource_type in ("assumed-role", "federated-user") and not _WILD.search(named.resource)


def _check(statement: Statement) -> None:
    if statement.principal is None:
        raise refusal("trust policy", "AssumeRolepolicy must contain a Principal element.")
    if statement.resource is not None:
        raise refusal("trust policy", "Has prohibited field Resource")
    if statement.action.negated or any(not _is_assume(each.text) for each in statement.action.patterns):
        raise refusal("trust policy", "AssumeRole policy may only specify STS AssumeRole actions.")


def _is_assume(action: str) -> bool:
    return action.lower().startswith("sts:")


def _parse(text: str) -> Policy:
    try:
        return Policy.parse(text)
    except PolicyError as error:
        raise refusal("trust policy", str(error)) from None
