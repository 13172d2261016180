"""Worlds are what they say: each is built, refuses with the text that an engineer sees, is diagnosed and mended."""

from __future__ import annotations

import pytest

from labkit.diagnosis.cause_table import TOLD
from labkit.diagnosis.result import CAN, CANNOT, POSSIBLE
from labkit.worlds.catalogue import WORLDS
from tests.worlds.examining import Examined

MENDED = [name for name, world in WORLDS.items() if not world.healthy and world.healed != TOLD]


@pytest.fixture(scope="module", params=WORLDS)
def examined(request, labs) -> Examined:
    return Examined(labs(), WORLDS[request.param])


def test_what_is_named_is_what_is_wrong(examined):
    world, found = examined.world, examined.diagnosis()
    assert found.ids == world.causes
    assert {each.id for each in found.causes if each.certainty == POSSIBLE} >= world.possible
    if not world.pasted:
        outcome = examined.outcome or examined.stage.attempt()
        assert outcome.text == examined.stage.filled(world.sees)
        assert found.verdict == (CAN if outcome.pulled else CANNOT)
