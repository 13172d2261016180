"""Bare texts of a folder: policy documents named by their files, and a pasted error.

The name says whose a document is; where it says nothing, the document's own form may (a repository policy, a trust
policy). An identity policy whose name says nothing could be anybody's, and is left out with a sentence.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from labkit.check.guess import guess
from labkit.diagnosis import pasted
from labkit.diagnosis.evidence.answers import Answer
from labkit.diagnosis.evidence.folder import Folder, Saved

_NAMES = (
    ("repository_policy", r"repo(sitory)?[- _.]?policy|ecr[- _.]?policy"),
    ("registry_policy", r"registry[- _.]?policy"),
    ("execution_identity", r"exec(ution)?\b|exec(ution)?[- _.]"),
    ("boundary", r"boundary"),
    ("session", r"session"),
    ("vpc_endpoint", r"end-?point|vpce"),
    ("scp", r"\bscp|service[- _.]?control"),
    ("rcp", r"\brcp|resource[- _.]?control"),
    ("identity", r"identity|caller|deploy"),
)
"""What stands in a file's name, in the order in which it is looked for, by the field of the facts."""
_FORMS = {"ecr-repository": "repository_policy", "ecr-registry": "registry_policy"}
_ENDINGS = (".json", ".txt")
"""Of a policy that is no JSON: whatever else lies in a folder is none, however its own folder is called."""
_SINGLE = frozenset({"repository_policy", "registry_policy", "boundary", "vpc_endpoint"})


class Texts(NamedTuple):
    """What the texts are: documents by field of the facts (name and text), a pasted error, and what was left out."""

    documents: Mapping[str, list[tuple[str, str]]]
    error: str = ""
    bad: tuple[str, ...] = ()


def sorted_out(folder: Folder) -> Texts:
    """What each text of a folder is, by its file's name and its form."""
    documents: dict[str, list[tuple[str, str]]] = defaultdict(list)
    errors: list[str] = []
    bad: list[str] = []
    for each in (*folder.texts, *_orphans(folder.answers)):
        name = _field(each)
        if name is None and pasted.read(each.text).is_recognized:
            errors.append(each.text)
        elif name is None:
            bad.append(f"{each.file} is left out: neither its name nor its form says what it is.")
        elif name in _SINGLE and documents[name]:
            bad.append(f"{each.file} is left out: {documents[name][0][0]} is such a policy too, and there can be one.")
        else:
            documents[name].append((each.file, each.text))
    return Texts({name: found for name, found in documents.items() if found}, "\n".join(errors), tuple(bad))


def _orphans(answers: Iterable[Answer]) -> Iterator[Saved]:
    """Versions of managed policies that do not say of which: their files' names may say whose they are."""
    for each in answers:
        is_orphan = each.operation == "get-policy-version" and "PolicyArn" not in each.params
        if is_orphan and _by_name(each.file) is not None:
            yield Saved(each.file, json.dumps(each.answer))


def _by_name(file: str) -> str | None:
    return next((field for field, pattern in _NAMES if re.search(pattern, file.lower())), None)


def _field(saved: Saved) -> str | None:
    by_name = _by_name(saved.file)
    if by_name is not None and saved.file.lower().endswith(_ENDINGS):
        return by_name
    try:
        value = json.loads(saved.text)
    except (ValueError, RecursionError):
        return None
    if by_name is not None:
        return by_name
    is_policy = isinstance(value, Mapping) and "Statement" in value
    return _FORMS.get(guess(value).kind.name) if is_policy else None
