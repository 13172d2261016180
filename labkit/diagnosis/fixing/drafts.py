"""The documents of a case while they are being mended, and the facts as they are with them.

A document is parsed when it is first mended and written back into its text at the end, so that several causes in one
document are one change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from labkit.check import DOCUMENT_KINDS
from labkit.diagnosis import facts as f
from labkit.diagnosis.facts import Document, Facts, Layer
from labkit.diagnosis.fixing.layout import diff, fresh, rewritten
from labkit.diagnosis.result import Change, Where

_SINGLE = {
    f.REPOSITORY_POLICY: "repository_policy",
    f.REGISTRY_POLICY: "registry_policy",
    f.BOUNDARY: "boundary",
    f.VPC_ENDPOINT_POLICY: "vpc_endpoint",
    f.TRUST_POLICY: "trust",
}
_LAYERS = {f.IDENTITY_POLICY: "identity", f.SESSION_POLICY: "session"}
_LEVELS = {f.SCP: "scp", f.RCP: "rcp"}
"""In which field of the facts a kind of document stands: by itself, in a layer, or in levels."""

LONGEST = {
    f.REPOSITORY_POLICY: DOCUMENT_KINDS["ecr-repository"].longest or 0,
    f.REGISTRY_POLICY: DOCUMENT_KINDS["ecr-registry"].longest or 0,
}
"""The characters that ECR takes, white space among them."""
NEW_VERSION, OLD_VERSION = "2012-10-17", "2008-10-17"


def fits(change: Change) -> bool:
    """Whether ECR takes the changed document for its length; IAM and Organizations say it themselves."""
    return len(change.after) <= LONGEST.get(change.kind, len(change.after))


@dataclass
class Draft:
    """A document that is being mended: what was found (``text`` None: nothing), and its data as it will be."""

    found: Document
    text: str | None
    data: dict[str, Any]
    causes: list[str] = field(default_factory=list)
    guard_rail: bool = False
    originals: list[Any] = field(default_factory=list)

    @property
    def version(self) -> str:
        """The version of the policy language, also where the document says none."""
        return str(self.data.get("Version", OLD_VERSION))

    @property
    def after(self) -> str:
        """The text as it will be; on one line where it would be too long for ECR otherwise."""
        text = fresh(self.data) if self.text is None else rewritten(self.text, self.data)
        if len(text) > LONGEST.get(self.found.kind, len(text)):
            return json.dumps(self.data, separators=(",", ":"), ensure_ascii=False)
        return text

    @property
    def is_changed(self) -> bool:
        """Whether anything is to be written."""
        return self.text is None or bool(json.loads(self.text) != self.data)

    def is_of(self, document: Document) -> bool:
        """Whether it is the draft of a document of this name, at this place."""
        here, there = self.found, document
        return (here.kind, here.account, here.name, here.attached_to) == (
            *(there.kind, there.account, there.name, there.attached_to),
        )

    def change(self) -> Change:
        """The change from what was found to what will be."""
        found, after = self.found, self.after
        return Change(
            *(found.kind, found.account, found.name, self.text, after, diff(self.text, after, found.name)),
            causes=tuple(dict.fromkeys(self.causes)),
            guard_rail=self.guard_rail or found.kind in f.GUARD_RAILS,
            attached_to=found.attached_to,
            inline=found.inline,
        )


class Drafts:
    """All documents of some facts that are being mended, in the order in which they were first touched."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._drafts: list[Draft] = []

    def find(self, where: Where) -> Draft | None:
        """The draft of the document where a cause lies; None where there is no such document."""
        return next(iter(self.named(where)), None)

    def named(self, where: Where) -> tuple[Draft, ...]:
        """The drafts of all documents of that kind and name; of the kind's only one, whatever it is called."""
        known = [each for each in documents_of(self.facts) if each.kind == where.kind]
        named = [each for each in known if each.name == where.name]
        found = named or (known if len(known) == 1 else [])
        return tuple(self.open(each) for each in found if is_json(each.text))

    def open(self, found: Document) -> Draft:
        """The draft of a document that there is, as it was found or as it will be."""
        for draft in self._drafts:
            if draft.is_of(found) and found.text in (draft.text, draft.after):
                return draft
        data = json.loads(found.text)
        statements = data.get("Statement", [])
        originals = statements if isinstance(statements, list) else [statements]
        return self._kept(Draft(found, found.text, data, originals=list(originals)))

    def new(self, found: Document) -> Draft:
        """The draft of a document that there is not yet; ``found`` says where it will stand."""
        same = (draft for draft in self._drafts if draft.is_of(found) and draft.text is None)
        return next(same, None) or self._kept(Draft(found, None, {"Version": NEW_VERSION, "Statement": []}))

    def _kept(self, draft: Draft) -> Draft:
        self._drafts.append(draft)
        return draft

    def changes(self) -> tuple[Change, ...]:
        """What is to be written, in the order of mending."""
        return tuple(each.change() for each in self._drafts if each.is_changed)

    def settle(self) -> None:
        """Lets the statements be counted as they stand now: a new round looks at the changed documents."""
        for each in self._drafts:
            statements = each.data["Statement"]
            each.originals = list(statements) if isinstance(statements, list) else [statements]


def is_json(text: str) -> bool:
    """Whether a document can be mended: it is a JSON object."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def documents_of(facts: Facts) -> Iterator[Document]:
    """The documents that can be mended; those of the execution role are not asked."""
    for name in _SINGLE.values():
        found = getattr(facts, name)
        if isinstance(found, Document):
            yield found
    for name in (*_LAYERS.values(), *_LEVELS.values()):
        found = getattr(facts, name)
        for layer in (found,) if isinstance(found, Layer) else found if _is_levels(found) else ():
            yield from layer.documents


def beside_of(facts: Facts, draft: Draft) -> tuple[Document, ...]:
    """The documents of the same layer, of which any may allow in its place; none for one that stands by itself."""
    document, text = draft.found, draft.text
    name = {**_LAYERS, **_LEVELS}.get(document.kind)
    if name is not None:
        found = getattr(facts, name)
        for layer in (found,) if isinstance(found, Layer) else found if _is_levels(found) else ():
            same = [
                (each.kind, each.name, each.text) == (document.kind, document.name, text) for each in layer.documents
            ]
            if any(same):
                return tuple(each for here, each in zip(same, layer.documents, strict=True) if not here)
    return ()


def _is_levels(found: Any) -> bool:
    return isinstance(found, tuple) and all(isinstance(each, Layer) for each in found)


def changed(facts: Facts, changes: tuple[Change, ...]) -> Facts:
    """The facts as they are once the documents of the changes are written; calls change nothing here."""
    for change in changes:
        if change.call is None:
            facts = _with(facts, change)
    return facts


def _with(facts: Facts, change: Change) -> Facts:
    new = Document(*(change.kind, change.account, change.name, change.after), False, change.attached_to, change.inline)
    if change.kind in _SINGLE:
        name = _SINGLE[change.kind]
        old = getattr(facts, name)
        stored = isinstance(old, Document) and old.stored
        return facts.having(**{name: new._replace(stored=stored)})
    if change.kind in _LAYERS:
        name = _LAYERS[change.kind]
        return facts.having(**{name: _in_layer(getattr(facts, name), change, new)})
    name = _LEVELS[change.kind]
    levels = getattr(facts, name)
    return facts.having(**{name: tuple(_in_layer(layer, change, new, add=False) for layer in levels)})


def _in_layer(layer: Any, change: Change, new: Document, *, add: bool = True) -> Layer:
    if not isinstance(layer, Layer):
        return Layer((new,), (layer,))
    same = [each.name == change.name and each.text == change.before for each in layer.documents]
    documents = tuple(new if here else each for here, each in zip(same, layer.documents, strict=True))
    return layer._replace(documents=documents if any(same) or not add else (*documents, new))
