"""The proof of a fix: the same question asked again with the changed documents, and of others what it opens for them.

A probe is another request that nobody asked to let in, or that follows from what was asked. It is decided before the
change and after it, by the same engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from labkit.diagnosis.case import Case
from labkit.diagnosis.cause_table import CAUSES, RUN
from labkit.diagnosis.causes import find
from labkit.diagnosis.facts import documents
from labkit.diagnosis.result import CAN, NOT_ASKED, POSSIBLE, Cause, Probe
from labkit.iam import Policies, Principal, Request, evaluate
from labkit.iam.rules.carried_keys import carried_by
from labkit.pull.admission import GuardedRepository, PullingAccount, admits
from labkit.pull.function import FunctionRef
from labkit.pull.organization import OUTSIDER, Membership
from labkit.pull.policies import LAMBDA, PULL_ACTIONS
from labkit.pull.question import PullQuestion, service_context

_AFTERWARDS = frozenset({"parallel-creates", "not-propagated", "function-inactive"})
"""Causes that are seen in what has happened: no change makes it undone, and none has to."""
_STRANGERS = tuple(str(digit) * 12 for digit in range(9, 0, -1))
_OTHER_ORGANIZATION = "o-anotherorgan1"
_OTHER_SERVICES = ("edgelambda.amazonaws.com", "ecs-tasks.amazonaws.com", "codebuild.amazonaws.com")
_OTHER_ACTIONS = ("ecr:PutImage", "ecr:BatchDeleteImage", "ecr:SetRepositoryPolicy")


def remaining(case: Case) -> tuple[Cause, ...]:
    """The causes that still stand in the way of the call or the pull."""
    return tuple(
        each
        for each in find(case)
        if each.certainty != POSSIBLE
        and each.stops != RUN
        and not CAUSES[each.id].beside
        and each.id not in _AFTERWARDS
    )


def is_proved(case: Case) -> bool:
    """Whether the operation gets the image: every party that is asked is let in, and nothing else is in the way."""
    let_in = all(party.verdict in (CAN, NOT_ASKED) for party in case.parties.values())
    return let_in and not remaining(case)


def probes(before: Case, after: Case) -> tuple[Probe, ...]:
    """What the change opens: each probe's answer before it and after it. Empty where the image's URI names nothing."""
    old, new = before.question(), after.question()
    if old is None or new is None:
        return ()
    found = _probes(before, old)
    return tuple(Probe(each.name, each.ask(old), each.ask(new), each.asked_for) for each in found)


class _Asking(NamedTuple):
    name: str
    ask: Callable[[PullQuestion], bool]
    asked_for: bool = False


def _probes(case: Case, question: PullQuestion) -> Iterator[_Asking]:
    function = case.facts.question.function
    assert function is not None  # noqa: S101 - a pull question has one
    yield _Asking(
        f"Lambda, for another function of account {function.account}", _for_function(_other(function)), asked_for=True
    )
    if case.crosses:
        name = f"an administrator of account {function.account}, with a function there"
        yield _Asking(name, _admitted(function.account, question.membership), asked_for=True)
    yield from _other_accounts(case, question)
    yield _Asking("anybody, without signing the request", _anonymous)
    for service in _OTHER_SERVICES:
        name = f"{service.partition('.')[0]} ({service}), for account {function.account}"
        yield _Asking(name, _by_service(service, PULL_ACTIONS[0]))
    for action in _OTHER_ACTIONS:
        yield _Asking(f"{action} by Lambda", _by_service(LAMBDA, action))
        if case.caller is not None:
            yield _Asking(f"{action} by the caller {case.caller}", _by_caller(action))


def _other(function: FunctionRef) -> FunctionRef:
    return FunctionRef(function.account, function.region, f"{function.name[:58]}-other")


def _other_accounts(case: Case, question: PullQuestion) -> Iterator[_Asking]:
    """Accounts that no policy names: in the same unit, in another one, in another organization, in none."""
    named = "".join(document.text for document in documents(case.facts))
    strangers = (each for each in _STRANGERS if each not in named and each != question.image.account)
    for where, membership in _places(question.membership):
        stranger = next(strangers, None)
        if stranger is not None:
            yield _Asking(f"another account, {where}", _admitted(stranger, membership))
            yield _Asking(f"Lambda, for a function of another account, {where}", _pulled(stranger, membership))


def _places(own: Membership) -> Iterator[tuple[str, Membership]]:
    if own.org_id is not None and own.paths:
        yield "in the same organizational unit", own
        yield "in another unit of the organization", Membership(own.org_id, (_other_unit(own.paths[0]),))
        yield "of another organization", Membership(_OTHER_ORGANIZATION, (f"{_OTHER_ORGANIZATION}/r-zz99/",))
    yield "in no organization", OUTSIDER


def _other_unit(path: str) -> str:
    organization, root, *_ = path.split("/")
    return f"{organization}/{root}/ou-{root.removeprefix('r-')}-zzzzzzzz/"


def _for_function(function: FunctionRef) -> Callable[[PullQuestion], bool]:
    return lambda question: question.having(function_arn=function.arn).decide(restoring=True).allowed


def _pulled(account: str, membership: Membership) -> Callable[[PullQuestion], bool]:
    def ask(question: PullQuestion) -> bool:
        function = FunctionRef(account, question.image.region, "function")
        moved = question.having(function_arn=function.arn, membership=membership, service_not_known=frozenset())
        return moved.decide(restoring=True).allowed

    return ask


def _admitted(account: str, membership: Membership) -> Callable[[PullQuestion], bool]:
    def ask(question: PullQuestion) -> bool:
        image = question.image
        guarded = GuardedRepository(
            *(image.account, image.region, image.repository, question.repository_policy),
            *(question.rcp, question.registry_policy),
        )
        return admits(guarded, PullingAccount(account, membership))

    return ask


def _anonymous(question: PullQuestion) -> bool:
    return _allowed(question, Principal.anonymous(), PULL_ACTIONS[0], Policies())


def _by_service(service: str, action: str) -> Callable[[PullQuestion], bool]:
    return lambda question: _allowed(question, Principal.service(service), action, Policies())


def _by_caller(action: str) -> Callable[[PullQuestion], bool]:
    return lambda question: _allowed(question, question.caller, action, question.caller_policies)


def _allowed(question: PullQuestion, who: Principal, action: str, own: Policies) -> bool:
    image = question.image
    context: dict[str, Any] = {**carried_by(who, image.account)}
    if who.is_iam:
        context.update(question.caller_context)
    elif who.name:
        context = {**service_context(question.function_arn, question.membership), **context}
    policies = own._replace(
        resource=question.repository_policy, rcp=question.rcp, registry=question.registry_policy, vpc_endpoint=None
    )
    return evaluate(Request(who, action, image.repository_arn, image.account, context), policies).allowed
