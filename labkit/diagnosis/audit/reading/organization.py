"""An organization as its management account's answers tell it.

ListAccounts tells states and, since 2026, paths; ListAccountsForParent tells the unit. What is attached to whom is
read from ListTargetsForPolicy, of which there is one for each policy, or from ListPoliciesForTarget.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from labkit.diagnosis.audit.estate import Attached, Member, Organization
from labkit.diagnosis.audit.reading.indexed import Indexed, members_of, objects, text_in
from labkit.diagnosis.evidence.answers import Answer
from labkit.diagnosis.evidence.missing import Call, is_not_there, not_known
from labkit.diagnosis.facts import NotKnown
from labkit.errors import PolicyError
from labkit.iam import Policy
from labkit.iam import arn as arns
from labkit.pull.organization import path_through

_LISTS = ("list-accounts", "list-accounts-for-parent")
_KINDS = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
_LONG = {"scp": "the service control policies", "rcp": "the resource control policies"}


def organization(indexed: Indexed, account: str) -> Organization | NotKnown | None:
    """The organization of the registry's account; None where AWS says that it is in none."""
    about = _about(indexed, account)
    identity = _identity(about) or _by_accounts(indexed)
    if identity is None:
        if about is not None and is_not_there(about):
            return None
        return not_known("the organization", Call("organizations", "describe-organization"), about)
    id_, management = identity
    units = _Units(indexed, id_)
    return Organization(
        id_, management, _members(indexed, units), units.names, *(_attached(indexed, kind) for kind in _KINDS)
    )


def _identity(about: Answer | None) -> tuple[str, str] | None:
    """The organization's id and its management account, as DescribeOrganization tells them."""
    told = (about.answer or {}).get("Organization") if about is not None else None
    if not isinstance(told, Mapping):
        return None
    return text_in(told, "Id"), text_in(told, "MasterAccountId") or text_in(told, "ManagementAccountId")


def _by_accounts(indexed: Indexed) -> tuple[str, str] | None:
    """The same by the ARN of one of its accounts."""
    listed = (each for operation in _LISTS for each in indexed.listed(operation, "Accounts"))
    named = next((found for each in listed if (found := arns.split(text_in(each, "Arn")))), None)
    return (named.parts[1], named.account) if named is not None and len(named.parts) == 3 else None


def _about(indexed: Indexed, account: str) -> Answer | None:
    """The answer of DescribeOrganization, the registry's own before others."""
    found = indexed.all("describe-organization")
    return min(found, key=lambda each: (each.error is not None, each.account != account), default=None)


class _Units:
    """The units with their names and parents."""

    def __init__(self, indexed: Indexed, organization_id: str) -> None:
        self._id = organization_id
        self.names = {text_in(e, "Id"): text_in(e, "Name") for e in indexed.listed("list-roots", "Roots")}
        self._parents: dict[str, str] = {}
        for answer in indexed.all("list-organizational-units-for-parent"):
            for each in objects(answer, "OrganizationalUnits"):
                self.names[text_in(each, "Id")] = text_in(each, "Name")
                self._parents[text_in(each, "Id")] = str(answer.params.get("ParentId", ""))

    def path(self, unit: str) -> str:
        """The path of a unit; empty where a step to the root is not known."""
        steps: list[str] = []
        while unit and unit not in steps:
            steps.append(unit)
            unit = self._parents.get(unit, "")
        return path_through(self._id, reversed(steps)) if steps and steps[-1].startswith("r-") else ""


def _members(indexed: Indexed, units: _Units) -> tuple[Member, ...] | NotKnown:
    answers = [each for operation in _LISTS for each in indexed.all(operation)]
    found: dict[str, Member] = {}
    for answer in answers:
        for each in objects(answer, "Accounts"):
            member = _member(each, units.path(str(answer.params.get("ParentId", ""))))
            before = found.get(member.account, member)
            found[member.account] = member._replace(
                path=member.path or before.path, state=member.state or before.state, name=member.name or before.name
            )
    if found:
        return tuple(found.values())
    call = Call("organizations", "list-accounts")
    return not_known("the accounts of the organization", call, next(iter(answers), None))


def _member(told: Mapping[str, Any], path: str) -> Member:
    account, paths = text_in(told, "Id"), told.get("Paths")
    if not path and isinstance(paths, list) and paths and isinstance(paths[0], str):
        path = paths[0].removesuffix(f"{account}/")
    return Member(account, text_in(told, "Name"), text_in(told, "State") or text_in(told, "Status"), path)


def _attached(indexed: Indexed, kind: str) -> Attached | NotKnown | None:
    """What is attached to whom; None where the type is not enabled in the organization."""
    roots = list(indexed.listed("list-roots", "Roots"))
    types = [each for root in roots for each in members_of(root, "PolicyTypes")]
    if roots and not any(e.get("Type") == _KINDS[kind] and e.get("Status") == "ENABLED" for e in types):
        return None
    texts = {name: each for name, each in _documents(indexed) if text_in(each[0], "Type") == _KINDS[kind]}
    found: dict[str, list[Policy]] = defaultdict(list)
    for target, policy in _attachments(indexed):
        if policy in texts and (compiled := _compiled(texts[policy])) is not None:
            found[target].append(compiled)
    if found:
        return {target: tuple(policies) for target, policies in found.items()}
    refused = next(iter(indexed.all("list-policies")), None)
    return not_known(_LONG[kind], Call("organizations", "list-targets-for-policy"), refused)


def _documents(indexed: Indexed) -> Iterator[tuple[str, tuple[Mapping[str, Any], str]]]:
    for answer in indexed.all("describe-policy"):
        policy = (answer.answer or {}).get("Policy")
        summary = policy.get("PolicySummary") if isinstance(policy, Mapping) else None
        if isinstance(policy, Mapping) and isinstance(summary, Mapping):
            yield text_in(summary, "Id"), (summary, text_in(policy, "Content"))


def _attachments(indexed: Indexed) -> Iterator[tuple[str, str]]:
    """Pairs of a target's id and a policy's, each once."""
    pairs: dict[tuple[str, str], None] = {}
    for answer in indexed.all("list-targets-for-policy"):
        for each in objects(answer, "Targets"):
            pairs[text_in(each, "TargetId"), str(answer.params.get("PolicyId", ""))] = None
    for answer in indexed.all("list-policies-for-target"):
        for each in objects(answer, "Policies"):
            pairs[str(answer.params.get("TargetId", "")), text_in(each, "Id")] = None
    yield from pairs


def _compiled(document: tuple[Mapping[str, Any], str]) -> Policy | None:
    summary, text = document
    try:
        return Policy.parse(text, text_in(summary, "Name"), text_in(summary, "Arn"))
    except PolicyError:
        return None
