"""The audit: from an estate to a report, and the report as JSON (format 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from labkit.check.rules import ERROR, NOTE, WARNING
from labkit.diagnosis.audit import access, documents, images
from labkit.diagnosis.audit.columns import Cell, Column, Count, Table, mark
from labkit.diagnosis.audit.estate import Estate, Organization
from labkit.diagnosis.audit.findings import AuditFinding
from labkit.diagnosis.audit.verdicts import Judged, judge
from labkit.diagnosis.facts import NotKnown
from labkit.pull.reach import Reach

FORMAT = 1
ACCESS = Cell._fields
"""What accounts can do with a repository, in the order of a cell's counts."""


class Row(NamedTuple):
    """A repository: a cell for each column of the report, and the accounts that differ from others of their group.

    ``cells`` is None where nothing is known; ``not_known`` says what is not, or what could still change the answers.
    """

    name: str
    cells: tuple[Cell, ...] | None
    exceptions: dict[str, Reach]
    not_known: tuple[str, ...]

    @property
    def totals(self) -> Cell | None:
        """The counts of all columns together."""
        if self.cells is None:
            return None
        return Cell(*(Count(*(sum(c[n][k] for c in self.cells) for k in (0, 1))) for n in range(len(ACCESS))))


class Report(NamedTuple):
    """What an audit found. ``hidden`` are findings that an earlier report had already."""

    account: str
    region: str
    organization: str | None
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    findings: tuple[AuditFinding, ...]
    not_known: tuple[NotKnown, ...]
    hidden: int = 0

    def count(self, severity: str) -> int:
        """How many findings have that severity, ``error``, ``warning`` or ``note``."""
        return sum(finding.rule.severity == severity for finding in self.findings)

    @property
    def accounts(self) -> int:
        """Against how many accounts the repositories were held."""
        return sum(len(column.accounts) for column in self.columns)

    @property
    def summary(self) -> str:
        """The outcome in one sentence."""
        new = "new " if self.hidden else ""
        counts = [_plural(self.count(severity), f"{new}{severity}") for severity in (ERROR, WARNING, NOTE)]
        where = f"{_plural(len(self.rows), 'repository')} of {self.account} in {self.region}"
        against = f"{_plural(self.accounts, 'account')}"
        unknown = sum(row.cells is None for row in self.rows)
        rest = f"; nothing is known of {_plural(unknown, 'repository')}" if unknown else ""
        known = f"; {self.hidden} known before" if self.hidden else ""
        return f"{counts[0]}, {counts[1]}, {counts[2]} in {where} against {against}{known}{rest}."

    def having_not_read(self, sentences: Iterable[str]) -> Report:
        """The report that also says which files could not be read."""
        files = tuple(NotKnown("what a file holds", "save it again", each.rstrip(".")) for each in sentences)
        return self._replace(not_known=(*self.not_known, *files))

    def to_dict(self) -> dict[str, Any]:
        """As JSON data: what ``--json`` prints and ``--baseline`` reads."""
        return {
            "format": FORMAT,
            "kind": "audit",
            "registry": {"account": self.account, "region": self.region},
            "organization": self.organization,
            "summary": self.summary,
            "columns": [{"label": each.label, "accounts": list(each.accounts)} for each in self.columns],
            "repositories": [_row(each) for each in self.rows],
            "findings": [each.to_dict() for each in self.findings],
            "known_before": self.hidden,
            "not_known": [{"what": e.what, "who_could_tell": e.who_could_tell, "why": e.why} for e in self.not_known],
        }


def audit(estate: Estate, now: datetime, progress: Callable[[str], None] = lambda _detail: None) -> Report:
    """Hold every repository against every account; ``now`` is for what rules will do, ``progress`` is told how far."""
    judged = judge(estate, progress)
    progress("the findings")
    found = {each.key: each for each in _findings(estate, judged, now)}
    table = Table(judged, estate.organization)
    progress("the table")
    rows = tuple(Row(v.repository.name, table.cells(v), table.exceptions(v), v.not_known) for v in judged.verdicts)
    organization = estate.organization.id if isinstance(estate.organization, Organization) else None
    return Report(
        estate.registry.account,
        estate.registry.region,
        organization,
        table.columns,
        rows,
        tuple(sorted(found.values(), key=lambda each: each.rank)),
        tuple(dict.fromkeys(_not_known(estate))),
    )


def _findings(estate: Estate, judged: Judged, now: datetime) -> Iterator[AuditFinding]:
    yield from access.findings(judged)
    yield from documents.findings(estate, judged)
    yield from documents.functions(estate, judged)
    yield from images.findings(estate, now)


def _not_known(estate: Estate) -> Iterator[NotKnown]:
    registry, organization = estate.registry, estate.organization
    yield from estate.not_known
    fields: list[object] = [registry.policy, registry.repositories, organization]
    if isinstance(organization, Organization):
        fields += [organization.members, organization.scp, organization.rcp]
    if not isinstance(registry.repositories, NotKnown):
        fields += [field for each in registry.repositories for field in (each.policy, each.lifecycle, each.images)]
    yield from (field for field in fields if isinstance(field, NotKnown))
    yield from _uses_not_known(estate)


def _uses_not_known(estate: Estate) -> Iterator[NotKnown]:
    """Whose images in use are not known: nobody's only where the functions of every account were read."""
    organization, read = estate.organization, estate.functions_of
    members = organization.members if isinstance(organization, Organization) else ()
    if members and not isinstance(members, NotKnown) and read >= {each.account for each in members}:
        return
    why = f"only the functions of {', '.join(sorted(read))} were read" if read else "no account's functions were read"
    tell = "read the other accounts that have functions (lambda:ListFunctions, lambda:GetFunction)"
    yield NotKnown("which images are in use", tell, why)


def _row(row: Row) -> dict[str, Any]:
    cells = row.cells or ()
    columns = {str(n): [list(count) for count in cell] for n, cell in enumerate(cells) if any(map(any, cell))}
    return {
        "name": row.name,
        "known": row.cells is not None,
        "not_known": list(row.not_known),
        "totals": dict(zip(ACCESS, ({"yes": c.yes, "some": c.some} for c in row.totals), strict=True))
        if row.totals
        else None,
        "columns": columns,
        "accounts": {account: mark(reach) for account, reach in row.exceptions.items()},
    }


def _plural(number: int, noun: str) -> str:
    if number == 1:
        return f"{number} {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("y") else f"{number:,} {noun}s"
