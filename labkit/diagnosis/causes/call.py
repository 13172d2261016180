"""The caller's own call: creating or updating the function, passing the role, the endpoint; and the role itself."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.diagnosis import facts
from labkit.diagnosis.case import Case
from labkit.diagnosis.causes.blockers import Blocker, denying, silent
from labkit.diagnosis.causes.naming import begun, named, place, title, told
from labkit.diagnosis.causes.sides import Side, is_complete, layers_of
from labkit.diagnosis.causes.statements.caller_side import own_policy
from labkit.diagnosis.documents import policy_of
from labkit.diagnosis.facts import Document
from labkit.diagnosis.result import CALLER_SIDE, CERTAIN, POSSIBLE, Cause, Where
from labkit.iam import CheckEffect, CheckKind, Decision
from labkit.iam import arn as arns
from labkit.iam.match import match_all

_MAYBE = "The identity policies that were given speak of nothing of {}; they may be only a part of what the caller has."


def causes(case: Case) -> Iterator[Cause]:
    """What stands in the way before anything is pulled."""
    yield from _of_decision(case, case.call, "create-function-denied")
    yield from _passing(case)
    yield from _role(case)


def adding(case: Case) -> Iterator[Cause]:
    """Why the caller cannot make Lambda add its statement, in one account."""
    for decision in () if case.crosses or case.restores else case.adding():
        if not decision.allowed and not decision.unknowns:
            yield from list(_of_decision(case, decision, "caller-cannot-add"))[:1]
            return


def _of_decision(case: Case, decision: Decision | None, id: str) -> Iterator[Cause]:
    if decision is None or decision.allowed or decision.unknowns:
        return
    side = Side(CALLER_SIDE, (decision,), case)
    found = [*denying(side), *silent(side), *_own(side)]
    service = decision.request.action.partition(":")[0]
    unsaid = all(each.where.kind == facts.IDENTITY_POLICY for each in found) and case.says_nothing_of(service)
    for blocker in found:
        name = "vpc-endpoint" if blocker.where.kind == facts.VPC_ENDPOINT_POLICY else id
        sentence = f"{begun(side.who)} is not allowed to call {decision.request.action}: {_because(blocker)}."
        evidence = (*blocker.evidence, *((_MAYBE.format(service),) if unsaid else ()))
        yield named(
            name,
            blocker.where,
            sentence,
            evidence,
            certainty=POSSIBLE if unsaid else CERTAIN,
            party=CALLER_SIDE,
            statement=blocker.statement,
        )


def _because(blocker: Blocker) -> str:
    if blocker.where.kind == facts.IDENTITY_POLICY and not blocker.denies:
        return "none of its identity policies allows it"
    return blocker.reason


def _own(side: Side) -> Iterator[Blocker]:
    """The identity policies, where none of them allows what nothing else allows either."""
    [decision] = side.decisions
    effect = decision.check(CheckKind.PRINCIPAL).effect
    layers = layers_of(side, facts.IDENTITY_POLICY)
    if effect is not CheckEffect.IMPLICIT_DENY or not layers or not is_complete(layers[0]):
        return
    if decision.check(CheckKind.RESOURCE).effect is not CheckEffect.ALLOW:
        where, evidence = own_policy(decision.request.principal, side, layers[0].documents, (0,))
        yield Blocker(where, (decision.request.action,), evidence)


def _passing(case: Case) -> Iterator[Cause]:
    role, function = case.facts.question.execution_role, case.facts.question.function
    if case.pass_role is None and (role is None or case.facts.question.operation != facts.CREATE):
        return
    owner = arns.account_of(role or "")
    if function and owner and owner != function.account:
        where = Where(owner, facts.CALL, role or "")
        sentence = (
            f"Lambda refuses a role of another account: the execution role is in account {owner}, "
            f"the function in account {function.account}."
        )
        yield named(
            "pass-role", where, sentence, ("AWS answers: Cross-account pass role is not allowed.",), party=CALLER_SIDE
        )
        return
    yield from _of_decision(case, case.pass_role, "pass-role")


def _role(case: Case) -> Iterator[Cause]:
    role, trust = case.facts.question.execution_role, case.facts.trust
    arn = arns.split(role or "")
    if role is None or arn is None or case.facts.question.operation == facts.UPDATE:
        return  # updating the code asks for no role
    if trust is None:
        sentence = f"Lambda cannot assume the execution role {role}: it does not exist."
        yield named("role-not-assumable", Where(arn.account, facts.TRUST_POLICY, arn.name), sentence)
    elif isinstance(trust, Document) and case.assumable and not case.assumable.allowed and not case.assumable.unknowns:
        yield _not_assumable(trust, role, case.assumable)


def _not_assumable(trust: Document, role: str, decision: Decision) -> Cause:
    policy = policy_of(trust)
    matches = match_all(policy, decision.request, "Principal") if policy else ()
    denies = [m for m in matches if m.matched and not m.statement.allows]
    misses = sorted((m for m in matches if m.statement.allows), key=lambda m: len(m.failed))
    shown = [*denies, *misses][:1]
    evidence = [told(trust, each, decision.request, failed=each.statement.allows) for each in shown]
    where = place(trust, shown[0].statement if shown else None)
    verb = "denies it" if denies else "does not let lambda.amazonaws.com do it"
    sentence = f"Lambda cannot assume the execution role {role}: {title(where)} {verb}."
    statement = shown[0].statement.index if shown else None
    return named("role-not-assumable", where, sentence, evidence, statement=statement)
