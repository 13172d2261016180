"""Asking a person before something is thrown away."""

from __future__ import annotations

import sys

from labkit.errors import UsageError


def confirmed(question: str) -> bool:
    """Whether a person at the terminal says yes; no answer means no.

    Raises `UsageError` where nobody is there to be asked.
    """
    if not sys.stdin.isatty():
        raise UsageError("There is nobody to ask here: give --yes to go on without a question.")
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        return False
