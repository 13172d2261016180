"""A text that somebody gave as one policy: the document itself, AWS's answer with it inside, or AWS's refusal.

What comes out is one of the three states of `labkit.diagnosis.facts`: a `Document`, None (AWS said that there is none),
or a `NotKnown`. A text that is no JSON is a document all the same, so that it can be named as a cause.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from labkit.check.wrapped import policy_in
from labkit.diagnosis.evidence import missing, saved
from labkit.diagnosis.evidence.answers import Answer
from labkit.diagnosis.facts import NOT_GIVEN, SCP, Document, Layer, Levels, NotKnown
from labkit.errors import PolicyError

_WHATS = {
    "repository-policy": "repository_policy",
    "registry-policy": "registry_policy",
    "identity-policy": "identity",
    "boundary": "boundary",
    "session-policy": "session",
    "scp": "scp",
    "rcp": "rcp",
    "vpc-endpoint-policy": "vpc_endpoint",
    "trust-policy": "trust",
}
"""From a kind of document to the field of `Facts` that holds it."""


def document_text(raw: Any) -> str:
    """The text of a policy in an answer: IAM's come as objects from boto3 and the CLI, or URL-encoded."""
    if not isinstance(raw, str):
        return json.dumps(raw, indent=2)
    return unquote(raw) if raw.lstrip().startswith("%7B") else raw


def document(text: str, kind: str, account: str, name: str, attached_to: str = "") -> Document | NotKnown | None:
    """What a text says about the one policy of this kind."""
    value = _json(text)
    answer = _answer(value, text, name)
    if answer is not None and answer.error is not None:
        if missing.is_not_there(answer):
            return None
        call = missing.Call(answer.service, answer.operation, account)
        return missing.not_known(NOT_GIVEN[_WHATS[kind]].what, call, answer)
    inside = answer.answer if answer is not None else value
    if isinstance(inside, Mapping) and isinstance(inside.get("PolicyDocument"), str):
        inside = {**inside, "PolicyDocument": document_text(inside["PolicyDocument"])}
    wrapped = policy_in(inside)
    if wrapped is None:
        return Document(kind, account, name, text.removeprefix("\ufeff"), attached_to=attached_to)
    called, inline = _called(inside, name)
    return Document(kind, account, called, document_text(wrapped.text), True, attached_to, inline)


def is_without_repository(text: str) -> bool:
    """Whether a text is AWS's answer that there is no such repository at all."""
    answer = _answer(_json(text), text, "")
    return answer is not None and answer.code == "RepositoryNotFoundException"


def registry_of(text: str) -> str:
    """The registry that an answer about a repository came from; empty where the text does not say."""
    value = _json(text)
    answer = _answer(value, text, "")
    told = (answer.params if answer is not None else value) or {}
    found = told.get("registryId") if isinstance(told, Mapping) else None
    return found if isinstance(found, str) else ""


def layer(texts: Mapping[str, str], kind: str, account: str, attached_to: str = "") -> Layer:
    """Several policies of a kind, each by its file's name."""
    found = [document(text, kind, account, name, attached_to) for name, text in texts.items()]
    known = tuple(each for each in found if isinstance(each, Document))
    return Layer(known, tuple(each for each in found if isinstance(each, NotKnown)))


def levels(files: list[tuple[str, str]], kind: str) -> Levels:
    """SCPs or RCPs, a file (name and text) for each level from the root down; a list in it are several policies."""
    found = tuple(layer(_several(name, text), kind, "") for name, text in files)
    return tuple(map(_with_more, found)) if kind == SCP else found


def _with_more(level: Layer) -> Layer:
    """A level of which only denials were given has more: AWS keeps one policy at least at each, to allow the rest."""
    if not level.documents or any(map(_allows, level.documents)):
        return level
    names = ", ".join(each.name for each in level.documents)
    return level._replace(not_known=(*level.not_known, NotKnown(f"what is attached beside {names}", _BESIDE)))


_BESIDE = "give all of a level's policies in one file, as a JSON list; FullAWSAccess is most often among them"


def _allows(document: Document) -> bool:
    """Whether it allows anything, or is no policy, so that nothing can be said of it."""
    try:
        return any(each.allows for each in document.policy.statements)
    except PolicyError:
        return True


def _several(name: str, text: str) -> dict[str, str]:
    value = _json(text)
    if not isinstance(value, list):
        return {name: text}
    return {f"{name} [{number}]": json.dumps(each, indent=2) for number, each in enumerate(value, 1)}


def _json(text: str) -> Any:
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None


def _answer(value: Any, text: str, name: str) -> Answer | None:
    """The record of a collected folder, or the CLI's refusal, that the text is; None for anything else."""
    if isinstance(value, dict) and "call" in value:
        try:
            return Answer.from_dict(value, name)
        except ValueError:
            return None
    return saved.refused(text, name) if value is None else None


def _called(answer: Any, name: str) -> tuple[str, bool]:
    """What the answer calls its policy, and whether it is written into a role, user or group."""
    summary = (answer.get("Policy") or {}).get("PolicySummary") if isinstance(answer.get("Policy"), Mapping) else None
    told = answer.get("PolicyName") or answer.get("repositoryName") or (summary or {}).get("Id")
    return (told if isinstance(told, str) else name), "PolicyDocument" in answer
