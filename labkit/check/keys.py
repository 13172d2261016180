"""The global condition keys, as a table: who carries each, and whether it can hold several values.

Source: IAM User Guide, "AWS global condition context keys", the availability and value type of each key.
"""

from __future__ import annotations

from typing import NamedTuple

from labkit.check.words import nearest

CALLER, SOURCE, BOTH = "caller", "source", "both"


class Key(NamedTuple):
    """One row. ``carried`` by IAM callers, by services that act for a source, or by both; ``twin`` is the other's."""

    name: str
    carried: str = BOTH
    multivalued: bool = False
    twin: str = ""


_ROWS = (
    Key("aws:PrincipalOrgID", CALLER, twin="aws:SourceOrgID"),
    Key("aws:PrincipalOrgPaths", CALLER, multivalued=True, twin="aws:SourceOrgPaths"),
    Key("aws:PrincipalOrgMasterAccountId", CALLER),
    Key("aws:PrincipalAccount", CALLER, twin="aws:SourceAccount"),
    Key("aws:PrincipalArn", CALLER, twin="aws:SourceArn"),
    Key("aws:PrincipalTag", CALLER),
    Key("aws:PrincipalType", CALLER),
    Key("aws:userid", CALLER),
    Key("aws:username", CALLER),
    Key("aws:SourceIp", CALLER),
    Key("aws:VpcSourceIp", CALLER),
    Key("aws:SourceVpc", CALLER),
    Key("aws:SourceVpcArn", CALLER),
    Key("aws:SourceVpce", CALLER),
    Key("aws:VpceAccount", CALLER),
    Key("aws:VpceOrgID", CALLER),
    Key("aws:VpceOrgPaths", CALLER, multivalued=True),
    Key("aws:SourceIdentity", CALLER),
    Key("aws:FederatedProvider", CALLER),
    Key("aws:TokenIssueTime", CALLER),
    Key("aws:MultiFactorAuthAge", CALLER),
    Key("aws:MultiFactorAuthPresent", CALLER),
    Key("aws:AssumedRoot", CALLER),
    Key("aws:SignInSessionArn", CALLER),
    Key("aws:Ec2InstanceSourceVpc", CALLER),
    Key("aws:Ec2InstanceSourcePrivateIPv4", CALLER),
    Key("aws:ChatbotSourceArn", CALLER),
    Key("aws:CalledVia", CALLER, multivalued=True),
    Key("aws:CalledViaFirst", CALLER),
    Key("aws:CalledViaLast", CALLER),
    Key("aws:ViaAWSService"),
    Key("aws:IsMcpServiceAction"),
    Key("aws:SourceArn", SOURCE, twin="aws:PrincipalArn"),
    Key("aws:SourceAccount", SOURCE, twin="aws:PrincipalAccount"),
    Key("aws:SourceOrgID", SOURCE, twin="aws:PrincipalOrgID"),
    Key("aws:SourceOrgPaths", SOURCE, multivalued=True, twin="aws:PrincipalOrgPaths"),
    Key("aws:PrincipalServiceName", SOURCE),
    Key("aws:PrincipalServiceNamesList", SOURCE, multivalued=True),
    Key("aws:PrincipalIsAWSService"),
    Key("aws:ResourceAccount"),
    Key("aws:ResourceOrgID"),
    Key("aws:ResourceOrgPaths", multivalued=True),
    Key("aws:ResourceTag"),
    Key("aws:RequestTag"),
    Key("aws:TagKeys", multivalued=True),
    Key("aws:RequestedRegion"),
    Key("aws:SecureTransport"),
    Key("aws:CurrentTime"),
    Key("aws:EpochTime"),
    Key("aws:Referer"),
    Key("aws:UserAgent"),
)

_BY_NAME = {key.name.lower(): key for key in _ROWS}
_WITH_TAG = frozenset({"aws:principaltag", "aws:requesttag", "aws:resourcetag"})
_PREFIX = "aws"


def known(name: str) -> Key | None:
    """The row of a key, in any case and with its tag's name; None for keys of services and unknown ones."""
    base, slash, _ = name.lower().partition("/")
    return None if (base in _WITH_TAG) != bool(slash) else _BY_NAME.get(base)


def suggestion(name: str) -> str | None:
    """What a name was probably meant to be; None where it is known, or a key of a service."""
    base, slash, tag = name.partition("/")
    prefix, colon, rest = base.lower().rpartition(":")
    if known(name) or (colon and sorted(prefix) != sorted(_PREFIX)):  # letters in another order: was:SourceArn
        return None
    if f"{_PREFIX}:{rest}" in _WITH_TAG and not slash:
        return f"{_BY_NAME[f'{_PREFIX}:{rest}'].name}/tag-key"
    close = nearest(f"{_PREFIX}:{rest}", _BY_NAME)
    if close is None:
        return None
    return _BY_NAME[close].name + (f"/{tag}" if slash and close in _WITH_TAG else "")


def is_global(name: str) -> bool:
    """Whether a key is written as a global one, or without any prefix."""
    return name.lower().startswith("aws:") or ":" not in name
