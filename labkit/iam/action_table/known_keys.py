"""What the lab knows of condition keys, in the table's spelling: which it fills, and which no request here has.

    KNOWN      the embedded AWS finds the value, or knows that this request has none
    AT_TIMES   of these: some requests have it with a value that the lab does not know, each with the reason
    ABSENT     no request of the lab has it, on AWS neither, each with the reason
    UNKNOWN    AWS has it and the lab does not know the value, each with the reason

What an identity provider says of who signs in is known too: it stands in the token that is sent. Any other key belongs
to actions that the lab does not have. One that is not known is not absent: a condition on it satisfies no Allow, and
every Deny; ``labkit check`` says which these are.
"""

from __future__ import annotations

from collections.abc import Mapping

from labkit.iam.action_table.reading import key
from labkit.iam.action_table.rows import PROVIDER

KNOWN = frozenset(
    {
        "aws:CurrentTime",
        "aws:EpochTime",
        "aws:FederatedProvider",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalIsAWSService",
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgMasterAccountId",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "aws:PrincipalTag/${TagKey}",
        "aws:PrincipalType",
        "aws:RequestTag/${TagKey}",
        "aws:RequestedRegion",
        "aws:ResourceAccount",
        "aws:ResourceOrgID",
        "aws:ResourceOrgPaths",
        "aws:ResourceTag/${TagKey}",
        "aws:SecureTransport",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceIdentity",
        "aws:SourceIp",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:SourceVpc",
        "aws:SourceVpcArn",
        "aws:SourceVpce",
        "aws:TagKeys",
        "aws:TokenIssueTime",
        "aws:UserAgent",
        "aws:ViaAWSService",
        "aws:VpcSourceIp",
        "aws:VpceAccount",
        "aws:VpceOrgID",
        "aws:VpceOrgPaths",
        "aws:referer",
        "aws:userid",
        "aws:username",
        "ecr:AccountSetting",
        "ecr:ResourceTag/${TagKey}",
        "iam:AWSServiceName",
        "iam:AssociatedResourceArn",
        "iam:PassedToService",
        "iam:PermissionsBoundary",
        "iam:PolicyARN",
        "iam:ResourceTag/${TagKey}",
        "lambda:CodeSigningConfigArn",
        "lambda:FunctionArn",
        "lambda:FunctionUrlAuthType",
        "lambda:Layer",
        "lambda:Principal",
        "lambda:SecurityGroupIds",
        "lambda:SourceFunctionArn",
        "lambda:SubnetIds",
        "lambda:VpcIds",
        "organizations:PolicyType",
        "sts:ExternalId",
        "sts:RoleSessionName",
        "sts:SourceIdentity",
        "sts:TransitiveTagKeys",
    }
)
"""Keys whose values the embedded AWS finds; a test holds them against the table from which it does."""

_NO_SUCH_SESSION = "only credentials that another service hands out have it, and the lab has none of these services"
_NO_MCP = "nothing here is called through AWS's MCP server"
_SOME_SERVICES = "only some services pass on whose endpoint a request came through"
_NOT_OF_REMOVAL = "what it is where a permission is removed is not documented"
_NO_TRANSFERS = "the lab has no transfers of responsibility"

ABSENT: Mapping[str, str] = {
    "aws:AssumedRoot": "nobody assumes root here",
    "aws:CalledVia": "it names services that forward calls, and Lambda is not among them",
    "aws:CalledViaFirst": "it names services that forward calls, and Lambda is not among them",
    "aws:CalledViaLast": "it names services that forward calls, and Lambda is not among them",
    "aws:CalledViaAWSMCP": _NO_MCP,
    "aws:ChatbotSourceArn": _NO_SUCH_SESSION,
    "aws:Ec2InstanceSourcePrivateIPv4": _NO_SUCH_SESSION,
    "aws:Ec2InstanceSourceVpc": _NO_SUCH_SESSION,
    "aws:IsMcpServiceAction": _NO_MCP,
    "aws:MultiFactorAuthAge": "nobody signs in with a device here",
    "aws:SignInSessionArn": "nobody signs in to the console here",
    "aws:SourceOwner": "it is an older key of SNS and SES",
    "aws:ViaAWSMCPService": _NO_MCP,
    "ec2:RoleDelivery": _NO_SUCH_SESSION,
    "ec2:SourceInstanceArn": _NO_SUCH_SESSION,
    "glue:CredentialIssuingService": _NO_SUCH_SESSION,
    "glue:RoleAssumedBy": _NO_SUCH_SESSION,
    "iam:RoleTemplateARN": "no role is made from a template here",
    "identitystore:UserId": _NO_SUCH_SESSION,
    "lambda:EventSourceToken": "functions are invoked by callers of the API and by no event source",
    "organizations:TransferDirection": _NO_TRANSFERS,
    "organizations:TransferType": _NO_TRANSFERS,
    "ssm:SourceInstanceArn": _NO_SUCH_SESSION,
}
"""Keys that no request of the lab has on AWS either, with the reason."""

UNKNOWN: Mapping[str, str] = {
    "lambda:InvokedViaFunctionUrl": "whether a call that comes through no function URL says so is not documented",
}
"""Keys that AWS has and whose values the lab does not know, with the reason."""

AT_TIMES: Mapping[str, str] = {
    "aws:PrincipalAccount": "Lambda's own requests have it; its value is not documented",
    "aws:PrincipalArn": "Lambda's own requests have it; its value is not documented",
    "aws:SourceIp": "from which address AWS's services call is not documented",
    "aws:UserAgent": "how AWS's services name themselves is not documented",
    "aws:SourceVpc": "in which VPC an endpoint is, is known only where the lab was told",
    "aws:SourceVpcArn": "the lab has no VPCs",
    "aws:SourceVpce": "which endpoint it is, is known only where the lab was told",
    "aws:VpcSourceIp": "the lab has no VPCs",
    "aws:VpceAccount": _SOME_SERVICES,
    "aws:VpceOrgID": _SOME_SERVICES,
    "aws:VpceOrgPaths": _SOME_SERVICES,
    "iam:AssociatedResourceArn": "which ARN it is for an instance profile is not documented",
    "lambda:FunctionUrlAuthType": _NOT_OF_REMOVAL,
    "lambda:Principal": _NOT_OF_REMOVAL,
    "lambda:VpcIds": "the lab has no subnets, so it does not know their VPC",
}
"""Known keys that some requests have on AWS with a value that the lab does not know, with the reason."""


def is_known(name: str) -> bool:
    """Whether the lab knows the value of a key, or that there is none. Names may be written in any case."""
    row = key(name)
    return row is not None and (row.name in KNOWN or row.name in ABSENT or row.origin == PROVIDER)
