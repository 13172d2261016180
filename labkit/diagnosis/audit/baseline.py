"""What is new since an earlier report: for CI, where a team takes on what there is and wants to hear of the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from labkit.diagnosis.audit.report import FORMAT, Report
from labkit.errors import UsageError

Key = tuple[str, str, str, str]


def known_before(text: str, name: str) -> frozenset[Key]:
    """The findings of an earlier report, by what stays the same. Raises UsageError for what is no such report."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    listed = found.get("findings") if isinstance(found, Mapping) and found.get("kind") == "audit" else None
    if not isinstance(found, Mapping) or not isinstance(listed, list):
        raise UsageError(f"{name} is no report of an audit: give what labkit audit --json printed.")
    if found.get("format") != FORMAT:
        raise UsageError(f"{name} has format {found.get('format')!r}, and this labkit reads {FORMAT}.")
    return frozenset(_key(each) for each in listed if isinstance(each, Mapping))


def _key(finding: Mapping[str, Any]) -> Key:
    rule, repository, statement, subject = (
        str(finding.get(each) or "") for each in ("id", "repository", "statement", "subject")
    )
    return rule, repository, statement, subject


def only_new(report: Report, known: frozenset[Key]) -> Report:
    """The report with what is new; it still says how many findings were known."""
    fresh = tuple(each for each in report.findings if each.key not in known)
    return report._replace(findings=fresh, hidden=len(report.findings) - len(fresh))
