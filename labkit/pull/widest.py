"""Policies at their widest, and the names they know: for questions about principals that one does not know.

A condition on a key whose value is not known here, such as a caller's tag or address, is taken to stand in nobody's
way: an Allow counts without it, and a Deny that depends on it does not count. Which keys have known values is told
apart for an IAM principal, of whom only account, role and place are known, and for Lambda.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from labkit.errors import UsageError
from labkit.iam import Policies, Policy, Principal
from labkit.iam.conditions import Condition
from labkit.iam.request import ROOT
from labkit.iam.statement import Statement
from labkit.pull.question import TAGS_NOT_KNOWN

_OPEN_FOR_LAMBDA = frozenset(
    {
        *("aws:currenttime", "aws:epochtime", "aws:sourceip", "aws:useragent"),
        *("aws:resourceorgid", "aws:resourceorgpaths"),
    }
)
_KNOWN_OF_CALLERS = frozenset(
    {
        *("aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths"),
        *("aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist"),
        *("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"),
        *("aws:resourceaccount", "aws:requestedregion", "aws:securetransport"),
        *("aws:calledvia", "aws:calledviafirst", "aws:calledvialast"),
    }
)
_ANYWHERE = ""
_WILDCARDS = re.compile(r"[*?]+")
_PRINCIPAL_ARN = re.compile(r":(?P<account>[^:]*):(?P<resource>(?:role|user)/[^:]+)\Z")
_FUNCTION_ARN = re.compile(r":(?P<account>[^:]*):function:(?P<name>[^:]+)(?::.*)?\Z")
_ACCOUNT_PATTERN = re.compile(r":[^:]*:[^:]*[*?][^:]*(?=:(?:role|user)/)")
_NUMBER = re.compile(r"\d{12}", re.ASCII)


def is_open_for_callers(key: str) -> bool:
    """Whether the value of a condition key, in lower case, is not known of an IAM principal's request."""
    return key not in _KNOWN_OF_CALLERS


def is_open_for_lambda(key: str) -> bool:
    """Whether the value of a condition key, in lower case, is not known of Lambda's own request for an image.

    aws:PrincipalArn and aws:PrincipalAccount are not among them: nobody has seen one that a policy's value would meet.
    """
    return key in _OPEN_FOR_LAMBDA or key.startswith(tuple(TAGS_NOT_KNOWN))


def widest(policies: Policies, is_open: Callable[[str], bool]) -> Policies:
    """The resource policies and the guard rails at their widest; the very same where they are that already."""
    levels = [*(policies.scp or ()), *(policies.rcp or ())]
    documents = [policies.resource, policies.registry, *(policy for level in levels for policy in level)]
    if not any(_open(statement, is_open) for each in documents if each for statement in each.statements):
        return policies
    return policies._replace(
        resource=policies.resource and _wider(policies.resource, is_open),
        registry=policies.registry and _wider(policies.registry, is_open),
        scp=policies.scp and [[_wider(policy, is_open) for policy in level] for level in policies.scp],
        rcp=policies.rcp and [[_wider(policy, is_open) for policy in level] for level in policies.rcp],
    )


def _open(statement: Statement, is_open: Callable[[str], bool]) -> list[Condition]:
    return [each for each in statement.conditions if any(map(is_open, (each.lower_key, *each.variables)))]


def _wider(policy: Policy, is_open: Callable[[str], bool]) -> Policy:
    return policy._replace(statements=tuple(_statements(policy, is_open)))


def _statements(policy: Policy, is_open: Callable[[str], bool]) -> Iterator[Statement]:
    for each in policy.statements:
        hidden = _open(each, is_open)
        if not hidden:
            yield each
        elif each.allows:
            yield each.under(tuple(condition for condition in each.conditions if condition not in hidden))


class KnownNames(NamedTuple):
    """Principals and functions that policies know by name, account by account (under "" those of any account)."""

    principals_of: Mapping[str, tuple[str, ...]]
    functions_of: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, policies: Iterable[Policy]) -> KnownNames:
        """The names in principals and in conditions; a wildcard in one becomes a letter."""
        statements = [statement for policy in policies for statement in policy.statements]
        named = [entry.text for each in statements for entry in each.principal or () if entry.kind == "AWS"]
        values = [(each.lower_key, value) for s in statements for each in s.conditions for value in each.values]
        named += [_WILDCARDS.sub("x", _anywhere(value)) for key, value in values if key == "aws:principalarn"]
        functions = [value for key, value in values if key == "aws:sourcearn"]
        return cls(_by_account(map(_principal, named)), _by_account(map(_function, functions)))

    def principals(self, account: str) -> Iterator[str]:
        """The ARNs of the principals of an account that are known by name."""
        yield from self.principals_of.get(account, ())
        yield from (f"arn:aws:iam::{account}:{each}" for each in self.principals_of.get(_ANYWHERE, ()))

    def functions(self, account: str) -> Iterator[str]:
        """The names of the functions of an account that are known."""
        yield from self.functions_of.get(account, ())
        yield from self.functions_of.get(_ANYWHERE, ())


def _anywhere(value: str) -> str:
    """An ARN whose account, if it is a pattern, is left empty."""
    return _ACCOUNT_PATTERN.sub("::", value)


def _principal(text: str) -> tuple[str, str] | None:
    found = _PRINCIPAL_ARN.search(text)
    if found and not found["account"]:
        return _ANYWHERE, found["resource"]
    try:
        who = Principal.aws(text)
    except UsageError:
        return None
    return (who.account, text) if who.account and who.kind != ROOT else None


def _function(value: str) -> tuple[str, str] | None:
    found = _FUNCTION_ARN.search(value)
    if not found or found["name"] == "*":
        return None
    account = found["account"] if _NUMBER.fullmatch(found["account"]) else _ANYWHERE
    return account, _WILDCARDS.sub("x", found["name"])


def _by_account(found: Iterable[tuple[str, str] | None]) -> dict[str, tuple[str, ...]]:
    names: dict[str, dict[str, None]] = defaultdict(dict)
    for account, name in filter(None, found):
        names[account][name] = None
    return {account: tuple(each) for account, each in names.items()}
