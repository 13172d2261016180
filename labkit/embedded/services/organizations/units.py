"""The tree: its root, its units, and what stands where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.records import memberships, organization
from labkit.embedded.services.organizations import tags
from labkit.embedded.services.organizations.errors import exceeded, refused
from labkit.embedded.services.organizations.lookup import Home
from labkit.embedded.services.organizations.pages import page, whole
from labkit.embedded.services.organizations.shapes import TYPES, root_shape, unit_shape
from labkit.embedded.state.identifiers import new_word

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

MOST = 2_000
"""How many units an organization can have (Organizations quotas)."""
_CHILDREN = {
    "ACCOUNT": "SELECT rowid AS position, account AS id FROM member WHERE parent = ?",
    "ORGANIZATIONAL_UNIT": "SELECT rowid AS position, id FROM unit WHERE parent = ?",
}


def list_roots(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListRoots: there is one."""
    return whole(call, "Roots", [root_shape(home)])


def create_organizational_unit(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """CreateOrganizationalUnit."""
    parent, name = home.parent(call.params["ParentId"])["id"], call.params["Name"]
    above = organization.units_to(home.db, parent)
    _refuse_duplicate(home, parent, name)
    if len(above) > organization.DEEPEST:
        raise exceeded("OU_DEPTH_LIMIT_EXCEEDED")
    counted = home.db.one("SELECT count(*) AS units FROM unit WHERE organization = ?", home.id)
    if counted and counted["units"] > MOST:  # the root is one of them
        raise exceeded("OU_NUMBER_LIMIT_EXCEEDED")
    id = f"ou-{above[0].removeprefix('r-')}-{new_word(8)}"
    memberships.add_unit(home.db, home.id, id, parent, name, embedded.clock.now())
    tags.put(home.db, id, call.params.get("Tags", []))
    return {"OrganizationalUnit": unit_shape(home, home.unit(id))}


def update_organizational_unit(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """UpdateOrganizationalUnit: another name; nothing else of a unit can change."""
    row = home.unit(call.params["OrganizationalUnitId"])
    name = call.params.get("Name", row["name"])
    if name != row["name"]:
        _refuse_duplicate(home, row["parent"], name)
        home.db.run("UPDATE unit SET name = ? WHERE id = ?", name, row["id"])
    return {"OrganizationalUnit": unit_shape(home, home.unit(row["id"]))}


def delete_organizational_unit(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DeleteOrganizationalUnit, of one that is empty."""
    id = home.unit(call.params["OrganizationalUnitId"])["id"]
    if any(home.db.one(f"{sql} LIMIT 1", id) for sql in _CHILDREN.values()):
        raise refused("OrganizationalUnitNotEmptyException")
    memberships.remove_unit(home.db, id)
    return {}


def describe_organizational_unit(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DescribeOrganizationalUnit."""
    return {"OrganizationalUnit": unit_shape(home, home.unit(call.params["OrganizationalUnitId"]))}


def list_organizational_units_for_parent(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListOrganizationalUnitsForParent: those directly below it."""
    parent = home.parent(call.params["ParentId"])["id"]
    sql = "SELECT rowid AS position, * FROM unit WHERE parent = ?"
    return page(call, home, "OrganizationalUnits", sql, (parent,), lambda row: unit_shape(home, row))


def list_children(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListChildren: the units or the accounts directly below a root or unit."""
    parent, kind = home.parent(call.params["ParentId"])["id"], call.params["ChildType"]
    return page(call, home, "Children", _CHILDREN[kind], (parent,), lambda row: {"Id": row["id"], "Type": kind})


def list_parents(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListParents: there is one."""
    child = call.params["ChildId"]
    row = home.find_member(child) if child.isdigit() else home.find_unit(child)
    if row is None or row["parent"] is None:
        raise refused("ChildNotFoundException")
    kind = "ou" if home.parent(row["parent"])["parent"] else "root"
    return whole(call, "Parents", [{"Id": row["parent"], "Type": TYPES[kind]}])


def _refuse_duplicate(home: Home, parent: str, name: str) -> None:
    if home.db.one("SELECT 1 FROM unit WHERE parent = ? AND name = ?", parent, name):
        raise refused("DuplicateOrganizationalUnitException")
