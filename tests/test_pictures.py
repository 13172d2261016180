"""The README's pictures are those that the tests in the browser take, and small."""

from __future__ import annotations

import re

from tests.browser.pictures import PICTURES, README, words

MOST_BYTES = 150_000


def test_every_picture_of_the_readme_is_one_that_the_tests_take(root):
    shown = re.findall(r"!\[[^\]]*\]\(notebooks/images/([\w-]+)\.png\)", (root / "README.md").read_text("utf-8"))
    assert shown
    assert set(shown) <= set(PICTURES)


def test_every_picture_that_lies_there_is_taken_by_the_tests_and_small(root):
    there = {path.stem: path.stat().st_size for path in README.glob("*.png")}
    assert there.keys() <= PICTURES.keys()
    assert [name for name, size in there.items() if size > MOST_BYTES] == []


def test_every_picture_holds_the_words_that_a_run_in_the_browser_compares():
    assert [path.name for path in README.glob("*.png") if not words(path)] == []
