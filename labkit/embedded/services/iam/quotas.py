"""Quotas of IAM (IAM User Guide, "IAM and AWS STS quotas"), and what GetAccountSummary shows of them.

How many of a kind an account has is counted as they come and go (the table ``tally``), so that making one costs the
same however many there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.state.database import Database


class Quota(NamedTuple):
    """How AWS's texts name a quota, and how many there may be."""

    name: str
    most: int


OF_ACCOUNT: Mapping[str, Quota] = {
    "user": Quota("UsersPerAccount", 5000),
    "group": Quota("GroupsPerAccount", 500),
    "role": Quota("RolesPerAccount", 10_000),
    "instance-profile": Quota("InstanceProfilesPerAccount", 10_000),
    "policy": Quota("PoliciesPerAccount", 10_000),
}
"""By kind of the table ``tally``. Where AWS raises a quota on request, this is the highest that it grants: a lab is one
account in which everybody practises."""

GROUPS_PER_USER = Quota("GroupsPerUser", 10)
ACCESS_KEYS_PER_USER = Quota("AccessKeysPerUser", 2)
ROLES_PER_PROFILE = Quota("InstanceSessionsPerInstanceProfile", 1)
TRUST_POLICY = Quota("ACLSizePerRole", 2048)
"""Characters of a trust policy, white space not counted."""
POLICY_SIZE = Quota("PolicySize", 6144)
"""Characters of a managed policy, white space not counted."""
ATTACHED: Mapping[str, Quota] = {
    "user": Quota("PoliciesPerUser", 10),
    "group": Quota("PoliciesPerGroup", 10),
    "role": Quota("PoliciesPerRole", 20),
}
"""Managed policies attached to one entity."""
INLINE_SIZES: Mapping[str, int] = {"user": 2048, "group": 5120, "role": 10_240}
"""Characters of all inline policies of one entity together, white space not counted."""
OIDC_PROVIDERS = Quota("OpenIdConnectProvidersPerAccount", 100)
CLIENT_IDS = Quota("ClientIdsPerOpenIdConnectProvider", 100)
"""How AWS's texts name this quota and the one before is not known."""
THUMBPRINTS = 5
"""Thumbprints of one provider of OpenID Connect."""
VERSIONS = 5
"""Versions of one managed policy."""
TAGS = 50
"""Tags of one user, role, policy or instance profile."""


def count(db: Database, account: str, kind: str) -> int:
    """How many of a kind an account has; the kinds are those of `OF_ACCOUNT`."""
    row = db.one("SELECT number FROM tally WHERE account = ? AND kind = ?", account, kind)
    return row["number"] if row else 0


def check_account(db: Database, account: str, kind: str) -> None:
    """Raise LimitExceeded if the account has as many of a kind as it may have."""
    check(OF_ACCOUNT[kind], count(db, account, kind))


def check(quota: Quota, number: int) -> None:
    """Raise LimitExceeded if ``number`` things are there already and one more would exceed the quota."""
    if number >= quota.most:
        raise refusal("quota", quota.name, quota.most)
