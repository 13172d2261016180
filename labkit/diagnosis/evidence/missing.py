"""From a refusal of AWS, or an answer that is not there, to what is not known, why, and who could tell.

The action that a call needs is most often its own name. Source: Service Authorization Reference; for sessions that
expire and for the client's own errors, botocore's names.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from labkit.diagnosis.evidence.answers import Answer
from labkit.diagnosis.facts import NotKnown

NOT_THERE = frozenset(
    {
        *("RepositoryPolicyNotFoundException", "RegistryPolicyNotFoundException", "LifecyclePolicyNotFoundException"),
        *("RepositoryNotFoundException", "ImageNotFoundException", "ResourceNotFoundException"),
        *("NoSuchEntity", "NoSuchEntityException", "AWSOrganizationsNotInUseException"),
        *("ChildNotFoundException", "TargetNotFoundException"),
    }
)
"""Codes of errors that are an answer: what was asked for is not there."""

NOT_COLLECTED = "it was not collected"
"""Why something is not known for which no call was made."""
_NOT_AUTHORIZED = re.compile(r"User: (?P<who>\S+) is not authorized to perform: (?P<action>\S+)")
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"})
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "UnauthorizedSSOTokenError"})
_SENTENCES = {
    "NoCredentialsError": "there were no credentials",
    "EndpointConnectionError": "AWS could not be reached",
    "ConnectTimeoutError": "AWS could not be reached",
    "ThrottlingException": "AWS asked for fewer calls",
    "TooManyRequestsException": "AWS asked for fewer calls",
}


class Call(NamedTuple):
    """A call that would tell: its service, operation, and in which account it is made (empty: not known)."""

    service: str
    operation: str
    account: str = ""

    @property
    def action(self) -> str:
        """The action that it needs, such as ``ecr:GetRepositoryPolicy``."""
        return f"{self.service}:{''.join(part.capitalize() for part in self.operation.split('-'))}"

    @property
    def where(self) -> str:
        """In which account it is made, to go on in a sentence; empty where that is not known."""
        if self.account:
            return f" in the account {self.account}"
        manages = self.service == "organizations" and self.operation != "describe-organization"
        return " in the organization's management account" if manages else ""


def is_not_there(answer: Answer) -> bool:
    """Whether AWS said that what was asked for does not exist."""
    return answer.code in NOT_THERE


def not_known(what: str, call: Call, answer: Answer | None = None) -> NotKnown:
    """``what`` is not known, since this call was not made, or was refused."""
    ask = f"ask whoever may call {call.action}{call.where}"
    return NotKnown(what, ask, NOT_COLLECTED if answer is None else reason(answer, call))


def reason(answer: Answer, call: Call) -> str:
    """Why AWS did not answer, in a clause."""
    found = _NOT_AUTHORIZED.search(answer.message)
    if found is not None:
        return f"{found['who']} is not allowed to call {found['action']}"
    if answer.code in _DENIED:
        return f"whoever asked is not allowed to call {call.action}"
    if answer.code in _EXPIRED:
        return "the credentials have expired"
    return _SENTENCES.get(answer.code) or f"AWS answered {answer.code}: {answer.message}".rstrip(": .")
