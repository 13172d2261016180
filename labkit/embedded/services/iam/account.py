"""The account: its alias, and how much of everything it has. Source: IAM API Reference, GetAccountSummary."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Row
from typing import TYPE_CHECKING, Any

from labkit.embedded.records.federation import providers
from labkit.embedded.services.iam import listing, quotas
from labkit.embedded.services.iam.errors import refusal

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

_COUNTED = {
    "user": "Users",
    "group": "Groups",
    "role": "Roles",
    "policy": "Policies",
    "instance-profile": "InstanceProfiles",
}
"""Members of the summary, by kind; each has one more with ``Quota`` behind its name."""

_ALWAYS = {
    "AccessKeysPerUserQuota": quotas.ACCESS_KEYS_PER_USER.most,
    "AccountAccessKeysPresent": 0,
    "AccountMFAEnabled": 0,
    "AccountPasswordPresent": 0,
    "AccountSigningCertificatesPresent": 0,
    "AssumeRolePolicySizeQuota": quotas.TRUST_POLICY.most,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 20,
    "AttachedPoliciesPerUserQuota": 10,
    "GlobalEndpointTokenVersion": 1,
    "GroupPolicySizeQuota": 5120,
    "GroupsPerUserQuota": quotas.GROUPS_PER_USER.most,
    "MFADevices": 0,
    "MFADevicesInUse": 0,
    "PolicySizeQuota": 6144,
    "PolicyVersionsInUseQuota": 10_000,
    "RolePolicySizeQuota": 10_240,
    "ServerCertificates": 0,
    "ServerCertificatesQuota": 20,
    "SigningCertificatesPerUserQuota": 2,
    "UserPolicySizeQuota": 2048,
    "VersionsPerPolicyQuota": 5,
}
"""What is the same in every account here: it has no root password or keys, certificates or MFA devices."""


def summary(embedded: Embedded, call: Call) -> dict[str, Any]:
    """How many of everything the account has, and may have."""
    db = embedded.database
    counts = {name: quotas.count(db, call.account, kind) for kind, name in _COUNTED.items()}
    most = {f"{name}Quota": quotas.OF_ACCOUNT[kind].most for kind, name in _COUNTED.items()}
    versions = db.one(
        "SELECT count(*) AS number FROM policy_version JOIN managed_policy ON arn = policy WHERE account = ?",
        call.account,
    )
    in_use = {"PolicyVersionsInUse": versions["number"] if versions else 0}
    in_use["Providers"] = len(providers.of_account(db, call.account))
    return {"SummaryMap": {**counts, **most, **in_use, **_ALWAYS}}


def create_alias(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Give the account an alias in place of the one that it has; no two accounts have the same."""
    alias = call.params["AccountAlias"]
    taken = embedded.database.one("SELECT id FROM account WHERE alias = ?", alias)
    if taken is not None and taken["id"] != call.account:
        raise refusal("alias exists", alias)
    if alias.isdecimal() and len(alias) == 12:
        raise refusal("alias is a number")
    embedded.database.run("UPDATE account SET alias = ? WHERE id = ?", alias, call.account)
    return {}


def delete_alias(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Take the account's alias away. Raises NoSuchEntity where it has not this one."""
    alias = call.params["AccountAlias"]
    if not embedded.database.run("UPDATE account SET alias = NULL WHERE id = ? AND alias = ?", call.account, alias):
        raise refusal("no alias", alias)
    return {}


def list_aliases(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The alias of the account, if it has one."""

    def fetch(after: str, limit: int) -> Sequence[Row]:
        query = "SELECT alias FROM account WHERE id = ? AND alias > ? LIMIT ?"
        return embedded.database.all(query, call.account, after, limit)

    return listing.page(embedded, call, "AccountAliases", fetch, lambda row: row["alias"], "alias")
