"""The embedded AWS in the process of the test, for whatever reads and mends live accounts."""

from __future__ import annotations

from tests.embedded.conftest import clock, cloud, founded

__all__ = ["clock", "cloud", "founded"]
