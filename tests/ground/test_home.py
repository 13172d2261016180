"""The lab home: where it is looked for, and the file of what was chosen for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.docker.engine_choice import chosen
from labkit.errors import UsageError
from labkit.ground.home import Home, home_path, read_choices, write_choices
from labkit.ground.project import HOME


def test_a_home_is_the_one_named_else_that_of_the_environment_else_beside_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "named"))
    assert home_path(tmp_path) == tmp_path
    assert home_path() == tmp_path / "named" and not home_path().exists()
    monkeypatch.delenv("LABKIT_HOME")
    assert home_path() == Path(HOME)


def test_what_was_chosen_is_found_again_and_nothing_where_nothing_was(tmp_path: Path) -> None:
    home = Home(tmp_path / "lab")
    assert read_choices(home) == {} and chosen(home) is None
    write_choices(home, {"engine": "docker", "base": None})
    assert read_choices(home) == {"engine": "docker", "base": None} and chosen(home) == "docker"
    assert home.marker.exists()


@pytest.mark.parametrize("text", ["{", "[]", '"docker"', b"\xff".decode("latin-1")])
def test_a_file_that_does_not_say_what_was_chosen_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "choices.json").write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match=r"choices.json cannot be read. Delete it to go back to the defaults."):
        chosen(Home(tmp_path))
