"""Which engine is to be used, by one rule for all who ask: the choice, else the environment, else whichever is there.

    auto          Docker where it answers, else the lab by itself
    docker        Docker
    embedded      the lab by itself: it assembles images, and runs functions in processes with its own Python
    interpreter   the lab by itself, with functions in the lab's own process; in a browser tab there is nothing else

The choice is of a lab home (kept in its ``choices.json``, with all else that was chosen) or of one command. What it
leaves open, the environment variable ``LABKIT_ENGINE`` may decide: the project's own tests have it say ``embedded``, so
that they see the same everywhere.
"""

from __future__ import annotations

import os
import sys

from labkit.errors import UsageError
from labkit.ground.home import Home, read_choices

AUTO, DOCKER, EMBEDDED, INTERPRETER = "auto", "docker", "embedded", "interpreter"
ENGINES = (AUTO, DOCKER, EMBEDDED, INTERPRETER)
"""Who builds, and runs functions: Docker, the lab by itself in one of two ways, or whichever is there."""

BY_ITSELF = frozenset({EMBEDDED, INTERPRETER})
"""With these the lab needs no engine."""

VARIABLE = "LABKIT_ENGINE"


def check_engine(name: str) -> str:
    """Return the name of an engine as it is. Raises UsageError where it is none of :data:`ENGINES`."""
    if name not in ENGINES:
        raise UsageError(f"There is no engine {name!r}: choose {', '.join(ENGINES[:-1])} or {ENGINES[-1]}.")
    return name


def chosen(home: Home) -> str | None:
    """The engine that was chosen for a lab home; None where none was. Raises UsageError where that cannot be read."""
    engine: str | None = read_choices(home).get("engine")
    return engine


def wanted(choice: str | None) -> str:
    """What is to be used: the choice, else what the environment says, else auto. Raises UsageError.

    In a browser tab it is always `INTERPRETER`: there are neither processes nor Docker.
    """
    name = check_engine(choice or os.environ.get(VARIABLE) or AUTO)
    return INTERPRETER if sys.platform == "emscripten" else name
