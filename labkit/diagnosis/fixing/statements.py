"""Statements that let a party in: one that misses is mended part by part, and where that does not do, one of its own.

Everything works on the parsed document; what is not touched stays as it is, in its order and with its Sids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from labkit.diagnosis.fixing import conditions
from labkit.diagnosis.fixing.asking import Asked
from labkit.diagnosis.fixing.conditions import Statement, listed, shaped
from labkit.errors import PolicyError
from labkit.iam import Part, Policy
from labkit.iam.action_table import action as action_row
from labkit.iam.match import match
from labkit.pull.policies import CALLER_SID, LAMBDA, PULL_ACTIONS, RETRIEVAL_SID, SERVICE_SID

DocumentData = dict[str, Any]

_PULLING = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")
_OURS = ("AROA", "AIDA")
_NEARLY_LAMBDA = "lambda"


def statements_of(document: DocumentData) -> list[Statement]:
    """The statements, each the one that stands in the document."""
    return [each for each in listed(document.get("Statement", [])) if isinstance(each, dict)]


def insert(document: DocumentData, statement: Statement, after: Statement | None = None) -> None:
    """Puts a statement behind another one, else at the end."""
    found = listed(document.get("Statement", []))
    place = next((at for at, each in enumerate(found, 1) if each is after), len(found))
    document["Statement"] = [*found[:place], statement, *found[place:]]


def remove(document: DocumentData, statement: Statement) -> bool:
    """Takes a statement out; False where it is the only one, since a policy must have one."""
    kept = [each for each in listed(document["Statement"]) if each is not statement]
    if kept:
        document["Statement"] = kept
    return bool(kept)


def failing(statement: Statement, version: str, asked: Asked) -> Iterator[Part]:
    """The parts of the statement that do not match the requests. Raises PolicyError."""
    compiled = Policy.parse({"Version": version, "Statement": [statement]}).statements[0]
    for request in asked.requests:
        yield from match(compiled, request).failed


def matches(statement: Statement, version: str, asked: Asked) -> bool:
    """Whether the statement matches all the requests."""
    return not any(True for _ in failing(statement, version, asked))


def mended(statement: Statement, version: str, asked: Asked) -> Statement | None:
    """The statement with the least change that makes it match all the requests; None where no small one does."""
    changed = deepcopy(statement)
    for _ in range(_MOST_PARTS):
        try:
            part = next(failing(changed, version, asked), None)
        except PolicyError:
            return None
        if part is None:
            return changed
        mend = _MENDS.get(part.element)
        done = mend(changed, part, asked) if mend else conditions.mend(changed, part, asked, version > "2008-10-17")
        if not done:
            return None
    return None


_MOST_PARTS = 24  # a statement with more that fail was not meant for this party


def _mend_principal(statement: Statement, part: Part, asked: Asked) -> bool:
    """Names the party beside those that are named; in the place of a name that can only be meant for it."""
    principal = statement.get("Principal")
    if not isinstance(principal, dict):
        return False
    kind, text = asked.entry
    named = listed(principal.get(kind, []))
    stale = [each for each in named if _is_stale(each, asked)]
    if stale:
        named[named.index(stale[0])] = LAMBDA if asked.is_service else asked.own_arn
    else:
        named.append(text)
    principal[kind] = shaped(principal.get(kind), list(dict.fromkeys(named)))
    return True


def _is_stale(entry: str, asked: Asked) -> bool:
    """Whether an entry stands for nobody: a deleted principal's id, or a misspelt name of Lambda."""
    if asked.is_service:
        return _NEARLY_LAMBDA in entry.lower() and entry != LAMBDA
    return entry.startswith(_OURS) and entry != asked.who.id


def _mend_action(statement: Statement, part: Part, asked: Asked) -> bool:
    """Adds the action, in the place of one that is misspelt."""
    actions = listed(statement.get("Action", []))
    if "Action" not in statement or part.got is None:
        return False
    unknown = [each for each in actions if "*" not in each and "?" not in each and action_row(each) is None]
    close = get_close_matches(str(part.got), unknown, 1, _MISSPELT)
    if close:
        actions[actions.index(close[0])] = part.got
    else:
        actions.append(part.got)
    statement["Action"] = shaped(statement["Action"], list(dict.fromkeys(actions)))
    return True


_MISSPELT = 0.75


def _mend_resource(statement: Statement, part: Part, asked: Asked) -> bool:
    """Adds the resource to those that are listed."""
    if "Resource" not in statement:
        return False
    statement["Resource"] = shaped(statement["Resource"], [*listed(statement["Resource"]), asked.resource])
    return True


_MENDS: dict[str, Callable[[Statement, Part, Asked], bool]] = {
    "Principal": _mend_principal,
    "Action": _mend_action,
    "Resource": _mend_resource,
}


def only_pulls(statement: Statement) -> bool:
    """Whether an Allow gives no more than a pull needs, so that one more may be let in by it."""
    actions = listed(statement.get("Action", "*"))
    return statement.get("Effect") == "Allow" and all(
        each.lower() in map(str.lower, _PULLING) for each in actions if action_row(each) is not None or "*" in each
    )


def own_statement(asked: Asked, *, with_principal: bool, with_resource: bool, taken: Sequence[str] = ()) -> Statement:
    """A statement that lets the party do what it asks for, and nothing else.

    ``with_principal`` and ``with_resource``: what the kind of document has in its statements. ``taken`` are the Sids
    that are there. Lambda is let in for functions of the one account.
    """
    statement: Statement = {"Sid": _sid(asked, taken, with_principal), "Effect": "Allow"}
    if with_principal:
        kind, text = asked.entry
        statement["Principal"] = {kind: text}
    statement["Action"] = shaped("", list(asked.actions))
    if with_resource:
        statement["Resource"] = asked.resource
    if with_principal and asked.is_service and set(asked.actions) == set(PULL_ACTIONS):
        statement["Condition"] = {"StringLike": {"aws:SourceArn": conditions.functions_of(asked)}}
    if asked.actions == ("iam:PassRole",):
        statement["Condition"] = {"StringEquals": {"iam:PassedToService": LAMBDA}}
    return statement


_SIDS = {
    "lambda:CreateFunction": "CreateFunction",
    "lambda:UpdateFunctionCode": "UpdateFunctionCode",
    "iam:PassRole": "PassExecutionRole",
    "sts:AssumeRole": "LambdaAssumesRole",
}


def _sid(asked: Asked, taken: Sequence[str], by_owner: bool) -> str:
    pulling = RETRIEVAL_SID if asked.requests[0].resource_account == asked.account else SERVICE_SID
    owners = pulling if asked.is_service else CALLER_SID
    sid = _SIDS.get(asked.actions[0]) or (owners if by_owner else "PullImages")
    return next(name for name in (sid, *(f"{sid}{n}" for n in range(2, 1000))) if name not in taken)


def sids(document: DocumentData) -> list[str]:
    """The Sids of a document."""
    return [each.get("Sid", "") for each in statements_of(document)]


def split(statement: Statement, taken: Sequence[str]) -> tuple[Statement, Statement] | None:
    """One statement for both parties as two: one for callers, one for Lambda, each with the keys of its own.

    None where the statement does not name both.
    """
    principal = statement.get("Principal")
    if not isinstance(principal, dict) or "Service" not in principal or "AWS" not in principal:
        return None
    callers, service = deepcopy(statement), deepcopy(statement)
    callers["Principal"] = {kind: each for kind, each in principal.items() if kind != "Service"}
    service["Principal"] = {"Service": principal["Service"]}
    name = f"{statement.get('Sid', '')}Lambda"
    if statement.get("Sid") and name not in taken:
        service["Sid"] = name
    return callers, service
