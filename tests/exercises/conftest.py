"""A lab on an embedded AWS of its own, whose exercises are checked."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import labkit.embedded.client as embedded
from labkit.lab import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """An embedded lab; the environment variables of this process are as before afterwards."""
    before, home = dict(os.environ), tmp_path_factory.mktemp("lab") / "home"
    yield Lab.embedded(home)
    embedded.stop(home)
    os.environ.clear()
    os.environ.update(before)
