"""What can be set for a registry as a whole, and what it answers of services that this one has not got.

Amazon ECR API Reference: GetAccountSetting, PutAccountSetting, DescribeRegistry; the values are those of botocore's
model (2026). The text for a value that a setting has not is not recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.records import registries

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

BLOB_MOUNTING = "BLOB_MOUNTING"
"""The setting that says whether layers can be mounted from other repositories of the registry; off in a new one."""

#: What a setting can be; the first is what it is in a new registry.
_VALUES: Mapping[str, tuple[str, ...]] = {
    "BASIC_SCAN_TYPE_VERSION": ("AWS_NATIVE",),
    "REGISTRY_POLICY_SCOPE": ("V2",),
    BLOB_MOUNTING: ("DISABLED", "ENABLED"),
}


def get_account_setting(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetAccountSetting. Raises InvalidParameterException for a setting that there is not."""
    name = call.params["name"]
    return {"name": name, "value": value_of(embedded, call.account, call.region, name)}


def put_account_setting(embedded: Embedded, call: Call) -> dict[str, Any]:
    """PutAccountSetting. Raises InvalidParameterException for a setting or value that there is not."""
    name, value = call.params["name"], call.params["value"]
    if value not in _values(name):
        raise invalid("value", f"Valid values of {name}: {', '.join(_values(name))}")
    registries.set_setting(embedded.database, call.account, call.region, name, value)
    return {"name": name, "value": value}


def describe_registry(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DescribeRegistry: this registry replicates nothing."""
    return {"registryId": call.account, "replicationConfiguration": {"rules": []}}


def value_of(embedded: Embedded, account: str, region: str, name: str) -> str:
    """The value of a setting in a registry. Raises InvalidParameterException for a setting that there is not."""
    return registries.settings(embedded.database, account, region).get(name, _values(name)[0])


def _values(name: str) -> tuple[str, ...]:
    if name not in _VALUES:
        raise invalid("name", f"Valid names of account settings: {', '.join(_VALUES)}")
    return _VALUES[name]
