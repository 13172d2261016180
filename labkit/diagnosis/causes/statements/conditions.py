"""Which cause it is that a condition fails: a table of predicates, asked in the order of its rows.

Source: IAM User Guide, "AWS global condition context keys", "Condition operators".
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.diagnosis.causes.sides import Side
from labkit.diagnosis.causes.statements.paths import fits_some_account
from labkit.diagnosis.causes.statements.targets import is_callers_key, is_services_key, names_both
from labkit.diagnosis.result import LAMBDA_SIDE
from labkit.iam.conditions import Condition
from labkit.iam.parts import Outcome, Part
from labkit.iam.patterns import UNKNOWN, Pattern
from labkit.iam.statement import Statement

Predicate = Callable[[Side, Statement, Part], bool]
_ORG_ID, _ORG_PATHS = "orgid", "orgpaths"


def identify(side: Side, statement: Statement, part: Part) -> str:
    """The id of the cause: the first row that fits a condition that fails for this side."""
    return next(name for name, fits in _ROWS if fits(side, statement, part))


def _is_the_others(side: Side, part: Part) -> bool:
    """Whether the key is one that only the other party's request has (or, of Lambda's, has a value that is known)."""
    foreign = is_callers_key if side.name == LAMBDA_SIDE else is_services_key
    return (part.got is None or part.got is UNKNOWN) and foreign(part.key)


def _for_both(side: Side, statement: Statement, part: Part) -> bool:
    return names_both(statement) and _is_the_others(side, part)


def _on_wrong_side(side: Side, _statement: Statement, part: Part) -> bool:
    family = "aws:principal" if side.name == LAMBDA_SIDE else "aws:source"
    return part.key.lower().startswith(family) and _is_the_others(side, part)


def _wildcard_in_equals(side: Side, statement: Statement, part: Part) -> bool:
    """Whether it would hold with Like for Equals."""
    if "String" not in part.operator or "Equals" not in part.operator:
        return False
    if not any("*" in each or "?" in each for each in part.wanted):
        return False
    loose = part.operator.replace("EqualsIgnoreCase", "Equals").replace("Equals", "Like")
    condition = Condition.compile(loose, part.key, part.wanted, bool(part.resolved))
    return condition.outcome(side.requests[0].keys).holds


def _path_form(_side: Side, _statement: Statement, part: Part) -> bool:
    """Whether no account's path can ever match: without ForAnyValue, or by the form of every pattern."""
    if not _ends(part, _ORG_PATHS):
        return False
    if part.outcome is Outcome.MULTIVALUED:
        return True
    wild = "Like" in part.operator
    return _compares_texts(part) and not any(fits_some_account(each, wild) for each in _texts(part))


def _outside(_side: Side, _statement: Statement, part: Part) -> bool:
    return (_ends(part, _ORG_ID) or _ends(part, _ORG_PATHS)) and part.got is None


def _other_organization(side: Side, _statement: Statement, part: Part) -> bool:
    if _ends(part, _ORG_ID):
        return True
    if not _ends(part, _ORG_PATHS) or not _compares_texts(part):
        return False
    organizations = [each.partition("/")[0] for each in _values(part)]
    wanted = [Pattern.compile(each.partition("/")[0], "glob") for each in _texts(part)]
    return not any(pattern.matches(each, {}) for pattern in wanted for each in organizations)


def _other_unit(_side: Side, _statement: Statement, part: Part) -> bool:
    return _ends(part, _ORG_PATHS)


def _key(name: str) -> Predicate:
    return lambda side, _statement, part: side.name == LAMBDA_SIDE and part.key.lower() == name


_ROWS: tuple[tuple[str, Predicate], ...] = (
    ("one-statement-for-both", _for_both),
    ("organization-key-on-wrong-side", _on_wrong_side),
    ("wildcard-in-equals", _wildcard_in_equals),
    ("organization-path-form", _path_form),
    ("not-in-organization", _outside),
    ("organization-id-mismatch", _other_organization),
    ("organization-path-mismatch", _other_unit),
    ("source-arn-mismatch", _key("aws:sourcearn")),
    ("source-account-mismatch", _key("aws:sourceaccount")),
    ("condition-mismatch", lambda _side, _statement, _part: True),
)


def _ends(part: Part, name: str) -> bool:
    """Whether the key is of the party's place in its organization: aws:PrincipalOrgID, aws:SourceOrgPaths …"""
    return part.key.lower() in (f"aws:principal{name}", f"aws:source{name}")


def _compares_texts(part: Part) -> bool:
    return "String" in part.operator and "Not" not in part.operator


def _texts(part: Part) -> tuple[str, ...]:
    return tuple(each for each in part.resolved if each is not None) if part.resolved else part.wanted


def _values(part: Part) -> tuple[str, ...]:
    return (part.got,) if isinstance(part.got, str) else part.got or ()
