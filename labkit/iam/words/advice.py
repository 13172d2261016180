"""One piece of advice for one mistake: what to write instead, in one table that every view reads.

The ids are those of the causes of a refused pull, and of the check's rules where these are the same thing. A text is a
clause in the imperative with fields in braces; what the check prints, ``explain``, a diagnosis and the notebooks say
is the same clause, with a capital and a full stop where it stands alone (`sentence`).

Sources: Lambda Developer Guide, Amazon ECR permissions; IAM User Guide, "AWS global condition context keys" (whose
requests carry which key), "Condition operators" and "Set operators for multivalued context keys".
"""

from __future__ import annotations

_LAMBDA = '"Principal": {{"Service": "lambda.amazonaws.com"}}'
_BOTH = "ecr:BatchGetImage and ecr:GetDownloadUrlForLayer"

ADVICE: dict[str, str] = {
    "service-statement-missing": f"add a statement with {_LAMBDA} for {_BOTH}",
    "caller-statement-missing": f'add a statement with "Principal": {{{{"AWS": "{{account}}"}}}} for {_BOTH}',
    "organization-callers-missing": (
        f'add a statement with "Principal": "*" and a condition on aws:PrincipalOrgID for {_BOTH}'
    ),
    "wrong-service-principal": "write lambda.amazonaws.com for {service}, or beside it",
    "execution-role-granted": (
        "leave {role} out if it is there as a function's execution role, which needs no permission for the image"
    ),
    "half-of-the-actions": f"allow {_BOTH}",
    "misspelt-action": "write {meant} for {action}",
    "one-statement-for-both": (
        "write two statements: one for the callers, one for the service, each with the keys that it has"
    ),
    "organization-key-on-wrong-side": "write {twin} for {key} in the statement for {party}",
    "key-on-wrong-side": "leave {key} out of the statement for {party}",
    "wildcard-in-equals": "write {like} for {operator}",
    "set-operator": "write {quantifier}:{operator}",
    "source-arn-mismatch": "let {key} also be {value}",
    "source-account-mismatch": "let {key} also be {value}",
    "condition-mismatch": "let {key} also be {value}",
    "absent-key": "drop the condition on {key}, which this request does not carry",
    "service-without-source": ('add "StringLike": {{"aws:SourceArn": "arn:aws:lambda:REGION:ACCOUNT:function:*"}}'),
    "negated-key-services-lack": (
        'add "Bool": {{"aws:PrincipalIsAWSService": "false"}} to {statement}, which spares services'
    ),
    "not-principal-deny": 'write "Principal": "*" with "ArnNotEquals": {{"aws:PrincipalArn": "…"}} for NotPrincipal',
    "function-arn": "write arn:aws:lambda:*:ACCOUNT:function:*",
    "functions-left-out": (
        "write whose functions they are into Lambda's statement: aws:SourceArn, aws:SourceOrgID or aws:SourceOrgPaths"
    ),
}
"""The clauses by id."""

TWINS = {
    "aws:PrincipalAccount": "aws:SourceAccount",
    "aws:PrincipalArn": "aws:SourceArn",
    "aws:PrincipalOrgID": "aws:SourceOrgID",
    "aws:PrincipalOrgPaths": "aws:SourceOrgPaths",
}
"""What a caller's request says of the caller, and a service's of its source: by each key the other side's."""
TWINS |= {source: principal for principal, source in TWINS.items()}

SERVICE_PARTY, CALLER_PARTY = "the service", "the callers"
"""Whom a statement is for, as advice names the two."""

LIKE = {
    "StringEquals": "StringLike",
    "StringNotEquals": "StringNotLike",
    "StringEqualsIgnoreCase": "StringLike",
    "StringNotEqualsIgnoreCase": "StringNotLike",
}
"""The operator that expands wildcards, for each that takes them literally: the article's, for ARNs as well."""


def advice(mistake: str, **fields: str) -> str:
    """The clause for a mistake, with its fields filled in. Raises KeyError for an id or a field that is missing."""
    return ADVICE[mistake].format(**fields)


def sentence(clause: str) -> str:
    """A clause as a sentence of its own."""
    return f"{clause[:1].upper()}{clause[1:]}."


def pattern_operator(operator: str) -> str:
    """An exact operator as the one that expands wildcards, with its set operator and its IfExists kept."""
    quantifier, colon, rest = operator.rpartition(":")
    name = rest.removesuffix("IfExists")
    return f"{quantifier}{colon}{LIKE.get(name, name)}{rest[len(name) :]}"


def twin_of(key: str) -> str:
    """The other side's key for a caller's or a service's, whatever its case; empty where it has none."""
    return next((twin for own, twin in TWINS.items() if own.lower() == key.lower()), "")


def tells_a_party(key: str) -> bool:
    """Whether a key belongs to one party alone by its name: aws:Principal… to callers, aws:Source… to services."""
    return key.lower().startswith("aws:principal") or bool(twin_of(key))


def quantifier(operator: str) -> str:
    """The set operator that a key with several values needs before this operator."""
    return "ForAllValues" if "Not" in operator else "ForAnyValue"
