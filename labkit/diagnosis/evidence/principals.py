"""IAM's answers about a role or user: its policies, its boundary, and who may assume it.

Source: IAM API Reference; a policy that is attached has the version that is its default in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from labkit.diagnosis.evidence.answers import Answer, Answers
from labkit.diagnosis.evidence.given import document_text
from labkit.diagnosis.evidence.missing import Call, is_not_there, not_known
from labkit.diagnosis.evidence.shapes import mapping, mappings, text, texts
from labkit.diagnosis.facts import BOUNDARY, IDENTITY_POLICY, TRUST_POLICY, Document, Layer, NotKnown
from labkit.iam import Principal
from labkit.iam import arn as arns


class Holder(NamedTuple):
    """A role, user or group that policies are attached to: its word, name and account.

    ``alone``: answers that do not say whose they are can only be this one's.
    """

    word: str
    name: str
    account: str
    alone: bool = True

    @classmethod
    def of(cls, arn: str, *, alone: bool = True) -> Holder | None:
        """The role or user of an ARN; None for a root, a federated user and anything else."""
        parts = arns.split(arn)
        if parts is None or parts.service != "iam" or parts.resource_type not in ("role", "user"):
            return None
        return cls(parts.resource_type, parts.name, parts.account, alone)

    @classmethod
    def of_principal(cls, who: Principal, *, alone: bool = True) -> Holder | None:
        """The role or user whose policies apply to a principal."""
        return cls.of(who.role_arn or who.arn, alone=alone)

    @property
    def params(self) -> dict[str, str]:
        """The parameter that names it."""
        return {f"{self.word.capitalize()}Name": self.name}

    def __str__(self) -> str:
        return f"{self.word}/{self.name}"


class Iam:
    """IAM's answers, read."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def about(self, holder: Holder) -> Mapping[str, Any] | None:
        """The role or user as GetRole or GetUser shows it; None where that was not answered."""
        answer = self._find(holder, f"get-{holder.word}")
        return mapping(answer, holder.word.capitalize()) or None

    def identity(self, holder: Holder, what: str) -> Layer | NotKnown:
        """The identity policies, of a user with those of its groups; NotKnown where nothing was answered."""
        listed = (f"list-attached-{holder.word}-policies", f"list-{holder.word}-policies")
        found = [(each, self._find(holder, each)) for each in listed]
        if not any(answer is not None and answer.answer is not None for _, answer in found):
            operation, answer = found[0]
            return not_known(what, Call("iam", operation, holder.account), answer)
        documents: list[Document] = []
        unknown: list[NotKnown] = []
        for each in self._policies(holder):
            (documents if isinstance(each, Document) else unknown).append(each)  # type: ignore[arg-type]
        return Layer(tuple(documents), tuple(unknown))

    def _policies(self, holder: Holder) -> Iterator[Document | NotKnown]:
        yield from self._attached(holder)
        yield from self._inline(holder)
        if holder.word != "user":
            return
        groups = self._told(holder, "list-groups-for-user", f"the policies of the groups of {holder}")
        if isinstance(groups, NotKnown):
            yield groups
            return
        for group in mappings(groups, "Groups"):
            yield from self._policies(Holder("group", text(group, "GroupName"), holder.account, holder.alone))

    def _attached(self, holder: Holder) -> Iterator[Document | NotKnown]:
        answer = self._told(holder, f"list-attached-{holder.word}-policies", f"the policies attached to {holder}")
        if isinstance(answer, NotKnown):
            yield answer
            return
        listed = mappings(answer, "AttachedPolicies")
        for each in listed:
            yield self.managed(text(each, "PolicyArn"), IDENTITY_POLICY, holder, only=len(listed) == 1)

    def _inline(self, holder: Holder) -> Iterator[Document | NotKnown]:
        answer = self._told(holder, f"list-{holder.word}-policies", f"the policies written into {holder}")
        if isinstance(answer, NotKnown):
            yield answer
            return
        for name in texts(answer, "PolicyNames"):
            params = {**holder.params, "PolicyName": name}
            found = self._answers.find("iam", f"get-{holder.word}-policy", params, holder.account, alone=False)
            if found is None or found.answer is None:
                call = Call("iam", f"get-{holder.word}-policy", holder.account)
                yield not_known(f"the policy {name} of {holder}", call, found)
                continue
            source = document_text(found.answer.get("PolicyDocument"))
            yield Document(IDENTITY_POLICY, holder.account, name, source, True, str(holder), True)

    def managed(self, arn: str, kind: str, holder: Holder, *, only: bool = False) -> Document | NotKnown:
        """A managed policy's version in force. ``only``: a version that does not say of which policy can only be it."""
        about = self._answers.find("iam", "get-policy", {"PolicyArn": arn}, holder.account, alone=only)
        version = text(about, "Policy", "DefaultVersionId")
        params = {"PolicyArn": arn, **({"VersionId": version} if version else {})}
        found = self._answers.find("iam", "get-policy-version", params, holder.account, alone=only and holder.alone)
        inside = mapping(found, "PolicyVersion")
        if "Document" not in inside:
            refused = about if about is not None and about.error is not None else None
            operation = "get-policy" if refused else "get-policy-version"
            call = Call("iam", operation, holder.account)
            return not_known(f"the policy {arn} of {holder}", call, refused or found)
        owner = arns.account_of(arn) or ""
        return Document(kind, owner, arn, document_text(inside["Document"]), True, str(holder))

    def boundary(self, holder: Holder, what: str) -> Document | NotKnown | None:
        """The permissions boundary; None where there is none."""
        about = self.about(holder)
        if about is None:
            return not_known(what, Call("iam", f"get-{holder.word}", holder.account), self._refused(holder))
        arn = text(about, "PermissionsBoundary", "PermissionsBoundaryArn")
        return self.managed(arn, BOUNDARY, holder) if arn else None

    def trust(self, holder: Holder, what: str) -> Document | NotKnown | None:
        """A role's trust policy; None where there is no such role."""
        about = self.about(holder)
        if about is None or "AssumeRolePolicyDocument" not in about:
            refused = self._refused(holder)
            if refused is not None and is_not_there(refused):
                return None
            return not_known(what, Call("iam", "get-role", holder.account), refused)
        source = document_text(about["AssumeRolePolicyDocument"])
        return Document(TRUST_POLICY, holder.account, holder.name, source, True, str(holder), True)

    def _refused(self, holder: Holder) -> Answer | None:
        return self._find(holder, f"get-{holder.word}")

    def _told(self, holder: Holder, operation: str, what: str) -> Answer | NotKnown:
        """AWS's answer about a holder; where there is none, ``what`` is not known."""
        answer = self._find(holder, operation)
        if answer is None or answer.answer is None:
            return not_known(what, Call("iam", operation, holder.account), answer)
        return answer

    def _find(self, holder: Holder, operation: str) -> Answer | None:
        return self._answers.find("iam", operation, holder.params, holder.account, alone=holder.alone)
