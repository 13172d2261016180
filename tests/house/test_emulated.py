"""``docs/emulated.md`` says what the tests hold, and nothing else."""

from __future__ import annotations

import re

from labkit.embedded.protocol.models import SERVICES
from tests.house import emulated
from tests.house.marked import AREAS, CONFIDENCES, rows


def test_the_page_is_what_its_script_makes_of_the_tests():
    assert emulated.PAGE.read_text("utf-8") == emulated.page(), "python tests/house/emulated.py writes it anew"


def test_every_service_is_on_the_page():
    assert emulated.SERVICES.keys() == SERVICES


def test_every_mark_has_a_source_and_one_of_the_confidences():
    marked = rows("aws")
    assert {each.second for each in marked} <= CONFIDENCES.keys()
    assert all(each.first and each.area in AREAS.values() for each in marked)


def test_every_link_of_the_page_leads_somewhere():
    links = re.findall(r"\]\(\.\./([^)]+)\)", emulated.PAGE.read_text("utf-8"))
    assert len(links) > 50
    assert [link for link in links if not (emulated.PAGE.parent.parent / link).is_file()] == []
