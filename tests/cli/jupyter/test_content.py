"""The reader's copies of the notebooks that an installed labkit brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.cli.jupyter.content import served, up_to_date
from labkit.ground import project
from labkit.ground.home import Home


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """What is installed."""
    folder = tmp_path / "installed"
    (folder / "notebooks" / "images").mkdir(parents=True)
    (folder / "notebooks" / "00.ipynb").write_text("first")
    (folder / "notebooks" / "images" / "map.png").write_bytes(b"picture")
    return folder


@pytest.fixture
def copy(tmp_path: Path, source: Path) -> Path:
    """What the reader has after the first start."""
    return up_to_date(source, tmp_path / "home" / "content")


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_everything_is_copied_so_that_it_can_be_changed(source, copy):
    assert texts(source).items() <= texts(copy).items()
    assert (copy / "notebooks" / "images" / "map.png").exists()


def test_what_the_reader_has_changed_or_added_stays(source, copy):
    (copy / "notebooks" / "00.ipynb").write_text("mine")
    (copy / "notebooks" / "own.ipynb").write_text("my own")
    for text in ("first", "second", "third"):
        (source / "notebooks" / "00.ipynb").write_text(text)
        up_to_date(source, copy)
    assert texts(copy)["00.ipynb"] == "mine"
    assert texts(copy)["own.ipynb"] == "my own"


def test_a_newer_labkit_brings_newer_notebooks_where_the_copy_is_untouched(source, copy):
    (source / "notebooks" / "00.ipynb").write_text("second")
    up_to_date(source, copy)
    assert texts(copy)["00.ipynb"] == "second"


def test_what_was_deleted_comes_back(source, copy):
    (copy / "notebooks" / "00.ipynb").write_text("mine")
    (copy / "notebooks" / "00.ipynb").unlink()
    up_to_date(source, copy)
    assert texts(copy)["00.ipynb"] == "first"


@pytest.mark.parametrize("note", ["{", "[]", ""])
def test_where_it_cannot_be_told_what_was_copied_everything_stays(source, copy, note):
    (copy / "copied.json").write_text(note)
    (source / "notebooks" / "00.ipynb").write_text("second")
    up_to_date(source, copy)
    assert texts(copy)["00.ipynb"] == "first"


def test_a_checkout_is_served_itself_and_an_installed_labkit_from_the_home(source, tmp_path, monkeypatch):
    monkeypatch.setattr(project, "CONTENT", str(source))
    home = Home(tmp_path / "home")
    monkeypatch.setattr(project, "INSTALLED", False)
    assert served(home) == source
    monkeypatch.setattr(project, "INSTALLED", True)
    assert served(home) == home.content
    assert texts(home.content)["00.ipynb"] == "first"
