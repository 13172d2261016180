"""Managed policies that a call names: found, or refused in AWS's words.

Sources: LocalStack's recordings test_role_attach_policy and test_delete_non_existent_policy_returns_no_such_entity;
IAM API Reference. What AWS answers for the policy of another account is not known: here it is one that is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.records import managed_policies
from labkit.embedded.records.managed_policies import ManagedPolicy, PolicyVersion
from labkit.embedded.services.iam.errors import refusal
from labkit.iam.arn import split

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call


def policy(embedded: Embedded, call: Call) -> ManagedPolicy:
    """The managed policy that the call names, AWS's or one of the caller's account. Raises NoSuchEntity."""
    return _found(embedded, call, call.params["PolicyArn"], "no policy")


def attachable(embedded: Embedded, call: Call, arn: str) -> ManagedPolicy:
    """A policy that may be attached, or be a boundary. Raises NoSuchEntity."""
    return _found(embedded, call, arn, "not attachable")


def own_policy(embedded: Embedded, call: Call) -> ManagedPolicy:
    """The policy that the call changes. Raises AccessDenied for AWS's own, and NoSuchEntity."""
    found = policy(embedded, call)
    if found.account is None:
        raise refusal("aws policy", found.arn)
    return found


def version(embedded: Embedded, call: Call, found: ManagedPolicy) -> PolicyVersion:
    """The version that the call names. Raises NoSuchEntity."""
    number = call.params["VersionId"]
    for each in managed_policies.versions(embedded.database, found):
        if f"v{each.number}" == number:
            return each
    raise refusal("no version", found.arn, number)


def tags(embedded: Embedded, call: Call) -> str:
    """Under which name the tags of the policy that the call names are kept. Raises NoSuchEntity."""
    return policy(embedded, call).arn


def tags_to_change(embedded: Embedded, call: Call) -> str:
    """The same, of a policy whose tags the call changes: not AWS's own."""
    return own_policy(embedded, call).arn


def _found(embedded: Embedded, call: Call, arn: str, matter: str) -> ManagedPolicy:
    _check(arn)
    found = managed_policies.find(embedded.database, arn)
    if found is None or found.account not in (None, call.account):
        raise refusal(matter, arn)
    return found


def _check(arn: str) -> None:
    parts = split(arn)
    if parts is None:
        raise refusal("no arn")
    if not parts.is_a("iam", "policy") or parts.region:
        raise refusal("bad arn", arn)
