"""The catalogue as a whole: enough worlds, every cause, and texts that can be read."""

from __future__ import annotations

import re

import pytest

from labkit.diagnosis.cause_table import BY_CALL, CAUSES, DOCUMENT, TOLD
from labkit.errors import UsageError
from labkit.worlds.catalogue import WORLDS, world_named, worlds_with

BROKEN = [world for world in WORLDS.values() if not world.healthy]
NOT_MENDED_BY_THE_LAB = {
    "kms",
    "other-puller",
    "policy-not-json",
    "policy-not-accepted",
    "architecture",
    "pull-through-cache",
    "other-region",
    "region-not-opened",
}
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")


def test_there_are_enough_worlds_and_every_cause_is_in_one():
    several = [world for world in BROKEN if len(world.causes) in (2, 3)]
    assert len(BROKEN) >= 60
    assert len(several) >= 15
    assert len(WORLDS) - len(BROKEN) >= 8
    assert {cause for world in WORLDS.values() for cause in world.causes | world.possible} == CAUSES.keys()


def test_a_world_is_found_by_its_name_and_by_its_causes():
    assert world_named("callers-only").causes == {"service-statement-missing"}
    assert [len(world.causes) for world in worlds_with("caller-identity")] == sorted(
        len(world.causes) for world in worlds_with("caller-identity")
    )
    with pytest.raises(UsageError, match="There is no world 'nowhere'"):
        world_named("nowhere")


def test_what_the_lab_does_not_mend_is_told():
    told = {cause for cause in CAUSES.values() if cause.mended == TOLD}
    assert {cause.id for cause in told} >= NOT_MENDED_BY_THE_LAB
    for world in BROKEN:
        assert world.healed in (DOCUMENT, BY_CALL, TOLD)
        if world.causes & NOT_MENDED_BY_THE_LAB:
            assert world.healed == TOLD


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_a_title_is_one_short_sentence_for_people(world):
    assert 15 <= len(world.title) <= 110
    assert world.title[0].isupper()
    assert not world.title.endswith(".")
    assert not _PLACEHOLDER.search(world.title)
    assert bool(world.sees) == (bool(world.causes) or world.over)
