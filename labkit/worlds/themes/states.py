"""Time has passed, or too little of it: functions that sleep, changes that are on their way, two writers at once."""

from __future__ import annotations

from labkit.diagnosis.cause_table import TOLD
from labkit.worlds import texts
from labkit.worlds.model import Asked, World
from labkit.worlds.steps import (
    BOTH,
    SAME,
    across,
    alone,
    created_in_vain,
    function,
    pipeline,
    policy_set,
    takes_time,
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
        texts.DENIED,
        across(None, created_in_vain(), policy_set(BOTH)),
        possible=frozenset({"not-propagated"}),
    ),
    World(
        "three-at-once",
        "Three functions are created at once, and Lambda sets the policy for one while another is refused",
        texts.DENIED,
        alone(
            None,
            pipeline(who="registry/ci"),
            takes_time(),
            function("registry", name="billing", until=""),
            function("registry", name="shipping", until=""),
            created_in_vain("registry/ci"),
            time_passes("+5m"),
            takes_time(False),
        ),
        Asked("registry/ci"),
        frozenset({"parallel-creates"}),
        stranger="workload",
        by=TOLD,
    ),
)
