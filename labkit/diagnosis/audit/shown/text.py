"""A report as text: one sentence, the findings, a table of repositories, what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from labkit.diagnosis.audit.columns import Count
from labkit.diagnosis.audit.findings import AuditFinding
from labkit.diagnosis.audit.report import Report, Row
from labkit.diagnosis.facts import NotKnown

_MOST = 4

HEADS = ("repository", "create", "Lambda pulls", "docker pull", "push")
"""The heads of the table of repositories."""
_LEGEND = (
    "How many accounts can: create functions from it (others: if their own policies allow it), have Lambda pull for",
    "their functions, docker pull, push (which decides what runs). +n: n more for some of their principals only.",
)


def lines(report: Report) -> Iterator[str]:
    """The report, a line each."""
    yield report.summary
    for _, alike in groupby(report.findings, lambda each: (each.rule, each.instead)):
        yield from _findings(list(alike))
    if report.rows:
        yield ""
        yield from _table([HEADS, *map(_cells, report.rows)])
        yield ""
        yield from _LEGEND
    if report.not_known:
        yield ""
        yield from _not_known(report.not_known)


def _findings(alike: Sequence[AuditFinding]) -> Iterator[str]:
    """Findings of one rule with one advice."""
    rule = alike[0].rule
    yield ""
    yield f"{rule.severity}: {rule.title} [{rule.id}]"
    for finding in alike:
        about = f"{finding.repository or 'the registry'}" + (f", {finding.statement}" if finding.statement else "")
        yield f"    {about}: {finding.sentence}"
    yield f"    instead: {alike[0].instead}"


def _not_known(listed: Sequence[NotKnown]) -> Iterator[str]:
    """What is not known, those together that are not known for the same reason."""
    alike: dict[tuple[str, str], list[str]] = {}
    for each in listed:
        alike.setdefault((each.why, each.who_could_tell), []).append(each.what)
    for (why, tell), whats in alike.items():
        more = f" and {len(whats) - _MOST} more" if len(whats) > _MOST else ""
        yield f"not known: {', '.join(whats[:_MOST])}{more} ({why}); {tell}"


def _cells(row: Row) -> tuple[str, ...]:
    if row.totals is None:
        return (row.name, "not known", "", "", "")
    return (row.name, *map(count, row.totals))


def count(number: Count) -> str:
    """A count as people read it: ``3``, ``3+1``, ``–`` for none."""
    if not any(number):
        return "–"
    return f"{number.yes}+{number.some}" if number.some else str(number.yes)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *rest = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join((first, *rest)).rstrip()
