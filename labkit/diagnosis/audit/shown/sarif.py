"""A report as SARIF 2.1.0. A finding is about a repository, which is no file: it has a logical location.

Code scanning services want a file all the same; it is the one whose name is given, the folder that was read or the
report. ``partialFingerprints`` tell them that a finding is the one of last time.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from labkit.check.sarif import log
from labkit.diagnosis.audit.findings import AuditFinding
from labkit.diagnosis.audit.report import Report


def sarif(report: Report, path: str) -> dict[str, Any]:
    """The report as one SARIF log with one run, about the file at ``path``."""
    rules = {each.rule.id: each.rule for each in report.findings}
    places = {rule: index for index, rule in enumerate(rules)}
    registry = f"{report.account}/{report.region}"
    results = [_result(each, places[each.rule.id], registry, quote(path)) for each in report.findings]
    return log("labkit audit", rules.values(), results)


def _result(finding: AuditFinding, place: int, registry: str, uri: str) -> dict[str, Any]:
    name = "/".join(filter(None, (registry, finding.repository, finding.statement)))
    physical = {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}}
    fingerprint = hashlib.sha256("\0".join((registry, *finding.key)).encode("utf-8", "backslashreplace")).hexdigest()
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": place,
        "level": finding.rule.severity,
        "message": {"text": f"{finding.sentence} {finding.instead}"},
        "locations": [
            {"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}]}
        ],
        "partialFingerprints": {"labkitAudit/v1": fingerprint},
    }
