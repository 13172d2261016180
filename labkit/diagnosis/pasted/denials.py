"""AWS's access-denied sentence: who may not do what to which resource, and which kind of policy says so.

Source: IAM User Guide, "Troubleshoot access denied error messages"; since January 2026 an explicit denial ends with the
policy's ARN (AWS Security Blog, "Enhanced access denied error messages with policy ARNs"). Older texts, and those of
some services, leave out the reason or the resource; a refused AssumeRole has the reason and no resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.iam.policies import CheckKind
from labkit.iam.rules.own_rules import TRUST_POLICY
from labkit.iam.words.denial import policy_name

_MOST = 50
_WINDOW = 2000
_HEAD = "is not authorized to perform"
_ACTION = re.compile(rf"{_HEAD}:? ?(?P<action>[A-Za-z0-9-]{{1,64}}: ?[A-Za-z0-9]{{1,128}})(?![A-Za-z0-9])")
_ON = re.compile(r" ?on (?:the )?resource(?:\(s\))?:? ?")
_KINDS = {policy_name(kind): kind for kind in CheckKind} | {TRUST_POLICY: CheckKind.RESOURCE}
_KIND = "|".join(re.escape(name) for name in _KINDS)
_REASON = re.compile(
    rf" ?(?:because no (?P<implicit>{_KIND}) allows|with an explicit deny in (?:an?|the) (?P<explicit>{_KIND})"
    r"(?:: (?P<arn>arn:[^\s\"'),;]{1,400}))?)"
)
_PLACEHOLDER = r"<[^\s<>]{1,40}>"
_WHOLE = re.compile(rf"(?:[^\"'(),;<>]|{_PLACEHOLDER}){{0,400}}")
_WORD = re.compile(rf"(?:[^\s\"'),;<>]|{_PLACEHOLDER}){{1,400}}")
_USER = re.compile(r"User: ?(?P<who>[^\"]{1,400}?) ?\Z")


@dataclass(frozen=True, slots=True)
class Denial:
    """One refused request, as AWS states it: a fact, not a guess.

    ``kind`` is the kind of policy that AWS names (a role's trust policy is its RESOURCE policy), ``explicit`` whether
    it denies, instead of not allowing; ``kind`` is None where the sentence gives no reason. ``policy_arn`` is that of
    the policy that denies, where AWS tells it.
    """

    principal: str | None
    action: str
    resource: str | None
    kind: CheckKind | None = None
    explicit: bool = False
    policy_arn: str | None = None

    @property
    def service(self) -> str:
        """The service of the action: ``ecr`` of ``ecr:BatchGetImage``."""
        return self.action.partition(":")[0].lower()


def denials(text: str) -> tuple[Denial, ...]:
    """The denials in a text of one line (see `labkit.diagnosis.pasted.plain`), at most the first 50.

    Also for the ``errorMessage`` of CloudTrail's events.
    """
    return tuple(dict.fromkeys(_denials(text)))


def _denials(text: str) -> Iterator[Denial]:
    at = -1
    for _ in range(_MOST):
        at = text.find(_HEAD, at + 1)
        if at < 0:
            return
        action = _ACTION.match(text, at, at + _WINDOW)
        if action:
            yield _denial(_principal(text, at), action["action"].replace(" ", ""), text[action.end() : at + _WINDOW])


def _principal(text: str, at: int) -> str | None:
    before = text[max(0, at - 420) : at]
    found = _USER.search(before, max(0, before.rfind("User:")))
    return "".join(found["who"].split()) if found else None


def _denial(principal: str | None, action: str, rest: str) -> Denial:
    rest = rest.partition(_HEAD)[0]
    named, reason = _ON.match(rest), _REASON.search(rest)
    resource = _WHOLE.fullmatch(rest, named.end() if named else 0, reason.start()) if reason else None
    if reason is None or resource is None:
        found = _WORD.match(rest, named.end()) if named else None
        return Denial(principal, action, found[0].rstrip(".:") if found else None)
    arn = (reason["arn"] or "").rstrip(".") or None
    kind = _KINDS[reason["implicit"] or reason["explicit"]]
    return Denial(principal, action, "".join(resource[0].split()) or None, kind, bool(reason["explicit"]), arn)
