"""From a question and all answers to the facts: the one reader, whoever collected them.

What a person gave beside the answers, as text files or options, is `given`: it fills what the answers leave open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from labkit.diagnosis.evidence.answers import Answer, Answers
from labkit.diagnosis.evidence.history import earlier_policies, history, replicated, session_policies
from labkit.diagnosis.evidence.missing import Call, is_not_there, not_known
from labkit.diagnosis.evidence.organizations import Organizations
from labkit.diagnosis.evidence.principals import Holder, Iam
from labkit.diagnosis.evidence.registries import Registry
from labkit.diagnosis.evidence.shapes import mapping, mappings, text, texts
from labkit.diagnosis.facts import (
    NOT_GIVEN,
    RCP,
    SCP,
    Document,
    Facts,
    Function,
    Layer,
    NotKnown,
    Question,
    Repository,
)
from labkit.iam import Principal
from labkit.iam import arn as arns
from labkit.pull.function import FunctionRef
from labkit.pull.stored_policy import same
from labkit.pull.uri import ImageUri, InvalidImageUri


def read(
    question: Question, answers: Answers, now: datetime | None = None, given: Mapping[str, Any] | None = None
) -> Facts:
    """The facts of a question. ``given`` are fields of `Facts` that stand where the answers leave them unknown."""
    function = function_of(answers, question.function) if question.function else NOT_GIVEN["function"]
    question = completed(question, function)
    facts = Facts(question, function=function, now=now)
    for part in (_of_registry, _of_caller, _of_execution_role, _of_organization):
        facts = facts.having(**part(question, answers))
    facts = _with_session_policies(facts, answers)
    return _filled(facts, given or {})


def completed(question: Question, function: Function | NotKnown | None) -> Question:
    """The question with what the function itself says: its role, and for restoring its image."""
    if not isinstance(function, Function):
        return question
    role = question.execution_role or function.role or None
    image = question.image or function.image or function.resolved_image
    return replace(question, execution_role=role, image=image)


def _filled(facts: Facts, given: Mapping[str, Any]) -> Facts:
    open_ = {name: each for name, each in given.items() if name not in NOT_GIVEN or _is_open(getattr(facts, name))}
    return facts.having(**open_)


def _is_open(value: Any) -> bool:
    return isinstance(value, NotKnown) or (isinstance(value, Layer) and not value.documents and bool(value.not_known))


def function_of(answers: Answers, ref: FunctionRef) -> Function | NotKnown | None:
    """The function; None where there is none."""
    answer = _function_answer(answers, ref)
    configuration, code = _configuration(answer)
    if configuration:
        return Function(
            state=text(configuration, "State") or "Active",
            state_reason=text(configuration, "StateReason"),
            state_reason_code=text(configuration, "StateReasonCode"),
            update_status=text(configuration, "LastUpdateStatus"),
            update_reason=text(configuration, "LastUpdateStatusReason"),
            update_reason_code=text(configuration, "LastUpdateStatusReasonCode"),
            image=text(code, "ImageUri"),
            resolved_image=text(code, "ResolvedImageUri"),
            architectures=tuple(texts(configuration, "Architectures")) or ("x86_64",),
            role=text(configuration, "Role"),
        )
    if answer is not None and is_not_there(answer):
        return None
    return not_known(NOT_GIVEN["function"].what, Call("lambda", "get-function", ref.account), answer)


def _function_answer(answers: Answers, ref: FunctionRef) -> Answer | None:
    for operation in ("get-function", "get-function-configuration"):
        for name in (ref.unqualified.arn, ref.name):
            found = answers.find("lambda", operation, {"FunctionName": name}, ref.account)
            if found is not None and _is_of(found, ref):
                return found
    return None


def _is_of(answer: Answer, ref: FunctionRef) -> bool:
    arn = arns.split(text(_configuration(answer)[0], "FunctionArn"))
    return arn is None or (arn.account, arn.region) == (ref.account, ref.region)


def _configuration(answer: Answer | None) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    alone = mapping(answer) if "FunctionArn" in mapping(answer) else {}
    return mapping(answer, "Configuration") or alone, mapping(answer, "Code")


def _of_registry(question: Question, answers: Answers) -> dict[str, Any]:
    try:
        uri = ImageUri.parse(question.image)
    except InvalidImageUri:
        return {}
    registry, events = Registry(answers, uri), history(answers, uri.account)
    repository, policy = registry.repository(), registry.policy()
    if isinstance(repository, Repository):
        repository = replace(repository, replicated=replicated(events, uri))
    now = _value(policy.text) if isinstance(policy, Document) else None
    return {
        "repository": repository,
        "repository_policy": policy,
        "registry_policy": registry.registry_policy(),
        "registry_scope": registry.scope(),
        "image": registry.image(),
        "history": events,
        "older_policies": tuple(each for each in earlier_policies(events, uri) if not same(_value(each), now)),
    }


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _of_caller(question: Question, answers: Answers) -> dict[str, Any]:
    who = question.caller
    if who is None:
        return {}
    holder = Holder.of_principal(who, alone=_alone(question))
    if holder is None:
        # A root user has no policies of its own; of a federated user nobody can read the session's.
        return {"identity": Layer(), "boundary": None} if who.kind == "root" else {}
    iam = Iam(answers)
    about = iam.about(holder)
    return {
        "question": replace(question, caller=_with_id(who, about)),
        "identity": iam.identity(holder, NOT_GIVEN["identity"].what),
        "boundary": iam.boundary(holder, NOT_GIVEN["boundary"].what),
        "context": _principal_tags(about),
    }


def _alone(question: Question) -> bool:
    """Whether an answer of IAM that does not say whose it is can only be the caller's."""
    return question.execution_role is None


def _with_id(who: Principal, about: Mapping[str, Any] | None) -> Principal:
    if about is None:
        return who
    found = text(about, "RoleId") or text(about, "UserId") or who.id
    role_arn = (text(about, "Arn") or who.role_arn) if who.kind == "session" else who.role_arn
    return who._replace(id=found, role_arn=role_arn)


def _principal_tags(about: Mapping[str, Any] | None) -> dict[str, str]:
    return {f"aws:PrincipalTag/{text(each, 'Key')}": text(each, "Value") for each in mappings(about, "Tags")}


def _of_execution_role(question: Question, answers: Answers) -> dict[str, Any]:
    holder = Holder.of(question.execution_role or "", alone=question.caller is None)
    if holder is None or holder.word != "role":
        return {}
    iam = Iam(answers)
    return {
        "trust": iam.trust(holder, NOT_GIVEN["trust"].what),
        "execution_identity": iam.identity(holder, NOT_GIVEN["execution_identity"].what),
    }


def _of_organization(question: Question, answers: Answers) -> dict[str, Any]:
    found: dict[str, Any] = {}
    organizations = Organizations(answers)
    caller = question.caller.account if question.caller else None
    function = question.function.account if question.function else caller
    try:
        owner: str | None = ImageUri.parse(question.image).account
    except InvalidImageUri:
        owner = None
    if function:
        found["membership"] = organizations.membership(function, NOT_GIVEN["membership"].what)
    if caller:
        found["scp"] = organizations.levels(caller, SCP, NOT_GIVEN["scp"].what)
    if owner:
        what = NOT_GIVEN["repository_membership"].what
        found["repository_membership"] = organizations.membership(owner, what)
        found["rcp"] = organizations.levels(owner, RCP, NOT_GIVEN["rcp"].what)
    return found


def _with_session_policies(facts: Facts, answers: Answers) -> Facts:
    """A user or role by itself has no session policies; those of a session only the record of its making tells."""
    who = facts.question.caller
    if who is None:
        return facts
    if who.kind != "session":
        return facts.having(session=Layer())
    found = session_policies(history(answers, who.account or ""), who)
    return facts if found is None else facts.having(session=found)
