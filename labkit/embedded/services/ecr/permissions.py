"""What the operations of ECR need as permission: actions of their own names on repositories, whose policies count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call
from labkit.embedded.services.ecr.lookup import registry_of
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


def on_arn(embedded: Embedded, call: Call) -> list[Access]:
    """The repository whose ARN the call gives."""
    arn = call.params["resourceArn"]
    return [Access(f"ecr:{call.operation}", arn, account_in(arn), policy="repository")]
