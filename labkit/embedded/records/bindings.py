"""Users and roles in stored policies, bound to their ids.

AWS binds a user or role that a trust or resource policy names to its unique id when the policy is saved: when it is
deleted the policy shows the id, ``AROA…`` or ``AIDA…``, and a new one of the same name is somebody else and is refused
(IAM User Guide, "AWS JSON policy elements: Principal"). Here a stored policy keeps the ARN while its owner exists, and
the table `bound_principal` says which ids it is bound to; with the deletion each of these policies gets the id written
in place of the ARN, with a new name (UpdateUser) the new ARN. So whoever reads a policy reads what is in force.

The holder of a policy is named by its ARN: a role (its trust policy), a repository, a registry, a function, a version
or alias of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from labkit.embedded.state.database import Database
from labkit.iam.arn import split
from labkit.pull.function import LATEST
from labkit.pull.stored_policy import rewritten

_ELEMENTS = ("Principal", "NotPrincipal")


class Place(NamedTuple):
    """Where the policy of a holder stands: the column of a table, and the condition that finds the row."""

    table: str
    column: str
    condition: str
    values: tuple[str, ...]


def place(holder: str) -> Place:
    """Where the policy of the role, repository, registry, function, version or alias with this ARN stands."""
    named = split(holder)
    if named is not None and named.service == "lambda":
        _, name, qualifier = (*named.resource.split(":", 2), LATEST)[:3]
        arn = holder[: holder.index(named.resource)] + f"function:{name}"
        if qualifier == LATEST or qualifier.isdecimal():
            return Place("function", "policy", "arn = ? AND version = ?", (arn, qualifier))
        return Place("function_alias", "policy", "arn = ? AND name = ?", (arn, qualifier))
    if named is not None and named.service == "ecr":
        return Place(named.resource_type, "policy", "arn = ?", (holder,))
    return Place("entity", "trust_policy", "arn = ?", (holder,))


def policy_of(db: Database, holder: str) -> str | None:
    """The policy of a holder as it is stored; None where it has none, or does not exist."""
    table, column, condition, values = place(holder)
    row = db.one(f"SELECT {column} AS text FROM {table} WHERE {condition}", *values)  # noqa: S608
    return row["text"] if row else None


def bind(db: Database, holder: str, text: str | None) -> None:
    """Note which users and roles the policy of ``holder`` names from now on; None where it has no policy any more."""
    db.run("DELETE FROM bound_principal WHERE holder = ?", holder)
    for arn in _entities(text):
        db.run(
            "INSERT OR IGNORE INTO bound_principal (holder, entity) SELECT ?, id FROM entity WHERE arn = ?", holder, arn
        )


def unbind(db: Database, holder: str) -> None:
    """Forget the bindings of a holder that is deleted, or has no policy any more."""
    bind(db, holder, None)


def unbind_function(db: Database, arn: str) -> None:
    """Forget the bindings of a function, of its versions and of its aliases."""
    db.run("DELETE FROM bound_principal WHERE holder = ? OR (holder > ? AND holder < ?)", arn, f"{arn}:", f"{arn};")


def deleted(db: Database, id: str, arn: str) -> None:
    """A user or role has been deleted: the policies that name it show its id from now on."""
    _rewrite(db, id, arn, id)
    db.run("DELETE FROM bound_principal WHERE entity = ?", id)


def renamed(db: Database, id: str, old: str, new: str) -> None:
    """A user has another ARN: the policies that name it follow."""
    _rewrite(db, id, old, new)


def _rewrite(db: Database, id: str, old: str, new: str) -> None:
    for row in db.all("SELECT holder FROM bound_principal WHERE entity = ?", id):
        table, column, condition, values = place(row["holder"])
        for found in db.all(f"SELECT {column} AS text FROM {table} WHERE {condition}", *values):  # noqa: S608
            if found["text"] is not None:
                text = replaced(found["text"], lambda entry: new if entry == old else entry)
                text = _AS_WRITTEN.get(table, str)(text)
                db.run(f"UPDATE {table} SET {column} = ? WHERE {condition}", text, *values)  # noqa: S608


def replaced(text: str, change: Callable[[str], str]) -> str:
    """A policy's text with every entry under ``AWS`` of its principals changed; as it was where nothing changes."""
    document = json.loads(text)
    changed = False
    for entries in _aws_entries(document):
        for number, entry in enumerate(entries):
            entries[number] = change(entry)
            changed = changed or entries[number] != entry
    return json.dumps(_tidied(document), indent=2) if changed else text


def _compact(text: str) -> str:
    return json.dumps(json.loads(text), separators=(",", ":"))


#: How a service writes the policies that it keeps, by their table; others stay as they are.
_AS_WRITTEN: dict[str, Callable[[str], str]] = {
    "repository": rewritten,
    "registry": rewritten,
    "function": _compact,
    "function_alias": _compact,
}


def _entities(text: str | None) -> set[str]:
    """The ARNs of users and roles that a policy names as principals."""
    if text is None:
        return set()
    named = {entry for entries in _aws_entries(json.loads(text)) for entry in entries}
    return {arn for arn in named if (found := split(arn)) and found.service == "iam" and found.resource_id}


def _aws_entries(document: Any) -> Iterator[list[str]]:
    """The lists of AWS principals of a document, which are made lists where one stands alone."""
    for principal in _principals(document):
        if not isinstance(principal["AWS"], list):
            principal["AWS"] = [principal["AWS"]]
        yield principal["AWS"]


def _tidied(document: Any) -> Any:
    """The document with single principals as they are usually written, without a list."""
    for entries in list(_principals(document)):
        if len(entries["AWS"]) == 1:
            entries["AWS"] = entries["AWS"][0]
    return document


def _principals(document: Any) -> Iterator[dict[str, Any]]:
    """The principals of a document, those that have AWS ones."""
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in _ELEMENTS:
            principal = statement.get(element)
            if isinstance(principal, dict) and "AWS" in principal:
                yield principal
