"""An AWS Organization as data: a tree of OUs with accounts, and what condition keys say of an account in it.

The same shape serves the embedded AWS (which makes such a tree), the lab (which reads one from the Organizations API)
and the map in the notebooks.

Source: IAM User Guide, "AWS global condition context keys", ``aws:PrincipalOrgPaths`` (a path runs from the
organization id over the root and the OUs to the OU that holds the account, and ends with a slash); Organizations API
Reference for the forms of ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labkit.errors import UsageError

ORGANIZATION_ID = re.compile(r"o-[a-z0-9]{10,32}")
ACCOUNT_ID = re.compile(r"[0-9]{12}")
_PATH = re.compile(
    r"(?P<org>o-[a-z0-9]{10,32})/"
    r"(?:\*|r-[a-z0-9]{4,32}/(?:ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}/)*(?:\*|ou-\*|ou-[a-z0-9]{4,32}-\*)?)"
)


@dataclass(frozen=True, slots=True)
class Membership:
    """Where an account stands: the values of ``aws:…OrgID`` and ``aws:…OrgPaths``, or neither.

    Whoever is in an organization stands somewhere in it: ``paths`` are empty where that is not known.
    """

    org_id: str | None
    paths: tuple[str, ...] = ()

    def context(self, family: str) -> dict[str, str | tuple[str, ...]]:
        """The condition keys of a family (Principal, Source or Resource); none for an account in no organization."""
        if self.org_id is None:
            return {}
        paths = {f"aws:{family}OrgPaths": self.paths} if self.paths else {}
        return {f"aws:{family}OrgID": self.org_id, **paths}


OUTSIDER = Membership(None)


@dataclass(frozen=True, slots=True)
class Unit:
    """The root or an organizational unit; ``parent`` is None for the root."""

    id: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """A member account and the unit that holds it."""

    id: str
    name: str
    parent: str


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization: its id, the management account's id, the units (the root first) and the accounts."""

    id: str
    management: str
    units: tuple[Unit, ...]
    accounts: tuple[Account, ...]

    @property
    def root(self) -> Unit:
        """The root of the tree."""
        return next(unit for unit in self.units if unit.parent is None)

    def unit(self, unit_id: str) -> Unit:
        """The unit with that id; raises KeyError."""
        found = next((unit for unit in self.units if unit.id == unit_id), None)
        if found is None:
            raise KeyError(unit_id)
        return found

    def path(self, unit_id: str) -> str:
        """The path of a unit, with a slash at its end: ``o-…/r-…/ou-…/``."""
        steps: list[str] = []
        step: str | None = unit_id
        while step is not None:
            steps.append(step)
            step = self.unit(step).parent
        return path_through(self.id, reversed(steps))

    def membership(self, account: str) -> Membership:
        """Where an account stands in this organization; OUTSIDER when it is not in it."""
        found = next((each for each in self.accounts if each.id == account), None)
        return Membership(self.id, (self.path(found.parent),)) if found else OUTSIDER

    def children(self, unit_id: str) -> tuple[tuple[Unit, ...], tuple[Account, ...]]:
        """The units and the accounts directly below a unit."""
        return (
            tuple(unit for unit in self.units if unit.parent == unit_id),
            tuple(account for account in self.accounts if account.parent == unit_id),
        )

    def walk(self, unit_id: str | None = None, depth: int = 0) -> Iterator[tuple[int, Unit | Account]]:
        """The tree from a unit (the root) downward: depth and unit or account, accounts before units."""
        unit = self.unit(unit_id or self.root.id)
        yield depth, unit
        units, accounts = self.children(unit.id)
        for account in accounts:
            yield depth + 1, account
        for below in units:
            yield from self.walk(below.id, depth + 1)


def path_through(organization_id: str, unit_ids: Iterable[str]) -> str:
    """The organization path that leads over these units, the root first: ``o-…/r-…/ou-…/``, with a slash at its end."""
    return "".join(f"{each}/" for each in (organization_id, *unit_ids))


def check_account(text: str, what: str = "The account") -> str:
    """Returns a 12-digit account number; raises UsageError for anything else, numbers that are no text included."""
    if not isinstance(text, str) or not ACCOUNT_ID.fullmatch(text):
        raise UsageError(f"{what} must be 12 digits, not {text!r}. Write it without dashes, such as 813835382529.")
    return text


def check_organization_id(text: str) -> str:
    """Returns an organization id (``o-`` and 10 to 32 lower-case letters or digits); raises UsageError."""
    if not isinstance(text, str) or not ORGANIZATION_ID.fullmatch(text):
        raise UsageError(
            f"{text!r} is not an organization id. It is o- and 10 to 32 lower-case letters or digits, as "
            "'aws organizations describe-organization' prints it."
        )
    return text


def check_organization_path(text: str, organization_id: str | None = None) -> str:
    """Returns an organization path or path pattern; raises UsageError.

    A path is ``o-…/r-…/ou-…/``; patterns end with ``*`` (``o-…/*``, ``o-…/r-…/ou-…/*``) or ``ou-*``. With
    ``organization_id`` it must begin with that organization.
    """
    found = _PATH.fullmatch(text)
    if not found:
        raise UsageError(
            f"{text!r} is not an organization path. Paths look like o-exampleorgid/r-ab12/ou-ab12-11111111/ with a "
            "slash at the end, and patterns end with /* for an OU and everything below it."
        )
    if organization_id and found["org"] != organization_id:
        raise UsageError(f"The path {text!r} is of another organization than {organization_id}.")
    return text
