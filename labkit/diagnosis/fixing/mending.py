"""How each cause that a document mends is mended: one table, from the id to what is done with the drafts.

let in         a statement of its own, or the party's name in one that gives just a pull
mend           the statement that misses, part by part; where that opens too much or does not do, let in
split          one statement for both parties becomes two
spare          the statements that deny leave the party's requests out
permit         a statement in a document that allows too little, or a new policy of the caller's own
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.diagnosis import facts as f
from labkit.diagnosis.case import Case
from labkit.diagnosis.facts import Document
from labkit.diagnosis.fixing import denies, statements
from labkit.diagnosis.fixing.asking import Asked, asked_by
from labkit.diagnosis.fixing.conditions import Statement
from labkit.diagnosis.fixing.drafts import Draft, Drafts, beside_of, is_json
from labkit.diagnosis.result import CALLER_SIDE, LAMBDA_SIDE, Cause
from labkit.iam.request import ROLE, SESSION, USER
from labkit.pull.organization import Membership

INLINE_NAME = "LambdaContainerImages"
"""The name of the inline policy that gives a caller what it lacks."""

_WITH_PRINCIPAL = frozenset({f.REPOSITORY_POLICY, f.REGISTRY_POLICY, f.RCP, f.VPC_ENDPOINT_POLICY, f.TRUST_POLICY})
_WITHOUT_RESOURCE = frozenset({f.REPOSITORY_POLICY, f.TRUST_POLICY})
_WIDENING = frozenset(
    {
        *("source-arn-mismatch", "source-account-mismatch", "condition-mismatch", "wrong-service-principal"),
        *("organization-id-mismatch", "organization-path-mismatch", "caller-statement-missing"),
    }
)
"""Causes that are mended by letting one more in: not by a statement that gives more than a pull."""


def mend(drafts: Drafts, case: Case, cause: Cause) -> None:
    """Mends a cause in the drafts; does nothing for one that no document mends."""
    step, asked = _STEPS.get(cause.id), asked_by(case, cause)
    if step is None or asked is None:
        return
    step(drafts, case, cause, asked)


def _let_in(drafts: Drafts, case: Case, cause: Cause, asked: Asked) -> None:
    draft = _repository_draft(drafts, case)
    if draft is None or lets_in(draft, asked):
        return
    draft.causes.append(cause.id)
    if not _joined(draft, asked):
        _append(draft, asked)


def lets_in(draft: Draft, asked: Asked) -> bool:
    """Whether for each request some Allow of the draft matches it."""
    allows = [each for each in statements.statements_of(draft.data) if each.get("Effect") == "Allow"]
    single = [asked._replace(decisions=(each,)) for each in asked.decisions]
    return all(any(statements.matches(each, draft.version, one) for each in allows) for one in single)


def _repository_draft(drafts: Drafts, case: Case) -> Draft | None:
    found, uri = case.facts.repository_policy, case.uri
    if isinstance(found, Document):
        return drafts.open(found) if is_json(found.text) else None
    if found is None and uri is not None:
        return drafts.new(Document(f.REPOSITORY_POLICY, uri.account, uri.repository, ""))
    return None


def _joined(draft: Draft, asked: Asked) -> bool:
    """Names the caller's account beside others in a statement that gives just a pull."""
    if asked.is_service:
        return False
    for each in statements.statements_of(draft.data):
        if not statements.only_pulls(each) or "AWS" not in (each.get("Principal") or ()):
            continue
        failed = {part.element for part in statements.failing(each, draft.version, asked)}
        changed = statements.mended(each, draft.version, asked) if failed == {"Principal"} else None
        if changed is not None:
            _set(each, changed)
            return True
    return False


def _append(draft: Draft, asked: Asked) -> None:
    kind, taken = draft.found.kind, statements.sids(draft.data)
    own = statements.own_statement(
        asked, with_principal=kind in _WITH_PRINCIPAL, with_resource=kind not in _WITHOUT_RESOURCE, taken=taken
    )
    if draft.text is None and not asked.is_service:
        draft.data["Statement"].insert(0, own)  # as in the article's policy, callers first
    else:
        statements.insert(draft.data, own)


def _set(statement: Statement, changed: Statement) -> None:
    statement.clear()
    statement.update(changed)


def _statement(draft: Draft, cause: Cause) -> Statement | None:
    """The statement where the cause lies, also after others have been put in."""
    if cause.statement is not None and cause.statement < len(draft.originals):
        found: Statement = draft.originals[cause.statement]
        return found
    named = (each for each in draft.originals if isinstance(each, dict) and each.get("Sid") == cause.where.sid)
    return next(named, None) if cause.where.sid else None


def _mend(drafts: Drafts, case: Case, cause: Cause, asked: Asked) -> None:
    draft = drafts.find(cause.where)
    if draft is None or lets_in(draft, asked):
        return
    if cause.where.kind == f.IDENTITY_POLICY and draft.found.stored and not draft.found.inline:
        _permit(drafts, case, cause, asked)  # a managed policy may be others' as well
    elif not _mended_in_place(draft, case, cause, asked):
        _let_in(drafts, case, cause, asked)


def _mended_in_place(draft: Draft, case: Case, cause: Cause, asked: Asked) -> bool:
    statement = _statement(draft, cause)
    if statement is None or _opens_too_much(case, cause, statement):
        return False
    changed = statements.mended(statement, draft.version, _lacking(draft, statement, asked))
    if changed is None:
        return False
    draft.causes.append(cause.id)
    _set(statement, changed)
    return True


def _lacking(draft: Draft, statement: Statement, asked: Asked) -> Asked:
    """What the statement has to allow: what no other statement does."""
    others = [each for each in statements.statements_of(draft.data) if each is not statement]
    allows = [each for each in others if each.get("Effect") == "Allow"]
    one = [(each, asked._replace(decisions=(each,))) for each in asked.decisions]
    lacking = [each for each, alone in one if not any(statements.matches(s, draft.version, alone) for s in allows)]
    return asked._replace(decisions=tuple(lacking) or asked.decisions)


def _opens_too_much(case: Case, cause: Cause, statement: Statement) -> bool:
    if cause.id == "organization-id-mismatch" and not _is_one_organization(case):
        return True
    return cause.id in _WIDENING and case.crosses and not statements.only_pulls(statement)


def _is_one_organization(case: Case) -> bool:
    """Whether the function's account is in the registry's organization, or that is not known."""
    own, registry = case.facts.membership, case.facts.repository_membership
    known = isinstance(own, Membership) and isinstance(registry, Membership)
    return not known or getattr(own, "org_id", "") == getattr(registry, "org_id", "")


def _split(drafts: Drafts, case: Case, cause: Cause, asked: Asked) -> None:
    draft = drafts.find(cause.where)
    statement = _statement(draft, cause) if draft else None
    parts = statements.split(statement, statements.sids(draft.data)) if draft and statement else None
    if draft is None or statement is None or parts is None:
        _mend(drafts, case, cause, asked)
        return
    callers, service = parts
    _set(statement, _mended_for(case, draft, callers, CALLER_SIDE) or callers)
    statements.insert(draft.data, _mended_for(case, draft, service, LAMBDA_SIDE) or service, statement)
    draft.causes.append(cause.id)


def _mended_for(case: Case, draft: Draft, statement: Statement, party: str) -> Statement | None:
    decision = case.decision
    decisions = () if decision is None else decision.caller if party == CALLER_SIDE else decision.service
    function = case.facts.question.function
    if not decisions or function is None:
        return None
    return statements.mended(statement, draft.version, Asked(party, decisions, function.account))


def _spare(drafts: Drafts, case: Case, cause: Cause, asked: Asked) -> None:
    for draft in drafts.named(cause.where):
        for each in statements.statements_of(draft.data):
            if each.get("Effect") == "Deny" and denies.hits(each, draft.version, asked):
                _narrow(draft, cause, each, asked)


def _narrow(draft: Draft, cause: Cause, statement: Statement, asked: Asked) -> None:
    changed = denies.spared(statement, draft.version, asked)
    if changed is not None:
        _set(statement, changed)
    elif not statements.remove(draft.data, statement):
        return
    draft.causes.append(cause.id)
    draft.guard_rail = True


def _limit(drafts: Drafts, case: Case, cause: Cause, asked: Asked) -> None:
    """A document that limits: what denies in it spares the requests, and what allows too little allows them."""
    _spare(drafts, case, cause, asked)
    for draft in drafts.named(cause.where):
        beside = (drafts.open(each) for each in beside_of(drafts.facts, draft) if is_json(each.text))
        if not any(lets_in(each, asked) for each in (draft, *beside)):
            draft.causes.append(cause.id)
            _append(draft, asked)


def _registry(drafts: Drafts, case: Case, cause: Cause, asked: Asked) -> None:
    """A statement that denies spares the party; one whose ARN is wrong gets the repository's."""
    _spare(drafts, case, cause, asked)
    draft = drafts.find(cause.where)
    statement = _statement(draft, cause) if draft else None
    if draft is None or statement is None or statement.get("Effect") != "Allow":
        return
    changed = statements.mended(statement, draft.version, asked)
    if changed is not None:
        draft.causes.append(cause.id)
        _set(statement, changed)


def _permit(drafts: Drafts, case: Case, cause: Cause, asked: Asked) -> None:
    """An inline policy of the caller's own; where a statement of its policies denies, that one spares the requests."""
    if cause.where.kind != f.IDENTITY_POLICY:
        _limit(drafts, case, cause, asked)
        return
    _spare(drafts, case, cause, asked)
    lacking, who = _not_permitted(case, drafts, asked), asked.who
    if not lacking.decisions or who.kind not in (USER, ROLE, SESSION) or not asked.own_arn:
        return
    name = _free_name(drafts.facts.identity)
    draft = drafts.new(Document(f.IDENTITY_POLICY, who.account or "", name, "", False, asked.own_arn, True))
    if not lets_in(draft, lacking):
        draft.causes.append(cause.id)
        _append(draft, lacking)


def _not_permitted(case: Case, drafts: Drafts, asked: Asked) -> Asked:
    """The requests that no identity policy allows."""
    layer = case.facts.identity
    known = layer.documents if isinstance(layer, f.Layer) else ()
    own = [drafts.open(each) for each in known if is_json(each.text)]
    one = [(each, asked._replace(decisions=(each,))) for each in asked.decisions]
    return asked._replace(decisions=tuple(each for each, alone in one if not any(lets_in(d, alone) for d in own)))


def _free_name(layer: Any) -> str:
    taken = {each.name for each in layer.documents} if isinstance(layer, f.Layer) else set()
    names = (INLINE_NAME, *(f"{INLINE_NAME}{n}" for n in range(2, 100)))
    return next(name for name in names if name not in taken)


_Step = Callable[[Drafts, Case, Cause, Asked], None]
_STEPS: dict[str, _Step] = {
    **dict.fromkeys(("create-function-denied", "pass-role", "caller-identity"), _permit),
    **dict.fromkeys(("role-not-assumable", "vpc-endpoint", "scp", "boundary", "session-policy"), _limit),
    **dict.fromkeys(("explicit-deny", "rcp"), _spare),
    "registry-policy": _registry,
    **dict.fromkeys(("statement-lost", "replica-without-policy", "service-statement-missing"), _let_in),
    **dict.fromkeys(("caller-statement-missing", "not-in-organization", "parallel-creates"), _let_in),
    "one-statement-for-both": _split,
    **dict.fromkeys(("wrong-service-principal", "principal-recreated", "misspelt-action"), _mend),
    **dict.fromkeys(("half-of-the-actions", "organization-key-on-wrong-side", "wildcard-in-equals"), _mend),
    **dict.fromkeys(("organization-path-form", "organization-id-mismatch", "organization-path-mismatch"), _mend),
    **dict.fromkeys(("source-arn-mismatch", "source-account-mismatch", "condition-mismatch"), _mend),
}
"""What mends each cause that is mended by a document."""
