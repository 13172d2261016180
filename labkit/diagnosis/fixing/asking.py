"""Whom a change has to let in, and for what: the requests of a case that a cause bars."""

from __future__ import annotations

from typing import NamedTuple

from labkit.diagnosis.case import Case
from labkit.diagnosis.facts import VPC_ENDPOINT_POLICY
from labkit.diagnosis.result import CALLER_SIDE, LAMBDA_SIDE, Cause
from labkit.iam import Decision, Principal, Request
from labkit.iam import arn as arns
from labkit.pull.policies import LAMBDA


class Asked(NamedTuple):
    """The requests of one party that must be allowed; all of them are its own, for one resource.

    ``account`` is the account for which Lambda pulls or the caller's. ``decisions`` are how they come out now.
    """

    party: str
    decisions: tuple[Decision, ...]
    account: str

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests themselves."""
        return tuple(each.request for each in self.decisions)

    @property
    def who(self) -> Principal:
        """Who makes them."""
        return self.decisions[0].request.principal

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that they ask for."""
        return tuple(each.action for each in self.requests)

    @property
    def resource(self) -> str:
        """What they are for."""
        return self.decisions[0].request.resource

    @property
    def is_service(self) -> bool:
        """Whether Lambda itself asks."""
        return not self.who.is_iam

    @property
    def own_arn(self) -> str:
        """The ARN that names the caller in a policy: of a session, its role's."""
        return self.who.role_arn or self.who.arn

    @property
    def entry(self) -> tuple[str, str]:
        """How a Principal element names the party: the service, or the caller's whole account."""
        if self.is_service:
            return "Service", LAMBDA
        arn = arns.split(self.who.arn)
        return "AWS", f"arn:{arn.partition if arn else 'aws'}:iam::{self.account}:root"


_CALLS = {"create-function-denied": "call", "pass-role": "pass_role", "role-not-assumable": "assumable"}


def asked_by(case: Case, cause: Cause) -> Asked | None:
    """The requests that a cause bars; None where the case has none, as without an image's URI."""
    function = case.facts.question.function
    account = function.account if function else ""
    own = _CALLS.get(cause.id) or ("call" if cause.where.kind == VPC_ENDPOINT_POLICY else None)
    if own is not None:
        found: Decision | None = getattr(case, own)
        party = LAMBDA_SIDE if own == "assumable" else CALLER_SIDE
        return Asked(party, (found,), account) if found is not None else None
    decision = case.decision
    if decision is None:
        return None
    decisions = decision.caller if cause.party == CALLER_SIDE else decision.service
    return Asked(cause.party or LAMBDA_SIDE, decisions, account) if decisions else None
