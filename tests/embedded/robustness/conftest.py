"""A world in which there is one thing of every kind, made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.image.format.image import Image
from tests.embedded.conftest import Cloud, MovedClock
from tests.embedded.robustness import furnished


@pytest.fixture(scope="session")
def furnished_home(
    tmp_path_factory: pytest.TempPathFactory, founded: Path, image: Image
) -> tuple[Path, dict[str, Any]]:
    """A lab home in which there is one thing of every kind, and what making them told."""
    home = tmp_path_factory.mktemp("furnished") / "home"
    shutil.copytree(founded, home)
    with pytest.MonkeyPatch.context() as patch:
        clock = MovedClock()
        patch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: clock.now().replace(tzinfo=None))
        made = Cloud(home, clock)
        told = furnished.furnish(made, image)
        made.close()
    return home, told


@pytest.fixture
def cloud(tmp_path: Path, furnished_home: tuple[Path, dict[str, Any]], clock: MovedClock) -> Iterator[Cloud]:
    """A furnished world of the test's own."""
    shutil.copytree(furnished_home[0], tmp_path / "home")
    made = Cloud(tmp_path / "home", clock)
    yield made
    made.close()
