"""The causes of a case, found by evaluation."""

from __future__ import annotations

from labkit.diagnosis.case import Case
from labkit.diagnosis.result import Cause


def find(case: Case) -> tuple[Cause, ...]:
    """Why the image is not fetched, or does not run, in the order in which to mend it."""
    return ()
