"""Policies that ECR is given, a repository's or a registry's: whether it would store them.

A policy is refused before it is stored if AWS would refuse it (Amazon ECR User Guide, "Private repository policies" and
"Private registry permissions", and reports of users): where `labkit.check` finds an error, where it names an account
that does not exist, and where a user or role does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from labkit.check import DOCUMENT_KINDS, refusal
from labkit.check.values import ACCOUNT
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.records import accounts, principals
from labkit.iam import Policy
from labkit.iam.arn import account_of

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

REPOSITORY, REGISTRY = "ecr-repository", "ecr-registry"
"""The two kinds of policy, as `labkit.check` names them."""

_INVALID = {REPOSITORY: "Invalid repository policy provided", REGISTRY: "Invalid registry policy provided"}


def acceptable(text: str, kind: str = REPOSITORY) -> bool:
    """Whether ECR would store this text, if every account, user and role that it names exists."""
    return refusal(text, DOCUMENT_KINDS[kind]) is None


def checked(embedded: Embedded, text: str, kind: str) -> Policy:
    """The policy that a text means. Raises InvalidParameterException for one that ECR would not store."""
    if not acceptable(text, kind):
        raise invalid("PolicyText", _INVALID[kind])
    policy = Policy.parse(text, kind.partition("-")[2] + " policy")
    for principal in _aws_principals(policy):
        if ACCOUNT.fullmatch(principal):
            number = account_of(principal) or principal
            if not accounts.known(embedded.database, number, f"a {policy.name}"):
                raise invalid("PolicyText", _INVALID[kind])
        elif not principals.exists(embedded.database, principal):
            raise invalid("PolicyText", "Principal not found")
    return policy


def _aws_principals(policy: Policy) -> Iterator[str]:
    for statement in policy.statements:
        for entry in statement.principal or ():
            if entry.kind == "AWS":
                yield entry.text
