"""A report about one's own accounts, to be shown to others: the same report with made-up numbers and names.

It is the report that is changed, not what is made of it, so that text, CSV, JSON, SARIF and page tell the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.diagnosis.audit.columns import Column
from labkit.diagnosis.audit.findings import AuditFinding
from labkit.diagnosis.audit.report import Report, Row
from labkit.diagnosis.facts import NotKnown
from labkit.diagnosis.redaction import Redactor


def redacted(report: Report) -> Report:
    """The report with the same stand-in for the same original everywhere; units lose their names."""
    redactor = Redactor(_texts(report), None, _known(report))
    text = redactor.text
    return report._replace(
        account=text(report.account),
        organization=report.organization and text(report.organization),
        columns=tuple(_column(number, each, redactor) for number, each in enumerate(report.columns, 1)),
        rows=tuple(_row(each, redactor) for each in report.rows),
        findings=tuple(_finding(each, redactor) for each in report.findings),
        not_known=tuple(NotKnown(*map(text, each)) for each in report.not_known),
    )


def _known(report: Report) -> dict[str, list[str]]:
    """Names that need not be recognized in texts, since the report says what they are."""
    statements = {each.statement for each in report.findings} - {""}
    sids = (sid for each in sorted(statements) for sid in each.split(", ") if not sid.startswith("statement "))
    return {"repository": [row.name for row in report.rows], "statement": list(sids)}


def _texts(report: Report) -> Iterator[str]:
    yield report.account
    yield report.organization or ""
    for column in report.columns:
        yield from column.accounts
    for row in report.rows:
        yield from (row.name, *row.exceptions, *row.not_known)
    for each in report.findings:
        yield from (each.statement, each.subject, each.sentence, each.instead)
    for unknown in report.not_known:
        yield from unknown


def _column(number: int, column: Column, redactor: Redactor) -> Column:
    """Units are numbered; the labels of ours that are no unit's stay."""
    label = f"unit {number}" if column.of_unit else column.label
    return Column(label, tuple(map(redactor.text, column.accounts)), column.of_unit)


def _row(row: Row, redactor: Redactor) -> Row:
    exceptions = {redactor.text(account): reach for account, reach in row.exceptions.items()}
    return Row(_repository(row.name, redactor), row.cells, exceptions, tuple(map(redactor.text, row.not_known)))


def _finding(finding: AuditFinding, redactor: Redactor) -> AuditFinding:
    rule, repository, *texts = finding
    statement, subject, sentence, instead = map(redactor.text, texts)
    return AuditFinding(rule, _repository(repository, redactor), statement, subject, sentence, instead)


def _repository(name: str, redactor: Redactor) -> str:
    """The stand-in of a repository, also of one with a name that stays within a sentence, since it is an AWS word."""
    return redactor.mapping.get("repository", {}).get(name, name)
