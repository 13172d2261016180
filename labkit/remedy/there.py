"""A document as AWS has it now: read, written, and taken away again; one row a kind.

ECR has no conditional write: between the last reading of a policy and its replacement somebody else's change can be
lost. `labkit.remedy.apply` reads just before it writes, which leaves a gap of one call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import unquote

from botocore.exceptions import ClientError

from labkit.diagnosis import facts as f
from labkit.diagnosis.result import Change
from labkit.diagnosis.writing import Call, holder, managed_arn, organization_policy_id, write_call
from labkit.errors import LabError
from labkit.pull.stored_policy import same


class Accounts(Protocol):
    """The accounts in which changes can be made.

    ``in_lab``: they are the lab's own, where calls may be made too. An empty account stands for the organization's
    management account.
    """

    @property
    def in_lab(self) -> bool:
        """Whether the accounts are those of a lab."""

    def client(self, account: str, service: str) -> Any:
        """A boto3 client of somebody who may change things there. Raises UsageError where no profile leads there."""

    def push(self, image: str) -> None:
        """Pushes an image that Lambda takes under this URI; only asked for in a lab."""


_ABSENT = frozenset(
    {
        "RepositoryPolicyNotFoundException",
        "RepositoryNotFoundException",
        "RegistryPolicyNotFoundException",
        "NoSuchEntity",
        "NoSuchEntityException",
    }
)
_FILTERS = {f.SCP: "SERVICE_CONTROL_POLICY", f.RCP: "RESOURCE_CONTROL_POLICY"}
_SERVICES = {
    **dict.fromkeys((f.REPOSITORY_POLICY, f.REGISTRY_POLICY), "ecr"),
    **dict.fromkeys((f.IDENTITY_POLICY, f.BOUNDARY, f.TRUST_POLICY), "iam"),
    **dict.fromkeys((f.SCP, f.RCP), "organizations"),
    f.VPC_ENDPOINT_POLICY: "ec2",
}


def read(accounts: Accounts, change: Change) -> str | None:
    """The text of the document that the change is about, as AWS has it now; None where there is none.

    Raises ClientError.
    """
    client = accounts.client(change.account, _SERVICES[change.kind])
    try:
        found = _READERS[change.kind](client, change)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
    return json.dumps(found) if isinstance(found, dict) else unquote(found) if found.startswith("%") else found


def is_same(one: str | None, other: str | None) -> bool:
    """Whether two texts are the same document, however AWS has laid it out."""
    if one is None or other is None or one == other:
        return one == other
    try:
        return same(json.loads(one), json.loads(other))
    except (ValueError, RecursionError):
        return False


def make(accounts: Accounts, account: str, call: Call) -> Any:
    """Makes a call of AWS's API with boto3. Raises ClientError."""
    service, operation, parameters = call
    method = getattr(accounts.client(account, service), operation.replace("-", "_"))
    return method(**parameters)


def way_back(accounts: Accounts, change: Change) -> list[Call]:
    """The calls that restore what is there now, before the document of a change is written. Raises ClientError."""
    call = _writing(accounts, change)
    if call[1] == "create-policy-version":
        where = {"PolicyArn": managed_arn(change)}
        policy = accounts.client(change.account, "iam").get_policy(**where)["Policy"]
        return [("iam", "set-default-policy-version", {**where, "VersionId": policy["DefaultVersionId"]})]
    return [_removal(change) if change.before is None else _writing(accounts, change._replace(after=change.before))]


def write(accounts: Accounts, change: Change) -> list[Call]:
    """Writes the document of a change byte for byte; returns what the way back needs beside. Raises ClientError.

    A managed policy gets a new version, which goes again. ``force`` of SetRepositoryPolicy is never set: ECR refuses a
    policy that would lock its writer out.
    """
    call = _writing(accounts, change)
    answer = make(accounts, change.account, call)
    if call[1] != "create-policy-version":
        return []
    which = {"PolicyArn": managed_arn(change), "VersionId": answer["PolicyVersion"]["VersionId"]}
    return [("iam", "delete-policy-version", which)]


def _writing(accounts: Accounts, change: Change) -> Call:
    call = write_call(_found(accounts, change))
    if call is None:
        raise LabError(f"The {change.kind} {change.name} is no document that AWS keeps: nothing can be written.")
    return call


def _found(accounts: Accounts, change: Change) -> Change:
    """The change with the id of the organization's policy, which may be known by its name alone."""
    if change.kind not in _FILTERS:
        return change
    return change._replace(name=_policy_id(accounts.client(change.account, "organizations"), change))


def _policy_id(client: Any, change: Change) -> str:
    known = organization_policy_id(change.name)
    if known is not None:
        return known
    pages = client.get_paginator("list_policies").paginate(Filter=_FILTERS[change.kind])
    named = (each["Id"] for page in pages for each in page["Policies"] if each["Name"] == change.name)
    found = next(named, None)
    if found is None:
        raise LabError(f"The organization has no {change.kind} named {change.name}: nothing was written.")
    return str(found)


def _removal(change: Change) -> Call:
    kind, name = holder(change)
    calls: Mapping[str, Call] = {
        f.REPOSITORY_POLICY: ("ecr", "delete-repository-policy", {"repositoryName": change.name}),
        f.REGISTRY_POLICY: ("ecr", "delete-registry-policy", {}),
        f.IDENTITY_POLICY: (
            *("iam", f"delete-{kind}-policy"),
            {f"{kind.capitalize()}Name": name, "PolicyName": change.name},
        ),
    }
    return calls[change.kind]


def _repository(client: Any, change: Change) -> Any:
    return client.get_repository_policy(registryId=change.account, repositoryName=change.name)["policyText"]


def _identity(client: Any, change: Change) -> Any:
    if not change.inline:
        return _managed(client, change)
    kind, name = holder(change)
    ask = getattr(client, f"get_{kind}_policy")
    return ask(**{f"{kind.capitalize()}Name": name, "PolicyName": change.name})["PolicyDocument"]


def _managed(client: Any, change: Change) -> Any:
    arn = managed_arn(change)
    version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def _trust(client: Any, change: Change) -> Any:
    return client.get_role(RoleName=holder(change)[1])["Role"]["AssumeRolePolicyDocument"]


def _organization(client: Any, change: Change) -> Any:
    return client.describe_policy(PolicyId=_policy_id(client, change))["Policy"]["Content"]


def _endpoint(client: Any, change: Change) -> Any:
    return client.describe_vpc_endpoints(VpcEndpointIds=[change.name])["VpcEndpoints"][0]["PolicyDocument"]


_READERS: dict[str, Callable[[Any, Change], Any]] = {
    f.REPOSITORY_POLICY: _repository,
    f.REGISTRY_POLICY: lambda client, _change: client.get_registry_policy()["policyText"],
    f.IDENTITY_POLICY: _identity,
    f.BOUNDARY: _managed,
    f.SCP: _organization,
    f.RCP: _organization,
    f.TRUST_POLICY: lambda client, change: client.get_role(RoleName=holder(change)[1])["Role"][
        "AssumeRolePolicyDocument"
    ],
    f.VPC_ENDPOINT_POLICY: _endpoint,
}
