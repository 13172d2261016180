"""What was chosen for a lab, by ``choose`` or in the form of notebook 00: one type, and the rules of its fields.

``FIELDS`` is the table of rules; ``Choices.problems`` applies all of them, and what fields must be to each other.
Nothing is asked of AWS or of an engine here; the AWS config files are read for the names of profiles. Whether profiles
lead to two accounts, and whether Docker answers, is found out by ``choose``.

Choices are kept in two files of the lab home: those for the embedded AWS's world in ``lab.json``, which is the embedded
AWS's own, all others in ``choices.json``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path

import labkit.embedded.process.client as embedded
from labkit.aws.sessions import check_profile
from labkit.docker.engine_choice import ENGINES, check_engine
from labkit.embedded.process.here import KINDS, check_kind
from labkit.embedded.state import world
from labkit.embedded.state.settings import WorldSettings
from labkit.errors import UsageError
from labkit.ground.home import Home, read_choices, unreadable_choices, write_choices
from labkit.image.build.base_image import BASES, check_base
from labkit.lab.organization_path import check_embedded_path
from labkit.pull.organization import check_account, check_organization_path
from labkit.pull.regions import REGIONS, check_region


class Where(Enum):
    """On which labs a field counts; the value is how a form speaks of it."""

    EMBEDDED = "On the embedded AWS"
    REAL = "On your own AWS accounts"
    BOTH = "On both"


@dataclass(frozen=True, slots=True)
class Field:
    """The rule of one field: ``check`` raises UsageError for a text that will not do.

    ``default`` is what an empty field comes to on the embedded AWS, where that is always the same. ``label``, ``hint``
    (what the text is, and what empty means) and ``options`` (texts to suggest) are for a form.
    """

    name: str
    where: Where
    check: Callable[[str], object]
    label: str
    hint: str
    default: str = ""
    options: Callable[[], tuple[str, ...]] = tuple


FIELDS = (
    Field(
        "registry_account",
        Where.EMBEDDED,
        lambda text: check_account(text, "The account number of registry"),
        "Registry account",
        "12 digits: owns the repositories; empty: the article's",
        world.ACCOUNTS["registry"],
    ),
    Field(
        "workload_account",
        Where.EMBEDDED,
        lambda text: check_account(text, "The account number of workload"),
        "Workload account",
        "12 digits: owns the functions; empty: the article's",
        world.ACCOUNTS["workload"],
    ),
    Field(
        "organization",
        Where.EMBEDDED,
        lambda text: WorldSettings.parse({"organization": text}),
        "Organization",
        "o-…; empty: the lab's own",
        world.HOME_ORGANIZATION.id,
    ),
    Field(
        "region",
        Where.BOTH,
        check_region,
        "Region",
        "empty: the profile's, or the article's",
        world.REGION,
        lambda: tuple(sorted(REGIONS)),
    ),
    Field(
        "organization_path",
        Where.BOTH,
        check_organization_path,
        "Path to grant",
        "o-…/r-…/ou-…/*; empty: the workload account's unit",
    ),
    Field(
        "base",
        Where.BOTH,
        check_base,
        "Base image",
        "public or stand-in; empty: what the lab can run",
        options=lambda: BASES,
    ),
    Field(
        "engine",
        Where.BOTH,
        check_engine,
        "Engine",
        "auto, docker, embedded or interpreter; empty: auto",
        options=lambda: ENGINES,
    ),
    Field(
        "run_as",
        Where.EMBEDDED,
        check_kind,
        "Run as",
        "process or in-process; empty: process",
        options=lambda: KINDS,
    ),
    Field(
        "registry_profile",
        Where.REAL,
        check_profile,
        "Registry profile",
        "an AWS profile of yours; empty: the embedded AWS",
    ),
    Field(
        "workload_profile",
        Where.REAL,
        check_profile,
        "Workload profile",
        "an AWS profile of another account",
    ),
    Field(
        "management_profile",
        Where.REAL,
        check_profile,
        "Management profile",
        "may read the organization; can stay empty",
    ),
)
"""The rule of each field of `Choices`, in the order in which they are looked at."""

TWO_PROFILES = (
    "A lab on your own AWS accounts needs two profiles: one for the registry account and one for the workload account."
)

_ACCOUNTS = ("registry", "workload")
_KEPT_BY_THE_WORLD = ("organization", "registry_account", "workload_account")


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen; None is the default, so that ``Choices()`` is the embedded AWS as the article has it.

    Account numbers have 12 digits and, like ``organization`` (``o-…``), are for the embedded AWS. Profiles are of the
    user's own AWS config files. ``organization_path`` is a path pattern such as ``o-…/r-…/ou-…/*``; ``base`` is one of
    ``labkit.image.build.base_image.BASES``, ``engine`` one of ``labkit.docker.engine_choice.ENGINES``,
    ``run_as`` one of ``labkit.embedded.process.here.KINDS``.
    """

    registry_profile: str | None = None
    workload_profile: str | None = None
    management_profile: str | None = None
    region: str | None = None
    organization_path: str | None = None
    base: str | None = None
    engine: str | None = None
    run_as: str | None = None
    organization: str | None = None
    registry_account: str | None = None
    workload_account: str | None = None

    @classmethod
    def of(cls, texts: Mapping[str, str | None]) -> Choices:
        """The choices by the names of their fields; an empty text is the default. Raises TypeError for other names."""
        return cls(**{name: None if text == "" else text for name, text in texts.items()})

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and not isinstance(value, str):
                raise UsageError(f"What is chosen for {name} must be a text, and this is {type(value).__name__}.")

    @classmethod
    def read(cls, home: Path) -> Choices:
        """The choices of a lab home; the defaults where none were made. Raises UsageError for a broken file.

        Accounts and the organization are always those of the embedded AWS's world; so is the region, but for a lab on
        profiles, where None is that of the profiles.
        """
        chosen, settings = cls._kept(Home(home)), embedded.settings(home)
        accounts = {f"{name}_account": settings.accounts[name] for name in _ACCOUNTS}
        region = chosen.region if chosen.are_real else settings.region
        return replace(chosen, region=region, organization=settings.organization, **accounts)

    @classmethod
    def _kept(cls, home: Home) -> Choices:
        try:
            return cls(**read_choices(home))
        except (TypeError, UsageError):
            raise unreadable_choices(home) from None

    def write(self, home: Path) -> None:
        """Keeps in the lab home what the embedded AWS does not keep itself, and lets it know of another engine."""
        own = self if self.are_real else replace(self, region=None)
        kept = {name: value for name, value in asdict(own).items() if name not in _KEPT_BY_THE_WORLD}
        write_choices(Home(home), kept)
        embedded.engine_chosen(home)

    def world(self) -> WorldSettings:
        """The settings of the embedded AWS's world. Raises UsageError for what cannot be."""
        accounts = {name: number for name in _ACCOUNTS if (number := getattr(self, f"{name}_account"))}
        others = {name: value for name in ("region", "organization") if (value := getattr(self, name))}
        return WorldSettings.parse({"accounts": accounts, **others})

    @property
    def are_real(self) -> bool:
        """Whether profiles are chosen, so that account numbers and the organization are theirs."""
        return any((self.registry_profile, self.workload_profile, self.management_profile))

    def problems(self) -> dict[str, str]:
        """Everything that is wrong: a dict of field name to sentence, empty if all is well."""
        found = dict(self._missing_profiles()) if self.are_real else {}
        for field in FIELDS:
            text = getattr(self, field.name)
            if text and field.name not in found and not (self.are_real and field.where is Where.EMBEDDED):
                found |= _problem(field.name, field.check, text)
        return found if self.are_real else {**found, **self._shared_accounts(found), **self._path_problem(found)}

    def _missing_profiles(self) -> Iterator[tuple[str, str]]:
        """Registry and workload profile go together, and the management profile goes with them."""
        for name in ("registry_profile", "workload_profile"):
            if not getattr(self, name):
                yield name, TWO_PROFILES

    def _shared_accounts(self, found: Mapping[str, str]) -> dict[str, str]:
        """Each account of the embedded AWS has a number of its own."""
        names = [f"{name}_account" for name in _ACCOUNTS]
        if not found.keys().isdisjoint(names):
            return {}
        chosen = {name: number for name in _ACCOUNTS if (number := getattr(self, f"{name}_account"))}
        said = _problem("", lambda _: WorldSettings.parse({"accounts": chosen}), "")
        counts = Counter({**world.ACCOUNTS, **chosen}.values())
        return {name: said[""] for name in names if said and counts[getattr(self, name) or ""] > 1}

    def _path_problem(self, found: Mapping[str, str]) -> dict[str, str]:
        """A path to grant is one of the embedded organization that is chosen with it."""
        path, organization = self.organization_path, self.organization or world.HOME_ORGANIZATION.id
        if not path or not found.keys().isdisjoint(("organization_path", "organization")):
            return {}
        return _problem("organization_path", lambda text: check_embedded_path(text, organization), path)


def _problem(name: str, check: Callable[[str], object], text: str) -> dict[str, str]:
    try:
        check(text)
    except UsageError as error:
        return {name: str(error)}
    return {}
