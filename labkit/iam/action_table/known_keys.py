"""The condition keys whose values the lab knows: those that the embedded AWS fills, in the table's spelling.

A key that is not here and that AWS has for a request is not absent there: the lab does not know its value. So a
condition on it satisfies no Allow, and every Deny; ``labkit check`` says which these are. ``ABSENT`` are the keys that
are known to be absent in everything that the lab does.
"""

from __future__ import annotations

from labkit.iam.action_table.reading import key

KNOWN = frozenset(
    {
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgMasterAccountId",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceName",
        "aws:PrincipalTag/${TagKey}",
        "aws:PrincipalType",
        "aws:RequestTag/${TagKey}",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
        "aws:ResourceOrgID",
        "aws:ResourceOrgPaths",
        "aws:SecureTransport",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceIp",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:TagKeys",
        "aws:TokenIssueTime",
        "aws:UserAgent",
        "aws:ViaAWSService",
        "aws:userid",
        "aws:username",
        "iam:AWSServiceName",
        "iam:PassedToService",
        "iam:PermissionsBoundary",
        "iam:PolicyARN",
        "organizations:PolicyType",
        "sts:ExternalId",
        "sts:RoleSessionName",
    }
)
"""Keys that the embedded AWS fills; a test holds them against the table from which it does."""

ABSENT = frozenset({"aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"})
"""Keys that no request of the lab has on AWS: no service that it emulates makes a call of which they speak."""


def is_known(name: str) -> bool:
    """Whether the lab knows the value of a key, or that there is none. Names may be written in any case."""
    row = key(name)
    return row is not None and row.name in KNOWN | ABSENT
