"""What ``pip install 'labkit[EXTRA]'`` brings, for hatchling: boto3 with ``live``, the whole lab with ``lab``.

A lab is a program that one installs alone, so ``lab`` has every package in the version that the tests have seen, from
requirements.txt. ``live`` goes beside what others have installed, so it asks for no more than boto3 of that age.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Extras(MetadataHookInterface):
    """Fills in ``optional-dependencies``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Called by hatchling with the ``project`` table of pyproject.toml."""
        lock = (Path(self.root) / "requirements.txt").read_text("utf-8").splitlines()
        boto3 = re.compile(r"boto3==(.+)")
        live = [f"boto3>={found[1]}" for found in map(boto3.fullmatch, lock) if found]
        metadata["optional-dependencies"] = {"live": live, "lab": lock}
