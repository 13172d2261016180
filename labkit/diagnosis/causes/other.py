"""What is told without being evaluated, and what is told beside another cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labkit.diagnosis import facts
from labkit.diagnosis.case import Case
from labkit.diagnosis.cause_table import CAUSES
from labkit.diagnosis.causes.naming import begun, named, place
from labkit.diagnosis.causes.roles import described, granting
from labkit.diagnosis.facts import Function, NotKnown
from labkit.diagnosis.pasted import read
from labkit.diagnosis.result import CERTAIN, POSSIBLE, Cause, Where
from labkit.iam import arn as arns

_KMS_CODES = ("KMSKeyAccessDenied", "KMSKeyNotFound", "DisabledKMSKey", "InvalidStateKMSKey")
_IDLE = "Idle"


def told(case: Case) -> Iterator[Cause]:
    """Causes that the text or the function's state names, and that nothing here evaluates."""
    pasted = read(case.facts.error) if case.facts.error else None
    codes = [code for code in _codes(case) if code in _KMS_CODES]
    if codes or (pasted and "kms" in pasted.looks_like):
        said = f"reason code: {codes[0]}" if codes else f"the text says: {pasted.sentence if pasted else ''}"
        sentence = (
            "Lambda cannot decrypt its copy of the image, because a key of KMS is in the way; no ECR policy mends that."
        )
        yield named("kms", _function_place(case), sentence, (said,))
    if pasted and pasted.puller:
        shown = (pasted.puller.rule, *((f"the text says: {pasted.sentence}",) if pasted.sentence else ()))
        yield named("other-puller", _function_place(case), pasted.puller.sentence, shown)


def beside(case: Case, causes: Sequence[Cause]) -> Iterator[Cause]:
    """What is told beside these causes, never alone; but an idle function whose image Lambda gets is a cause."""
    yield from _role(case, causes)
    yield from _inactive(case, causes)
    if not causes:
        yield from _said(case)


def _said(case: Case) -> Iterator[Cause]:
    """What the text says of an image of which nothing else is known: AWS said it, and it may be otherwise by now."""
    pasted = read(case.facts.error) if case.facts.error else None
    uri = case.uri
    if pasted is None or uri is None or not isinstance(case.facts.image, NotKnown):
        return
    for id in pasted.looks_like if pasted.is_of_image else ():
        where = Where(uri.account, facts.CALL, uri.repository)
        shown = (f"the text says: {pasted.sentence}",) if pasted.sentence else ()
        yield named(id, where, f"{begun(CAUSES[id].meaning)}.", shown, certainty=POSSIBLE)


def _role(case: Case, causes: Sequence[Cause]) -> Iterator[Cause]:
    refused = [each for each in causes if each.party and each.stops == "pull"]
    role = case.facts.question.execution_role
    arn = arns.split(role or "")
    if not refused or arn is None or not granting(case) or _is_caller(case, role):
        return
    certainty = CERTAIN if any(each.certainty != POSSIBLE for each in refused) else POSSIBLE
    sentence = (
        f"The execution role {role} is allowed to pull by {described(case)}, and it is not who pulls: Lambda is and, "
        "across accounts, the caller."
    )
    yield named("execution-role-granted", place(granting(case)[0]), sentence, certainty=certainty)


def _is_caller(case: Case, role: str | None) -> bool:
    return case.caller is not None and role in (case.caller.arn, case.caller.role_arn)


def _inactive(case: Case, causes: Sequence[Cause]) -> Iterator[Cause]:
    function = case.facts.function
    if not isinstance(function, Function) or function.state != "Inactive":
        return
    others = [each for each in causes if each.certainty != POSSIBLE]
    if not others and function.state_reason_code != _IDLE:
        return
    why = f" ({function.state_reason_code})" if function.state_reason_code else ""
    now = "" if others else "; the first invocation is refused while Lambda fetches the image again"
    shown = (f"Lambda says: {function.state_reason}",) if function.state_reason else ()
    yield named("function-inactive", _function_place(case), begun(f"the function is Inactive{why}{now}."), shown)


def _codes(case: Case) -> tuple[str, ...]:
    function = case.facts.function
    return (function.state_reason_code, function.update_reason_code) if isinstance(function, Function) else ()


def _function_place(case: Case) -> Where:
    function = case.facts.question.function
    return Where(function.account if function else "", facts.CALL, function.name if function else "")
