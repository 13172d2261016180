"""Mends a condition of an Allow that fails for a party, with the least that makes it hold: one row an outcome.

    absent          the key is one that this party never has: the key of its own family that means the same
    differs         an operator that takes patterns for texts that hold them; a path's form; else the value is added
    excluded        the value is taken out of what must not match
    multivalued     the operator asks of any of the values

A value that nobody can ever have, such as a role's ARN for ``aws:SourceArn``, is replaced; what may be meant for others
stays beside the new one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from typing import Any

from labkit.diagnosis.fixing.asking import Asked
from labkit.iam import Part
from labkit.iam import arn as arns
from labkit.iam.conditions import ANY, NULL, Condition, Outcome
from labkit.iam.operators import OPERATORS
from labkit.iam.patterns import Pattern
from labkit.iam.words.advice import pattern_operator
from labkit.pull.organization import ORGANIZATION_ID

Statement = dict[str, Any]

COUNTERPARTS = {
    "aws:principalorgid": "aws:SourceOrgID",
    "aws:principalorgpaths": "aws:SourceOrgPaths",
    "aws:principalaccount": "aws:SourceAccount",
    "aws:sourceorgid": "aws:PrincipalOrgID",
    "aws:sourceorgpaths": "aws:PrincipalOrgPaths",
    "aws:sourceaccount": "aws:PrincipalAccount",
}
"""From a key of one party, in lower case, to the one that says the same of the other."""
_LIKE = {
    "StringEquals": "StringLike",
    "StringEqualsIgnoreCase": "StringLike",
    "StringNotEquals": "StringNotLike",
    "StringNotEqualsIgnoreCase": "StringNotLike",
}
_ACCOUNT_PATTERN = re.compile(r"[0-9*?]{1,12}")
_UNIT = re.compile(r"(?:r|ou)-[a-z0-9]{4,32}(?:-[a-z0-9]{8,32})?")


def mend(statement: Statement, part: Part, asked: Asked, variables: bool) -> bool:
    """Changes the condition of ``part`` in the statement so that it holds; False where no small change does.

    ``variables``: whether the document's version knows policy variables.
    """
    if part.outcome is None or part.operator not in statement.get("Condition", {}):
        return False
    make = _MENDS.get(part.outcome)
    return make is not None and make(statement, part, asked, variables)


def listed(value: Any) -> list[Any]:
    """A value of a policy as the list that it may be."""
    return list(value) if isinstance(value, list) else [value]


def single(values: list[Any]) -> Any:
    """A list as policies write it: one value by itself."""
    return values[0] if len(values) == 1 else values


def shaped(like: Any, values: list[Any]) -> Any:
    """Values as they were written before: a list stays a list, also of one."""
    return values if isinstance(like, list) else single(values)


def put(statement: Statement, operator: str, key: str, values: list[Any]) -> None:
    """Sets the values of a condition; where it is there under another spelling of the key, beside its values."""
    keys = statement.setdefault("Condition", {}).setdefault(operator, {})
    name = next((each for each in keys if each.lower() == key.lower()), key)
    have = keys.get(name, "" if len(values) == 1 else [])
    keys[name] = shaped(have, list(dict.fromkeys([*(listed(have) if have else ()), *values])))


def drop(statement: Statement, operator: str, key: str) -> None:
    """Takes a condition out, and what is empty without it."""
    conditions = statement["Condition"]
    del conditions[operator][key]
    if not conditions[operator]:
        del conditions[operator]
    if not conditions:
        del statement["Condition"]


def renamed(members: dict[str, Any], old: str, new: str) -> None:
    """Gives a member another name in its place; where that one is there, its members are joined."""
    pairs = list(members.items())
    members.clear()
    for name, value in pairs:
        if name == old and new in dict(pairs):
            continue
        members[new if name == old else name] = value
    if new in dict(pairs):
        members[new] = {**dict(pairs)[old], **members[new]} if isinstance(members[new], dict) else members[new]


def _absent(statement: Statement, part: Part, asked: Asked, variables: bool) -> bool:
    """The key is not there: it is of the other party's family, or nobody has it."""
    instead = COUNTERPARTS.get(part.key.lower())
    family = "aws:principal" if asked.is_service else "aws:source"
    if instead is not None and part.key.lower().startswith(family):
        renamed(statement["Condition"][part.operator], part.key, instead)
        return True
    if part.key.lower() == "aws:sourcearn" and not asked.is_service:
        accounts = [arn.account for each in part.wanted if (arn := arns.split(each)) and arn.account.isdigit()]
        drop(statement, part.operator, part.key)
        if _names_everyone(statement) and part.operator != NULL:
            put(statement, "StringEquals", "aws:PrincipalAccount", accounts or [asked.account])
        return True
    return False


def _names_everyone(statement: Statement) -> bool:
    principal = statement.get("Principal")
    return principal == "*" or (isinstance(principal, Mapping) and "*" in listed(principal.get("AWS")))


def _differs(statement: Statement, part: Part, asked: Asked, variables: bool) -> bool:
    return (
        _with_patterns(statement, part, asked, variables)
        or (part.key.lower().endswith("orgpaths") and _path_form(statement, part, asked))
        or _with_value(statement, part, asked, variables)
    )


def _holds(operator: str, part: Part, values: list[str], variables: bool) -> bool:
    got = {} if part.got is None else {part.key.lower(): part.got}
    return Condition.compile(operator, part.key, tuple(values), variables).outcome(got).holds


def _with_patterns(statement: Statement, part: Part, asked: Asked, variables: bool) -> bool:
    """The operator that takes patterns, where the values hold with it; other keys of the operator stay as they are."""
    quantifier, colon, name = part.operator.rpartition(":")
    base = name.removesuffix("IfExists")
    if base not in _LIKE or not any(mark in each for each in part.wanted for mark in "*?"):
        return False
    operator = quantifier + colon + _LIKE[base] + name[len(base) :]
    if not _holds(operator, part, list(part.wanted), variables):
        return False
    _moved(statement, part, operator, list(part.wanted))
    return True


def _moved(statement: Statement, part: Part, operator: str, values: list[str]) -> None:
    """Puts a condition under another operator: in the place of the old one, where that has no other key."""
    conditions = statement["Condition"]
    conditions[part.operator][part.key] = shaped(conditions[part.operator][part.key], values)
    if operator == part.operator:
        return
    if len(conditions[part.operator]) == 1 and operator not in conditions:
        renamed(conditions, part.operator, operator)
    else:
        drop(statement, part.operator, part.key)
        put(statement, operator, part.key, values)


def _path_form(statement: Statement, part: Part, asked: Asked) -> bool:
    """Patterns of organization paths in a form that a path can match: whole, with a slash at the end, of any value."""
    paths = [part.got] if isinstance(part.got, str) else list(part.got or ())
    values = [_path(each, paths) for each in part.wanted]
    operator = part.operator if part.operator.startswith(ANY) else f"{ANY}:{part.operator.rpartition(':')[2]}"
    if any(mark in each for each in values for mark in "*?"):
        operator = pattern_operator(operator)
    if not _holds(operator, part, values, variables=False):
        return False
    _moved(statement, part, operator, values)
    return True


def _path(pattern: str, paths: list[str]) -> str:
    """The pattern, or the form of it that matches one of the paths where only its form is wrong."""
    for path in paths:
        for each in (pattern, f"{pattern}/", f"{pattern}*", f"{pattern}/*", _whole(pattern, path)):
            if each and Pattern.compile(each, "glob").matches(path, {}):
                return each
    return pattern


def _whole(pattern: str, path: str) -> str:
    """The path down to the last unit that the pattern names, with all below it; empty where the path has it not."""
    named, steps = _UNIT.findall(pattern), path.split("/")
    if not named or named[-1] not in steps:
        return ""
    to = "/".join(steps[: steps.index(named[-1]) + 1]) + "/"
    return to if pattern.endswith(named[-1] + "/") or (to == path and "*" not in pattern) else f"{to}*"


def _multivalued(statement: Statement, part: Part, asked: Asked, variables: bool) -> bool:
    if part.key.lower().endswith("orgpaths") and _path_form(statement, part, asked):
        return True
    _moved(statement, part, f"{ANY}:{part.operator}", list(part.wanted))
    return True


def _with_value(statement: Statement, part: Part, asked: Asked, variables: bool) -> bool:
    """The request's value among those that are wanted, in the place of one that nobody can have."""
    row = OPERATORS.get(part.operator.rpartition(":")[2].removesuffix("IfExists"))
    if row is None or row.family not in ("String", "Arn", "Bool") or part.got is None:
        return False
    got = part.got if isinstance(part.got, str) else part.got[0]
    values = [each.lower() for each in part.wanted] if row.family == "Bool" else list(part.wanted)
    new = _pattern_for(got, values, row.wildcards)
    dead = [each for each in values if row.family == "Bool" or _is_dead(part.key.lower(), each, got, variables)]
    if dead:
        values[values.index(_closest(got, dead))] = new
    else:
        values.append(new)
    keys = statement["Condition"][part.operator]
    keys[part.key] = shaped(keys[part.key], list(dict.fromkeys(values)))
    return True


def _closest(got: str, values: list[str]) -> str:
    return max(values, key=lambda each: SequenceMatcher(None, each, got).ratio())


def _pattern_for(got: str, values: list[str], wildcards: bool) -> str:
    """The value to add: of an ARN, what the closest pattern says of the fields that fit already."""
    have = arns.split(got)
    if not wildcards or have is None:
        return got
    found = [arn for each in values if (arn := arns.split(each)) is not None]
    fitting = [[Pattern.compile(w, "glob").matches(h, {}) for w, h in zip(arn, have, strict=True)] for arn in found]
    if not found:
        return got
    best, fits = max(zip(found, fitting, strict=True), key=lambda each: sum(each[1]))
    return ":".join(want if fit else field for want, fit, field in zip(best, fits, have, strict=True))


def _is_dead(key: str, value: str, got: str, variables: bool) -> bool:
    """Whether no request can have that value under the key, so that it was meant for something else."""
    if "${" in value:
        return not variables
    if key.endswith("account"):
        return not _ACCOUNT_PATTERN.fullmatch(value)
    if key.endswith("orgid"):
        return not any(mark in value for mark in "*?") and (
            not ORGANIZATION_ID.fullmatch(value) or SequenceMatcher(None, value, got).ratio() > _TYPO
        )
    have, want = arns.split(got), arns.split(value)
    if have is None:
        return False
    if want is None:
        return "*" not in value
    return want.service not in ("*", have.service) or want.partition not in ("*", have.partition)


_TYPO = 0.9
"""How alike two organization ids are of which one is taken to be a misspelt other."""


def _excluded(statement: Statement, part: Part, asked: Asked, variables: bool) -> bool:
    """Takes the value out of those that must not match; where it is the only one, it is what must match.

    A question for a key's absence becomes one for the value that the party has.
    """
    if part.operator.endswith(NULL):
        drop(statement, part.operator, part.key)
        _put_own(statement, part, asked)
        return True
    kept = [each for each in part.wanted if _holds(part.operator, part, [each], variables)]
    positive = part.operator.replace("Not", "")
    if kept:
        values = shaped(statement["Condition"][part.operator][part.key], kept)
        statement["Condition"][part.operator][part.key] = values
    elif _holds(positive, part, list(part.wanted), variables):
        _moved(statement, part, positive, list(part.wanted))
    else:
        return False
    return True


def _put_own(statement: Statement, part: Part, asked: Asked) -> None:
    """Asks for the value that the party has; of a function's ARN, for the functions of its account."""
    if isinstance(part.got, tuple):
        put(statement, f"{ANY}:StringEquals", part.key, list(part.got))
    elif part.got is not None and part.key.lower() == "aws:sourcearn":
        put(statement, "StringLike", part.key, [functions_of(asked)])
    elif part.got is not None:
        put(statement, "StringEquals", part.key, [part.got])


def functions_of(asked: Asked) -> str:
    """The pattern of all functions of the account, as in the article's policy."""
    found = arns.split(asked.resource)
    return f"arn:{found.partition if found else 'aws'}:lambda:*:{asked.account}:function:*"


_MENDS: dict[Outcome, Callable[[Statement, Part, Asked, bool], bool]] = {
    Outcome.ABSENT: _absent,
    Outcome.DIFFERS: _differs,
    Outcome.MULTIVALUED: _multivalued,
    Outcome.EXCLUDED: _excluded,
}
