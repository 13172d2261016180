"""A report as one HTML file: findings, repositories, and a heat map of repositories against units.

The page needs no network and loads nothing. What it says stands in it without a program, but for the heat map, which
may have a million numbers: it is drawn from the data in the page, a hundred repositories at a time. Searching and
sorting are the page's own (``script``). Everything that comes from an account is escaped, and its control characters
are made visible.
"""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from labkit.diagnosis.audit.columns import Cell, Column
from labkit.diagnosis.audit.findings import AuditFinding
from labkit.diagnosis.audit.report import ACCESS, Report, Row
from labkit.diagnosis.audit.shown.script import SCRIPT
from labkit.diagnosis.audit.shown.style import STYLE
from labkit.diagnosis.audit.shown.text import HEADS, count
from labkit.ground.text import visible

_MOST_ACCOUNTS = 200


def page(report: Report) -> str:
    """The report as an HTML document."""
    title = f"Audit of the registry {report.account} in {report.region}"
    body = [
        f"<h1>{_text(title)}</h1>",
        f"<p class=summary>{_text(report.summary)}</p>",
        *_section("Findings", _findings(report.findings)),
        *_section("Repositories", _repositories(report)),
        *_section("Who can do what, unit by unit", _heat_map(report)),
        *_section("Not known", _not_known(report)),
        f'<script type="application/json" id=data>{_data(report)}</script>',
        f"<script>{SCRIPT}</script>",
    ]
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    return "\n".join(
        (
            f'<!doctype html><html lang="en"><head>{head}<title>{_text(title)}</title><style>{STYLE}</style></head>',
            "<body><main>",
            *body,
            "</main></body></html>\n",
        )
    )


def _text(value: object) -> str:
    return html.escape(visible(str(value)))


def _section(title: str, inside: Iterable[str]) -> Iterator[str]:
    yield f"<section><h2>{_text(title)}</h2>"
    yield from inside
    yield "</section>"


def _search(target: str, what: str) -> str:
    return (
        f'<p><label>Search <input type=search data-for="{target}" placeholder="{what}"></label> <output></output></p>'
    )


def _table(name: str, label: str, heads: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
    """A table in a region of its own that scrolls sideways; its heads sort."""
    columns = "".join(f"<th scope=col><button type=button>{_text(head)}</button></th>" for head in heads)
    yield f'<div class=scroll role=region aria-label="{_text(label)}" tabindex=0><table id="{name}">'
    yield f"<thead><tr>{columns}</tr></thead><tbody>"
    yield from rows
    yield "</tbody></table></div>"


def _findings(findings: Sequence[AuditFinding]) -> Iterator[str]:
    if not findings:
        yield "<p>Nothing was found.</p>"
        return
    yield _search("findings", "a repository, an account, a rule")
    heads = ("Severity", "Finding", "Repository", "Statement", "What", "What to do")
    yield from _table("findings", "Findings", heads, map(_finding, findings))


def _finding(finding: AuditFinding) -> str:
    rule = finding.rule
    cells = (
        f'<td class="{rule.severity}" data-key="{finding.rank[0]}">{rule.severity}</td>',
        f"<td>{_text(rule.title)}<br><code>{_text(rule.id)}</code></td>",
        f"<th scope=row>{_text(finding.repository or 'the registry')}</th>",
        f"<td>{_text(finding.statement)}</td>",
        f"<td>{_text(finding.sentence)}</td>",
        f"<td>{_text(finding.instead)}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>"


def _repositories(report: Report) -> Iterator[str]:
    yield "<p>How many accounts can do what. +n: n more, for some of their principals or under conditions only.</p>"
    yield _search("repositories", "a repository")
    found = Counter(each.repository for each in report.findings)
    heads = ("Repository", *HEADS[1:], "Findings")
    yield from _table("repositories", "Repositories", heads, (_repository(row, found[row.name]) for row in report.rows))


def _repository(row: Row, findings: int) -> str:
    name = f"<th scope=row>{_text(row.name)}</th>"
    if row.totals is None:
        why = _text("; ".join(row.not_known))
        return f'<tr>{name}<td colspan=4 data-key="-1">not known: {why}</td><td>{findings}</td></tr>'
    cells = "".join(f'<td data-key="{each.yes + each.some}">{_text(count(each))}</td>' for each in row.totals)
    return f'<tr>{name}{cells}<td data-key="{findings}">{findings}</td></tr>'


def _heat_map(report: Report) -> Iterator[str]:
    names = ("can create functions", "Lambda can pull", "can docker pull", "can push")
    choices = "".join(
        f'<label><input type=radio name=access value="{place}"{" checked" if not place else ""}> {_text(name)}</label> '
        for place, name in enumerate(names)
    )
    yield f"<fieldset><legend>Of the accounts of a unit, how many</legend>{choices}</fieldset>"
    yield _search("heat", "a repository")
    yield "<noscript><p>The heat map is drawn by the page's own script, which is switched off.</p></noscript>"
    yield '<div class=scroll role=region aria-label="Heat map" tabindex=0><table id=heat></table></div>'
    yield "<p><button type=button id=more>Show more repositories</button></p>"
    yield "<details><summary>Which accounts stand in which column</summary><dl>"
    yield from map(_column, report.columns)
    yield "</dl></details>"


def _column(column: Column) -> str:
    shown = ", ".join(column.accounts[:_MOST_ACCOUNTS])
    more = f" and {len(column.accounts) - _MOST_ACCOUNTS} more" if len(column.accounts) > _MOST_ACCOUNTS else ""
    return f"<dt>{_text(column.label)}</dt><dd>{_text(shown)}{more}</dd>"


def _not_known(report: Report) -> Iterator[str]:
    if not report.not_known:
        yield "<p>Everything that was asked for was read.</p>"
        return
    yield "<ul>"
    for each in report.not_known:
        yield f"<li>{_text(each.what)} ({_text(each.why)}); {_text(each.who_could_tell)}</li>"
    yield "</ul>"


def _data(report: Report) -> str:
    """What the heat map is drawn from, as JSON that can stand in a script element."""
    data: dict[str, Any] = {
        "columns": [[visible(each.label), len(each.accounts)] for each in report.columns],
        "rows": [
            [visible(row.name), None if row.cells is None else list(map(_numbers, row.cells))] for row in report.rows
        ],
    }
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c").replace("&", "\\u0026")


def _numbers(cell: Cell) -> list[int] | int:
    """Yes and some for each access, one after the other; 0 where there is nothing but noughts."""
    flat = [number for place in range(len(ACCESS)) for number in cell[place]]
    return flat if any(flat) else 0
