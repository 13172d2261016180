"""What may be chosen for a lab: the rules of each field, for ``choose``, the form and whoever else asks.

``wrong`` is all of them: a sentence for each field with which something is wrong. Nothing is asked of AWS or of an
engine here; the AWS config files are read for the names of profiles. Whether profiles lead to two accounts, and whether
Docker answers, is found out by ``choose``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from labkit.aws.base import check_base
from labkit.aws.engine.ways import check_engine
from labkit.aws.sessions import check_profile
from labkit.embedded import world
from labkit.embedded.settings import Settings
from labkit.errors import UsageError
from labkit.organization import check_account, check_organization_path
from labkit.regions import check_region

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
    """A path to grant begins with the organization of the embedded AWS."""
    path, organization = values.get("organization_path"), values.get("organization") or world.HOME_ORGANIZATION.id
    if not path or not found.keys().isdisjoint(("organization_path", "organization")):
        return {}
    return _said("organization_path", lambda text: check_organization_path(text, organization), path)
