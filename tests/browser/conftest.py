"""One lab and one Chromium for all tests of the browser; each test that leaves a complaint behind fails.

    stage     a running ``labkit lab`` on a copy of the project
    lab       JupyterLab in the browser, as its user sees it
    watch     what the browser asks for and complains about, looked at after every test
    form      the form of notebook 00, in front
    chosen    what its user has chosen there: other accounts and another organization
    pictures  takes the pictures of the README: with ``--pictures notebooks/images`` into that folder

Where Chromium or playwright is not installed the tests are skipped, or fail where ``LABKIT_REQUIRE`` names ``browser``.
A test that fails keeps a picture of the page and a trace of what was done; its report says where.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from labkit.cli.jupyter import chromium
from tests.browser.jupyter import PROJECTOR, Lab
from tests.browser.pictures import Pictures
from tests.browser.stage import Stage, playing
from tests.browser.views import Chosen, Mouse, Widget, form_of
from tests.browser.watch import Watch
from tests.engine.daemon import Require

_PATIENCE = 30_000  # milliseconds: only a test that fails waits so long, also on a slow machine


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", type=Path, help="the folder for the README's pictures (default: a temporary one)")


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    temporary = tempfile.TemporaryDirectory(prefix="labkit-stage-", ignore_cleanup_errors=True)
    with temporary as folder, playing(Path(folder)) as stage:
        yield stage


@pytest.fixture(scope="session")
def context(require: Require) -> Iterator[BrowserContext]:
    path = chromium.find()
    require("browser", path, "needs Chromium, which is not installed")
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.arguments())
        context = browser.new_context(viewport=PROJECTOR)
        context.set_default_timeout(_PATIENCE)
        context.tracing.start(screenshots=True, snapshots=True)
        yield context
        browser.close()


@pytest.fixture(scope="session")
def watch(context: BrowserContext) -> Watch:
    return Watch(context)


@pytest.fixture(scope="session")
def page(context: BrowserContext, watch: Watch) -> Page:
    return context.new_page()


@pytest.fixture(scope="session")
def lab(stage: Stage, page: Page, watch: Watch) -> Lab:
    lab = Lab(page)
    lab.open(stage.url)
    assert watch.requests > 0
    return lab


@pytest.fixture(scope="session")
def form(lab: Lab) -> Widget:
    return form_of(lab)


@pytest.fixture(scope="session")
def chosen(form: Widget) -> Chosen:
    chosen = Chosen("555555555555", "666666666666", "o-journey123")
    chosen.write_into(form, Mouse())
    return chosen


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    return Pictures(request.config.getoption("--pictures") or tmp_path_factory.mktemp("pictures"))


@pytest.fixture(autouse=True)
def watched(request: pytest.FixtureRequest, watch: Watch, context: BrowserContext, page: Page) -> Iterator[None]:
    """Nothing may have been complained about; where a test fails, a picture of the page and a trace are kept."""
    context.tracing.start_chunk(title=request.node.name)
    failed_before = request.session.testsfailed
    yield
    problems = watch.problems()
    if not problems and request.session.testsfailed == failed_before:
        context.tracing.stop_chunk()
        return
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
    kept = request.config.cache.mkdir("browser") / name
    page.screenshot(path=f"{kept}.png")
    context.tracing.stop_chunk(path=f"{kept}.zip")
    print(f"Kept: {kept}.png, and a trace: playwright show-trace {kept}.zip")
    assert problems == []
