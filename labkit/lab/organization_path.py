"""The path that is granted in the embedded organization: a pattern must be one to learn from.

Where the accounts of somebody's profiles stand is not known before they are asked, so of a path of theirs only the form
is looked at (`labkit.pull.organization.check_organization_path`); the embedded organization is known as it is founded.
"""

from __future__ import annotations

from dataclasses import replace

from labkit.embedded.state import world
from labkit.errors import UsageError
from labkit.iam.patterns import Pattern
from labkit.pull.organization import Organization, check_organization_path


def check_embedded_path(path: str, organization: str) -> str:
    """Returns a path pattern to grant in the embedded organization of that id; raises UsageError.

    The article grants one unit, and lets the workload account in by it; the development account shows where the grant
    stops. So the pattern is of a unit that is there, and holds the first and not the second.
    """
    check_organization_path(path, organization)
    tree = replace(world.HOME_ORGANIZATION, id=organization)
    unit = path[: path.rindex("/") + 1]
    workload, development = (tree.membership(world.ACCOUNTS[name]).paths[0] for name in ("workload", "development"))
    holds = Pattern.compile(path, "glob").matches
    reasons = (
        (unit not in _unit_paths(tree), f"There is no unit {unit} in the organization"),
        (not holds(workload, {}), f"The path {path} does not hold the workload account"),
        (holds(development, {}), f"The path {path} also holds the development account, which is to stay outside"),
    )
    for applies, reason in reasons:
        if applies:
            raise UsageError(f"{reason}: choose {workload}* or no path.")
    return path


def _unit_paths(tree: Organization) -> set[str]:
    """The paths of the organization itself, its root and its units."""
    return {f"{tree.id}/", *(tree.path(unit.id) for unit in tree.units)}
