"""A report as CSV: a line for each repository and column of accounts that can do something; then findings have theirs.

Programs for tables take a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula: an apostrophe goes before
such a text (OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from labkit.diagnosis.audit.report import ACCESS, Report
from labkit.ground.text import visible

_HEAD = (
    *("kind", "repository", "accounts", "of", *(f"{each}{ending}" for each in ACCESS for ending in ("", "_some"))),
    *("severity", "id", "statement", "subject", "sentence", "instead"),
)


def table(report: Report) -> str:
    """The report as CSV, with a head; ``kind`` is access, unknown or finding."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_HEAD)
    for line in (*_access(report), *_findings(report)):
        writer.writerow([_safe(each) for each in line])
    return stream.getvalue()


def _access(report: Report) -> Iterator[tuple[object, ...]]:
    for row in report.rows:
        if row.cells is None:
            yield ("unknown", row.name, *[""] * 14, "; ".join(row.not_known), "")
        for column, cell in zip(report.columns, row.cells or (), strict=False):
            counts = [each for count in cell for each in count]
            yield ("access", row.name, column.label, len(column.accounts), *counts, *[""] * 6)


def _findings(report: Report) -> Iterator[tuple[object, ...]]:
    for each in report.findings:
        about = (each.rule.severity, each.rule.id, each.statement, each.subject, each.sentence, each.instead)
        yield ("finding", each.repository, *[""] * 10, *about)


def _safe(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
