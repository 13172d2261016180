"""Findings about who is let in: everyone, the whole organization, other organizations, foreign and closed accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from labkit.diagnosis.audit.findings import AuditFinding, finding, label_of
from labkit.diagnosis.audit.verdicts import REGISTRY_POLICY, Judged, Verdict
from labkit.pull.admission import PullingAccount
from labkit.pull.policies import PULL_ACTIONS
from labkit.pull.reach import PUSH_ACTIONS, Extent, Reach


class _Row(NamedTuple):
    """What is found where somebody has a reach: the rule for pushing and for pulling, and how to speak of them."""

    push: str
    pull: str
    instead: str


_NAME_ACCOUNTS = (
    "Name the accounts that need it, or add a condition on aws:PrincipalOrgID (aws:SourceOrgID for Lambda)."
)
_PUBLIC = _Row("public-push", "public-pull", _NAME_ACCOUNTS)
_FOREIGN = _Row("foreign-push", "foreign-pull", "Take it out of the statement, unless it is a partner who needs it.")
_WIDE = _Row(
    "organization-wide-push",
    "organization-wide-pull",
    "Name the accounts or the units (aws:PrincipalOrgPaths) that need it; leave pushing to the pipeline's account.",
)
_CLOSED = _Row("closed-account", "closed-account", "Take the account out of the statement.")


def findings(judged: Judged) -> Iterator[AuditFinding]:
    """Who is let in and perhaps should not be, repository by repository."""
    closed = [each for each in judged.asked.own if _state(judged, each.account)]
    for verdict in judged.verdicts:
        if verdict.reach is not None:
            yield from _of(judged, verdict, closed)


def _state(judged: Judged, account: str) -> str:
    """The state of an account in which nobody can work; empty for others."""
    member = judged.asked.members.get(account)
    return member.state if member is not None and member.is_closed else ""


def _of(judged: Judged, verdict: Verdict, closed: Sequence[PullingAccount]) -> Iterator[AuditFinding]:
    asked = judged.asked
    public = max(asked.strangers, key=lambda each: _weight(judged.reach_of(verdict, each.account)))
    reach = judged.reach_of(verdict, public.account)
    everyone = {Extent.YES: "Everyone who has an AWS account", Extent.SOME: "Everyone who meets its conditions"}
    yield from _found(verdict, _PUBLIC, public, reach, everyone, "everyone")
    for organization, account in asked.neighbours.items():
        whose = dict.fromkeys(Extent, f"Every account of the organization {organization}, which is not the registry's,")
        beyond = _beyond(judged.reach_of(verdict, account.account), reach)
        yield from _found(verdict, _FOREIGN, account, beyond, whose, organization)
    for account in asked.foreign:
        who = dict.fromkeys(Extent, f"The account {account.account}, which is not in the organization,")
        beyond = _beyond(judged.reach_of(verdict, account.account), reach)
        yield from _found(verdict, _FOREIGN, account, beyond, who, account.account)
    if asked.joiner is not None:
        yield from _organization(judged, verdict, asked.joiner, reach, closed)


def _beyond(reach: Reach, everyone: Reach) -> Reach:
    """What somebody can do that not everyone can anyway."""
    return Reach(*(one if one > other else Extent.NO for one, other in zip(reach, everyone, strict=True)))


def _organization(
    judged: Judged, verdict: Verdict, joiner: PullingAccount, public: Reach, closed: Sequence[PullingAccount]
) -> Iterator[AuditFinding]:
    whole = _beyond(judged.reach_of(verdict, joiner.account), public)
    everybody = dict.fromkeys(Extent, "Every account of the organization, now and later,")
    yield from _found(verdict, _WIDE, joiner, whole, everybody, "organization")
    for account in closed:
        number = account.account
        reach = _beyond(_beyond(judged.reach_of(verdict, number), public), whole)
        if number != _home(verdict):
            who = dict.fromkeys(Extent, f"The account {number}, which is {_state(judged, number)},")
            yield from _found(verdict, _CLOSED, account, reach, who, number)


def _home(verdict: Verdict) -> str:
    return verdict.reach.repository.account if verdict.reach else ""


def _weight(reach: Reach) -> tuple[Extent, Extent, Extent]:
    return (reach.push, reach.docker_pull, reach.lambda_pull)


def _found(
    verdict: Verdict, row: _Row, account: PullingAccount, reach: Reach, whose: dict[Extent, str], subject: str
) -> Iterator[AuditFinding]:
    """A finding for pushing, or for pulling where nothing can be pushed; none where neither is allowed."""
    pushes = reach.push > Extent.NO
    extent = reach.push if pushes else reach.docker_pull
    if verdict.reach is None or extent is Extent.NO or extent not in whose:
        return
    rule = row.push if pushes else row.pull
    rule = "public-under-conditions" if row is _PUBLIC and extent is Extent.SOME else rule
    statements = verdict.reach.granting(account, PUSH_ACTIONS if pushes else PULL_ACTIONS)
    shared = bool(statements) and all(each.policy == REGISTRY_POLICY for each in statements)
    place = "" if shared else verdict.repository.name
    label = ", ".join(map(label_of, statements))
    where = "every repository that the registry policy says" if shared else verdict.repository.name
    can = f"push to {where}, and so decides what runs" if pushes else f"pull from {where}"
    sentence = f"{whose[extent]} can {can}."
    yield finding(rule, place, sentence, row.instead, label, subject)
