"""The watch hears: what no other test may cause is caused here, beside the lab, and reported."""

from __future__ import annotations

from playwright.sync_api import BrowserContext

from tests.browser.watch import Watch


def test_a_request_that_leaves_and_errors_of_console_and_page_are_reported(context: BrowserContext):
    assert context.browser is not None
    beside = context.browser.new_context()
    beside.route(
        "**/*",
        lambda route: route.fulfill(
            body="<script>console.error('said'); throw Error('thrown')</script>", content_type="text/html"
        ),
    )
    watch = Watch(beside)
    beside.new_page().goto("http://elsewhere.example/")
    reported = " ".join(watch.problems())
    beside.close()
    assert all(each in reported for each in ("http://elsewhere.example/", "said", "thrown"))
