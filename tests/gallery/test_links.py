"""Links between notebooks, as links between pages."""

from __future__ import annotations

import pytest

from labkit.gallery.links import joined, pictures
from labkit.gallery.page import Page

HERE = '<h2 id="1.-Who-am-I?">1. Who am I?</h2><p id="here">'
THERE = Page("01-there.html", "There", '<h2 id="The-nearest-miss">The nearest miss</h2>')


def link(to: str) -> str:
    first, _ = joined([Page("00-here.html", "Here", f'{HERE}<a href="{to}">text</a>'), THERE])
    return first.body.removeprefix(HERE)


@pytest.mark.parametrize(
    ("to", "leads_to"),
    [
        ("01-there.ipynb", "01-there.html"),
        ("./01-there.ipynb", "01-there.html"),
        ("01-there.ipynb#The-nearest-miss", "01-there.html#The-nearest-miss"),
        ("01-there.ipynb#the-nearest-miss", "01-there.html#The-nearest-miss"),
        ("01-there.ipynb#not-there", "01-there.html"),
        ("#1-who-am-i", "#1.-Who-am-I%3F"),
        ("#1.-Who-am-I?", "#1.-Who-am-I%3F"),
        ("https://docs.aws.amazon.com/lambda/#x", "https://docs.aws.amazon.com/lambda/#x"),
        ("mailto:somebody@example.com", "mailto:somebody@example.com"),
    ],
)
def test_a_link_leads_to_its_page_and_heading(to, leads_to):
    assert link(to) == f'<a href="{leads_to}">text</a>'


@pytest.mark.parametrize("to", ["../README.md", "../lambda_image/Dockerfile", "07-elsewhere.ipynb", "data.json"])
def test_a_link_to_what_is_not_on_the_site_becomes_its_text(to):
    assert link(to) == "text"


def test_pictures_are_found_beside_the_notebooks_and_those_within_a_page_are_left_there(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a b.png").write_bytes(b"picture")
    page = Page("a.html", "A", '<img alt="x" src="images/a%20b.png"><img src="data:image/png;base64,AAAA">')
    assert pictures([page], tmp_path) == {"images/a b.png": b"picture"}
