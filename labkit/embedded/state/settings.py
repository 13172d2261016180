"""What can be chosen about the world: account numbers, the region, the id of the lab's organization, and whether what
takes time on AWS takes time here (`labkit.embedded.state.timing`).

Kept in ``<home>/lab.json``. The defaults are the article's (`labkit.embedded.state.world`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.embedded.state import world
from labkit.embedded.state.timing import DAY, Timing
from labkit.errors import UsageError
from labkit.pull.organization import check_account, check_organization_id
from labkit.pull.regions import check_region

_NAMES = ("accounts", "region", "organization", "realistic", "timing")


@dataclass(frozen=True)
class WorldSettings:
    """The choices. ``accounts`` has a number for every profile of `world.ACCOUNTS`."""

    accounts: Mapping[str, str] = field(default_factory=lambda: dict(world.ACCOUNTS))
    region: str = world.REGION
    organization: str = world.HOME_ORGANIZATION.id
    realistic: bool = False
    timing: Timing = field(default_factory=Timing)

    @classmethod
    def parse(cls, source: Mapping[str, Any]) -> WorldSettings:
        """Make settings from ``{"accounts": {profile: number}, "region", "organization", "realistic", "timing"}``.

        Each part is optional. Raises `UsageError` that names what is wrong.
        """
        unknown = sorted(source.keys() - set(_NAMES))
        if unknown:
            raise UsageError(f"The lab has no setting named {unknown[0]!r}: use {', '.join(_NAMES)}.")
        accounts = source.get("accounts", {})
        if not isinstance(accounts, Mapping):
            raise UsageError("The setting 'accounts' must map profiles to account numbers.")
        settings = cls(
            {**world.ACCOUNTS, **accounts},
            source.get("region", world.REGION),
            source.get("organization", world.HOME_ORGANIZATION.id),
            source.get("realistic", False),
            Timing.parse(source.get("timing", {})),
        )
        settings._check()
        return settings

    @classmethod
    def read(cls, path: Path) -> WorldSettings:
        """Read settings from a file; the defaults where there is none. Raises `UsageError`."""
        try:
            source = json.loads(path.read_bytes())
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, RecursionError):
            source = None
        if not isinstance(source, dict):
            raise UsageError(f"{path} is not a JSON object. Correct it, or remove it to take the defaults.")
        return cls.parse(source)

    def to_dict(self) -> dict[str, Any]:
        """The settings in the form that `parse` reads."""
        return {
            "accounts": dict(self.accounts),
            "region": self.region,
            "organization": self.organization,
            "realistic": self.realistic,
            "timing": self.timing.to_dict(),
        }

    @property
    def times(self) -> Timing:
        """How long what takes time takes in this world."""
        return self.timing if self.realistic else self.timing.at_once

    @property
    def pace(self) -> str:
        """How time passes in this world, to go on in a sentence."""
        taken = (f"{name} {seconds:g} s" for name, seconds in self.timing.to_dict().items() if name != "idle")
        now = f"realistic: {', '.join(taken)}" if self.realistic else "not realistic: nothing takes time"
        days = self.timing.idle / DAY
        idle = f"becomes Inactive after {days:g} d without an invocation" if days else "never becomes Inactive"
        return f"{now}; a function {idle}"

    def _check(self) -> None:
        if not isinstance(self.realistic, bool):
            raise UsageError(f"The setting 'realistic' must be true or false, not {self.realistic!r}.")
        for profile, number in self.accounts.items():
            if profile not in world.ACCOUNTS:
                raise UsageError(f"The lab has no profile named {profile!r}: use one of {', '.join(world.ACCOUNTS)}.")
            check_account(number, f"The account number of {profile}")
        number, count = Counter(self.accounts.values()).most_common(1)[0]
        if count > 1:
            both = " and ".join(profile for profile in self.accounts if self.accounts[profile] == number)
            raise UsageError(f"The account {number} cannot stand for {both}: give each its own number.")
        check_region(self.region)
        check_organization_id(self.organization)
        if self.organization == world.NEIGHBOUR_ORGANIZATION.id:
            raise UsageError(f"{self.organization} is the id of the foreign organization: choose another one.")
