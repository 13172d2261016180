"""Some worlds by way of a folder of files, and with the profile of one side alone: what is not read is not known."""

from __future__ import annotations

import pytest

from labkit.diagnosis.asked import Asked
from labkit.diagnosis.evidence import folder
from labkit.diagnosis.evidence.gathering import question_from
from labkit.diagnosis.offline import diagnose_offline
from labkit.diagnosis.result import UNKNOWN
from labkit.embedded.process import client as embedded
from labkit.worlds.catalogue import WORLDS
from tests.worlds.examining import Examined

SAMPLE = (
    "three-parties-nothing",
    "boundary-and-lambda-forgotten",
    "perimeter-for-services",
    "own-registry-only",
    "buildx-provenance",
    "stack-update-lost-the-statement",
    "well-within-guard-rails",
    "well-by-an-administrator",
)


@pytest.fixture(scope="module", params=SAMPLE)
def examined(request, labs) -> Examined:
    """A world, built and asked for."""
    return Examined(labs(), WORLDS[request.param])


def test_a_folder_says_the_same_as_accounts(examined, tmp_path):
    question = question_from(examined.asked, examined.answers).to_dict()
    count = folder.write(tmp_path / "found", examined.answers, question, embedded.clock(examined.lab.home).now)
    read = diagnose_offline(Asked(documents=examined.asked.documents), tmp_path / "found")
    assert count > 20
    assert (read.ids, read.verdict) == (examined.found.ids, examined.found.verdict)


@pytest.mark.parametrize("side", ["workload", "registry", "management"])
def test_one_profile_alone_names_nothing_wrong(examined, side):
    found = examined.diagnosis(examined.collect([side]))
    assert found.ids <= examined.world.causes
    assert found.verdict in (examined.found.verdict, UNKNOWN)
