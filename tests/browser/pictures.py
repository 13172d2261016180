"""The pictures of the README: what each shows, and how it is taken while the tests play.

A picture is one part of the page, as large as it is shown, and its file holds the words that could be read there. Each
run compares these with the words in the README's pictures, so a view that says something else asks for a new picture.
``tests/test_pictures.py`` holds the README to the table.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from PIL.PngImagePlugin import PngImageFile

from tests.browser.jupyter import PROJECTOR, TALL, resize

if TYPE_CHECKING:
    from playwright.sync_api import FloatRect, Locator

README = Path(__file__).resolve().parents[2] / "notebooks" / "images"
PICTURES = {
    "form": "the form of notebook 00, with a message beside a field",
    "refusal": "a refusal, and the decision behind it",
    "editor": "the policy editor with a finding at its line",
    "map": "the organization's map, and who of it may pull",
    "matrix": "the access matrix, and why one cell says no",
    "growth": "how policies grow with an organization",
}
_MARGIN = 4


class Pictures:
    """Takes pictures into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, *parts: Locator) -> None:
        """Take the picture ``name`` of parts of the page that stand below each other. The README's says the same."""
        assert name in PICTURES
        page, path = parts[0].page, self.folder / f"{name}.png"
        resize(page, TALL)
        page.mouse.move(0, 0)
        parts[0].scroll_into_view_if_needed()
        parts[0].evaluate(_STANDS_STILL)
        page.screenshot(path=path, clip=_around(parts[0], parts[-1]), animations="disabled")
        resize(page, PROJECTOR)
        _write_words(path, " ".join(" ".join(part.evaluate(_READ) for part in parts).split()))
        assert words(path) == words(README / path.name), f"take {path.name} anew (see Contributing in README.md)"


_STANDS_STILL = """(part) => new Promise((stands) => {
  const look = (before, still) => requestAnimationFrame(() => {
    const now = JSON.stringify(part.getBoundingClientRect());
    return now !== before ? look(now, 0) : still === 10 ? stands() : look(now, still + 1);
  });
  look("", 0);
})"""
_READ = """(part) => [
  part.alt ?? part.innerText,
  ...[...part.querySelectorAll("input, textarea")].map(
    (field) => field.type === "checkbox" ? field.checked : field.value)
].join(" ")"""


def words(picture: Path) -> str:
    """What could be read where the picture was taken; empty for a picture that was not taken here."""
    with PngImageFile(picture) as image:
        return image.text.get("words", "")


def _write_words(picture: Path, said: str) -> None:
    chunk = b"iTXtwords\0\0\0\0\0" + said.encode()  # as it is: not compressed, in no language
    png, end = picture.read_bytes(), -12  # the last chunk is always the same
    around = struct.pack(">I", len(chunk) - 4), struct.pack(">I", zlib.crc32(chunk))
    picture.write_bytes(png[:end] + around[0] + chunk + around[1] + png[end:])


def _around(first: Locator, last: Locator) -> FloatRect:
    above, below = first.bounding_box(), last.bounding_box()
    assert above is not None
    assert below is not None
    left, right = min(above["x"], below["x"]), max(above["x"] + above["width"], below["x"] + below["width"])
    top, bottom = above["y"] - _MARGIN, below["y"] + below["height"] + _MARGIN
    return {"x": left - _MARGIN, "y": top, "width": right - left + 2 * _MARGIN, "height": bottom - top}
