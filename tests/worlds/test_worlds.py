"""Worlds are what they say: each is built, refuses with the text that an engineer sees, is diagnosed and mended."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.diagnosis.cause_table import TOLD
from labkit.diagnosis.facts import RESTORE
from labkit.diagnosis.result import CAN, CANNOT, POSSIBLE, UNKNOWN
from labkit.errors import LabError
from labkit.worlds.catalogue import WORLDS
from tests.worlds.examining import Examined

NOT_TAKEN_BACK = "principal-recreated"
"""What names a principal that was deleted, AWS does not store again."""


MENDED = [world for world in WORLDS.values() if not world.healthy and world.healed != TOLD]
FIRST = {world.causes: world.name for world in reversed(MENDED)}
"""For each set of causes the first world with it; the others are mended in the slow set."""


@pytest.fixture(scope="module", params=WORLDS)
def examined(request, labs) -> Examined:
    """A world, built and asked for."""
    return Examined(labs(), WORLDS[request.param])


def to_mend(name: str) -> Any:
    """A world as the parameter of a test that mends it."""
    return pytest.param(name, marks=[] if name in FIRST.values() else pytest.mark.slow)


def test_what_is_named_is_what_is_wrong(examined):
    world, found = examined.world, examined.found
    assert found.ids == world.causes
    assert {each.id for each in found.causes if each.certainty == POSSIBLE} >= world.possible
    if not world.pasted:
        outcome = examined.outcome or examined.stage.attempt()
        assert outcome.text == ("" if world.over else examined.stage.filled(world.sees))
        assert found.verdict == (CAN if outcome.pulled else CANNOT)


def test_files_say_the_same_as_accounts(examined):
    found = examined.diagnosis(examined.written())
    assert (found.ids, found.verdict) == (examined.world.causes, examined.found.verdict)


@pytest.mark.parametrize("side", ["workload", "registry"])
def test_half_the_rights_name_nothing_wrong(examined, side):
    half = examined.diagnosis(examined.of_side(side))
    assert half.ids <= examined.world.causes
    assert half.verdict in (examined.found.verdict, UNKNOWN)


@pytest.mark.parametrize("examined", [to_mend(world.name) for world in MENDED], indirect=True)
def test_the_fix_heals_and_undo_takes_it_back(examined):
    world, stage = examined.world, examined.stage
    changes = examined.mend(examined.found)
    assert examined.tried(changes) == ""
    assert not world.stranger or not stage.stranger_gets_in()
    if NOT_TAKEN_BACK in world.causes:
        with pytest.raises(LabError, match=r"Invalid repository policy provided.* It stays as --apply wrote it"):
            examined.take_back(changes)
        return
    examined.take_back(changes)
    assert examined.texts(examined.collect()) == examined.texts(examined.answers)
    if world.asked.operation != RESTORE:
        assert stage.attempt().text == stage.filled(world.sees)
