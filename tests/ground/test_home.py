"""The lab home: where it is looked for, and the file of what was chosen for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from labkit.docker.engine_choice import chosen
from labkit.errors import UsageError
from labkit.ground.home import Home, home_path, inspect_home, open_home, read_choices, write_choices
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


def test_the_home_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_home(tmp_path / "lab")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(UsageError, match=rf"^The lab home {tmp_path}/lab belongs to another user \(id {os.getuid()}\)"):
        inspect_home(tmp_path / "lab")
    inspect_home(tmp_path / "another")


@pytest.mark.parametrize("text", ["{", "[]", '"docker"', b"\xff".decode("latin-1")])
def test_a_file_that_does_not_say_what_was_chosen_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "choices.json").write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match=r"choices.json cannot be read. Delete it to go back to the defaults."):
        chosen(Home(tmp_path))
