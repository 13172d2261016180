"""JSON and Python as HTML with classes for their tokens, which ``style.css`` colours in a light and a dark scheme."""

from __future__ import annotations

from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import JsonLexer

from labkit.show.document import layout


def json_html(document: Any) -> str:
    """A JSON document, laid out as notebooks show it."""
    html: str = highlight(layout(document), JsonLexer(), HtmlFormatter(cssclass="highlight"))
    return html.rstrip("\n")
