"""A fresh state: everything is new but the keys of the administrators."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.embedded.core import Embedded
from labkit.embedded.records.founding import administrators
from labkit.embedded.records.fresh import start_afresh
from labkit.embedded.state.settings import WorldSettings
from labkit.ground.home import Home, open_home
from labkit.pull.organization import OUTSIDER
from tests.embedded.conftest import MovedClock

NEW = "000000000007"


def begun(home: Home) -> Embedded:
    embedded = Embedded(home, MovedClock())
    embedded.begin()
    return embedded


@pytest.fixture
def lab(tmp_path: Path) -> Home:
    """A home with two worlds behind it: another workload account, a tag, a layer, a function's files."""
    home = open_home(tmp_path / "home")
    embedded = begun(home)
    embedded.apply(WorldSettings.parse({"accounts": {"workload": NEW}}))
    with embedded.database.write():
        embedded.database.insert("tag", resource="x", key="a", value="b")
        embedded.set_setting("clock_offset", "86400")
    embedded.close()
    for name in ("images/blob", "functions/f/handler.py"):
        (home.embedded / name).parent.mkdir(parents=True, exist_ok=True)
        (home.embedded / name).write_text("x")
    return home


def test_all_is_new_but_the_keys_and_the_settings(lab: Home) -> None:
    embedded = begun(lab)
    keys = administrators(embedded.database, embedded.settings)
    embedded.close()
    start_afresh(lab)
    assert not (lab.embedded / "images").exists() and not (lab.embedded / "functions").exists()
    fresh = begun(lab)
    assert administrators(fresh.database, fresh.settings).items() >= keys.items()
    assert fresh.settings.accounts["workload"] == NEW
    assert fresh.database.all("SELECT * FROM tag") == []
    assert (fresh.setting("clock_offset"), fresh.clock.now()) == (None, MovedClock().now())
    assert fresh.membership(NEW).paths == ("o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-production/",)
    assert fresh.membership("592444418872") == OUTSIDER
    fresh.close()


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\x00" + b"\x00" * 4096])
def test_a_state_that_cannot_be_read_does_not_stand_in_the_way(lab: Home, content: bytes) -> None:
    for path in lab.embedded.glob(f"{lab.database.name}*"):
        path.unlink()
    lab.database.write_bytes(content)
    start_afresh(lab)
    fresh = begun(lab)
    assert set(administrators(fresh.database, fresh.settings)) == set(fresh.settings.accounts)
    fresh.close()


def test_a_home_without_a_state_gets_one(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    start_afresh(home)
    fresh = begun(home)
    assert fresh.membership("592444418872").org_id == "o-lambdaecrlab"
    fresh.close()
