"""Decisions as HTML for notebooks: the tree of `labkit.iam.words.outline`, folded, pattern and value side by side.

One self-contained element without script. Every text is escaped. The colours are JupyterLab's own variables where
these are readable on its light and dark grounds; what they say is also said by a mark and in words. Lines that open are
native ones: Enter and Space work on them, and Shift+Enter still runs the cell, since no key is kept from JupyterLab.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape

from labkit.iam import Decision
from labkit.iam.words.outline import MARKS, Line, outline
from labkit.iam.words.reasons import ABSENT

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
STYLE = f"<style>{PALETTE}{_DRAWING}</style>"

Opening = Callable[[Line, int], bool]
"""Whether a line is open, at its depth: 0 for a decision or a side of it."""


def refused(line: Line, depth: int) -> bool:
    """Opens the way to what refused: to the nearest miss, or to the policy that is missing."""
    return depth == 0 or line.leads or any(child.state == "no" and not child.is_part for child in line.children)


def everything(_line: Line, _depth: int) -> bool:
    """Opens all lines."""
    return True


def nothing(_line: Line, _depth: int) -> bool:
    """Opens no line."""
    return False


def decision_html(decision: Decision) -> str:
    """One decision."""
    return framed(_branch(outline(decision), refused))


def sides_html(line: Line, opened: Opening = refused) -> str:
    """A decision that is made of several: the whole above, and each of its sides in a column of its own."""
    columns = "".join(
        f'<div class="labkit-side" role="group" aria-label="{escape(side.title)}">{_branch(side, opened)}</div>'
        for side in line.children
    )
    return framed(f'<div class="labkit-whole">{_marked(line)}</div><div class="labkit-sides">{columns}</div>')


def framed(body: str) -> str:
    """The HTML of a view: its body with the style sheet, as one element."""
    return f'<div class="labkit-view">{STYLE}{body}</div>'


def _branch(line: Line, opened: Opening, depth: int = 0) -> str:
    """A line and what is below it."""
    if not line.children:
        return f"<p>{_marked(line)}</p>"
    parts = [child for child in line.children if child.is_part]
    others = "".join(_branch(child, opened, depth + 1) for child in line.children if not child.is_part)
    is_open = " open" if opened(line, depth) else ""
    table = _table(parts) if parts else ""
    return f"<details{is_open}><summary>{_marked(line)}</summary>{table}{others}</details>"


_CLASSES = {"yes": "labkit-yes", "no": "labkit-no", "none": "labkit-quiet"}
_WORDS = {"yes": "yes", "no": "no", "none": "–"}


def _marked(line: Line) -> str:
    """The mark, and the verdict as a badge where the line has one."""
    mark = f'<span aria-hidden="true">{MARKS[line.state]}</span>'
    if not line.verdict:
        return f'<span class="{_CLASSES[line.state]}">{mark}</span> {escape(line.text)}'
    badge = f'<span class="labkit-badge {_CLASSES[line.state]}">{mark} {escape(line.verdict)}</span>'
    return f"{badge} {escape(line.title)}{_near(line)}"


def _near(line: Line) -> str:
    return f' <b class="labkit-near">◀ {escape(line.near)}</b>' if line.near else ""


def _table(lines: Sequence[Line]) -> str:
    head = "".join(f'<th scope="col">{title}</th>' for title in ("matches", "the policy", "the request"))
    rows = "".join(map(_row, lines))
    return f'<table class="labkit-parts"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _row(line: Line) -> str:
    """A part of a statement: pattern beside value, and below them the reason where these do not say it all."""
    mark = f'<b class="{_CLASSES[line.state]}">{MARKS[line.state]} {_WORDS[line.state]}</b>'
    says_it_all = line.state == "yes" and line.got != ABSENT
    plain = "" if says_it_all else ' class="labkit-plain"'
    row = (
        f"<tr><td{plain}>{mark} {escape(line.title)}</td><td{plain}>{_code(line.wanted)}</td>"
        f"<td{plain}>{_code(line.got)}</td></tr>"
    )
    return row if says_it_all else f'{row}<tr><td colspan="3">{escape(line.text)}{_near(line)}</td></tr>'


def _code(text: str) -> str:
    """A pattern or value that is broken between the parts of an ARN or name, where it has to be."""
    return f"<code>{_PARTS.sub(_BREAK, escape(text))}</code>"


_PARTS, _BREAK = re.compile(r"(?<=[:/.])(?=[\w*])"), "<wbr>"
