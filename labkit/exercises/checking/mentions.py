"""What a statement mentions: accounts, names, places, services, principals and keys, read off its texts.

A policy that lets in the wrong one must say so somewhere: it names them, or it has a pattern that they match. So what
it mentions is what is worth trying. Exact texts are taken as they are; of patterns there are instances, with nothing
and with something in the place of each wildcard. What is made of a pattern and cannot exist, such as a unit's path
without a root, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from labkit.errors import UsageError
from labkit.iam import Policies, Policy, Principal, Request, Statement, evaluate
from labkit.iam.alternatives import candidates
from labkit.pull.organization import ORGANIZATION_ID, Membership

_ACCOUNT = re.compile(r"[\d*?]+", re.ASCII)
_PATH = re.compile(r"(o-[a-z0-9]{10,32})/(r-[a-z0-9]{4,32})/(?:ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}/)*")
_FUNCTION = re.compile(r"(?!\d{12}\b)[\w-]{1,64}(?::[\w$-]+)?", re.ASCII)
_ENTITY = re.compile(r"[\w+=,.@-][\w+=,.@/-]{0,63}", re.ASCII)

STRANGER, STRANGERS_ACCOUNT = "stranger", "314159265358"
"""The name and the account of somebody whom no answer knows."""

Roots = Mapping[str, frozenset[str]]
"""The roots of the organizations that are known; an organization has one."""
Keys = tuple[tuple[str, str | tuple[str, ...]], ...]


class Mentions(NamedTuple):
    """``functions`` and ``entities`` (users and roles) are names; ``keys`` are condition keys that no pull carries."""

    accounts: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    memberships: tuple[Membership, ...] = ()
    services: tuple[str, ...] = ()
    principals: tuple[Principal, ...] = ()
    keys: Keys = ()

    def with_all_of(self, other: Mentions) -> Mentions:
        """What either of the two mentions, this one's first."""
        pairs: Iterable[Any] = zip(self, other, strict=True)
        return Mentions(*(tuple(dict.fromkeys((*own, *more))) for own, more in pairs))


def mentions_of(statement: Statement, roots: Roots, carried: Collection[str]) -> Mentions:
    """What occurs in the principals and conditions of a statement; ``carried`` as in ``other_keys``."""
    entries = statement.principal or ()
    named = tuple(entry.text for entry in entries)

    def of(*keys: str) -> list[str]:
        return [value for each in statement.conditions if each.lower_key.endswith(keys) for value in each.values]

    return Mentions(
        _each(_accounts, (*named, *of(""))),
        _each(_functions, of("sourcearn")),
        _each(_entities, (*(text for text in named if "/" in text), *of("principalarn"))),
        tuple(membership for text in of("orgid", "orgpaths") for membership in _memberships(text, roots)),
        (*(entry.text for entry in entries if entry.kind == "Service"), *of("servicename")),
        tuple(who for entry in entries for who in _principals(entry.kind, entry.text)),
        other_keys(statement, carried),
    )


def _each(read: Callable[[str], Iterator[str]], texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(found for text in texts for found in read(text))


def instances(text: str, filler: str = "x") -> Iterator[str]:
    """Texts that a pattern matches: the text itself where it has no wildcard."""
    for between in ("", filler) if "*" in text else ("",):
        yield text.replace("*", between).replace("?", filler[0])


def other_keys(statement: Statement, carried: Collection[str]) -> Keys:
    """The condition keys that requests do not carry anyway (these in lower case), with values that let somebody in.

    With them the conditions of an Allow hold, and those of a Deny do not. Whoever is let in by such a key is let in by
    something that the exercise does not speak of.
    """
    alone = Policies(resource=Policy("", (statement,), ""))
    decision = evaluate(Request(Principal.anonymous(), "ecr:BatchGetImage", "*"), alone)
    found: dict[str, str | tuple[str, ...]] = dict.fromkeys(statement.variables, STRANGER)
    for name in dict.fromkeys(condition.lower_key for condition in statement.conditions):
        conditions = [condition for condition in statement.conditions if condition.lower_key == name]
        for value in candidates(decision, name):
            if value and all(each.outcome({name: value}).holds for each in conditions) is statement.allows:
                found[name] = value
                break
    return tuple((name, value) for name, value in found.items() if name not in carried)


def membership_at(path: str) -> Membership:
    """The membership of an account in the unit with that path."""
    return Membership(path.split("/")[0], (path,))


def _accounts(text: str) -> Iterator[str]:
    for run in _ACCOUNT.findall(text):
        for digit in "09":
            head, _, tail = run.replace("?", digit).partition("*")
            tail = tail.replace("*", "")
            filled = head + digit * ("*" in run) * (12 - len(head) - len(tail)) + tail
            if len(filled) == 12 and any(each.isdigit() for each in run):
                yield filled


def _functions(text: str) -> Iterator[str]:
    """What may be a function's name, also with a version; 12 digits are an account rather than a name."""
    *before, last = text.split(":")
    tails = (last, ":".join((*before[-1:], last)).removeprefix("function:"))
    return (name for tail in tails for name in instances(tail) if _FUNCTION.fullmatch(name))


def _entities(text: str) -> Iterator[str]:
    """What may be the name of a user or role, also with a path."""
    last = text.rpartition(":")[2]
    tails = (last.partition("/")[2], last.rpartition("/")[2])
    return (name for tail in tails for name in instances(tail) if _ENTITY.fullmatch(name))


def _memberships(text: str, roots: Roots) -> Iterator[Membership]:
    """Places in organizations; of one that is only named by its id, or by the beginning of it, some place."""
    for found in instances(text, "00000000"):
        ends = ("", "/", "00000000/", "ou-root-unheard0/")
        paths = [f"{found}{end}" for end in ends]
        if ORGANIZATION_ID.fullmatch(found.rstrip("/")) and found.rstrip("/") not in roots:
            paths.append(f"{found.rstrip('/')}/r-root/ou-root-unheard0/")
        for match in filter(None, map(_PATH.fullmatch, paths)):
            if match[2] in roots.get(match[1], (match[2],)):
                yield membership_at(match[0])


def _principals(kind: str, text: str) -> Iterator[Principal]:
    if kind == "Federated":
        yield Principal.federated(text)
    if kind == "CanonicalUser":
        yield Principal.canonical(text)
    if kind == "AWS" and text != "*":
        try:
            yield Principal.aws(text)
        except UsageError:  # the ARN of nobody, such as that of a group: there is nobody to try it with
            return
