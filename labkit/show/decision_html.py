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
from labkit.show.style import framed

Opening = Callable[[Line, int], bool]
"""Whether a line is open, at its depth: 0 for a decision or a side of it."""


def opens_what_refused(line: Line, depth: int) -> bool:
    """Opens the way to what refused: to the nearest miss, or to the policy that is missing."""
    return depth == 0 or line.leads or any(child.state == "no" and not child.is_part for child in line.children)


def opens_all(_line: Line, _depth: int) -> bool:
    """Opens all lines."""
    return True


def opens_none(_line: Line, _depth: int) -> bool:
    """Opens no line."""
    return False


def decision_html(decision: Decision) -> str:
    """One decision."""
    return tree_html(outline(decision))


def tree_html(line: Line) -> str:
    """A tree of lines, such as that of one decision."""
    return framed(_branch(line, opens_what_refused))


def sides_html(line: Line, opened: Opening = opens_what_refused) -> str:
    """A decision that is made of several: the whole above, and each of its sides in a column of its own."""
    columns = "".join(
        f'<div class="labkit-side" role="group" aria-label="{escape(side.title)}">{_branch(side, opened)}</div>'
        for side in line.children
    )
    return framed(f'<div class="labkit-whole">{_marked(line)}</div><div class="labkit-sides">{columns}</div>')


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
