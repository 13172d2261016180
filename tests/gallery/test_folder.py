"""The folder of a site: only what labkit has written is ever replaced or removed."""

from __future__ import annotations

import json
import os

import pytest

from labkit.errors import UsageError
from labkit.gallery.folder import MARKER, open_folder

FIRST = {"index.html": b"one", "a.html": b"a", "images/old.png": b"old"}
SECOND = {"index.html": b"two", "b.html": b"b"}


def files(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def pages(root):
    return {name: data for name, data in files(root).items() if name != MARKER}


def write(root, site, maker="labkit gallery"):
    return open_folder(root, maker).write(site)


def test_a_folder_is_made_where_it_is_missing_with_those_above_it(tmp_path):
    assert write(tmp_path / "deep" / "site", FIRST) == tmp_path / "deep" / "site" / "index.html"
    assert pages(tmp_path / "deep" / "site") == FIRST


def test_looking_at_a_folder_makes_nothing(tmp_path):
    open_folder(tmp_path / "site", "labkit gallery")
    assert list(tmp_path.iterdir()) == []


def test_a_later_site_takes_the_place_of_the_earlier_one_and_leaves_what_others_wrote(tmp_path):
    write(tmp_path, FIRST)
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "images" / "mine.png").write_text("mine too")
    write(tmp_path, SECOND)
    assert pages(tmp_path) == {**SECOND, "mine.txt": b"mine", "images/mine.png": b"mine too"}


def test_a_folder_that_is_empty_after_the_removal_goes_too(tmp_path):
    write(tmp_path, FIRST)
    write(tmp_path, SECOND)
    assert not (tmp_path / "images").exists()


def test_a_folder_with_the_content_of_somebody_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.html").write_text("years of work")
    with pytest.raises(UsageError, match="is not empty, and its content is not labkit's"):
        open_folder(tmp_path, "labkit gallery")
    assert files(tmp_path) == {"thesis.html": b"years of work"}


def test_a_page_that_somebody_else_has_written_there_is_not_overwritten(tmp_path):
    write(tmp_path, FIRST)
    (tmp_path / "b.html").write_text("mine")
    before = files(tmp_path)
    with pytest.raises(UsageError, match=r"b\.html is not one of labkit's pages"):
        write(tmp_path, SECOND)
    assert files(tmp_path) == before


def test_the_pages_of_another_command_are_not_replaced(tmp_path):
    write(tmp_path, FIRST)
    with pytest.raises(UsageError, match="has the pages of labkit gallery"):
        open_folder(tmp_path, "labkit run")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match=r"is a file|cannot be written"):
            open_folder(place, "labkit gallery")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="cannot be written"):
        open_folder(tmp_path / "site", "labkit gallery")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"made by": "labkit gallery", "files": 3}'])
def test_a_marker_that_cannot_be_read_is_refused(tmp_path, text):
    (tmp_path / MARKER).write_text(text)
    with pytest.raises(UsageError, match="cannot be read"):
        open_folder(tmp_path, "labkit gallery")


@pytest.mark.parametrize("name", ["../precious", "/etc/passwd", "a/../../precious", "..\\precious", "C:precious"])
def test_a_marker_that_names_files_elsewhere_is_refused_and_they_stay(tmp_path, name):
    (tmp_path / "precious").touch()
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / MARKER).write_text(json.dumps({"made by": "labkit gallery", "files": [name]}))
    with pytest.raises(UsageError, match="names files of other folders"):
        open_folder(folder, "labkit gallery")
    assert (tmp_path / "precious").exists()


def test_a_failure_while_writing_leaves_the_earlier_site(tmp_path):
    write(tmp_path, FIRST)
    before = files(tmp_path)
    with pytest.raises(TypeError):
        write(tmp_path, {"index.html": b"two", "broken.html": None})
    assert files(tmp_path) == before
