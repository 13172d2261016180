"""Settings: each mistake has its sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labkit.embedded.state import world
from labkit.embedded.state.settings import WorldSettings
from labkit.errors import UsageError

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"acounts": {}}, "no setting named 'acounts'"),
    ({"accounts": []}, "must map profiles"),
    ({"accounts": {"production": "111111111111"}}, "no profile named 'production'"),
    ({"accounts": {"registry": "12345678901"}}, "registry must be 12 digits, not '12345678901'"),
    ({"accounts": {"registry": 813835382529}}, "registry must be 12 digits"),
    ({"accounts": {"registry": "592444418872"}}, "592444418872 cannot stand for registry and workload"),
    ({"region": "eu-central-9"}, "'eu-central-9' is not a region"),
    ({"region": None}, "is not a region"),
    ({"realistic": "yes"}, "'realistic' must be true or false, not 'yes'"),
    ({"timing": [5]}, "'timing' must map names to seconds"),
    (
        {"timing": {"patience": 5}},
        "no timing named 'patience': use pending, restoring, propagation, race, activating, idle",
    ),
    ({"timing": {"pending": -1}}, "'pending' must be 0 to 315360000 seconds, not -1"),
    ({"timing": {"idle": True}}, "'idle' must be 0 to 315360000 seconds"),
    ({"timing": {"race": float("nan")}}, "'race' must be 0 to 315360000 seconds"),
    ({"organization": "o-short"}, "'o-short' is not an organization id"),
    ({"organization": "o-neighbourorg"}, "is the id of the foreign organization"),
]


@pytest.mark.parametrize(("source", "sentence"), WRONG, ids=[sentence for _, sentence in WRONG])
def test_a_wrong_setting_is_named(source: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        WorldSettings.parse(source)


def test_the_defaults_are_the_articles() -> None:
    settings = WorldSettings.parse({})
    assert settings == WorldSettings()
    assert settings.accounts["registry"] == "813835382529" and settings.accounts["workload"] == "592444418872"
    assert settings.region == "eu-central-1"


def test_settings_are_read_back_as_they_were_written() -> None:
    settings = WorldSettings.parse({"accounts": {"workload": "111111111111"}, "region": "us-east-1"})
    assert WorldSettings.parse(settings.to_dict()) == settings
    assert settings.accounts["registry"] == world.ACCOUNTS["registry"]


def test_nothing_takes_time_until_the_world_is_realistic_but_functions_become_inactive_in_any() -> None:
    chosen = {"pending": 7, "idle": 86_400}
    settings = WorldSettings.parse({"timing": chosen})
    assert settings.times.to_dict() == {
        "pending": 0,
        "restoring": 0,
        "propagation": 0,
        "race": 0,
        "activating": 0,
        "idle": 86_400,
    }
    idle = "a function becomes Inactive after 1 d without an invocation"
    assert settings.pace == f"not realistic: nothing takes time; {idle}"
    settings = WorldSettings.parse({"timing": chosen, "realistic": True})
    assert settings.times.pending == 7 and settings.times.idle == 86_400
    lasts = "pending 7 s, restoring 40 s, propagation 10 s, race 3 s, activating 1200 s"
    assert settings.pace == f"realistic: {lasts}; {idle}"
    assert WorldSettings.parse({"timing": {"idle": 0}}).pace.endswith("; a function never becomes Inactive")
    assert WorldSettings.parse(settings.to_dict()) == settings


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_a_file_that_is_no_object_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lab.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"lab\.json is not a JSON object"):
        WorldSettings.read(path)


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert WorldSettings.read(tmp_path / "none") == WorldSettings()
