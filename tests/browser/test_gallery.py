"""The whole gallery as its readers see it: from a folder, without a server, in a light and a dark scheme."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from labkit.gallery.folder import open_folder
from labkit.gallery.making import gallery
from labkit.show.view import WIDGET
from tests.browser.audit import findings
from tests.browser.stage import ROOT

WIDTHS = (1280, 640)  # a projector, and the same at 200 %
_OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_LAST_WORD = "That was all."
_SAY_WHEN_DRAWN = """(word) => document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(
  () => console.log(word))))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery of all notebooks and scenarios, in a folder."""
    before = dict(os.environ)
    try:
        files = gallery(ROOT, lambda _text: nullcontext())
    finally:
        os.environ.clear()
        os.environ.update(before)
    folder = tmp_path_factory.mktemp("gallery") / "site"
    open_folder(folder, "labkit gallery").write(files)
    return folder


@pytest.fixture(params=["light", "dark"])
def reader(request: pytest.FixtureRequest, context: BrowserContext) -> Iterator[tuple[Page, list[str]]]:
    """A page in a scheme of colours, and what it asks for beside files and complains about."""
    assert context.browser is not None
    page = context.browser.new_page(color_scheme=request.param)
    said: list[str] = []
    page.on("request", lambda each: said.append(each.url) if not each.url.startswith(("file:", "data:")) else None)
    page.on("requestfailed", lambda each: said.append(f"failed: {each.url}"))
    page.on("console", lambda each: said.append(each.text))
    page.on("pageerror", lambda each: said.append(str(each)))
    yield page, said
    page.close()


def said_by(reader: tuple[Page, list[str]]) -> list[str]:
    """What there was since the last call: all that came before a last word of ours, once the page has been drawn."""
    page, said = reader
    with page.expect_console_message(lambda message: message.text == _LAST_WORD):
        page.evaluate(_SAY_WHEN_DRAWN, _LAST_WORD)
    lines = [line for line in said if line != _LAST_WORD]
    said.clear()
    return lines


def test_every_page_is_drawn_from_files_alone_fits_and_is_accessible(site, reader):
    page, _said = reader
    pages = sorted(site.glob("*.html"))
    assert len(pages) > len(list((ROOT / "notebooks").glob("*.ipynb")))
    for path in pages:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 720})
            page.goto(path.as_uri())
            page.evaluate(_OPEN_ALL)
            assert page.evaluate(_TOO_WIDE) <= 0, (path.name, width)
        assert page.locator("h1").count() == 1, path.name
        assert WIDGET not in page.content(), path.name
        assert said_by(reader) == [], path.name
        assert findings(page, include="body") == [], path.name
        said_by(reader)  # axe-core reads the style sheet by itself, which no page may do from a file


def test_one_goes_from_page_to_page_by_keyboard(site, reader):
    page, _said = reader
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "00-start-here.html"
    page.keyboard.press("Enter")
    page.wait_for_url("**/00-start-here.html")
    page.get_by_role("navigation", name="Neighbouring pages").get_by_role("link").last.press("Enter")
    page.wait_for_url("**/01-build-and-push.html")
