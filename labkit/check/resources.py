"""The value of a Resource element: an ARN of a form that IAM takes.

IAM looks at the partition, that a service is named whole, at S3 and IAM, which have no regions, at what an ARN of
IAM is about, and at the number of fields. Whether the service exists it does not ask.

Sources: IAM User Guide, "IAM JSON policy elements: Resource" (no wildcard in the service segment); what AWS answered
to the documents in moto's tests (see ``labkit.check.answers``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from labkit.check import answers
from labkit.check.actions import rows_of
from labkit.check.answers import Answer
from labkit.check.findings import Violation, quoted
from labkit.check.located import LocatedStatement, LocatedText

PARTITIONS = frozenset(
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"]
)  # botocore's partitions
IAM_TYPES = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)
"""How what stands after the account begins in an ARN of IAM, as AWS's answer lists it."""

# Not listed there, but in AWS's own policies.
_MORE_IAM_TYPES = ("root", "role-template/")
_S3_WITH_REGION = ("accesspoint/", "access-grants/", "job/", "storage-lens", "async-request/")

_ALL = 6  # fields of an ARN
_WILD = re.compile(r"[*?]")
_OPEN = re.compile(r"[*?]|\$\{")
_INSTEAD = 'Write an ARN of six fields (arn:aws:ecr:REGION:ACCOUNT:repository/NAME), or "*".'


def check(statement: LocatedStatement) -> Iterator[Violation]:
    """Findings about each value of Resource and NotResource, in kinds of policies that have them."""
    for element in ("Resource", "NotResource"):
        for value in () if element in statement.kind.forbidden else statement.values(element):
            answer = refused(value.text)
            problem = f"{quoted(value.text)} is no ARN that AWS takes."
            if answer is None:
                yield from _useless(value, statement)
            elif statement.kind.name == "ecr-registry" and ":" in value.text:  # ECR does not look at them
                yield _nothing(value, f"{quoted(value.text)} is the ARN of nothing.")
            else:
                yield Violation("bad-arn", value.pointer, problem, _INSTEAD, answer)


def _nothing(value: LocatedText, problem: str) -> Violation:
    return Violation("arn-matches-nothing", value.pointer, problem, _INSTEAD)


def _useless(value: LocatedText, statement: LocatedStatement) -> Iterator[Violation]:
    """An ARN that AWS takes, and that none of the things has that the actions work on."""
    fields = value.text.split(":", _ALL - 1)
    if value.text == "*":
        return
    if len(fields) == _ALL and not fields[-1]:
        yield _nothing(value, f"{quoted(value.text)} names nothing after the account.")
        return
    rows = rows_of(statement) or ()
    forms = {kind.arn for row in rows for kind in row.resources}
    if forms and not any(_may_match(value.text, form) for form in forms):
        kinds = ", ".join(sorted({kind.name for row in rows for kind in row.resources}))
        yield _nothing(value, f"{quoted(value.text)} matches nothing that these actions work on ({kinds}).")


def _may_match(text: str, form: str) -> bool:
    """Whether an ARN of a policy can match one of that form: what stands before its first wildcard fits."""
    written, wanted = text.split(":", _ALL - 1), form.split(":", _ALL - 1)
    for own, other in zip(written, wanted, strict=False):
        if _OPEN.search(own):
            return True
        literal = other.partition("${")[0]
        if not (own.startswith(literal) if literal != other else own == other):
            return False
    # AWS fills what is not there with stars; an account that is none is a field that was forgotten.
    return len(written) != _ALL - 1 or written[-1].isdigit()


def refused(text: str) -> Answer | None:
    """What IAM answers to this value; None where it takes it."""
    if text == "*":
        return None
    fields = text.split(":", _ALL - 1)
    for rule in _RULES:
        answer = rule(text, fields)
        if answer is not None:
            return answer
    return None


def _form(text: str, fields: list[str]) -> Answer | None:
    return None if len(fields) > 1 else answers.resource(f'Resource {text} must be in ARN format or "*".')


def _partition(_text: str, fields: list[str]) -> Answer | None:
    partition = fields[1]
    if partition in PARTITIONS or _WILD.search(partition):
        return None
    # AWS fills what is not there with stars; of nothing but a partition it fills all.
    rest = [*fields[2:], *["*"] * (_ALL - len(fields))]
    shown = ":".join(["arn", partition, *rest])
    return answers.resource(f'Partition "{partition}" is not valid for resource "{shown}".')


def _arn(text: str, fields: list[str]) -> Answer | None:
    return None if fields[0] == "arn" else answers.resource(f'Resource {text} must be in ARN format or "*".')


def _vendor(_text: str, fields: list[str]) -> Answer | None:
    return answers.VENDOR if len(fields) < 3 or _WILD.search(fields[2]) else None


def _region(text: str, fields: list[str]) -> Answer | None:
    service, region, rest = fields[2], fields[3] if len(fields) > 3 else "", fields[-1]
    if region and service == "iam":
        return answers.resource(f"IAM resource {text} cannot contain region information.")
    if region and service == "s3" and len(fields) == _ALL and not rest.startswith(_S3_WITH_REGION):
        return answers.resource(f"Resource {text} can not contain region information.")
    return None


def _iam_type(_text: str, fields: list[str]) -> Answer | None:
    if fields[2] != "iam" or len(fields) < _ALL:
        return None
    kind = fields[-1].partition("/")[0]
    if _WILD.search(kind) or fields[-1].startswith((*IAM_TYPES, *_MORE_IAM_TYPES)):
        return None
    return answers.resource(f'IAM resource path must either be "*" or start with {", ".join(IAM_TYPES)}.')


def _fields(text: str, fields: list[str]) -> Answer | None:
    return answers.LEGACY if not fields[2] or (len(fields) < _ALL and "::" in text) else None


_RULES: tuple[Callable[[str, list[str]], Answer | None], ...] = (
    _form,
    _partition,
    _arn,
    _vendor,
    _region,
    _iam_type,
    _fields,
)
