"""Managed policies: AWS's own, from the data file, and customers', from the state."""

from __future__ import annotations

from labkit.embedded.records import aws_policies
from labkit.embedded.state.database import Database


def document(db: Database, arn: str) -> str | None:
    """The text of the default version of a managed policy, AWS's or a customer's; None where there is none."""
    if arn.startswith(aws_policies.PREFIX):
        return aws_policies.document(arn)
    row = db.one(
        "SELECT document FROM policy_version JOIN managed_policy ON policy = arn AND number = default_version "
        "WHERE arn = ?",
        arn,
    )
    return row["document"] if row else None
