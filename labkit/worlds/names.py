"""Placeholders in the texts of worlds, and what they mean in a lab.

    {registry} {workload} {management} {development} {neighbour} {outsider}     account numbers, by profile
    {organization} {path} {other_path}      the organization's id; the path pattern of the workload account's unit and
                                            below, and that of the development unit, each with ``*`` at its end
    {unit}                                  the path of the workload account's unit, without the slash at its end
    {region} {repository} {image}           the region, the repository's name, the URI of its image
    {account} {function} {role} {caller}    the function's account and name, the execution role's ARN, the caller's ARN

Steps may keep further ones of what AWS answers (`labkit.worlds.model.Step.keeps`). A policy variable, ``${aws:…}``, is
none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import labkit.embedded.process.client as embedded
from labkit.embedded.state import world
from labkit.lab.lab import Lab
from labkit.pull.uri import ImageUri
from labkit.worlds.model import Asked, Json
from labkit.worlds.steps import TAG

REPOSITORY = "team/orders"
SESSION = "deploy"
"""The name of the sessions of roles."""
_PLACEHOLDER = re.compile(r"(?<!\$)\{([a-z_]+)\}")


def names_in(lab: Lab, asked: Asked) -> dict[str, str]:
    """What each placeholder means in a lab on the embedded AWS, for what is asked there."""
    settings = embedded.settings(lab.home)
    units = replace(world.HOME_ORGANIZATION, id=settings.organization)
    profile, _, role = asked.caller.partition("/")
    account, region = settings.accounts[profile], asked.region or settings.region
    session = f"arn:aws:sts::{account}:assumed-role/{role}/{SESSION}"
    named = {
        **settings.accounts,
        "organization": settings.organization,
        "path": f"{units.path(world.PRODUCTION)}*",
        "unit": units.path(world.PRODUCTION).removesuffix("/"),
        "other_path": f"{units.path(world.DEVELOPMENT)}*",
        "region": region,
        "repository": REPOSITORY,
        "image": str(ImageUri(settings.accounts["registry"], region, REPOSITORY, TAG)),
        "account": account,
        "function": asked.function,
        "caller": session if role else f"arn:aws:iam::{account}:user/{world.ADMINISTRATOR}",
    }
    return {**named, "role": filled(asked.role, named)}


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """The value with every placeholder in its texts filled; a `Json` as text. Raises KeyError for unknown ones."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: names[found[1]], value)
    if isinstance(value, Json):
        return json.dumps(filled(value.content, names))
    if isinstance(value, Mapping):
        return {filled(key, names): filled(each, names) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [filled(each, names) for each in value]
    return value
