"""Organizations' answers: in which organization and unit an account stands, and which policies limit it.

Policies of a type are in force where the root has the type enabled, and spare the management account. Where they are,
the root has one at least, and where they are not, none is attached anywhere. Source: AWS Organizations User Guide,
"Enabling and disabling policy types", "SCP evaluation", "RCP evaluation"; Organizations API Reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.diagnosis.evidence.answers import Answer, Answers
from labkit.diagnosis.evidence.missing import Call, not_known
from labkit.diagnosis.evidence.shapes import mapping, mappings, text
from labkit.diagnosis.facts import RCP, SCP, Document, Layer, Levels, NotKnown
from labkit.pull.organization import OUTSIDER, Membership, path_through

FILTERS = {SCP: "SERVICE_CONTROL_POLICY", RCP: "RESOURCE_CONTROL_POLICY"}
"""The name that Organizations gives to each kind of policy."""
_DEEPEST = 8  # a root and five levels of units; more is a circle in what somebody wrote
_SERVICE = "organizations"


class Organizations:
    """Organizations' answers, read."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def membership(self, account: str, what: str) -> Membership | NotKnown:
        """Where an account stands. Paths are empty where only the organization is known."""
        about = self._about(account)
        if about is not None and about.code == "AWSOrganizationsNotInUseException":
            return OUTSIDER
        organization = _organization(about)
        if not organization:
            call = Call(_SERVICE, "describe-organization", account)
            return not_known(what, call, about)
        found = self._climbed(account)
        path = path_through(str(organization["Id"]), reversed(found)) if isinstance(found, list) else None
        return Membership(str(organization["Id"]), (path,) if path else ())

    def levels(self, account: str, kind: str, what: str) -> Levels | NotKnown | None:
        """The policies of a kind that limit an account, from the root to it; None where none are in force."""
        about = self._about(account)
        if about is not None and about.code == "AWSOrganizationsNotInUseException":
            return None
        organization = _organization(about)
        management = text(organization, "MasterAccountId")
        if management == account:
            return None
        if _enabled(self._roots(management), FILTERS[kind]) is False:
            return None
        climbed = self._climbed(account)
        if not isinstance(climbed, list):
            return not_known(what, Call(_SERVICE, "list-parents"), climbed)
        found = tuple(self._level(target, kind, management) for target in (*reversed(climbed), account))
        if any(layer.documents for layer in found):
            return found
        return next((each for layer in found for each in layer.not_known), None)

    def _roots(self, management: str) -> Answer | None:
        """ListRoots as somebody of this organization was answered, not as another one's management account was."""
        described = self._answers.all(_SERVICE, "describe-organization")
        others = {text(_organization(each), "MasterAccountId") for each in described} - {management}
        found = [each for each in self._answers.all(_SERVICE, "list-roots") if each.account not in others - {""}]
        return min(found, key=lambda each: each.error is not None, default=None)

    def _about(self, account: str) -> Answer | None:
        """DescribeOrganization as this account asked it; one of an unknown asker, where it lists the account."""
        own = self._answers.all(_SERVICE, "describe-organization")
        asked = [each for each in own if each.account == account]
        listed = [each for each in own if each.answer is not None and not each.account]
        if asked or not listed or not isinstance(self._climbed(account), list):
            return min(asked, key=lambda each: each.error is not None, default=None)
        return listed[0]

    def _climbed(self, account: str) -> list[str] | Answer | None:
        """The units that hold an account, its own first and the root last; the refusal, or None, where not known."""
        steps: list[str] = []
        child, kind = account, "ACCOUNT"
        while kind != "ROOT" and len(steps) < _DEEPEST:
            answer = self._answers.find(_SERVICE, "list-parents", {"ChildId": child})
            parents = mappings(answer, "Parents")
            if not parents:
                return answer
            child, kind = text(parents[0], "Id"), text(parents[0], "Type")
            steps.append(child)
        return steps

    def _level(self, target: str, kind: str, management: str) -> Layer:
        params = {"TargetId": target, "Filter": FILTERS[kind]}
        answer = self._answers.find(_SERVICE, "list-policies-for-target", params, alone=False)
        if answer is None or answer.answer is None:
            what = f"the {kind.upper()}s attached to {target}"
            return Layer((), (not_known(what, Call(_SERVICE, "list-policies-for-target", management), answer),))
        found = [self._policy(each, target, kind, management) for each in mappings(answer, "Policies")]
        documents = tuple(each for each in found if isinstance(each, Document))
        return Layer(documents, tuple(each for each in found if isinstance(each, NotKnown)))

    def _policy(self, summary: Mapping[str, Any], target: str, kind: str, management: str) -> Document | NotKnown:
        answer = self._answers.find(_SERVICE, "describe-policy", {"PolicyId": summary.get("Id")}, alone=False)
        content = text(answer, "Policy", "Content")
        name = text(summary, "Name") or text(summary, "Id")
        if not content:
            return not_known(f"the {kind.upper()} {name}", Call(_SERVICE, "describe-policy", management), answer)
        return Document(kind, management, text(summary, "Id") or name, content, True, target)


def _organization(answer: Answer | None) -> Mapping[str, Any]:
    found = mapping(answer, "Organization")
    return found if text(found, "Id") else {}


def _enabled(roots: Answer | None, kind: str) -> bool | None:
    """Whether policies of a type are in force; None where that is not known."""
    found = mappings(roots, "Roots")
    if not found:
        return None
    return any(
        each.get("Type") == kind and each.get("Status") == "ENABLED" for each in mappings(found[0], "PolicyTypes")
    )
