"""The page of an audit in a browser: it draws its heat map, searches, sorts, fits a telephone and is accessible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from labkit.diagnosis.audit.shown.page import page as page_of
from tests.browser.audit import findings
from tests.diagnosis.audit.estates import FOREIGN, LAMBDA, MEMBER, allow, report, repository

TELEPHONE = {"width": 390, "height": 844}


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, context: BrowserContext, tmp_path: Path) -> Iterator[Page]:
    """The page of an audit of two repositories on a telephone; whatever it complains about fails the test."""
    shared = repository(allow({"AWS": [MEMBER, FOREIGN]}), allow(LAMBDA, sid="lambda"), name="shared")
    (tmp_path / "audit.html").write_text(page_of(report(repository(name="alone"), shared)), "utf-8")
    assert context.browser is not None
    opened = context.browser.new_page(color_scheme=request.param, viewport=TELEPHONE)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda each: complaints.append(each.url) if not each.url.startswith("file:") else None)
    opened.goto((tmp_path / "audit.html").as_uri())
    yield opened
    assert complaints == []
    opened.close()


def first_of(page: Page, table: str) -> str:
    return page.locator(f"#{table} tbody tr:visible th").first.inner_text()


def test_the_page_searches_sorts_and_draws_by_keyboard_and_is_accessible(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    assert page.locator("#heat tbody tr").all_inner_texts()[1].split("\t") == ["shared", "2", "·", "all"]
    page.get_by_label("can docker pull").press("Space")
    assert page.locator("#heat tbody tr").all_inner_texts()[0].split("\t") == ["alone", "1", "·", "·"]
    page.locator("#heat thead button").nth(3).press("Enter")
    assert first_of(page, "heat") == "shared"
    assert page.evaluate("document.activeElement.closest('th').getAttribute('aria-sort')") == "descending"
    page.locator("#repositories thead button").nth(1).press("Enter")
    page.locator("#repositories thead button").nth(1).press("Enter")
    assert first_of(page, "repositories") == "shared"
    for table in ("heat", "repositories"):
        page.locator(f"input[data-for={table}]").fill("ALONE")
        assert page.locator(f"#{table} tbody tr:visible").count() == 1
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert findings(page, include="main") == []
