"""The table of causes: every reason why Lambda does not get an image, by its id, in the order in which to mend them.

A cause is named for the least change that would let this request through. The ids are fixed: other programs read them.
"""

from __future__ import annotations

from typing import NamedTuple

CALL, PULL, RUN = "call", "pull", "run"
DOCUMENT, BY_CALL, TOLD = "document", "call", "told"


class CauseRow(NamedTuple):
    """One row: the ``id``, what it ``stops``, how it is ``mended``, and what it means.

    Mended by a document (``--apply`` writes it), by a call (shown; made by ``--apply`` in the lab), or told only.
    ``beside``: named whenever it holds, beside another and never alone. ``source`` is where the rule stands.
    """

    id: str
    stops: str
    mended: str
    meaning: str
    source: str
    beside: bool = False


_IMAGES = "Lambda Developer Guide, Create a Lambda function using a container image"
_LOGIC = "IAM User Guide, Policy evaluation logic"
_ACROSS = "AWS Knowledge Center, lambda-ecr-image; CloudTrail records of cross-account creations"
_KEYS = "IAM User Guide, AWS global condition context keys"
_OPERATORS = "IAM User Guide, Condition operators"
_STATES = "Lambda Developer Guide, Lambda function states"
_ECR = "Amazon ECR User Guide"

_ROWS = (
    # The call itself
    CauseRow(
        *("create-function-denied", CALL, DOCUMENT, "the caller is not allowed to create or update the function"),
        "Service Authorization Reference, AWS Lambda",
    ),
    CauseRow(
        *("pass-role", CALL, DOCUMENT, "the caller is not allowed to pass the execution role"),
        "IAM User Guide, Granting a user permissions to pass a role to an AWS service",
    ),
    CauseRow(
        *("role-not-assumable", CALL, DOCUMENT, "Lambda cannot assume the execution role"),
        "Lambda Developer Guide, Defining Lambda function permissions with an execution role",
    ),
    CauseRow(
        *("vpc-endpoint", CALL, DOCUMENT, "the policy of the VPC endpoint for Lambda refuses the caller's call"),
        "AWS PrivateLink Guide, Control access to VPC endpoints using endpoint policies",
    ),
    # The image
    CauseRow(*("image-uri", PULL, BY_CALL, "the URI names no image in a private ECR repository"), _IMAGES),
    CauseRow(*("other-region", PULL, TOLD, "the image is in another region than the function"), _IMAGES),
    CauseRow(
        *("region-not-opened", PULL, TOLD, "the registry's owner has not opened the region"),
        "AWS Account Management Guide, Specify which AWS Regions your account can use",
    ),
    CauseRow(*("repository-missing", PULL, BY_CALL, "there is no such repository"), _IMAGES),
    CauseRow(*("pull-through-cache", PULL, TOLD, "the repository belongs to a pull-through cache rule"), _IMAGES),
    CauseRow(*("image-missing", PULL, BY_CALL, "the repository has no image with this tag or digest"), _IMAGES),
    CauseRow(*("image-deleted", PULL, BY_CALL, "the image was there and has been deleted"), _STATES),
    CauseRow(*("image-archived", PULL, BY_CALL, "the image is archived"), f"{_ECR}, Archiving an image"),
    CauseRow(*("image-index", PULL, BY_CALL, "the image is an index of several manifests"), _IMAGES),
    CauseRow(*("image-format", PULL, BY_CALL, "Lambda does not take the image's media types"), _IMAGES),
    CauseRow(*("image-too-large", PULL, BY_CALL, "the image is larger than Lambda takes"), _IMAGES),
    CauseRow(*("architecture", RUN, TOLD, "the image is for another architecture than the function"), _IMAGES),
    # Documents
    CauseRow(*("policy-not-json", PULL, TOLD, "a document is not JSON"), "RFC 8259"),
    CauseRow(
        *("policy-not-accepted", PULL, TOLD, "AWS would not store a document"),
        "IAM User Guide, IAM JSON policy element reference",
    ),
    # Denies
    CauseRow(*("explicit-deny", PULL, DOCUMENT, "a statement denies it"), _LOGIC),
    CauseRow(
        *("registry-policy", PULL, DOCUMENT, "the registry's policy denies it, or does not allow what it means to"),
        f"{_ECR}, Private registry permissions",
    ),
    CauseRow(
        *("rcp", PULL, DOCUMENT, "a resource control policy of the registry's account denies it"),
        "AWS Organizations User Guide, Resource control policies",
    ),
    CauseRow(
        *("scp", PULL, DOCUMENT, "a service control policy above the caller's account denies or does not allow it"),
        "AWS Organizations User Guide, SCP evaluation",
    ),
    CauseRow(
        *("boundary", PULL, DOCUMENT, "the caller's permissions boundary denies or does not allow it"),
        "IAM User Guide, Permissions boundaries for IAM entities",
    ),
    CauseRow(
        *("session-policy", PULL, DOCUMENT, "the caller's session policy denies or does not allow it"),
        "IAM User Guide, Session policies",
    ),
    # Lambda's side: nothing allows
    CauseRow(*("statement-lost", PULL, DOCUMENT, "the statement that let Lambda in is gone"), _IMAGES),
    CauseRow(
        *("replica-without-policy", PULL, DOCUMENT, "the repository is a replica, which gets no policy"),
        "aws/containers-roadmap, issues 1690 and 2282",
    ),
    CauseRow(
        *("wrong-service-principal", PULL, DOCUMENT, "a statement lets in another service than lambda.amazonaws.com"),
        _IMAGES,
    ),
    CauseRow(*("service-statement-missing", PULL, DOCUMENT, "no statement lets Lambda in"), _IMAGES),
    CauseRow(
        *("caller-cannot-add", PULL, DOCUMENT, "the caller is not allowed to let Lambda add its statement"),
        _IMAGES,
        beside=True,
    ),
    # The caller's side: nothing allows
    CauseRow(
        *("principal-recreated", PULL, DOCUMENT, "a statement names a principal that was deleted and made anew"),
        "IAM User Guide, AWS JSON policy elements: Principal",
    ),
    CauseRow(*("caller-statement-missing", PULL, DOCUMENT, "no statement lets the caller in"), _ACROSS),
    CauseRow(*("caller-identity", PULL, DOCUMENT, "the caller's identity policies do not allow it"), _ACROSS),
    # A statement names the party but misses
    CauseRow(
        *("one-statement-for-both", PULL, DOCUMENT, "one statement names both parties and asks for a key of one"),
        _KEYS,
    ),
    CauseRow(
        *("misspelt-action", PULL, DOCUMENT, "an action is misspelt"),
        "Service Authorization Reference, Amazon Elastic Container Registry",
    ),
    CauseRow(*("half-of-the-actions", PULL, DOCUMENT, "only one of the two actions is allowed"), _IMAGES),
    CauseRow(
        *("organization-key-on-wrong-side", PULL, DOCUMENT, "a condition asks for a key that this party never has"),
        _KEYS,
    ),
    CauseRow(
        *("wildcard-in-equals", PULL, DOCUMENT, "an operator that compares exactly is given a pattern"), _OPERATORS
    ),
    CauseRow(
        *("organization-path-form", PULL, DOCUMENT, "a pattern matches the path of no account"),
        f"{_KEYS}, aws:PrincipalOrgPaths",
    ),
    CauseRow(*("not-in-organization", PULL, DOCUMENT, "the account is in no organization"), _KEYS),
    CauseRow(*("organization-id-mismatch", PULL, DOCUMENT, "the account is in another organization"), _KEYS),
    CauseRow(*("organization-path-mismatch", PULL, DOCUMENT, "the account is in other units"), _KEYS),
    CauseRow(*("source-arn-mismatch", PULL, DOCUMENT, "a condition on aws:SourceArn does not hold"), _IMAGES),
    CauseRow(*("source-account-mismatch", PULL, DOCUMENT, "a condition on aws:SourceAccount does not hold"), _KEYS),
    CauseRow(*("condition-mismatch", PULL, DOCUMENT, "a condition does not hold"), _OPERATORS),
    # Told beside
    CauseRow(
        *("execution-role-granted", PULL, DOCUMENT, "the execution role has the rights, and it is not who pulls"),
        _IMAGES,
        beside=True,
    ),
    CauseRow(*("function-inactive", RUN, BY_CALL, "the function is Inactive"), _STATES, beside=True),
    # Evidence of time only
    CauseRow(
        *("not-propagated", PULL, BY_CALL, "a change was made shortly before the refusal"),
        "IAM User Guide, Changes that I make are not always immediately visible",
    ),
    CauseRow(
        *("parallel-creates", PULL, DOCUMENT, "functions created at the same time overwrote each other's statement"),
        "aws/aws-sam-cli, issue 8190",
    ),
    # Not evaluated
    CauseRow(*("kms", PULL, TOLD, "a key of KMS is in the way"), "Lambda API Reference, StateReasonCode"),
    CauseRow(*("other-puller", PULL, TOLD, "another service pulls, by rules of its own"), "each service's guide"),
)

CAUSES: dict[str, CauseRow] = {row.id: row for row in _ROWS}
"""The rows by id, in the order in which to mend them."""

ORDER: dict[str, int] = {row.id: place for place, row in enumerate(_ROWS)}
"""The place of each id in that order."""

OF_MOMENTS = frozenset({"not-propagated", "parallel-creates"})
"""The ids of causes that only time shows: everything allows it now, and the same call goes through."""
