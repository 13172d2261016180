"""Worlds are what they say: each is built, and refuses with the text that an engineer sees."""

from __future__ import annotations

import pytest

from labkit.worlds.catalogue import WORLDS
from labkit.worlds.stage import Stage


@pytest.mark.parametrize("name", [name for name, world in WORLDS.items() if not world.pasted])
def test_a_world_shows_what_it_says(lab, name):
    stage = Stage(lab, WORLDS[name])
    stage.build()
    outcome = stage.attempt()
    assert outcome.text == stage.filled(WORLDS[name].sees)
