"""The smallest change that mends the causes of a case, proved and bounded."""

from __future__ import annotations

from labkit.diagnosis.case import Case
from labkit.diagnosis.result import Cause, Fix


def fix(case: Case, causes: tuple[Cause, ...]) -> Fix | None:
    """The changes that mend these causes; None where there is nothing to mend."""
    return None


def next_steps(case: Case, causes: tuple[Cause, ...], fix: Fix | None) -> tuple[str, ...]:
    """What to do after the fix."""
    return ()
