"""A page of its own around a view: one file without script, without network, light or dark as the reader's system."""

from __future__ import annotations

from html import escape

_STYLE = """
:root{color-scheme:light dark}
body{margin:0 auto;padding:16px;max-width:960px;font-family:system-ui,-apple-system,"Segoe UI",sans-serif;
background:#fff;color:#1f1f1f}
@media (prefers-color-scheme:dark){
body{background:#111;color:#e6e6e6}
div.labkit-view{--labkit-yes:#81c784;--labkit-no:#ef9a9a;--labkit-near:#ffb74d;--labkit-quiet:#c7c7c7;
--labkit-line:#757575;--labkit-focus:#64b5f6}}
"""


def standalone(title: str, view: str) -> str:
    """The whole page as text; ``view`` is the HTML of a view, ``title`` is plain text."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title></head><body>{view}<style>{_STYLE}</style></body></html>\n"
    )
