"""Managed policies in the shapes of IAM's API: what is shown of each, and what of a version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.embedded.records import managed_policies
from labkit.embedded.records.managed_policies import ManagedPolicy, PolicyVersion
from labkit.embedded.services.iam.entities.shapes import encoded, tag_list

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call


def policy(embedded: Embedded, call: Call, found: ManagedPolicy) -> dict[str, Any]:
    """A policy as listings show it: without description and tags. It is counted in the caller's account."""
    used = managed_policies.usage(embedded.database, found.arn, call.account)
    return {
        "PolicyName": found.name,
        "PolicyId": found.id,
        "Arn": found.arn,
        "Path": found.path,
        "DefaultVersionId": f"v{found.default_version}",
        "AttachmentCount": used.attached,
        "PermissionsBoundaryUsageCount": used.boundaries,
        "IsAttachable": True,
        "CreateDate": found.created,
        "UpdateDate": found.updated,
    }


def tags(found: Mapping[str, str], *, always: bool) -> dict[str, Any]:
    """The member Tags; with ``always`` also where there are none, as GetPolicy answers."""
    return {"Tags": tag_list(found.items())} if found or always else {}


def version(found: PolicyVersion, default: int, *, document: bool = False) -> dict[str, Any]:
    """A version; only GetPolicyVersion shows its document, URL-encoded."""
    shown = {"Document": encoded(found.document)} if document else {}
    return {
        **shown,
        "VersionId": f"v{found.number}",
        "IsDefaultVersion": found.number == default,
        "CreateDate": found.created,
    }
