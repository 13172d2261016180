"""A report as SARIF 2.1.0, the format that code scanning services take.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from labkit.check.findings import Finding, Report
from labkit.check.rules import RULES, Rule
from labkit.ground import VERSION

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_INDEX = {rule: index for index, rule in enumerate(RULES)}


def sarif(report: Report, path: str) -> dict[str, Any]:
    """The report about the file at ``path`` (relative to where code scanning looks) as one SARIF log with one run."""
    return log(
        "labkit check", RULES.values(), [_result(each, quote(path), bool(report.inside)) for each in report.findings]
    )


def log(tool: str, rules: Iterable[Rule], results: list[dict[str, Any]]) -> dict[str, Any]:
    """A SARIF log with one run of a tool; ``results`` are as SARIF has them."""
    driver = {"name": tool, "version": VERSION, "rules": [_rule(rule) for rule in rules]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": f"{rule.title}."},
        "help": {"text": f"Source: {rule.source}."},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(finding: Finding, uri: str, inside: bool) -> dict[str, Any]:
    # The lines of a policy that stood inside an answer are not those of the file.
    region = {"startLine": 1 if inside else finding.line, "startColumn": 1 if inside else finding.column}
    physical = {"artifactLocation": {"uri": uri}, "region": region}
    logical = [{"fullyQualifiedName": finding.pointer or "/"}]
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": _INDEX[finding.rule.id],
        "level": finding.severity,
        "message": {"text": f"{finding.problem} {finding.instead}"},
        "locations": [{"physicalLocation": physical, "logicalLocations": logical}],
    }
