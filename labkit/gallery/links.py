"""Links between notebooks become links between pages; links to what is not on the site become plain text.

Headings have other anchors in JupyterLab, on GitHub and in nbconvert's pages. They differ in case and punctuation only,
so a link finds its heading by its letters and digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from labkit.gallery.page import Page

_LINK = re.compile(r'<a href="(?P<to>[^"]*)"(?P<more>[^>]*)>(?P<text>.*?)</a>', re.DOTALL)
_PICTURE = re.compile(r'<img\b[^>]*?\bsrc="(?P<from>[^"]*)"')
_ID = re.compile(r'\bid="([^"]*)"')


def joined(pages: Sequence[Page]) -> list[Page]:
    """The pages with every link between them made to lead there."""
    anchors = {page.name: _anchors(page) for page in pages}
    return [replace(page, body=_LINK.sub(_rewriter(page.name, anchors), page.body)) for page in pages]


def pictures(pages: Iterable[Page], beside: Path) -> dict[str, bytes]:
    """The files of the pictures that the pages show, which lie beside the notebooks. Raises OSError."""
    shown = {unquote(unescape(found["from"])) for page in pages for found in _PICTURE.finditer(page.body)}
    return {name: (beside / name).read_bytes() for name in sorted(shown) if not urlsplit(name).scheme}


def _anchors(page: Page) -> dict[str, str]:
    return {_letters(found): unescape(found) for found in _ID.findall(page.body)}


def _letters(anchor: str) -> str:
    return "".join(filter(str.isalnum, unquote(unescape(anchor)).lower()))


def _rewriter(here: str, anchors: Mapping[str, Mapping[str, str]]) -> Callable[[re.Match[str]], str]:
    def rewrite(found: re.Match[str]) -> str:
        to = urlsplit(unescape(found["to"]))
        if to.scheme or to.netloc:
            return found[0]
        name = re.sub(r"\.ipynb$", ".html", to.path.removeprefix("./")) or here
        if name not in anchors:
            return found["text"]
        anchor = anchors[name].get(_letters(to.fragment), "")
        target = (name if to.path else "") + (f"#{quote(anchor)}" if anchor else "")
        return f'<a href="{escape(target or name)}"{found["more"]}>{found["text"]}</a>'

    return rewrite
