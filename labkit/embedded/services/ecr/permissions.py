"""What the operations of ECR need as permission: actions of their own names, most of them on repositories.

The policies of repository and registry have a say then (`labkit.embedded.request.execution`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call
from labkit.embedded.services.ecr.images.image import RepositoryKey
from labkit.embedded.services.ecr.lookup import registry_of
from labkit.embedded.services.ecr.registries import cache_rules
from labkit.embedded.services.permissions import account_in
from labkit.iam.arn import RegistryHost

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def _access(call: Call, name: str, account: str) -> Access:
    arn = RegistryHost(account, call.region).repository_arn(name)
    return Access(f"ecr:{call.operation}", arn, account, policy="repository")


def on_repository(embedded: Embedded, call: Call) -> list[Access]:
    """The repository that the call names."""
    return [_access(call, call.params["repositoryName"], registry_of(call))]


def on_repositories(embedded: Embedded, call: Call) -> list[Access]:
    """The repositories that the call names, or all of the registry."""
    names = call.params.get("repositoryNames") or ["*"]
    return [_access(call, name, registry_of(call)) for name in names]


def on_named(embedded: Embedded, call: Call) -> list[Access]:
    """Every repository that the call must name."""
    return [_access(call, name, registry_of(call)) for name in call.params["repositoryNames"]]


def on_registry(embedded: Embedded, call: Call) -> list[Access]:
    """The registry that the call names, which may be another account's; no resource in particular."""
    return [Access(f"ecr:{call.operation}", "*", registry_of(call))]


def on_pull(embedded: Embedded, call: Call) -> list[Access]:
    """The repository that the call names; what a pull-through cache rule would have to do for it is needed as well.

    Service Authorization Reference: dependent actions of BatchGetImage.
    """
    account, name = registry_of(call), call.params["repositoryName"]
    own = _access(call, name, account)
    if cache_rules.rule_for(embedded.database, account, call.region, name) is None:
        return [own]
    key = RepositoryKey(account, call.region, name)
    asked = ((each.get("imageDigest"), each.get("imageTag")) for each in call.params.get("imageIds", []))
    if all(embedded.images.find(key, digest=digest, tag=tag) for digest, tag in asked):
        return [own]
    there = embedded.repository(account, call.region, name) is not None
    more = ["ecr:BatchImportUpstreamImage", *([] if there else ["ecr:CreateRepository"])]
    return [own, *(replace(own, action=action) for action in more)]


def on_arn(embedded: Embedded, call: Call) -> list[Access]:
    """The repository whose ARN the call gives."""
    arn = call.params["resourceArn"]
    return [Access(f"ecr:{call.operation}", arn, account_in(arn), policy="repository")]
