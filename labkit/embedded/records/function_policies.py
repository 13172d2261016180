"""Resource policies of functions, of their versions and of their aliases: each has one of its own, or none.

Lambda writes them statement by statement (AddPermission), compactly, in a document with the Id ``default``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from labkit.embedded.records import bindings
from labkit.embedded.state.database import Database


def statements(db: Database, arn: str) -> list[dict[str, Any]]:
    """The statements of the policy, in the order in which they were added."""
    found = bindings.policy_of(db, arn)
    return list(json.loads(found)["Statement"]) if found else []


def store(db: Database, arn: str, statements: Sequence[Mapping[str, Any]]) -> None:
    """Replace the policy of an existing function, version or alias; without statements it has none any more.

    The principals that it names are bound to their ids.
    """
    written = document(statements) if statements else None
    table, column, condition, values = bindings.place(arn)
    db.run(f"UPDATE {table} SET {column} = ? WHERE {condition}", written, *values)  # noqa: S608
    bindings.bind(db, arn, written)


def document(statements: Sequence[Mapping[str, Any]]) -> str:
    """The document that Lambda makes of statements."""
    return json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements}, separators=(",", ":"))


def revision(policy: str) -> str:
    """The RevisionId of a policy. Since 2025 it is not the function's any more, and changes with the policy alone."""
    return str(uuid5(NAMESPACE_URL, policy))
