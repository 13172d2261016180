"""The look of every view: one small style sheet, in JupyterLab's own variables.

Where JupyterLab is not there to set them (a static page) each variable has a fallback that is readable on white. What
a colour says is always said by a mark or a word as well. Classes begin with ``labkit-``: ``labkit-yes``, ``labkit-no``,
``labkit-near`` and ``labkit-quiet`` are colours, ``labkit-badge`` is a word in a frame of its own colour.
"""

from __future__ import annotations

from html import escape

PALETTE = """
.labkit-view{--labkit-yes:var(--jp-success-color0,#1b5e20);--labkit-no:var(--jp-error-color0,#b71c1c);
--labkit-near:#8a4b00;--labkit-quiet:#595959;--labkit-line:var(--jp-border-color1,#bdbdbd);
--labkit-focus:var(--jp-brand-color1,#1976d2)}
[data-jp-theme-light="false"] .labkit-view,.vscode-dark .labkit-view{--labkit-yes:var(--jp-success-color2,#81c784);
--labkit-no:var(--jp-error-color2,#ef9a9a);--labkit-near:#ffb74d;--labkit-quiet:#c7c7c7;
--labkit-line:var(--jp-border-color0,#757575);--labkit-focus:var(--jp-brand-color2,#64b5f6)}
.labkit-view{font-size:13px;line-height:1.45;color:var(--jp-content-font-color1,inherit);overflow-wrap:anywhere}
div.labkit-view table{border-collapse:collapse;font-size:12px;line-height:1.4;margin:2px 0 6px}
div.labkit-view th,div.labkit-view td{vertical-align:top;padding:2px 8px 2px 0;white-space:normal;
border:0;border-bottom:1px solid var(--labkit-line);background:none}
.labkit-view.labkit-view.labkit-view :is(th,td){text-align:left}
.labkit-view.labkit-view.labkit-view tbody tr{background:none}
div.labkit-view :is(code,pre){font-family:var(--jp-code-font-family,monospace);font-size:12px;color:inherit;
white-space:pre-wrap;overflow-wrap:anywhere}
.labkit-view.labkit-view.labkit-view :is(code,pre){padding:0;background:none}
.labkit-yes{color:var(--labkit-yes)}
.labkit-no{color:var(--labkit-no)}
.labkit-near{color:var(--labkit-near)}
b.labkit-near{white-space:nowrap}
.labkit-quiet{color:var(--labkit-quiet)}
div.labkit-view caption{text-align:left;font-weight:600;padding:2px 0;caption-side:top;color:inherit}
.labkit-view :focus-visible{outline:2px solid var(--labkit-focus);outline-offset:1px}
"""
"""The colours and the plain elements of every view: 4.5:1 at least on the grounds of JupyterLab's light and dark."""

_DRAWING = """
div.labkit-view details{margin:2px 0}
div.labkit-view details details,div.labkit-view details>p{margin-left:12px}
div.labkit-view summary{cursor:pointer;display:list-item}
div.labkit-view p{margin:2px 0;line-height:inherit}
.labkit-badge{display:inline-block;border:1px solid currentColor;border-radius:9px;padding:0 7px;font-size:12px;
font-weight:600;white-space:nowrap}
.labkit-sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:8px 16px;
margin-top:6px;align-items:start}
.labkit-side{border:1px solid var(--labkit-line);border-radius:4px;padding:6px 10px;min-width:0}
.labkit-side>details>summary{font-weight:600}
div.labkit-view .labkit-parts{margin-left:12px;width:calc(100% - 12px);table-layout:fixed}
.labkit-parts th:first-child{width:30%}
div.labkit-view .labkit-plain{border-bottom:0}
div.labkit-view .labkit-parts+p{border-left:3px solid var(--labkit-near);padding-left:6px}
"""
STYLE_ELEMENT = f"<style>{PALETTE}{_DRAWING}</style>"
"""The whole sheet, as the element that stands in every view."""


def framed(body: str) -> str:
    """The HTML of a view: its body with the style sheet, as one element."""
    return f'<div class="labkit-view">{STYLE_ELEMENT}{body}</div>'


_PAGE = """
:root{color-scheme:light dark}
body{margin:0 auto;padding:16px;max-width:960px;font-family:system-ui,-apple-system,"Segoe UI",sans-serif;
background:#fff;color:#1f1f1f}
@media (prefers-color-scheme:dark){
body{background:#111;color:#e6e6e6}
div.labkit-view{--labkit-yes:#81c784;--labkit-no:#ef9a9a;--labkit-near:#ffb74d;--labkit-quiet:#c7c7c7;
--labkit-line:#757575;--labkit-focus:#64b5f6}}
"""


def standalone(title: str, view: str) -> str:
    """A page of its own around a view, without script or network, light or dark as the reader's system is.

    ``view`` is the HTML of a view, ``title`` is plain text.
    """
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title></head><body>{view}<style>{_PAGE}</style></body></html>\n"
    )
