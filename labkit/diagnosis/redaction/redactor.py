"""Reads everything first, then replaces: the same original by the same stand-in wherever it stands."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from labkit.diagnosis.redaction import kept
from labkit.diagnosis.redaction.markup import Edit, edited, edited_page
from labkit.diagnosis.redaction.places import (
    COMMON,
    DIGESTS,
    DIGESTS_STAY,
    DOCUMENT_NAMES,
    KEYS,
    NAMES,
    NAMES_OF_ACCOUNTS,
    PICTURES,
    STAND_INS,
    as_one,
)

OF_ACCOUNTS = as_one((PICTURES, *DIGESTS, *COMMON, *NAMES_OF_ACCOUNTS))
"""The places in an answer about somebody's own accounts: `Redactor`'s default."""
OF_THE_LAB = as_one((PICTURES, DIGESTS_STAY, *COMMON))
"""The places in what the lab has made, whose repositories and functions are the article's."""


class Redactor:
    """Replaces in ``texts`` and ``data`` what they hold of numbers, ids and names.

    ``data`` is JSON data, whose keys say more than its texts do. ``known`` are originals by kind that need not be
    recognized, such as ``{"function": ["orders"]}``; they get the first stand-ins, in their order. ``spared`` are names
    that stay besides those of `labkit.diagnosis.redaction.kept`. ``places`` is `OF_ACCOUNTS` or `OF_THE_LAB`.
    ``mapping`` is, for each kind, from original to stand-in.
    """

    def __init__(
        self,
        texts: Iterable[str] = (),
        data: Any = None,
        known: Mapping[str, Iterable[str]] | None = None,
        spared: Container[str] = frozenset(),
        places: re.Pattern[str] = OF_ACCOUNTS,
    ) -> None:
        self._places, self._spared = places, spared
        found: dict[str, dict[str, None]] = {}
        for kind, original in self._learned([*texts, *strings(data)], data, known or {}):
            found.setdefault(kind, {}).setdefault(original)
        taken = {original for originals in found.values() for original in originals}
        self.mapping = {kind: _paired(kind, originals, taken) for kind, originals in found.items()}
        self._names = self._by_name()
        # Longest first, so that no name is replaced within another.
        words = "|".join(map(re.escape, sorted(self._names, key=len, reverse=True)))
        self._words = re.compile(rf"(?:(?<![\w&-])|(?<=%2F)|(?<=%3A))(?:{words})(?![\w-])") if words else None

    def text(self, text: str) -> str:
        """Plain text, one of the texts or made of them, with every original replaced."""
        return edited(text, self._edits(text))

    def html(self, page: str) -> str:
        """A page with every original replaced, in what people read and in its links."""
        return edited_page(page, self._edits)

    def data(self, value: Any) -> Any:
        """JSON data with every original replaced, also in keys."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.data(each) for key, each in value.items()}
        return [self.data(each) for each in value] if isinstance(value, list | tuple) else value

    def _learned(
        self, texts: Iterable[str], data: Any, known: Mapping[str, Iterable[str]]
    ) -> Iterator[tuple[str, str]]:
        """Every original with its kind, in the order in which stand-ins are given."""
        given = ((kind, name) for kind, names in known.items() for name in names)
        yield from (each for each in given if self._is_original(*each))
        yield from (each for each in _by_keys(data) if self._is_original(*each))
        for text in texts:
            for place in self._places.finditer(text):
                yield from ((kind, original) for kind, original, _span in self._originals(place))

    def _is_original(self, kind: str, name: str) -> bool:
        if kind not in (*NAMES, "path"):
            return True
        return not (name in kept.ALIKE_EVERYWHERE or name in self._spared or name.startswith(kept.OF_AWS))

    def _originals(self, place: re.Match[str]) -> Iterator[tuple[str, str, tuple[int, int]]]:
        """What is to be replaced in a place: its kind, itself (accounts without dashes), and where it stands."""
        for group, text in place.groupdict().items():
            kind = group.rpartition("_")[0]
            if text is None:
                continue
            begin = place.start(group)
            for part, at in _parts(kind, text):
                last = at + len(part) == len(text)
                of = kind if last else "path"
                if self._is_original(of, part):
                    original = part.replace("-", "") if kind == "account" else part
                    yield of, original, (begin + at, begin + at + len(part))

    def _by_name(self) -> dict[str, str]:
        """The stand-in for each name that is replaced as a word; none of AWS's words, none of ours."""
        named = {name: stand_in for kind in reversed(NAMES) for name, stand_in in self.mapping.get(kind, {}).items()}
        return {name: stand_in for name, stand_in in named.items() if name not in kept.words()} if named else {}

    def _edits(self, text: str) -> list[Edit]:
        edits = [edit for place in self._places.finditer(text) for edit in self._of_place(place, text)]
        edits.sort()
        begins = [edit.begin for edit in edits]
        for found in self._words.finditer(text) if self._words else ():
            after = bisect_left(begins, found.end())
            if not after or edits[after - 1].end <= found.start():
                edits.append(Edit(*found.span(), self._names[found[0]]))
        return sorted(edits)

    def _of_place(self, place: re.Match[str], text: str) -> Iterator[Edit]:
        for kind, original, (begin, end) in self._originals(place):
            stand_in = self.mapping.get(kind, {}).get(original)
            if stand_in is None:
                continue
            if kind == "account" and "-" in text[begin:end]:
                stand_in = f"{stand_in[:4]}-{stand_in[4:8]}-{stand_in[8:]}"
            yield Edit(begin, end, stand_in[: end - begin] if kind == "digest" else stand_in)


def strings(value: Any) -> Iterator[str]:
    """All strings in JSON data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key
            yield from strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings(each)


def _by_keys(value: Any) -> Iterator[tuple[str, str]]:
    """The names in JSON data that a key calls so."""
    if isinstance(value, Mapping):
        kinds = {**KEYS, "name": DOCUMENT_NAMES.get(str(value.get("kind")), "")}
        for key, each in value.items():
            if isinstance(each, str) and each and kinds.get(key) and ":" not in each:
                yield kinds[key], each
            yield from _by_keys(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _by_keys(each)


def _parts(kind: str, text: str) -> Iterator[tuple[str, int]]:
    """A name between the slashes of its path, with the place of each part; a repository's name is one whole.

    The path of a role that AWS has made is AWS's.
    """
    if kind not in NAMES or kind == "repository":
        yield text, 0
        return
    at = text.rfind("/") + 1 if text.startswith(kept.PATHS_OF_AWS) else 0
    for part in text[at:].split("/"):
        yield part, at
        at += len(part) + 1


def _paired(kind: str, originals: Iterable[str], taken: Container[str]) -> dict[str, str]:
    """A stand-in for each original: none of them is itself an original of any kind."""
    made = STAND_INS.get(kind) or f"{kind}-{{}}".format
    free = (each for each in map(made, count(1)) if each not in taken)
    return dict(zip(originals, free, strict=False))
