"""Choosing what a lab uses: checked as a whole, made to exist, kept in the lab home, and the lab opened.

What fields there are and what is right for them is said by `labkit.lab.choices`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields, replace
from inspect import Parameter, signature
from pathlib import Path

import labkit.embedded.process.client as embedded
from labkit.docker import daemon
from labkit.docker.engine_choice import DOCKER
from labkit.errors import UsageError
from labkit.ground.environment import unchanged_on_error
from labkit.ground.home import home_path
from labkit.lab.choices import Choices
from labkit.lab.lab import Lab


def current(home: Path | None = None) -> dict[str, str | None]:
    """What is chosen for the lab home, by the names that ``choose`` takes. Raises UsageError for broken files."""
    return asdict(Choices.read(home_path(home)))


def choose(home: Path | None = None, *, say: Callable[[str], object] = print, **chosen: str | None) -> Lab:
    """Chooses what the lab uses, keeps it in the lab home, and opens the lab. What is missing takes its default.

    What can be chosen are the fields of `labkit.lab.choices.Choices`:

        registry_account, workload_account, organization                    the embedded AWS's accounts and organization
        registry_profile, workload_profile, management_profile              or profiles of your own accounts
        region, organization_path, base, engine                             for both
        run_as                                                              the embedded AWS: process or in-process

    With profiles the lab is on the accounts that these lead to, and account numbers and the organization are theirs;
    without, it is on the embedded AWS, in which the accounts, region and organization are made to exist. What the lab
    has made elsewhere stays there, and ``say`` gets a sentence about that. Raises UsageError for anything that will not
    do, and NoEngine for Docker that does not answer, before anything is changed; TypeError for other names.
    """
    choices = Choices.of(chosen)
    for sentence in choices.problems().values():
        raise UsageError(sentence)
    if choices.engine == DOCKER:
        daemon.find()
    root = home_path(home)
    before = Choices.read(root)
    lab = (_on_profiles if choices.are_real else _embedded)(root, choices)
    if remark := left_behind(before, Choices.read(root)):
        say(remark)
    return lab


def _with_fields(function: Callable[..., object]) -> None:
    """Let help and completion show the fields of `Choices` where the function takes them by their names."""
    shown = signature(function)
    own = [parameter for parameter in shown.parameters.values() if parameter.kind is not Parameter.VAR_KEYWORD]
    chosen = [
        Parameter(each.name, Parameter.KEYWORD_ONLY, default=None, annotation=each.type) for each in fields(Choices)
    ]
    function.__signature__ = shown.replace(parameters=[*own, *chosen])  # type: ignore[attr-defined]


_with_fields(choose)


def _on_profiles(root: Path, choices: Choices) -> Lab:
    with unchanged_on_error():
        lab = Lab.on_profiles(choices, root)
    choices.write(root)
    return lab


def _embedded(root: Path, choices: Choices) -> Lab:
    kept = embedded.settings(root)
    wanted = replace(choices.world(), realistic=kept.realistic, timing=kept.timing)
    embedded.apply_world(root, wanted, choices.run_as)
    choices.write(root)
    return Lab.embedded(root, choices)


_HOLDERS = {
    "registry_account": "account",
    "workload_account": "account",
    "registry_profile": "the account of profile",
    "workload_profile": "the account of profile",
    "region": "region",
}
"""What the lab makes lies in accounts and in a region, and there only it looks for that again."""


def left_behind(before: Choices, now: Choices) -> str:
    """What there is to say of accounts and a region that were chosen before and are not now; empty for none."""
    old, new = asdict(before), asdict(now)
    moved = before.are_real != now.are_real  # then each of the two has a region of its own
    names = [name for name in _HOLDERS if old[name] not in (None, new[name]) and not (moved and name == "region")]
    places = " and ".join(f"{_HOLDERS[name]} {old[name]}" for name in names)
    there = f"Anything that the lab has made in {places} is still there"
    return f"{there}: to remove it, choose as before and clean up (notebook 06)." if names else ""
