"""Time has passed, or too little of it: functions that sleep, changes that are on their way, two writers at once."""

from __future__ import annotations

from labkit.worlds import texts
from labkit.worlds.model import Asked, World
from labkit.worlds.steps import (
    BOTH,
    SAME,
    across,
    alone,
    created_in_vain,
    function,
    policy_set,
    time_passes,
)

WORLDS = (
    World(
        "asleep",
        "Nobody has invoked the function for weeks, and it is being brought back",
        texts.RESTORING,
        alone(SAME, function("registry"), time_passes("+30d")),
        Asked("registry", operation="restore"),
        frozenset({"function-inactive"}),
        stranger="workload",
    ),
    World(
        "a-moment-too-early",
        "The policy is right, and the function was created before AWS had heard of it",
        "",
        across(None, created_in_vain(), policy_set(BOTH)),
        possible=frozenset({"not-propagated"}),
    ),
)
