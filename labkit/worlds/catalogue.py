"""All worlds by their names, theme by theme, and the ways to find one.

calls           the call itself is refused           images          the image is the reason
denies          something denies                     lambda_side     nothing lets Lambda in
caller_side     nothing lets the caller in
"""

from __future__ import annotations

from labkit.errors import UsageError
from labkit.worlds.model import World
from labkit.worlds.themes import (
    caller_side,
    calls,
    conditions,
    denies,
    healthy,
    images,
    lambda_side,
    states,
    told,
)

_THEMES = (calls, images, denies, lambda_side, caller_side, conditions, states, told, healthy)

WORLDS: dict[str, World] = {world.name: world for theme in _THEMES for world in theme.WORLDS}
"""The worlds, the broken ones first."""


def world_named(name: str) -> World:
    """The world of that name. Raises UsageError."""
    if name not in WORLDS:
        raise UsageError(f"There is no world {name!r}. There are {', '.join(WORLDS)}.")
    return WORLDS[name]


def worlds_with(cause: str) -> list[World]:
    """The worlds that have a cause, by its id; those with that cause alone come first."""
    found = [world for world in WORLDS.values() if cause in world.causes | world.possible]
    return sorted(found, key=lambda world: len(world.causes))
