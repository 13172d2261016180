"""Reading the table: rows by name, in any case, made when somebody asks for them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from labkit.iam.action_table.rows import RESOURCE, ActionRow, KeyRow, ResourceType

FILE = Path(__file__).with_name("table.json")


@cache
def _table() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = json.loads(FILE.read_text("utf-8"))
    return table


@cache
def _spellings(part: str) -> dict[str, str]:
    return {name.lower(): name for name in _table()[part]}


def action(name: str) -> ActionRow | None:
    """The row of an action such as ``ecr:BatchGetImage``; None where the table has none."""
    spelled = _spellings("actions").get(name.lower())
    return _action(spelled) if spelled else None


@cache
def _action(name: str) -> ActionRow:
    row, service = _table()["actions"][name], name.partition(":")[0]
    kinds = tuple(_resource(f"{service}:{kind}") for kind in row.get("resources", ()))
    own, of_resource = row.get("keys", ()), set(row.get("of_resource", ()))
    of_resource |= {each for each in own if _table()["keys"][each]["from"] == RESOURCE}
    from_kinds = {each for kind in kinds for each in kind.keys}
    return ActionRow(
        name,
        row["access"],
        kinds,
        tuple(each for each in own if each not in of_resource),
        tuple(sorted(of_resource | from_kinds)),
        row.get("needs", {}),
        _reasons(row),
    )


@cache
def _resource(name: str) -> ResourceType:
    row = _table()["resources"][name]
    return ResourceType(name, row["arn"], tuple(row.get("keys", ())))


def _reasons(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_table()["corrections"][each] for each in row.get("corrected", ()))


def day() -> str:
    """The day of AWS's reference from which the actions were taken, such as ``2026-09-26``."""
    return str(next(iter(_table()["sources"].values()))["day"])


def services() -> tuple[str, ...]:
    """The prefixes of the services whose actions the table has, such as ``ecr``."""
    return tuple(dict.fromkeys(name.partition(":")[0] for name in _table()["actions"]))


def actions(prefix: str = "") -> tuple[ActionRow, ...]:
    """All rows of a service, by its prefix; all there are without one."""
    wanted = f"{prefix.lower()}:" if prefix else ""
    return tuple(_action(name) for lower, name in _spellings("actions").items() if lower.startswith(wanted))


def operation(name: str) -> str | None:
    """The action that permits an operation of another name: ``lambda:InvokeFunction`` for ``lambda:Invoke``."""
    return _table()["operations"].get(_spellings("operations").get(name.lower(), ""))


@lru_cache(maxsize=1_024)
def key(name: str) -> KeyRow | None:
    """The row of a condition key, also of one tag's (``aws:ResourceTag/team``); None where the table has none."""
    spelled = _spellings("keys").get(name.lower())
    if spelled is None:
        spelled = next((family for family, form in _families() if form.fullmatch(name)), None)
    return _key(spelled) if spelled else None


@cache
def _families() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, form(name)) for name in _table()["keys"] if "${" in name)


def form(template: str) -> re.Pattern[str]:
    """What a name of the table with variables in it fits, such as ``aws:ResourceTag/${TagKey}``, in any case."""
    return re.compile(".+".join(map(re.escape, re.split(r"\$\{\w+\}", template))), re.IGNORECASE | re.DOTALL)


@cache
def _key(name: str) -> KeyRow:
    row = _table()["keys"][name]
    return KeyRow(name, row["type"], row["from"], row.get("carried", ""), row.get("everywhere", False), _reasons(row))


def keys() -> tuple[KeyRow, ...]:
    """All condition keys of the table."""
    return tuple(map(_key, _table()["keys"]))


def keys_of(row: ActionRow) -> Iterator[KeyRow]:
    """The keys that a request for this action can have: its parameters', its resources', and the global ones."""
    yield from map(_key, dict.fromkeys((*row.request_keys, *row.resource_keys)))
    yield from (each for each in keys() if each.everywhere)
