"""Session policies: what a session may do at most, given as a document and as ARNs of managed policies.

Source: IAM User Guide, "Session policies"; STS API Reference, AssumeRole (2,048 characters of plain text).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.check import DOCUMENT_KINDS
from labkit.check import refusal as refused_document
from labkit.embedded.protocol.calls import Call
from labkit.embedded.records import managed_policies
from labkit.embedded.records.keys import SessionPolicy
from labkit.embedded.services.permissions import account_in
from labkit.embedded.services.sts.errors import refusal

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

LONGEST = 2048
"""Characters of a session policy that is given as a document."""


def given(embedded: Embedded, call: Call, account: str | None) -> tuple[SessionPolicy, ...] | None:
    """The session policies, or None where the caller gives none; ``account`` owns managed ones.

    Raises the refusals of STS for one that is none, is not there, or is too long.
    """
    policies = [SessionPolicy(call.params["Policy"])] if "Policy" in call.params else []
    if policies and len(policies[0].text) > LONGEST:
        raise refusal("policy too long", LONGEST)
    for item in call.params.get("PolicyArns", []):
        arn = item.get("arn", "")
        own = account_in(arn) in (None, account)
        text = managed_policies.document(embedded.database, arn) if own else None
        if text is None:
            raise refusal("no policy", arn)
        policies.append(SessionPolicy(text, arn))
    for policy in policies:
        _check(policy.text)
    return tuple(policies) or None


def packed(call: Call) -> int:
    """How much of the allotted space the session policies take, in percent: an estimate, since AWS does not say."""
    size = len(call.params.get("Policy", "")) + sum(len(item["arn"]) for item in call.params.get("PolicyArns", []))
    return -(-size * 100 // LONGEST)


def _check(text: str) -> None:
    """Refuse what `labkit check` refuses; length is asked of the text that is given, not of policies that are named."""
    refused = refused_document(text, DOCUMENT_KINDS["session"])
    if refused is not None and refused.rule != "too-long":
        raise refusal("bad policy", refused.message)
