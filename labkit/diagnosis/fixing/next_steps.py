"""What to do once the changes are made: wait, redeploy, continue what is stuck."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from labkit.diagnosis import facts as f
from labkit.diagnosis.case import Case
from labkit.diagnosis.facts import Function
from labkit.diagnosis.fixing.calls import child_for
from labkit.diagnosis.fixing.drafts import LONGEST, fits
from labkit.diagnosis.result import Cause, Fix
from labkit.iam import arn as arns

_STACK = "UPDATE_ROLLBACK_FAILED"
_OLD_IMAGE = ("trying to use a deleted image", "does not have permission to access the specified image")


def next_steps(case: Case, causes: tuple[Cause, ...], fix: Fix | None) -> tuple[str, ...]:
    """The steps after the fix, in their order; empty where nothing is to be mended."""
    if not causes:
        return ()
    ids = frozenset(cause.id for cause in causes)
    return tuple(dict.fromkeys(each for step in _STEPS for each in step(case, ids, fix)))


def _told(case: Case, ids: frozenset[str], fix: Fix | None) -> Iterator[str]:
    yield from (sentence for each, sentence in _TOLD.items() if each in ids)


_TOLD = {
    "kms": "Let Lambda and the function's role use the key of KMS, or choose another key; no policy of ECR mends this.",
    "other-puller": "Follow the rule of the service that pulls; what helps Lambda does not help it.",
    "policy-not-json": "Write the document as JSON: labkit check says where it breaks.",
    "policy-not-accepted": "Mend what AWS does not store in the document: labkit check says what and where.",
    "architecture": "Build the image for the function's architecture, or give the function that of the image.",
    "pull-through-cache": "Copy the image to a repository of its own, which no pull-through cache rule makes.",
    "other-region": "Replicate the repository to the function's region, or push there; the replica needs a policy.",
    "region-not-opened": "Ask the registry's owner to open the region for the account.",
    "not-propagated": "Wait a minute and try again: a change of a policy or role is not seen everywhere at once.",
    "image-archived": "Wait until the image is ACTIVE: restoring an archived image takes up to 20 minutes.",
    "repository-missing": "Check the name of the repository first: it may be misspelt.",
    "image-missing": "Check the tag first: another tag or digest that is there needs no push.",
    "image-deleted": "Keep a lifecycle rule from taking it again: keep images in use tagged, and out of the rule.",
    "image-too-large": "Make the image smaller: Lambda takes 10 GB uncompressed.",
    "parallel-creates": "Set the policy before the functions are created, so that Lambda has nothing to add.",
    "registry-policy": "A registry has one such policy a region: whoever manages it elsewhere must keep this change.",
    "principal-recreated": "Name the role again whenever it is made anew, or name its account.",
    "session-policy": "Pass the changed session policy when the role is assumed again; this session keeps the old one.",
}


def _foreign_role(case: Case, ids: frozenset[str], fix: Fix | None) -> Iterator[str]:
    question = case.facts.question
    owner = arns.account_of(question.execution_role or "")
    if "pass-role" in ids and question.function is not None and owner not in (None, question.function.account):
        yield f"Give the function an execution role of its own account, {question.function.account}."


def _index(case: Case, ids: frozenset[str], fix: Fix | None) -> Iterator[str]:
    if "image-index" in ids and child_for(case.facts) is not None:
        yield (
            "Keep the child manifest tagged, or a lifecycle rule for untagged images takes it; the next build with "
            "--provenance=false --platform of one architecture needs neither."
        )


def _role(case: Case, ids: frozenset[str], fix: Fix | None) -> Iterator[str]:
    calls = [each.call for each in fix.changes if each.call] if fix else []
    if any(call[1] == "create-function" and "Role" not in call[2] for call in calls):
        yield "Add the function's execution role to create-function: which one, is not known here."


def _reserved(case: Case, ids: frozenset[str], fix: Fix | None) -> Iterator[str]:
    caller = case.caller
    named = [each.attached_to for each in (fix.changes if fix else ())]
    if caller is not None and any("/aws-reserved/sso.amazonaws.com/" in each for each in (*named, caller.role_arn)):
        yield "The caller's role belongs to a permission set of IAM Identity Center: change it there, not on the role."


def _owners(case: Case, ids: frozenset[str], fix: Fix | None) -> Iterator[str]:
    for each in fix.changes if fix else ():
        if each.guard_rail and each.call is None:
            whose = f"account {each.account}" if each.account else "the organization's management account"
            yield f"The {each.kind} {each.name} is a guard rail: {whose} keeps it, and decides whether it is changed."


def _length(case: Case, ids: frozenset[str], fix: Fix | None) -> Iterator[str]:
    for each in fix.changes if fix else ():
        if not fits(each):
            yield (
                f"The {each.kind} would be {len(each.after):,} characters long, and ECR takes {LONGEST[each.kind]:,}: "
                "take a form that does not list accounts, such as the one by organization."
            )


def _wait(case: Case, ids: frozenset[str], fix: Fix | None) -> Iterator[str]:
    kinds = {each.kind for each in fix.changes if fix} if fix else set()
    if kinds & {f.IDENTITY_POLICY, f.TRUST_POLICY, f.SCP, f.RCP, f.BOUNDARY}:
        yield "Wait a minute: changes of IAM's and the organization's policies are not seen everywhere at once."


def _redeploy(case: Case, ids: frozenset[str], fix: Fix | None) -> Iterator[str]:
    if fix is None:
        return
    facts = case.facts
    function = facts.function if isinstance(facts.function, Function) else None
    told = " ".join((facts.error, *((function.state_reason, function.update_reason) if function else ())))
    if any(text in told for text in _OLD_IMAGE):
        yield "Update the code before the configuration: an update of the configuration fetches the old image again."
    if _STACK in told:
        yield "Continue the rollback that is stuck: aws cloudformation continue-update-rollback --stack-name STACK."
    if facts.question.operation == f.RESTORE or (function is not None and function.state in ("Inactive", "Failed")):
        yield "Update the function's code with its image again: an Inactive function does not come back by itself."
    elif facts.question.operation == f.CREATE:
        yield "Create the function again, or deploy the stack again."
    else:
        yield "Update the function's code again, or deploy the stack again."


_Step = Callable[[Case, frozenset[str], Fix | None], Iterator[str]]
_STEPS: tuple[_Step, ...] = (_told, _foreign_role, _index, _role, _length, _owners, _reserved, _wait, _redeploy)
