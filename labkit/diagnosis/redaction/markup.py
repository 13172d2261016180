"""Pages: texts between tags, also where a tag breaks a name, and the attributes that people read or follow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple


class Edit(NamedTuple):
    """What stands from ``begin`` to ``end`` becomes ``new``."""

    begin: int
    end: int
    new: str


Editor = Callable[[str], list[Edit]]
"""Says what is to be changed in a text, in order and without overlap."""

_INLINE_NAMES = "mark|span|b|i|em|strong|code|a|wbr|ins|del|u|s|small|abbr|kbd|samp|var|tspan|q|cite"
_TAG = re.compile(r"(<style\b[^>]*>[^<]*</style>|<[a-zA-Z/!][^>]*>)")
_INLINE = re.compile(rf"</?(?:{_INLINE_NAMES})\b[^>]*>")
_ATTRIBUTE = re.compile(r"(?<=\s)(?P<name>[\w:-]+)=(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")
_NOT_READ = frozenset(
    {"class", "style", "type", "rel", "role", "lang", "dir", "charset", "media", "scope", "http-equiv"}
)
"""Attributes that hold words of HTML and of our style sheets."""


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after its edits."""
    return "".join(_spread([text], edits))


def edited_page(page: str, editor: Editor) -> str:
    """HTML after the edits of what people read in it; names are found across the tags within a line."""
    pieces = _TAG.split(page)
    for at in range(1, len(pieces), 2):
        if not pieces[at].startswith("<style"):
            pieces[at] = _ATTRIBUTE.sub(lambda found: _attribute(found, editor), pieces[at])
    for run in _runs(pieces):
        texts = [pieces[at] for at in run]
        for at, text in zip(run, _spread(texts, editor("".join(texts))), strict=True):
            pieces[at] = text
    return "".join(pieces)


def _attribute(found: re.Match[str], editor: Editor) -> str:
    if found["name"].lower() in _NOT_READ:
        return found[0]
    group = "single" if found["double"] is None else "double"
    begin, end = (place - found.start() for place in found.span(group))
    return found[0][:begin] + edited(found[group], editor(found[group])) + found[0][end:]


def _runs(pieces: list[str]) -> Iterator[list[int]]:
    """The places of the texts that belong together, since only inline tags stand between them."""
    run = [0]
    for at in range(1, len(pieces), 2):
        if not _INLINE.fullmatch(pieces[at]):
            yield run
            run = []
        run.append(at + 1)
    yield run


def _spread(texts: list[str], edits: Iterable[Edit]) -> list[str]:
    """Texts after the edits of them as one: what is new goes where the edit begins."""
    todo = sorted(edits, reverse=True)
    begin, changed = sum(map(len, texts)), []
    for text in reversed(texts):
        end, begin = begin, begin - len(text)
        for edit in todo:
            if edit.begin < end and edit.end > begin:
                first, last = max(edit.begin, begin) - begin, min(edit.end, end) - begin
                text = text[:first] + (edit.new if edit.begin >= begin else "") + text[last:]
        todo = [edit for edit in todo if edit.begin < begin]
        changed.append(text)
    return changed[::-1]
