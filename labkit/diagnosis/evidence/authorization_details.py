"""IAM's GetAccountAuthorizationDetails: one answer that holds those of many calls, taken apart into them.

So whoever saved it needs nothing else of IAM's, and nobody reads IAM in two ways. Source: IAM API Reference,
GetAccountAuthorizationDetails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from labkit.diagnosis.evidence.answers import Answer
from labkit.diagnosis.evidence.shapes import mappings, text, texts
from labkit.iam import arn as arns


class _Holder(NamedTuple):
    """Users, groups or roles: the list that they stand in, the word for one, and the list of inline policies."""

    listed: str
    word: str
    inline: str


_HOLDERS = (
    _Holder("RoleDetailList", "Role", "RolePolicyList"),
    _Holder("UserDetailList", "User", "UserPolicyList"),
    _Holder("GroupDetailList", "Group", "GroupPolicyList"),
)


def expanded(details: Mapping[str, Any], file: str = "") -> Iterator[Answer]:
    """The answers of the calls that would have told the same."""
    for holder in _HOLDERS:
        for each in mappings(details, holder.listed):
            yield from _of_holder(holder, each, file)
    for policy in mappings(details, "Policies"):
        yield from _of_policy(policy, file)


def _of_holder(holder: _Holder, each: Mapping[str, Any], file: str) -> Iterator[Answer]:
    word = holder.word.lower()
    name = {f"{holder.word}Name": text(each, f"{holder.word}Name")}
    account = arns.account_of(text(each, "Arn")) or ""

    def answer(operation: str, params: Mapping[str, Any], what: Mapping[str, Any]) -> Answer:
        return Answer("iam", operation, params, account, answer=what, file=file)

    yield answer(f"get-{word}", name, {holder.word: each})
    attached = mappings(each, "AttachedManagedPolicies")
    yield answer(f"list-attached-{word}-policies", name, {"AttachedPolicies": attached})
    inline = mappings(each, holder.inline)
    yield answer(f"list-{word}-policies", name, {"PolicyNames": [text(policy, "PolicyName") for policy in inline]})
    for policy in inline:
        params = {**name, "PolicyName": text(policy, "PolicyName")}
        yield answer(f"get-{word}-policy", params, {**name, **policy})
    if holder.word == "User":
        groups = [{"GroupName": group} for group in texts(each, "GroupList")]
        yield answer("list-groups-for-user", name, {"Groups": groups})


def _of_policy(policy: Mapping[str, Any], file: str) -> Iterator[Answer]:
    arn = text(policy, "Arn")
    yield Answer("iam", "get-policy", {"PolicyArn": arn}, answer={"Policy": policy}, file=file)
    for version in mappings(policy, "PolicyVersionList"):
        params = {"PolicyArn": arn, "VersionId": text(version, "VersionId")}
        yield Answer("iam", "get-policy-version", params, answer={"PolicyVersion": version}, file=file)
