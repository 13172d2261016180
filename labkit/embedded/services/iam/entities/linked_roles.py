"""Service-linked roles: made for one service, which alone may assume them; only AWS changes them.

Neither service control policies nor resource control policies limit them (Organizations User Guide, "Tasks and entities
not restricted by SCPs", and the same for RCPs). Sources: IAM API Reference, CreateServiceLinkedRole and its siblings;
names and policies as recorded by LocalStack's tests.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from labkit.embedded.records import aws_policies, principals
from labkit.embedded.services.iam.entities import making, shapes
from labkit.embedded.services.iam.entities.lookup import entity
from labkit.embedded.services.iam.errors import refusal

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call

PATH = "/aws-service-role/"
"""Below it stand these roles and no others."""

_NAME = "AWSServiceRoleFor"
_POLICIES = f"{aws_policies.PREFIX}{PATH}"
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HALF = 8  # bytes


class Linked(NamedTuple):
    """The role of a service: its name after ``AWSServiceRoleFor``, its policy, and whether there may be several."""

    name: str
    policy: str
    several: bool = False


SERVICES: Mapping[str, Linked] = {
    "autoscaling": Linked("AutoScaling", "AutoScalingServiceRolePolicy", several=True),
    "backup": Linked("Backup", "AWSBackupServiceLinkedRolePolicyForBackup"),
    "batch": Linked("Batch", "BatchServiceRolePolicy"),
    "cks.kms": Linked("KeyManagementServiceCustomKeyStores", "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy"),
    "cloudtrail": Linked("CloudTrail", "CloudTrailServiceRolePolicy"),
    "codestar-notifications": Linked("CodeStarNotifications", "AWSCodeStarNotificationsServiceRolePolicy"),
    "config": Linked("Config", "AWSConfigServiceRolePolicy"),
    "ecr": Linked("ECRTemplate", "ECRTemplateServiceRolePolicy"),
    "ecs": Linked("ECS", "AmazonECSServiceRolePolicy"),
    "eks": Linked("AmazonEKS", "AmazonEKSServiceRolePolicy"),
    "eks-fargate": Linked("AmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy"),
    "eks-nodegroup": Linked("AmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup"),
    "elasticache": Linked("ElastiCache", "ElastiCacheServiceRolePolicy"),
    "elasticbeanstalk": Linked("ElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy"),
    "elasticfilesystem": Linked("AmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy"),
    "elasticloadbalancing": Linked("ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"),
    "imagebuilder": Linked("ImageBuilder", "AWSServiceRoleForImageBuilder"),
    "kafka": Linked("Kafka", "KafkaServiceRolePolicy"),
    "lexv2": Linked("LexV2Bots", "AmazonLexV2BotPolicy", several=True),
    "mrk.kms": Linked("KeyManagementServiceMultiRegionKeys", "AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy"),
    "ops.apigateway": Linked("APIGateway", "APIGatewayServiceRolePolicy"),
    "opensearchservice": Linked("AmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy"),
    "pullthroughcache.ecr": Linked("ECRPullThroughCache", "AWSECRPullThroughCache_ServiceRolePolicy"),
    "ram": Linked("ResourceAccessManager", "AWSResourceAccessManagerServiceRolePolicy"),
    "rds": Linked("RDS", "AmazonRDSServiceRolePolicy"),
    "replication.ecr": Linked("ECRReplication", "ECRReplicationServiceRolePolicy"),
    "ssm": Linked("AmazonSSM", "AmazonSSMServiceRolePolicy"),
    "sso": Linked("SSO", "AWSSSOServiceRolePolicy"),
    "wafv2": Linked("WAFV2Logging", "WAFV2LoggingServiceRolePolicy"),
}
"""The services whose roles are known here, by their name before ``.amazonaws.com``."""


def create(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make the role of a service. Raises InvalidInput where it is there already or the service is not known."""
    service, suffix = call.params["AWSServiceName"], call.params.get("CustomSuffix")
    linked = _linked(service)
    if linked is None:
        raise refusal("no linked role", service)
    if suffix is not None and not linked.several:
        raise refusal("no suffix", service)
    name = name_of(service, suffix)
    if principals.find(embedded.database, call.account, "role", name) is not None:
        raise refusal("linked role exists", name)
    made = making.make(
        embedded,
        call,
        "role",
        name,
        f"{PATH}{service}/",
        trust_policy=_trust(service),
        description=call.params.get("Description"),
        max_session=shapes.DEFAULT_SESSION,
        linked_service=service,
    )
    embedded.database.insert("attached_policy", entity=made.id, policy=f"{_POLICIES}{linked.policy}")
    return {"Role": shapes.new_role(made)}


def name_of(service: str, suffix: str | None) -> str:
    """The name of the role of a service such as ``ecr.amazonaws.com``; of an unknown one only how it begins."""
    linked = _linked(service)
    return f"{_NAME}{linked.name if linked else ''}" + (f"_{suffix}" if suffix else "")


def delete(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Delete the role of a service; none of the services uses it here, so that this is done at once."""
    found = entity(embedded, call, "role")
    if found.linked_service is None:
        raise refusal("no linked role name", found.name)
    embedded.database.run("DELETE FROM attached_policy WHERE entity = ?", found.id)
    making.erase(embedded, found)
    role = f"{found.linked_service}/{found.name}"
    return {"DeletionTaskId": f"task{PATH}{role}/{_task(embedded, call.account, role, token_bytes(_HALF))}"}


def deletion_status(embedded: Embedded, call: Call) -> dict[str, Any]:
    """What became of a deletion. Raises NoSuchEntity for one that nobody has asked for."""
    task = call.params["DeletionTaskId"]
    role, _, id = task.removeprefix(f"task{PATH}").rpartition("/")
    if not _UUID.fullmatch(id) or task != f"task{PATH}{role}/{_task(embedded, call.account, role, _random(id))}":
        raise refusal("no deletion task", task)
    return {"Status": "SUCCEEDED"}


def _task(embedded: Embedded, account: str, role: str, random: bytes) -> UUID:
    """The id of a deletion: half of it random, half a seal on it, so that there is nothing to remember."""
    seal = hmac.digest(embedded.secret, f"{account}/{role}/{random.hex()}".encode(), hashlib.sha256)
    return UUID(bytes=random + seal[:_HALF])


def _random(id: str) -> bytes:
    return UUID(id).bytes[:_HALF]


def _linked(service: str) -> Linked | None:
    name, dot, rest = service.rpartition(".amazonaws.com")
    return SERVICES.get(name) if dot and not rest else None


def _trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
