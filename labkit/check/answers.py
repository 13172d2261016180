"""What AWS answers to a document that it refuses: its own sentence, where that is known, and which comes first.

Organizations and ECR have one sentence for everything. IAM has one for each kind of mistake and reads a document in
stages; of several mistakes it names that of the earliest stage. Where AWS's sentence is not known, the check's own
stands for it, and comes last.

Sources: moto's tests of IAM policies, whose documents and sentences were recorded from AWS (tests/test_iam,
Apache-2.0); LocalStack's recording test_create_role_with_malformed_assume_role_policy_document; public logs of
Terraform and CloudFormation (terraform-provider-aws #8905, terraform #13449, #35086, aws-cdk #5746, cfn-lint #1376,
terraform-aws-iam #47, modernisation-platform-environments #8893, terraform-aws-oidc-github #57).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from labkit.check.kinds import DocumentKind


class Stage(IntEnum):
    """When IAM notices a mistake: the earlier comes first."""

    SYNTAX = 0
    VERSION = 1
    LEGACY = 2
    SIDS = 3
    PRINCIPALS = 4
    ACTIONS = 5
    RESOURCES = 6
    PREFIXES = 7
    MISSING_RESOURCES = 8
    UNKNOWN = 9


class Answer(NamedTuple):
    """AWS's sentence about a mistake (empty: not known), and the stage at which IAM notices it."""

    stage: Stage
    text: str


UNKNOWN = Answer(Stage.UNKNOWN, "")
SYNTAX = Answer(Stage.SYNTAX, "Syntax errors in policy.")
NOT_JSON_TRUST = Answer(Stage.SYNTAX, "This policy contains invalid Json")
VERSION = Answer(Stage.VERSION, "Policy document must be version 2012-10-17 or greater.")
LEGACY = Answer(Stage.LEGACY, "The policy failed legacy parsing")
SAME_SID = Answer(Stage.SIDS, "Statement IDs (SID) in a single policy must be unique.")
SID_FORM = Answer(
    Stage.SIDS,
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
)
PRINCIPAL = Answer(Stage.PRINCIPALS, "Policy document should not specify a principal.")
NO_PRINCIPAL = Answer(
    Stage.PRINCIPALS,
    "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: "
    "The passed in policy has a statement with no principals!",
)
EVERYONE = Answer(Stage.PRINCIPALS, 'AssumeRolepolicy contained an invalid principal: "STAR":"*".')
NO_ACTION = Answer(Stage.ACTIONS, "Policy statement must contain actions.")
VENDOR = Answer(Stage.RESOURCES, "Resource vendor must be fully qualified and cannot contain regexes.")
NO_RESOURCE = Answer(Stage.MISSING_RESOURCES, "Policy statement must contain resources.")
RESOURCE_IN_TRUST = Answer(Stage.RESOURCES, "Has prohibited field Resource")
PREFIX = Answer(Stage.PREFIXES, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
COLONS = Answer(Stage.PREFIXES, "Actions/Condition can contain only one colon.")
ASSUME_ROLE = Answer(Stage.PREFIXES, "AssumeRole policy may only specify STS AssumeRole actions.")

BY_RULE: dict[str, Answer] = {
    "json-syntax": SYNTAX,
    "bare-statement": SYNTAX,
    "no-statement": SYNTAX,
    "unknown-element": SYNTAX,
    "wrong-type": SYNTAX,
    "both-forms": SYNTAX,
    "unknown-operator": SYNTAX,
    "bad-effect": SYNTAX,
    "bad-version": SYNTAX,
    "bad-date": LEGACY,
}
"""IAM's answer to whatever a rule finds, where it is always the same; other rules say it with what they find."""


def answer_of(rule: str, found: Answer | None, kind: DocumentKind) -> Answer:
    """What AWS answers to a document of that kind that breaks a rule; ``found`` is what the rule's function knows."""
    if rule == "too-long":
        return UNKNOWN
    if not kind.by_iam:
        return Answer(Stage.SYNTAX, kind.refusal)
    if rule == "json-syntax" and kind.name == "trust":
        return NOT_JSON_TRUST
    return found or BY_RULE.get(rule, UNKNOWN)


def invalid_principal(kind: str, text: str) -> Answer:
    """The answer to a principal in a trust policy that nobody is; AWS writes SERVICE and FEDERATED in capitals."""
    written = kind if kind == "AWS" else kind.upper()
    return Answer(Stage.PRINCIPALS, f'Invalid principal in policy: "{written}":"{text}"')


def resource(text: str) -> Answer:
    """An answer about the value of a Resource element."""
    return Answer(Stage.RESOURCES, text)


def operator_case(operator: str) -> Answer:
    """The answer to an operator that is written in another case than AWS's."""
    return Answer(Stage.SYNTAX, f"Invalid Condition type : {operator}")


def vendor(prefix: str) -> Answer:
    """The answer to an action whose part before the colon is no service's."""
    return Answer(Stage.PREFIXES, f"Vendor {prefix} is not valid")


def provider(arn: str, keys: Sequence[str]) -> Answer:
    """The answer to a trust policy that lets everybody in who has a token of a shared identity provider."""
    asked = "must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase,"
    return Answer(
        Stage.UNKNOWN,
        f"Trust policy with trusted principal {arn} {asked} {' or '.join(keys)} which is not scoped to all.",
    )
