"""What an audit finds: the table of its rules, and a finding.

An ``error`` is what should not stay: somebody decides what runs or reads what they should not, or a function stops. A
``warning`` is what somebody should look at, a ``note`` is good to know. Beside these an audit passes on what
``labkit.check`` finds in the policies, under the check's own ids.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from labkit.check import RULES as CHECKED
from labkit.check.rules import ERROR, NOTE, WARNING, Rule
from labkit.iam.statement import Statement

_POLICIES = "Amazon ECR User Guide, Private repository policies"
_PUSHING = "Amazon ECR User Guide, IAM permissions for pushing an image to an Amazon ECR private repository"
_LAMBDA = "Lambda Developer Guide, Create a Lambda function using a container image"
_LIFECYCLE = "Amazon ECR User Guide, Lifecycle policy evaluation rules"
_STATES = "AWS Organizations User Guide, Monitor the state of your AWS accounts"
_SERVICES = "IAM User Guide, AWS global condition context keys"
_PRINCIPAL = "IAM User Guide, AWS JSON policy elements: Principal"

_ROWS = (
    Rule("public-push", ERROR, "Everyone can push, and so decides what runs", _PUSHING),
    Rule("public-pull", ERROR, "Everyone can pull", _POLICIES),
    Rule("public-under-conditions", WARNING, "Everyone who meets a condition that is not known here", _POLICIES),
    Rule("foreign-push", ERROR, "An account outside the organization can push", _PUSHING),
    Rule("foreign-pull", WARNING, "An account outside the organization can pull", _POLICIES),
    Rule("closed-account", WARNING, "An account that is closed is let in", _STATES),
    Rule("organization-wide-push", ERROR, "Every account of the organization can push", _PUSHING),
    Rule("organization-wide-pull", NOTE, "Every account of the organization can pull", _POLICIES),
    Rule("services-locked-out", ERROR, "A Deny hits AWS services, Lambda too", _SERVICES),
    Rule("function-locked-out", ERROR, "Lambda is not allowed to pull the image of a function that there is", _LAMBDA),
    Rule("no-lambda-statement", NOTE, "Lambda is let in for no function of any account", _LAMBDA),
    Rule("deleted-principal", WARNING, "A user or role that was deleted is named", _PRINCIPAL),
    Rule("near-size-limit", WARNING, "The policy is nearly as long as ECR takes", "Amazon ECR service quotas"),
    Rule("policy-not-accepted", ERROR, "A policy that AWS would refuse", _POLICIES),
    Rule("image-index", WARNING, "An image index, which Lambda refuses", _LAMBDA),
    Rule("image-format", NOTE, "An artifact that is no image for Lambda", _LAMBDA),
    Rule("image-too-large", WARNING, "An image of more than 10 GB, which Lambda refuses", _LAMBDA),
    Rule("in-use-missing", ERROR, "The image of a function is not there any more", _LAMBDA),
    Rule("in-use-archived", ERROR, "The image of a function is in the archive", _LIFECYCLE),
    Rule("in-use-expires-soon", ERROR, "A lifecycle rule is about to expire an image in use", _LIFECYCLE),
    Rule("in-use-archives-soon", ERROR, "A lifecycle rule is about to archive an image in use", _LIFECYCLE),
    Rule("in-use-expires", WARNING, "A lifecycle rule will expire an image in use", _LIFECYCLE),
    Rule("in-use-archives", WARNING, "A lifecycle rule will archive an image in use", _LIFECYCLE),
)
RULES: dict[str, Rule] = {rule.id: rule for rule in _ROWS}
"""The audit's own rules by id, the gravest concerns first."""

_SEVERITIES = (ERROR, WARNING, NOTE)


class AuditFinding(NamedTuple):
    """One finding. ``repository`` is empty for one about the whole registry.

    ``statement`` names the statement that does it (`label_of`), ``subject`` whom or what it is about (an account, a
    digest, a function): with the rule and the repository they say whether two findings are the same one.
    """

    rule: Rule
    repository: str
    statement: str
    subject: str
    sentence: str
    instead: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What stays the same from one audit to the next."""
        return (self.rule.id, self.repository, self.statement, self.subject)

    @property
    def rank(self) -> tuple[int, str, str, str, str]:
        """Errors first, then by rule, repository, statement and subject."""
        return (_SEVERITIES.index(self.rule.severity), *self.key)

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "id": self.rule.id,
            "severity": self.rule.severity,
            "repository": self.repository or None,
            "statement": self.statement or None,
            "subject": self.subject or None,
            "sentence": self.sentence,
            "instead": self.instead,
            "source": self.rule.source,
        }


def label_of(statement: Statement) -> str:
    """How a finding names a statement: its Sid, or its number in the policy."""
    return statement.sid or f"statement {statement.index + 1}"


def finding(
    rule: str, repository: str, sentence: str, instead: str, statement: str = "", subject: str = ""
) -> AuditFinding:
    """A finding under a rule of the audit or of the check."""
    return AuditFinding(RULES.get(rule) or CHECKED[rule], repository, statement, subject, sentence, instead)
