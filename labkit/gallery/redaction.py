"""Made-up numbers and names in place of those of an account, the same one each time.

``_STAND_INS`` says for each kind of thing what takes its place, ``_PATTERNS`` where things stand: each named group is
an original of the kind of that name, and a pattern without a group is passed over as it is (what may hold twelve digits
by chance: digests and pictures). All texts are read before the first is changed, so that nothing that stands in one of
them is ever given out as a stand-in; within a kind no two originals share one.

Names of people, roles, sessions and profiles are learned from ARNs and messages, and then replaced wherever they stand
as words of their own. The lab's own names stay: they are the story.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from labkit.embedded.state import world
from labkit.gallery import Site
from labkit.lab.article import EXECUTION_ROLE, LIMITED_ROLE

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_KEPT = frozenset(
    {"root", "Test", "default", "NAME", "AdministratorAccess", "AWSLambda_FullAccess"}
    | {EXECUTION_ROLE, LIMITED_ROLE, world.ADMINISTRATOR, *world.ACCOUNTS}
)
"""Names that everybody's account or every lab has."""
_OF_AWS = "AWSServiceRoleFor"


def _repeated(symbols: str, length: int) -> Callable[[int], str]:
    """A stand-in of one symbol, repeated; after the last symbol the number, written in symbols."""

    def made(number: int) -> str:
        if number <= len(symbols):
            return symbols[number - 1] * length
        return "".join(symbols[int(digit)] for digit in str(number)).rjust(length, symbols[0])

    return made


def _counted(form: str) -> Callable[[int], str]:
    return form.format


_STAND_INS: Mapping[str, Callable[[int], str]] = {
    "account": lambda n: str(n) * 12 if n < 10 else f"{n:012}",
    "organization": _repeated(_LETTERS, 10),
    "root": _repeated(_LETTERS, 4),
    "unit": _repeated("123456789", 8),
    "control": _counted("example{:04}"),
    "principal": _counted("EXAMPLE{:010}"),
    "request": _counted("00000000-0000-0000-0000-{:012}"),
    "user": _counted("user-{}"),
    "role": _counted("role-{}"),
    "session": _counted("session-{}"),
    "policy": _counted("policy-{}"),
    "profile": _counted("profile-{}"),
    "mail": _counted("person-{}@example.com"),
    "endpoint": _counted("{:08x}"),
    "url": _counted("https://address-{}.example.com"),
    "address": lambda n: f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}",
    "home": _counted("somebody-{}"),
}

_WORD = r"[\w+=,.@-]*[\w+=@-]"
_PATH = rf"(?:{_WORD}/)*{_WORD}"
_QUOTE = r"(?:['\"]|&\#x27;|&\#39;|&quot;)"

_PATTERNS = (
    r"data:[\w+.-]+/[\w+.-]+;base64,[A-Za-z0-9+/=\s]*",
    r"(?<![0-9A-Za-z])(?:sha256:[0-9a-f]+|[0-9a-f]{32,})(?![0-9A-Za-z])",
    r"(?<![\w-])(?P<request>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?![\w-])",
    r"(?:(?<!\d)|(?<=%\d\d))(?P<account>\d{12}|\d{4}-\d{4}-\d{4})(?!\d)",
    r"(?<![\w-])o-(?P<organization>[a-z0-9]{10,32})(?![\w-])",
    r"(?<![\w-])r-(?P<root>[a-z0-9]{4,32})(?![\w-])",
    r"(?<![\w-])ou-(?P<root>[a-z0-9]{4,32})-(?P<unit>[a-z0-9]{1,32})(?![\w-])",
    r"(?<=_policy/)p-(?P<control>[a-z0-9]+)",
    rf"(?<![\w-])(?:A[A-Z]{{2}}A)(?P<principal>[A-Z0-9]{{12,124}})(?::(?P<session>{_WORD}))?(?![\w-])",
    rf":assumed-role/(?P<role>{_WORD})/(?P<session>{_WORD})",
    rf":(?:federated-)?user/(?P<user>{_PATH})",
    rf":role/(?P<role>{_PATH})",
    rf"(?<=\d):policy/(?P<policy>{_PATH})",
    rf"statement \d+ of (?P<policy>{_WORD})",
    rf"(?<=profile ){_QUOTE}(?P<profile>{_WORD}){_QUOTE}",
    rf"(?<=--profile )(?P<profile>{_WORD})",
    r"(?<![\w.+-])(?P<mail>[\w.+-]+@\w[\w-]*(?:\.\w[\w-]*)+)",
    r"(?<![\w-])vpce-(?P<endpoint>[0-9a-f]{8,17}(?:-[a-z0-9]+)*)",
    r"(?<=URL: )(?:\"|&quot;)(?P<url>https?://[^\s\"&<]+)",
    r"(?<![\d.])(?!127\.0\.0\.1)(?P<address>\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?![\d.])",
    r"(?:/home/|/Users/|:\\Users\\)(?P<home>[^/\\\s<&\"']+)",
)
_NAMES = ("user", "role", "session", "policy", "profile")
_GROUP = re.compile(r"\(\?P<(\w+)>")
_MARKUP = re.compile(r"(<[^>]*>)")


def _alternatives() -> str:
    """All patterns as one, in which a group's name ends in the number of its pattern."""
    numbered = (_GROUP.sub(rf"(?P<\1_{at}>", pattern) for at, pattern in enumerate(_PATTERNS))
    return "|".join(f"(?:{pattern})" for pattern in numbered)


_PLACES = re.compile(_alternatives())


class Redactor:
    """Replaces in ``texts``; ``accounts`` and ``profiles`` get the first stand-ins, in their order."""

    def __init__(self, texts: Iterable[str], accounts: Iterable[str] = (), profiles: Iterable[str] = ()) -> None:
        found: dict[str, dict[str, None]] = {kind: {} for kind in _STAND_INS}
        found["account"].update(dict.fromkeys(accounts))
        found["profile"].update(dict.fromkeys(name for name in profiles if name not in _KEPT))
        for place in (place for text in texts for place in _PLACES.finditer(text)):
            for kind, original, _span in _originals(place):
                found[kind].setdefault(original)
        self.mapping = {kind: _paired(kind, originals) for kind, originals in found.items()}
        self._names = {name: self.mapping[kind][name] for kind in _NAMES for name in self.mapping[kind]}
        words = "|".join(map(re.escape, sorted(self._names, key=len, reverse=True)))
        self._words = re.compile(rf"(?<![\w.@:/&-])(?:{words})(?![\w@:/-]|\.\w)") if words else None

    def text(self, text: str) -> str:
        """One of the texts, HTML or plain, with every original replaced."""
        replaced = _PLACES.sub(self._replaced, text)
        if self._words is None:
            return replaced
        parts = _MARKUP.split(replaced)
        parts[::2] = [self._words.sub(lambda found: self._names[found[0]], part) for part in parts[::2]]
        return "".join(parts)

    def data(self, value: Any) -> Any:
        """JSON data whose strings were among the texts, with every original replaced."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.data(each) for key, each in value.items()}
        return [self.data(each) for each in value] if isinstance(value, list) else value

    def site(self, site: Site) -> dict[str, bytes]:
        """A site whose pages were among the texts, with every original replaced."""
        return {**site, **{name: self.text(text).encode() for name, text in pages(site).items()}}

    def _replaced(self, place: re.Match[str]) -> str:
        text, shift = place[0], place.start()
        for kind, original, (begin, end) in sorted(_originals(place), key=lambda each: each[2], reverse=True):
            stand_in = self.mapping[kind][original]
            if "-" in place.string[begin:end] and kind == "account":
                stand_in = f"{stand_in[:4]}-{stand_in[4:8]}-{stand_in[8:]}"
            text = text[: begin - shift] + stand_in + text[end - shift :]
        return text


def pages(site: Site) -> dict[str, str]:
    """The pages of a site as texts; its style sheet and its pictures are not redacted."""
    return {name: content.decode() for name, content in site.items() if name.endswith(".html")}


def strings(value: Any) -> Iterator[str]:
    """All strings in JSON data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def _originals(place: re.Match[str]) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """What is to be replaced in a place: its kind, itself (without dashes or path), and where it stands.

    The lab's own names are not among it.
    """
    for group, text in place.groupdict().items():
        kind = group.rpartition("_")[0]
        if text is not None:
            original = (
                text.replace("-", "") if kind == "account" else text.rpartition("/")[2] if kind in _NAMES else text
            )
            if kind not in _NAMES or not (original in _KEPT or original.startswith(_OF_AWS)):
                yield kind, original, place.span(group)


def _paired(kind: str, originals: Iterable[str]) -> dict[str, str]:
    """A stand-in for each original: none of them is itself an original."""
    known = set(originals)
    free = (made for made in map(_STAND_INS[kind], count(1)) if made not in known)
    return dict(zip(originals, free, strict=False))
