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

DEEPEST, MOST = 5, 2_000
"""How many levels of units there may be below the root, and how many units (Organizations quotas)."""
_CHILDREN = {
    "ACCOUNT": ("SELECT rowid AS position, account AS id FROM member WHERE organization = ? AND parent = ?", "ACCOUNT"),
    "ORGANIZATIONAL_UNIT": (
        "SELECT rowid AS position, id FROM unit WHERE organization = ? AND parent = ?",
        "ORGANIZATIONAL_UNIT",
    ),
}


def list_roots(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListRoots: there is one."""
    return whole(call, "Roots", [root_shape(home)])


def create_organizational_unit(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """CreateOrganizationalUnit."""
    parent, name = home.parent(call.params["ParentId"])["id"], call.params["Name"]
    above = organization.units_to(home.db, parent)
    _refuse_duplicate(home, parent, name)
    if len(above) > DEEPEST:
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
    if any(home.db.one(f"{sql} LIMIT 1", home.id, id) for sql, _ in _CHILDREN.values()):
        raise refused("OrganizationalUnitNotEmptyException")
    memberships.remove_unit(home.db, id)
    return {}


def describe_organizational_unit(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """DescribeOrganizationalUnit."""
    return {"OrganizationalUnit": unit_shape(home, home.unit(call.params["OrganizationalUnitId"]))}


def list_organizational_units_for_parent(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListOrganizationalUnitsForParent: those directly below it."""
    parent = home.parent(call.params["ParentId"])["id"]
    sql = "SELECT rowid AS position, * FROM unit WHERE organization = ? AND parent = ?"
    return page(call, home, "OrganizationalUnits", sql, (home.id, parent), lambda row: unit_shape(home, row))


def list_children(embedded: Embedded, call: Call, home: Home) -> dict[str, Any]:
    """ListChildren: the units or the accounts directly below a root or unit."""
    parent = home.parent(call.params["ParentId"])["id"]
    sql, kind = _CHILDREN[call.params["ChildType"]]
    return page(call, home, "Children", sql, (home.id, parent), lambda row: {"Id": row["id"], "Type": kind})


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
