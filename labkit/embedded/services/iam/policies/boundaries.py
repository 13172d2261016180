"""Permissions boundaries of users and roles. Source: IAM API Reference, PutRolePermissionsBoundary and its siblings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.records.principals import Kind
from labkit.embedded.services.iam.entities.making import asked_boundary
from labkit.embedded.services.iam.policies.inline import Run, changed

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call


def putting(kind: Kind) -> Run:
    """The handler that sets a boundary, in place of the one that was there."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        _set(embedded, changed(embedded, call, kind).id, asked_boundary(embedded, call))
        return {}

    return handler


def deleting(kind: Kind) -> Run:
    """The handler that takes a boundary away; that there was none is no error."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        _set(embedded, changed(embedded, call, kind).id, None)
        return {}

    return handler


def _set(embedded: Embedded, id: str, arn: str | None) -> None:
    embedded.database.run("UPDATE entity SET boundary = ? WHERE id = ?", arn, id)
