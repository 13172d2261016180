"""What may be chosen for a lab: the rules of each field, for ``choose``, the form and whoever else asks.

``wrong`` is all of them: a sentence for each field with which something is wrong. Nothing is asked of AWS or of an
engine here; the AWS config files are read for the names of profiles. Whether profiles lead to two accounts, and whether
Docker answers, is found out by ``choose``. Where the accounts of profiles stand is not known either, so that of a path
of theirs only the form is looked at; the embedded organization is known, and a path of it must be one to learn from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from labkit.aws.public_bases import check_base
from labkit.aws.sessions import check_profile
from labkit.embedded.state import world
from labkit.embedded.state.settings import Settings
from labkit.errors import UsageError
from labkit.iam.patterns import Pattern
from labkit.lab.engine import check_engine
from labkit.pull.organization import Account, Organization, Unit, check_account, check_organization_path
from labkit.pull.regions import check_region

Values = Mapping[str, str | None]
"""What is chosen, by the names that ``choose`` takes; what is missing or empty takes its default."""

ACCOUNTS = ("registry_account", "workload_account")
EMBEDDED_ONLY = (*ACCOUNTS, "organization")
PROFILES = ("registry_profile", "workload_profile", "management_profile")

_CHECKS: Mapping[str, Callable[[str], object]] = {
    "registry_account": lambda text: check_account(text, "The account number of registry"),
    "workload_account": lambda text: check_account(text, "The account number of workload"),
    "organization": lambda text: Settings.parse({"organization": text}),
    "region": check_region,
    "organization_path": check_organization_path,
    "base": check_base,
    "engine": check_engine,
    **dict.fromkeys(PROFILES, check_profile),
}


def on_real_accounts(values: Values) -> bool:
    """Whether profiles are chosen, so that account numbers and the organization are theirs."""
    return any(values.get(name) for name in PROFILES)


def wrong(values: Values) -> dict[str, str]:
    """What is wrong with the values, a sentence by the name of the field; empty where nothing is."""
    real = on_real_accounts(values)
    found = dict(_together(values)) if real else {}
    for name, check in _CHECKS.items():
        text = values.get(name)
        if text and name not in found and not (real and name in EMBEDDED_ONLY):
            found |= _said(name, check, text)
    return found if real else {**found, **_accounts(values, found), **_path(values, found)}


def _said(name: str, check: Callable[[str], object], text: str) -> dict[str, str]:
    try:
        check(text)
    except UsageError as error:
        return {name: str(error)}
    return {}


def _together(values: Values) -> Iterator[tuple[str, str]]:
    """Registry and workload profile go together, and the management profile goes with them."""
    for name in ("registry_profile", "workload_profile"):
        if not values.get(name):
            yield (
                name,
                "A lab on your own AWS accounts needs two profiles: one for the registry account and one for the "
                "workload account.",
            )


def _accounts(values: Values, found: Mapping[str, str]) -> dict[str, str]:
    """Each account of the embedded AWS has a number of its own."""
    if not found.keys().isdisjoint(ACCOUNTS):
        return {}
    numbers = {name.removesuffix("_account"): values.get(name) for name in ACCOUNTS}
    accounts = {name: number for name, number in numbers.items() if number}
    said = _said("", lambda _: Settings.parse({"accounts": accounts}), "")
    counts = Counter({**world.ACCOUNTS, **accounts}.values())
    shared = [name for name in ACCOUNTS if counts[values.get(name) or ""] > 1]
    return {name: said[""] for name in shared if said}


def _path(values: Values, found: Mapping[str, str]) -> dict[str, str]:
    """A path to grant is one of the embedded organization that is chosen with it."""
    path, organization = values.get("organization_path"), values.get("organization") or world.HOME_ORGANIZATION.id
    if not path or not found.keys().isdisjoint(("organization_path", "organization")):
        return {}
    return _said("organization_path", lambda text: check_embedded_path(text, organization), path)


def check_embedded_path(path: str, organization: str) -> str:
    """Returns a path pattern to grant in the embedded organization of that id; raises UsageError.

    The article grants one unit, and lets the workload account in by it; the development account shows where the grant
    stops. So the pattern is of a unit that is there, and holds the first and not the second.
    """
    check_organization_path(path, organization)
    tree = _tree(organization)
    unit = path[: path.rindex("/") + 1]
    workload, development = (tree.membership(name).paths[0] for name in ("workload", "development"))
    holds = Pattern.compile(path, "glob").matches
    reasons = (
        (unit not in _places(tree), f"There is no unit {unit} in the organization"),
        (not holds(workload, {}), f"The path {path} does not hold the workload account"),
        (holds(development, {}), f"The path {path} also holds the development account, which is to stay outside"),
    )
    for applies, reason in reasons:
        if applies:
            raise UsageError(f"{reason}: choose {workload}* or no path.")
    return path


def _tree(organization: str) -> Organization:
    """The embedded organization as it is founded; an account's number is the name of its profile here."""
    home = world.HOME_ORGANIZATION
    units = (Unit(home.root, "Root", None), *(Unit(each.id, each.name, each.parent) for each in home.units))
    members = (Account(name, name, unit) for name, unit in (home.members or {}).items())
    return Organization(organization, home.management, units, tuple(members))


def _places(tree: Organization) -> set[str]:
    """The paths of the organization itself, its root and its units."""
    return {f"{tree.id}/", *(tree.path(unit.id) for unit in tree.units)}


_HOLDERS = {
    "registry_account": "account",
    "workload_account": "account",
    "registry_profile": "the account of profile",
    "workload_profile": "the account of profile",
    "region": "region",
}
"""What the lab makes lies in accounts and in a region, and there only it looks for that again."""


def left(before: Values, now: Values) -> str:
    """What there is to say of accounts and a region that were chosen before and are not now; empty for none."""
    moved = on_real_accounts(before) != on_real_accounts(now)  # then each of the two has a region of its own
    names = [name for name in _HOLDERS if before[name] not in (None, now[name]) and not (moved and name == "region")]
    places = " and ".join(f"{_HOLDERS[name]} {before[name]}" for name in names)
    there = f"Anything that the lab has made in {places} is still there"
    return f"{there}: to remove it, choose as before and clean up (notebook 06)." if names else ""
