"""What must hold of a function before it is changed: nothing is being made ready, and it is what the caller believes.

Sources: answers recorded on AWS; Lambda API Reference, RevisionId ("Update the function only if the revision ID matches
the ID that's specified").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.functions.record import Function


def check_settled(function: Function) -> None:
    """Raises ResourceConflictException while the function is Pending or an update of it is InProgress."""
    if function.state.value == "Pending":
        raise error("pending", "Pending")
    if not function.settled:
        raise error("updating", function.key.arn)


def check_revision(current: str, params: Mapping[str, Any], api: str = "GetFunction/GetAlias") -> None:
    """Raises PreconditionFailedException where the request names another RevisionId than the ``current`` one.

    ``api`` is whom to call for the present one.
    """
    if params.get("RevisionId", current) != current:
        raise error("revision", api)


def check_unchanged(function: Function, params: Mapping[str, Any]) -> None:
    """Both: raises ResourceConflictException and PreconditionFailedException."""
    check_settled(function)
    check_revision(function.revision, params)
