"""Decisions as HTML for notebooks: the tree of ``labkit.iam.outline``, folded, with pattern and value side by side.

One self-contained element without script. Every text is escaped. The colours are JupyterLab's own variables, so that
it reads in its light and dark themes; what they say is also said by a mark and in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from labkit.iam.evaluate import Decision
from labkit.iam.outline import MARKS, Line, outline

STYLE = """<style>
.labkit-decision{font-size:13px;line-height:1.4;color:var(--jp-content-font-color1,inherit)}
.labkit-decision details{margin:2px 0 2px 1em}
.labkit-decision summary{cursor:pointer}
.labkit-decision p{margin:2px 0 2px 1em}
.labkit-decision table{margin:2px 0 6px 1em;border-collapse:collapse;font-size:12px;table-layout:auto}
.labkit-decision th,.labkit-decision td{text-align:left;vertical-align:top;padding:1px 8px;white-space:normal;
overflow-wrap:anywhere;border-bottom:1px solid var(--jp-border-color2,currentColor)}
.labkit-decision th,.labkit-decision td:first-child{white-space:nowrap;overflow-wrap:normal}
.labkit-decision .yes>b,.labkit-decision summary.yes>b{color:var(--jp-success-color0,inherit)}
.labkit-decision .no>b,.labkit-decision summary.no>b{color:var(--jp-error-color0,inherit)}
</style>"""


def decision_html(decision: Decision) -> str:
    """One decision."""
    return tree_html([outline(decision)])


def tree_html(lines: Sequence[Line]) -> str:
    """Trees of lines, each unfolded down to the first line that says no."""
    return f'<div class="labkit-decision">{STYLE}{"".join(_branch(line, unfolded=2) for line in lines)}</div>'


def _branch(line: Line, unfolded: int) -> str:
    """A line and what is below it; ``unfolded`` is the number of levels that are open along the first no."""
    if not line.children:
        return f'<p class="{line.state}">{_marked(line)}</p>'
    if any(child.wanted or child.got for child in line.children):
        inner = _table(line.children)
    else:
        first = next((child for child in line.children if child.state == "no"), None)
        inner = "".join(_branch(child, unfolded - 1 if child is first else 0) for child in line.children)
    is_open = " open" if unfolded > 0 else ""
    return f'<details{is_open}><summary class="{line.state}">{_marked(line)}</summary>{inner}</details>'


_WORDS = {"yes": "yes", "no": "no", "none": "–"}


def _marked(line: Line) -> str:
    return f'<b aria-hidden="true">{MARKS[line.state]}</b> {escape(line.text)}'


def _table(lines: Sequence[Line]) -> str:
    head = "".join(f'<th scope="col">{title}</th>' for title in ("matches", "why", "the policy", "the request"))
    rows = "".join(
        f'<tr><td class="{line.state}"><b>{MARKS[line.state]} {_WORDS[line.state]}</b></td>'
        f"<td>{escape(line.text)}</td><td><code>{escape(line.wanted)}</code></td>"
        f"<td><code>{escape(line.got)}</code></td></tr>"
        for line in lines
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
