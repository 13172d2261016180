"""The pictures of the README: what each shows, and how it is taken while the tests play.

A picture is one part of the page, as large as it is shown. ``tests/test_pictures.py`` holds the README to this table.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Locator

PICTURES = {
    "form": "the form of notebook 00, with a message beside a field",
    "refusal": "a refusal, and the decision behind it",
    "editor": "the policy editor with a finding at its line",
    "map": "the organization's map, and who of it may pull",
    "matrix": "the access matrix, and why one cell says no",
    "growth": "how policies grow with an organization",
}
_TALL = 2000
_MARGIN = 4


class Pictures:
    """Takes pictures into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, first: Locator, last: Locator | None = None) -> None:
        """Take the picture ``name`` of a part of the page, or from one part to another below it."""
        assert name in PICTURES
        page = first.page
        usual = page.viewport_size or {"width": 1280, "height": 720}
        page.set_viewport_size({"width": usual["width"], "height": _TALL})
        page.mouse.move(0, 0)
        first.scroll_into_view_if_needed()
        page.screenshot(path=self.folder / f"{name}.png", clip=_around(first, last or first), animations="disabled")
        page.set_viewport_size(usual)


def _around(first: Locator, last: Locator) -> FloatRect:
    above, below = first.bounding_box(), last.bounding_box()
    assert above is not None
    assert below is not None
    left, right = min(above["x"], below["x"]), max(above["x"] + above["width"], below["x"] + below["width"])
    top, bottom = above["y"] - _MARGIN, below["y"] + below["height"] + _MARGIN
    return {"x": left - _MARGIN, "y": top, "width": right - left + 2 * _MARGIN, "height": bottom - top}
