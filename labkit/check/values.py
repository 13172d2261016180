"""Principals: whether each value is of a form that AWS takes. Resources have a module of their own.

Sources: IAM User Guide, "AWS JSON policy elements: Principal" and "IAM identifiers"; reports of what ECR answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labkit.check import answers
from labkit.check.findings import Violation, quoted
from labkit.check.kinds import DocumentKind
from labkit.check.located import LocatedPrincipal, LocatedStatement
from labkit.pull.policies import LAMBDA

ACCOUNT = re.compile(r"\d{12}|arn:aws[a-z-]*:iam::\d{12}:root", re.ASCII)
IAM_ENTITY = re.compile(
    r"arn:aws[a-z-]*:(?:iam::(?P<owner>\d{12}):(?P<kind>user|role)/(?:[!-)+.-~]+/)?(?P<name>[\w+=,.@-]+)"
    r"|sts::(?P<sts>\d{12}):(?:assumed-role/(?P<role>[\w+=,.@-]+)/[\w+=,.@-]+|federated-user/[\w+=,.@-]+))",
    re.ASCII,
)
SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.amazonaws\.com(?:\.cn)?")
_UNIQUE_ID = re.compile(r"A(?:ID|RO)A[A-Z0-9]{12,}")
_CANONICAL = re.compile(r"[0-9a-f]{64}")
_ANY = re.compile(r".+", re.DOTALL)

# The forms of each kind of principal; any of them is enough.
_FORMS: dict[str, tuple[re.Pattern[str], ...]] = {
    "AWS": (ACCOUNT, IAM_ENTITY, re.compile(r"\*")),
    "Service": (SERVICE,),
    "Federated": (_ANY,),
    "CanonicalUser": (_CANONICAL,),
}
_EXAMPLES = {
    "AWS": "an account (592444418872), arn:aws:iam::592444418872:root, or the ARN of a user, role or session",
    "Service": f"a service's full name, such as {LAMBDA}",
}


def well_formed(kind: str, text: str, policy: DocumentKind) -> bool:
    """Whether a value of a Principal element, of that ``kind`` (AWS, Service, …), is of a form that AWS takes."""
    return kind in policy.principal_kinds and any(form.fullmatch(text) for form in _FORMS.get(kind, ()))


def check(statement: LocatedStatement) -> Iterator[Violation]:
    """Findings about each principal of a statement."""
    if statement.kind.name == "trust" and statement.raw.get("Principal") == "*":
        instead = 'Write {"AWS": "*"} with a condition, or name whom you trust.'
        problem = "A trust policy cannot name everyone so."
        yield Violation("bad-principal", statement.at("Principal"), problem, instead, answers.EVERYONE)
    if statement.kind.principal_kinds:
        for each in statement.all_principals:
            yield from _principal(each, statement.kind)
    if statement.kind.name == "rcp":
        yield from _rcp(statement)


def _principal(each: LocatedPrincipal, policy: DocumentKind) -> Iterator[Violation]:
    if well_formed(each.kind, each.text, policy):
        return
    if policy.by_iam and each.kind == "AWS" and _UNIQUE_ID.fullmatch(each.text):
        problem = f"{quoted(each.text)} is the id of a user or role; of one that was deleted AWS refuses it."
        yield Violation("id-as-principal", each.pointer, problem, "Write the ARN of the user or role.")
        return
    answer = answers.invalid_principal(each.kind, each.text) if each.kind in policy.principal_kinds else None
    if "*" in each.text or "?" in each.text:
        problem = f"{quoted(each.text)} holds a wildcard, and a principal is either named whole or is *."
        everyone = '{"AWS": "*"}' if policy.name == "trust" else '"*"'
        instead = f'Name it whole, or write {everyone} with a condition: "ArnLike": {{"aws:PrincipalArn": "…"}}.'
        yield Violation("wildcard-in-principal", each.pointer, problem, instead, answer)
        return
    instead = f"Write {_EXAMPLES.get(each.kind, 'AWS or Service')}."
    if each.kind not in policy.principal_kinds:
        problem = f"{policy.label[0].upper()}{policy.label[1:]} cannot name a principal of the kind {each.kind}."
    elif _UNIQUE_ID.fullmatch(each.text):
        problem = f"{quoted(each.text)} is the id of a user or role that was deleted; nobody can be it again."
    else:
        problem = f"{quoted(each.text)} is not a principal of the kind {each.kind}."
    yield Violation("bad-principal", each.pointer, problem, instead, answer)


def _rcp(statement: LocatedStatement) -> Iterator[Violation]:
    if statement.allows:
        problem = "Only RCPFullAWSAccess, which AWS attaches itself, allows."
        yield Violation("allow-in-rcp", statement.at("Effect"), problem, 'Write "Effect": "Deny" with a condition.')
    for each in statement.principals:
        if not each.is_everyone:
            problem = f"It names {quoted(each.text)}; a resource control policy speaks of everyone."
            instead = 'Write "Principal": "*", and name whom you mean in a condition (aws:PrincipalArn).'
            yield Violation("principal-in-rcp", each.pointer, problem, instead)
