"""The services whose actions resource control policies reach; those of all others they leave alone.

The list grows: it is AWS's of the day below, and AWS documents one action that is left alone although its service is
on it. Source: AWS Organizations User Guide, "Resource control policies", list of AWS services that support RCPs, and
resources and entities not restricted by RCPs.
"""

from __future__ import annotations

LISTED_ON = "2026-09-26"
"""The day of the list."""

RCP_SERVICES = frozenset(
    {
        *("aoss", "appconfig", "appstream", "autoscaling", "autoscaling-plans", "budgets", "clouddirectory"),
        *("cloudfront", "cloudsearch", "cloudtrail-data", "codeartifact", "codebuild", "codecommit", "codepipeline"),
        *("cognito-identity", "cognito-idp", "comprehend", "comprehendmedical", "compute-optimizer"),
        *("cost-optimization-hub", "dax", "dsql", "dynamodb", "ecr", "ecr-public", "events", "firehose", "fis", "fms"),
        *("gamelift", "health", "inspector-scan", "kendra", "kinesisvideo", "kms", "logs", "memorydb"),
        *("networkmonitor", "notifications", "opensearch", "pca-connector-ad", "personalize", "polly", "pricing"),
        *("resource-groups", "rolesanywhere", "s3", "secretsmanager", "servicediscovery", "signin", "sqs", "sts"),
        *("support", "swf", "textract", "timestream-influxdb", "transcribe", "transfer", "translate", "wafv2"),
        *("workspaces", "xray"),
    }
)
"""The prefixes of their actions."""

_LEFT_ALONE = frozenset({"kms:retiregrant"})


def reaches(action: str) -> bool:
    """Whether resource control policies have a say in an action such as ``ecr:BatchGetImage``."""
    name = action.lower()
    return name.partition(":")[0] in RCP_SERVICES and name not in _LEFT_ALONE
