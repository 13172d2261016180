"""The look of every view: one small style sheet, in JupyterLab's own variables.

Where JupyterLab is not there to set them (a static page) each variable has a fallback that is readable on white. What
a colour says is always said by a mark or a word as well. Classes begin with ``labkit-``.
"""

from __future__ import annotations

STYLE = """<style>
.labkit-view{font-size:13px;line-height:1.45;color:var(--jp-content-font-color1,#1f1f1f)}
.labkit-view table{border-collapse:collapse;font-size:12px}
.labkit-view th,.labkit-view td{text-align:left;vertical-align:top;padding:2px 8px;
border-bottom:1px solid var(--jp-border-color2,#bdbdbd)}
.labkit-view code,.labkit-view pre{font-family:var(--jp-code-font-family,monospace)}
.labkit-yes{color:var(--jp-success-color0,#1b5e20)}
.labkit-no{color:var(--jp-error-color0,#b71c1c)}
.labkit-quiet{color:var(--jp-content-font-color2,#595959)}
</style>"""


def framed(body: str) -> str:
    """The HTML of a view: its body with the style sheet, as one element."""
    return f'<div class="labkit-view">{STYLE}{body}</div>'
