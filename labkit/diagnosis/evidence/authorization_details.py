"""IAM's GetAccountAuthorizationDetails: one answer that holds those of many calls, taken apart into them.

So whoever saved it needs nothing else of IAM's, and nobody reads IAM in two ways. Source: IAM API Reference,
GetAccountAuthorizationDetails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from labkit.diagnosis.evidence.answers import Answer
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
        for each in _objects(details.get(holder.listed)):
            yield from _of_holder(holder, each, file)
    for policy in _objects(details.get("Policies")):
        yield from _of_policy(policy, file)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _of_holder(holder: _Holder, each: Mapping[str, Any], file: str) -> Iterator[Answer]:
    word = holder.word.lower()
    name = {f"{holder.word}Name": str(each.get(f"{holder.word}Name", ""))}
    account = arns.account_of(str(each.get("Arn", ""))) or ""

    def answer(operation: str, params: Mapping[str, Any], what: Mapping[str, Any]) -> Answer:
        return Answer("iam", operation, params, account, answer=what, file=file)

    yield answer(f"get-{word}", name, {holder.word: each})
    attached = each.get("AttachedManagedPolicies", [])
    yield answer(f"list-attached-{word}-policies", name, {"AttachedPolicies": attached})
    inline = _objects(each.get(holder.inline))
    yield answer(f"list-{word}-policies", name, {"PolicyNames": [policy.get("PolicyName") for policy in inline]})
    for policy in inline:
        params = {**name, "PolicyName": policy.get("PolicyName")}
        yield answer(f"get-{word}-policy", params, {**name, **policy})
    if holder.word == "User":
        groups = [{"GroupName": group} for group in each.get("GroupList", [])]
        yield answer("list-groups-for-user", name, {"Groups": groups})


def _of_policy(policy: Mapping[str, Any], file: str) -> Iterator[Answer]:
    arn = str(policy.get("Arn", ""))
    yield Answer("iam", "get-policy", {"PolicyArn": arn}, answer={"Policy": policy}, file=file)
    for version in _objects(policy.get("PolicyVersionList")):
        params = {"PolicyArn": arn, "VersionId": version.get("VersionId")}
        yield Answer("iam", "get-policy-version", params, answer={"PolicyVersion": version}, file=file)
