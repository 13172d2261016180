"""The global condition keys, as a table: who carries each, and whether it can hold several values.

Source: IAM User Guide, "AWS global condition context keys", the availability and value type of each key.
"""

from __future__ import annotations

from typing import NamedTuple

from labkit.check.findings import closest_word

CALLER, SOURCE, BOTH = "caller", "source", "both"


class GlobalKey(NamedTuple):
    """One row. ``carried`` by IAM callers, by services that act for a source, or by both; ``twin`` is the other's."""

    name: str
    carried: str = BOTH
    multivalued: bool = False
    twin: str = ""


_ROWS = (
    GlobalKey("aws:PrincipalOrgID", CALLER, twin="aws:SourceOrgID"),
    GlobalKey("aws:PrincipalOrgPaths", CALLER, multivalued=True, twin="aws:SourceOrgPaths"),
    GlobalKey("aws:PrincipalOrgMasterAccountId", CALLER),
    GlobalKey("aws:PrincipalAccount", CALLER, twin="aws:SourceAccount"),
    GlobalKey("aws:PrincipalArn", CALLER, twin="aws:SourceArn"),
    GlobalKey("aws:PrincipalTag", CALLER),
    GlobalKey("aws:PrincipalType", CALLER),
    GlobalKey("aws:userid", CALLER),
    GlobalKey("aws:username", CALLER),
    GlobalKey("aws:SourceIp", CALLER),
    GlobalKey("aws:VpcSourceIp", CALLER),
    GlobalKey("aws:SourceVpc", CALLER),
    GlobalKey("aws:SourceVpcArn", CALLER),
    GlobalKey("aws:SourceVpce", CALLER),
    GlobalKey("aws:VpceAccount", CALLER),
    GlobalKey("aws:VpceOrgID", CALLER),
    GlobalKey("aws:VpceOrgPaths", CALLER, multivalued=True),
    GlobalKey("aws:SourceIdentity", CALLER),
    GlobalKey("aws:FederatedProvider", CALLER),
    GlobalKey("aws:TokenIssueTime", CALLER),
    GlobalKey("aws:MultiFactorAuthAge", CALLER),
    GlobalKey("aws:MultiFactorAuthPresent", CALLER),
    GlobalKey("aws:AssumedRoot", CALLER),
    GlobalKey("aws:SignInSessionArn", CALLER),
    GlobalKey("aws:Ec2InstanceSourceVpc", CALLER),
    GlobalKey("aws:Ec2InstanceSourcePrivateIPv4", CALLER),
    GlobalKey("aws:ChatbotSourceArn", CALLER),
    GlobalKey("aws:CalledVia", CALLER, multivalued=True),
    GlobalKey("aws:CalledViaFirst", CALLER),
    GlobalKey("aws:CalledViaLast", CALLER),
    GlobalKey("aws:ViaAWSService"),
    GlobalKey("aws:IsMcpServiceAction"),
    GlobalKey("aws:SourceArn", SOURCE, twin="aws:PrincipalArn"),
    GlobalKey("aws:SourceAccount", SOURCE, twin="aws:PrincipalAccount"),
    GlobalKey("aws:SourceOrgID", SOURCE, twin="aws:PrincipalOrgID"),
    GlobalKey("aws:SourceOrgPaths", SOURCE, multivalued=True, twin="aws:PrincipalOrgPaths"),
    GlobalKey("aws:PrincipalServiceName", SOURCE),
    GlobalKey("aws:PrincipalServiceNamesList", SOURCE, multivalued=True),
    GlobalKey("aws:PrincipalIsAWSService"),
    GlobalKey("aws:ResourceAccount"),
    GlobalKey("aws:ResourceOrgID"),
    GlobalKey("aws:ResourceOrgPaths", multivalued=True),
    GlobalKey("aws:ResourceTag"),
    GlobalKey("aws:RequestTag"),
    GlobalKey("aws:TagKeys", multivalued=True),
    GlobalKey("aws:RequestedRegion"),
    GlobalKey("aws:SecureTransport"),
    GlobalKey("aws:CurrentTime"),
    GlobalKey("aws:EpochTime"),
    GlobalKey("aws:Referer"),
    GlobalKey("aws:UserAgent"),
)

_BY_NAME = {key.name.lower(): key for key in _ROWS}
_WITH_TAG = frozenset({"aws:principaltag", "aws:requesttag", "aws:resourcetag"})
_PREFIX = "aws"


def global_key(name: str) -> GlobalKey | None:
    """The row of a key, in any case and with its tag's name; None for keys of services and unknown ones."""
    base, slash, _ = name.lower().partition("/")
    return None if (base in _WITH_TAG) != bool(slash) else _BY_NAME.get(base)


def suggestion(name: str) -> str | None:
    """What a name was probably meant to be; None where it is known, or a key of a service."""
    base, slash, tag = name.partition("/")
    prefix, colon, rest = base.lower().rpartition(":")
    if global_key(name) or (colon and sorted(prefix) != sorted(_PREFIX)):  # letters in another order: was:SourceArn
        return None
    if f"{_PREFIX}:{rest}" in _WITH_TAG and not slash:
        return f"{_BY_NAME[f'{_PREFIX}:{rest}'].name}/tag-key"
    close = closest_word(f"{_PREFIX}:{rest}", _BY_NAME)
    if close is None:
        return None
    return _BY_NAME[close].name + (f"/{tag}" if slash and close in _WITH_TAG else "")


def is_global(name: str) -> bool:
    """Whether a key is written as a global one, or without any prefix."""
    return name.lower().startswith("aws:") or ":" not in name
