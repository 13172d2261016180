"""What was chosen in notebook 00 or by ``choose``, kept in the lab home and found again by every notebook."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from labkit.embedded.process.client import engine_chosen, write_file
from labkit.errors import UsageError


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen for this lab home; None everywhere is the embedded AWS with its defaults.

    Profiles are of the AWS config files in use; ``organization_path`` is a path pattern such as ``o-…/r-…/ou-…/*``;
    ``base`` is one of ``labkit.aws.public_bases.BASES``, ``engine`` one of ``labkit.lab.engine.ENGINES``.
    """

    registry_profile: str | None = None
    workload_profile: str | None = None
    management_profile: str | None = None
    region: str | None = None
    organization_path: str | None = None
    base: str | None = None
    engine: str | None = None

    @property
    def are_real(self) -> bool:
        """Whether profiles were chosen instead of the embedded AWS."""
        return self.registry_profile is not None or self.workload_profile is not None

    @classmethod
    def read(cls, home: Path) -> Choices:
        """The choices of a lab home; the defaults where none were made. Raises UsageError for a broken file."""
        path = home / "choices.json"
        if not path.exists():
            return cls()
        try:
            return cls(**json.loads(path.read_text("utf-8")))
        except (ValueError, TypeError):
            raise UsageError(f"{path} cannot be read. Delete it to go back to the defaults.") from None

    def write(self, home: Path) -> None:
        """Keeps the choices in the lab home, and lets the embedded AWS know that the engine may be another."""
        write_file(home / "choices.json", json.dumps(asdict(self), indent=2))
        engine_chosen(home)
