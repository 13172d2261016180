"""The documents of a case: as the engine reads them, and what is wrong with those that it or AWS cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable

from labkit.check import DOCUMENT_KINDS, check, refusal
from labkit.diagnosis import facts
from labkit.diagnosis.facts import Document
from labkit.errors import PolicyError
from labkit.iam import Policy, Principal
from labkit.iam.evaluation import is_rcp_full_access

_KINDS = {
    facts.REPOSITORY_POLICY: "ecr-repository",
    facts.REGISTRY_POLICY: "ecr-registry",
    facts.IDENTITY_POLICY: "identity",
    facts.BOUNDARY: "managed",
    facts.SESSION_POLICY: "session",
    facts.SCP: "scp",
    facts.RCP: "rcp",
    facts.VPC_ENDPOINT_POLICY: "vpc-endpoint",
    facts.TRUST_POLICY: "trust",
}
"""From a kind of document here to the kind that ``labkit.check`` looks at it as."""


def policy_of(document: Document) -> Policy | None:
    """The policy as the engine reads it; None where it is no policy, or AWS would not store it as it is."""
    if refused(document) is not None:
        return None
    try:
        return document.policy
    except PolicyError:
        return None


def refused(document: Document) -> str | None:
    """Why AWS would not store the document, in a sentence; None where it does, or where it has it already."""
    kind = DOCUMENT_KINDS[_KINDS[document.kind]]
    if document.stored or _is_aws_own(document):
        return None
    found = refusal(document.text, kind)
    if found is None:
        return None
    report = check(document.text, kind)
    return next(each.problem for each in report.findings if each.rule.id == found.rule)


def _is_aws_own(document: Document) -> bool:
    try:
        return document.kind == facts.RCP and is_rcp_full_access(document.policy)
    except PolicyError:
        return False


_CALLER = re.compile(r"arn:[a-z-]+:(?:iam::(\d{12}):(?:role|user)/.+|sts::(\d{12}):assumed-role/[^/]+/[^/]+)")


def callers_named(policies: Iterable[Policy], account: str) -> list[Principal]:
    """The roles, users and sessions of an account that an Allow of these policies names, in the order of their ARNs.

    One of them may be a caller of whom only the account is known. Those that were deleted, of which only an id is
    left, are not among them: nobody can be one of these.
    """
    statements = [statement for policy in policies for statement in policy.statements if statement.allows]
    named = {str(entry) for statement in statements for entry in statement.principal or ()}
    return [Principal.aws(text) for text in sorted(named) if _is_of(text, account)]


def _is_of(text: str, account: str) -> bool:
    found = _CALLER.fullmatch(text)
    return found is not None and account in found.groups()
