"""A pattern beside a value, with what differs between « and ».

ARNs are compared field by field and paths step by step, as policies mean them: ``*`` and ``?`` stand for themselves
and for any text. What is neither is compared as a whole, without what is the same at both ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from labkit.iam import arn as arns
from labkit.iam.parts import Part
from labkit.iam.patterns import UNKNOWN, Pattern

_OPEN, _CLOSE = "«", "»"


def beside(pattern: str, value: str) -> tuple[str, str]:
    """Both texts, each with the parts marked in which they differ."""
    (wanted, ends), (got, _) = _parts(pattern), _parts(value)
    if len(wanted) < 2 or len(wanted) != len(got):
        return _whole(pattern, value)
    same = [_fits(one, other) for one, other in zip(wanted, got, strict=True)]
    if all(same):  # but for an operator that takes wildcards literally
        same = [one == other for one, other in zip(wanted, got, strict=True)]
    return _marked(wanted, same, ends), _marked(got, same, ends)


def nearest(patterns: Sequence[str], value: str) -> str:
    """The pattern that differs from the value in the fewest parts, and there by the fewest characters."""
    return min(patterns, key=lambda pattern: differences(pattern, value))


def differences(pattern: str, value: str) -> tuple[int, int]:
    """In how many parts a value differs from a pattern, and how many characters of the pattern are in these."""
    marked, _ = beside(pattern, value)
    inside = sum(len(each.partition(_CLOSE)[0]) for each in marked.split(_OPEN)[1:])
    return marked.count(_OPEN), inside


def lines(part: Part) -> tuple[str, ...]:
    """What the policy wants and what the request has, one below the other; empty where there is nothing to compare."""
    pair = _pair(part)
    if pair is None:
        return ()
    pattern, got = beside(*pair)
    return (f"in the policy:  {pattern}", f"in the request: {got}")


def distance(part: Part) -> tuple[int, int]:
    """By how much the request's value differs from the nearest of the policy's: parts and characters."""
    pair = _pair(part)
    return differences(*pair) if pair else (0, 0)


def _pair(part: Part) -> tuple[str, str] | None:
    wanted = [each for each in part.resolved or part.wanted if each is not None]
    values = (part.got,) if isinstance(part.got, str) else part.got or ()
    if not wanted or not values or part.got is UNKNOWN:
        return None
    value = min(values, key=lambda each: differences(nearest(wanted, each), each))
    return nearest(wanted, value), value


def _parts(text: str) -> tuple[list[str], str]:
    arn = arns.split(text)
    if arn:
        return list(arn), ":"
    return (text.split("/"), "/") if "/" in text else ([text], "")


def _fits(pattern: str, text: str) -> bool:
    return Pattern.compile(pattern, "glob").matches(text, {})


def _marked(parts: Sequence[str], same: Sequence[bool], ends: str) -> str:
    shown = (part if fits else f"{_OPEN}{part}{_CLOSE}" for part, fits in zip(parts, same, strict=True))
    return ends.join(shown)


def _whole(pattern: str, value: str) -> tuple[str, str]:
    """Marked between what is the same at the beginning and at the end."""
    head = _alike(pattern, value)
    tail = _alike(pattern[head:][::-1], value[head:][::-1])
    return _inside(pattern, head, tail), _inside(value, head, tail)


def _alike(one: str, other: str) -> int:
    """How many characters are the same from the beginning."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in pairs)


def _inside(text: str, head: int, tail: int) -> str:
    end = len(text) - tail
    if end <= head:
        return text
    return f"{text[:head]}{_OPEN}{text[head:end]}{_CLOSE}{text[end:]}"
