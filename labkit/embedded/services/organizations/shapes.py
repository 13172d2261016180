"""Rows of the state in the shapes of Organizations' API."""

from __future__ import annotations

from typing import Any

from labkit.embedded.records import organization
from labkit.embedded.services.organizations.lookup import Home, Row
from labkit.embedded.state.clock import read_stored
from labkit.pull.organization import path_through


def root_shape(home: Home) -> dict[str, Any]:
    """The root, with the types of policies that are enabled in it."""
    row = home.root
    enabled = home.db.all("SELECT type FROM policy_type WHERE organization = ?", home.id)
    types = [{"Type": each["type"], "Status": "ENABLED"} for each in enabled]
    return {"Id": row["id"], "Arn": home.arn("root", row["id"]), "Name": row["name"], "PolicyTypes": types}


def unit_shape(home: Home, row: Row) -> dict[str, Any]:
    """An organizational unit."""
    path = path_through(home.id, organization.units_to(home.db, row["id"]))
    return {"Id": row["id"], "Arn": home.arn("ou", row["id"]), "Name": row["name"], "Path": path}


def account_shape(home: Home, row: Row) -> dict[str, Any]:
    """A member account."""
    account = row["account"]
    return {
        "Id": account,
        "Arn": home.arn("account", account),
        "Email": row["email"],
        "Name": row["name"],
        "Status": row["status"],
        "State": row["status"],
        "Paths": [path_through(home.id, (*organization.units_to(home.db, row["parent"]), account))],
        "JoinedMethod": row["joined_method"],
        "JoinedTimestamp": read_stored(row["joined"]),
    }


def request_shape(row: Row) -> dict[str, Any]:
    """What has become of a request to make an account."""
    shown = {
        "Id": row["id"],
        "AccountName": row["name"],
        "State": row["state"],
        "RequestedTimestamp": read_stored(row["requested"]),
    }
    if row["completed"]:
        shown["CompletedTimestamp"] = read_stored(row["completed"])
    named = {"AccountId": row["account"], "FailureReason": row["failure"]}
    return {**shown, **{name: value for name, value in named.items() if value}}


def summary_shape(home: Home, row: Row) -> dict[str, Any]:
    """A policy without its content."""
    return {
        "Id": row["id"],
        "Arn": home.policy_arn(row),
        "Name": row["name"],
        "Description": row["description"],
        "Type": row["type"],
        "AwsManaged": bool(row["aws_managed"]),
    }


def policy_shape(home: Home, row: Row) -> dict[str, Any]:
    """A policy."""
    return {"Policy": {"PolicySummary": summary_shape(home, row), "Content": row["content"]}}


def target_shape(home: Home, row: Row) -> dict[str, Any]:
    """What a policy is attached to: a row with ``target``, ``parent`` and ``name``."""
    id = row["target"]
    kind = "account" if id.isdigit() else "ou" if row["parent"] else "root"
    return {"TargetId": id, "Arn": home.arn(kind, id), "Name": row["name"], "Type": TYPES[kind]}


TYPES = {"account": "ACCOUNT", "ou": "ORGANIZATIONAL_UNIT", "root": "ROOT"}
"""What Organizations calls a kind of thing, by its name in ARNs."""
