"""What every page has: its head, a way back to the first page, what is on it, its neighbours, and a foot.

No script and no picture of its own; the look is ``style.css``, the same file for every page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import NamedTuple

from labkit.ground import VERSION

STYLE = "style.css"
TITLE = "The Lambda-ECR permission lab"


class Link(NamedTuple):
    """A link: where to, and its text. ``mark`` stands before the text in the list of what is on a page."""

    to: str
    text: str
    mark: str = ""


@dataclass(frozen=True)
class Page:
    """A page: the ``name`` of its file, its title, its content as HTML, and the places on it that one may jump to."""

    name: str
    title: str
    body: str
    places: Sequence[Link] = ()

    @property
    def link(self) -> Link:
        """The way to this page."""
        return Link(self.name, self.title)


def style() -> bytes:
    """The content of ``style.css``."""
    return (Path(__file__).parent / STYLE).read_bytes()


def whole(page: Page, before: Link | None = None, after: Link | None = None) -> str:
    """The page as an HTML document; ``before`` and ``after`` are its neighbours in reading order."""
    title = page.title if page.title == TITLE else f"{page.title} – {TITLE}"
    parts = {
        "title": escape(title),
        "style": STYLE,
        "site": TITLE,
        "version": VERSION,
        "layout": "page" if page.places else "page single",
        "places": _places(page.places),
        "body": page.body,
        "neighbours": _neighbours(before, after),
    }
    return _frame().format_map(parts)


@cache
def _frame() -> str:
    return (Path(__file__).parent / "page.html").read_text("utf-8")


def anchor(link: Link) -> str:
    """A link as HTML."""
    mark = f'<span aria-hidden="true">{escape(link.mark)}</span> ' if link.mark else ""
    return f'<a href="{escape(link.to)}">{mark}{escape(link.text)}</a>'


def _places(places: Sequence[Link]) -> str:
    if not places:
        return ""
    items = "".join(f"<li>{anchor(place)}</li>" for place in places)
    return f'<nav class="places" aria-label="On this page"><h2>On this page</h2><ol>{items}</ol></nav>\n'


def _neighbours(before: Link | None, after: Link | None) -> str:
    if before is None and after is None:
        return ""
    back = f"<span>← {anchor(before)}</span>" if before else "<span></span>"
    on = f"<span>{anchor(after)} →</span>" if after else "<span></span>"
    return f'<nav class="neighbours" aria-label="Neighbouring pages">{back}{on}</nav>\n'
