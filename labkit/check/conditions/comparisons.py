"""Operators that do not exist, and values that nothing matches or that match too much."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator

from labkit.check import answers
from labkit.check.conditions import forms
from labkit.check.findings import Violation, closest_word, quoted
from labkit.check.located import LocatedCondition, LocatedStatement, LocatedText
from labkit.iam import action_table
from labkit.iam import arn as arns
from labkit.iam.conditions import Condition
from labkit.iam.operators import OPERATORS
from labkit.iam.words.advice import LIKE, advice, pattern_operator, sentence
from labkit.pull.organization import ORGANIZATION_ID
from labkit.pull.policies import LAMBDA

_VARIABLE = re.compile(r"\$\{[^{}]*+\}")
_PATH_END = re.compile(r".*/(\*|ou-[a-z0-9-]*\*)?", re.DOTALL)
_PRINCIPAL_ARN = re.compile(r"arn:[^:]*:(iam|sts)::")
_QUANTIFIERS = ("", "ForAnyValue", "ForAllValues")
_NAMES = {name.lower(): name for name in (*OPERATORS, "Null")}


def exists(condition: LocatedCondition) -> bool:
    """Whether there is an operator of that name, with that prefix and ending."""
    try:
        Condition.compile(condition.operator, condition.key, (), False)
    except KeyError:
        return False
    return True


def unknown_operator(condition: LocatedCondition) -> Violation:
    """The finding about an operator that does not exist."""
    close = closest_word(condition.name.lower(), _NAMES)
    instead = f"Did you mean {_NAMES[close]}?" if close else f"There are {', '.join(sorted(_NAMES.values()))}."
    if condition.quantifier not in _QUANTIFIERS:
        instead = "Before the colon stands ForAnyValue or ForAllValues."
    elif condition.name == "Null":
        instead = "Null knows no IfExists: it asks whether the key is there."
    answer = answers.operator_case(condition.operator) if _is_other_case(condition) else None
    problem = f"There is no operator {quoted(condition.operator)}."
    return Violation("unknown-operator", condition.pointer, problem, instead, answer)


def _is_other_case(condition: LocatedCondition) -> bool:
    """Whether it is an operator but for its case: operators are written as AWS writes them."""
    spelled = _NAMES.get(condition.name.lower())
    return spelled not in (None, condition.name) and condition.quantifier in _QUANTIFIERS


def _wildcards(condition: LocatedCondition, _statement: LocatedStatement) -> Iterator[Violation]:
    if condition.name not in LIKE:
        return
    for value in condition.values:
        if re.search(r"[*?]", _VARIABLE.sub("", value.text)):
            like = pattern_operator(condition.operator)
            instead = sentence(advice("wildcard-in-equals", like=like, operator=condition.operator))
            problem = f"{condition.operator} takes the wildcard in {quoted(value.text)} literally."
            yield Violation("wildcard-in-equals", value.pointer, problem, instead)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _equals_itself(operator: str) -> Callable[[str], bool]:
    """Whether a text is of the operator's form: only then does it equal itself."""
    return lambda text: OPERATORS[operator].compile(text, False).test(text, {})


def _is_boolean(text: str) -> bool:
    return text.lower() in ("true", "false") or bool(_VARIABLE.search(text))


def _is_arn(text: str) -> bool:
    return text == "*" or text.startswith("${") or _equals_itself("ArnEquals")(text)


# By the beginning of the operator's name: what a value must be, and how it is written.
_FAMILIES: dict[str, tuple[Callable[[str], bool], str]] = {
    "Numeric": (_equals_itself("NumericEquals"), "a number, such as 10"),
    "Date": (_equals_itself("DateEquals"), "a date, such as 2025-05-09T10:00:00Z, or seconds since 1970"),
    "Bool": (_is_boolean, "true or false"),
    "Null": (_is_boolean, "true (the key is absent) or false (it is there)"),
    "Binary": (_equals_itself("BinaryEquals"), "base64"),
    "IpAddress": (_is_address, "an address or a range, such as 203.0.113.0/24"),
    "NotIpAddress": (_is_address, "an address or a range, such as 203.0.113.0/24"),
    "Arn": (_is_arn, "an ARN, with wildcards where you want them"),
}


def _never(condition: LocatedCondition, statement: LocatedStatement) -> Iterator[Violation]:
    family = next((name for name in _FAMILIES if condition.name.startswith(name)), None)
    if family is None:
        return
    fits, form = _FAMILIES[family]
    for value in condition.values:
        refused = family == "Date" and statement.kind.by_iam and not forms.is_date(value.text)
        if not refused and not fits(value.text):
            problem = f"{condition.operator} cannot compare anything with {quoted(value.text)}."
            yield Violation("value-never-matches", value.pointer, problem, f"Write {form}.")


def _address(condition: LocatedCondition, _statement: LocatedStatement) -> Iterator[Violation]:
    key = action_table.key(condition.key)
    if key and key.type == "IPAddress" and condition.name.startswith("String"):
        problem = f"{key.name} is an address, which {condition.operator} compares as a text: a range matches nothing."
        instead = f"Write {'NotIpAddress' if condition.negated else 'IpAddress'}."
        yield Violation("address-as-text", condition.pointer, problem, instead)


def _organization(condition: LocatedCondition, _statement: LocatedStatement) -> Iterator[Violation]:
    for value in condition.values if condition.name.startswith("String") else ():
        if "${" in value.text:
            continue
        if condition.lower_key.endswith("orgid") and not _is_organization(value.text, condition):
            problem = f"{quoted(value.text)} is no organization id."
            instead = "Write o- and 10 to 32 lower-case letters or digits (aws organizations describe-organization)."
            yield Violation("organization-id-form", value.pointer, problem, instead)
        elif condition.lower_key.endswith("orgpaths"):
            yield from _path(value)


def _is_organization(text: str, condition: LocatedCondition) -> bool:
    like = "Like" in condition.name and re.search(r"[*?]", text)
    return bool(like) or ORGANIZATION_ID.fullmatch(text) is not None


def is_path(text: str) -> bool:
    """Whether the path of an account can match this pattern: it begins with an organization, and ends with a slash."""
    return text.startswith(("o-", "*")) and _PATH_END.fullmatch(text) is not None


def _path(value: LocatedText) -> Iterator[Violation]:
    if not value.text.startswith(("o-", "*")):
        problem = f"{quoted(value.text)} does not begin with an organization id, as every path does."
        instead = "Write o-ORGANIZATION/r-ROOT/ou-…/*; ids of roots and OUs are unique only inside one organization."
        yield Violation("organization-path-form", value.pointer, problem, instead)
    elif not _PATH_END.fullmatch(value.text):
        problem = f"{quoted(value.text)} does not end with a slash, as every path does."
        if value.text.endswith("*"):
            problem = f"{quoted(value.text)} also covers an OU whose id merely begins the same."
        instead = "Write …/ou-ID/* for the OU and everything below it, …/ou-ID/ for accounts directly in it."
        yield Violation("organization-path-form", value.pointer, problem, instead)


def _source(condition: LocatedCondition, statement: LocatedStatement) -> Iterator[Violation]:
    if condition.lower_key != "aws:sourcearn" or condition.name == "Null":
        return
    for value in condition.values:
        if _PRINCIPAL_ARN.match(value.text):
            problem = f"{quoted(value.text)} is an IAM principal; the source is what the service works for, a function."
            yield Violation("role-as-source", value.pointer, problem, sentence(advice("function-arn")))
        elif set(statement.services) == {LAMBDA} and not _may_be_function(value.text, condition):
            problem = f"{quoted(value.text)} matches the ARN of no function."
            yield Violation("source-arn-form", value.pointer, problem, sentence(advice("function-arn")))


def _may_be_function(text: str, condition: LocatedCondition) -> bool:
    parts = arns.split(text)
    if parts is None:  # across fields a wildcard reaches only in StringLike
        return "${" in text or ("*" in text and condition.name.startswith("String"))
    named = parts.resource.startswith("function:") or parts.resource[:1] in ("*", "?", "$")
    service = parts.service == "lambda" or re.search(r"[*?]", parts.service)
    return bool(named and service and re.fullmatch(r"[\d*?]+|.*\$\{.*", parts.account))


def _principal_arn(condition: LocatedCondition, _statement: LocatedStatement) -> Iterator[Violation]:
    if condition.lower_key != "aws:principalarn":
        return
    for value in condition.values:
        if ":assumed-role/" in value.text:
            problem = "aws:PrincipalArn is the role's ARN, also for its sessions."
            instead = "Write arn:aws:iam::ACCOUNT:role/NAME; for one session compare aws:userid."
            yield Violation("session-as-principal-arn", value.pointer, problem, instead)


def old_variables(statement: LocatedStatement) -> Iterator[Violation]:
    """Findings about variables in a version that has none."""
    if statement.version == "2012-10-17":
        return
    listed = [value for name in ("Resource", "NotResource") for value in statement.values(name)]
    listed += [value for condition in statement.conditions for value in condition.values]
    for value in listed:
        if _VARIABLE.search(value.text):
            problem = f"Before Version 2012-10-17 the variable in {quoted(value.text)} is literal text."
            yield Violation("variable-in-old-version", value.pointer, problem, 'Write "Version": "2012-10-17".')


RULES: tuple[Callable[[LocatedCondition, LocatedStatement], Iterator[Violation]], ...] = (
    _wildcards,
    _never,
    _address,
    _organization,
    _source,
    _principal_arn,
)
"""The rules of this module: each takes a condition and its statement."""
