"""Placeholders in the texts of worlds, and what they mean in a lab.

    {registry} {workload} {management} {development} {neighbour} {outsider}     account numbers, by profile
    {organization} {path} {other_path}      the organization's id; the path pattern of the workload account's unit and
                                            below, and that of the development unit, each with ``*`` at its end
    {region} {repository} {image}           the region, the repository's name, the URI of its image
    {account} {function} {role} {caller}    the function's account and name, the execution role's ARN, the caller's ARN

Steps may keep further ones of what AWS answers (`labkit.worlds.model.Step.keeps`). A policy variable, ``${aws:…}``, is
none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from labkit.lab.lab import Lab
from labkit.pull.uri import ImageUri
from labkit.worlds.model import Asked, Json
from labkit.worlds.steps import TAG

REPOSITORY = "team/orders"
_PLACEHOLDER = re.compile(r"(?<!\$)\{([a-z_]+)\}")


def names_in(lab: Lab, asked: Asked) -> dict[str, str]:
    """What each placeholder means in a lab, for what is asked there."""
    accounts = {name: lab.registry.account if name == "registry" else _account(lab, name) for name in lab.profiles}
    profile, _, role = asked.caller.partition("/")
    account = accounts[profile]
    session = f"arn:aws:sts::{account}:assumed-role/{role}/deploy"
    region = asked.region or lab.region
    named = {
        **accounts,
        "organization": lab.organization_id,
        "path": lab.organization_path,
        "other_path": lab.other_path,
        "region": region,
        "repository": REPOSITORY,
        "image": str(ImageUri(accounts["registry"], region, REPOSITORY, TAG)),
        "account": account,
        "function": asked.function,
        "caller": session if role else f"arn:aws:iam::{account}:user/admin",
    }
    return {**named, "role": filled(asked.role, named)}


def _account(lab: Lab, name: str) -> str:
    actor = lab.actor(name)
    assert actor is not None, f"the lab has no account {name}"  # noqa: S101 - it is one of the lab's own profiles
    return actor.account


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
