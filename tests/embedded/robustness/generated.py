"""Parameters made by botocore's shapes: such as a client sends, and such as nobody should.

`Maker` fills an input shape with values that mean something in the world of the test (`World.values`), so that calls
get past their first check; `spoilt` then breaks one value, or leaves one out. Everything is drawn from one seeded
random generator: the same run makes the same calls.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from botocore.model import Shape

from tests.embedded.raw_requests import ENDLESS

_LONG = 20_000

#: Texts that have broken parsers, patterns, file names and databases before.
TEXTS: tuple[str, ...] = (
    "",
    " ",
    "*",
    "?",
    "x" * 129,
    "x" * _LONG,
    "\x00",
    "a\x00b",
    "a\nb",
    "a\r\nb: c",
    "\x1b[31m",
    "\x7f\x85",
    "é",
    "😀" * 3,
    "\u202eabc",
    "\ufeff",
    "\ud800",
    "١٢٣",
    "\uff41\uff42",
    "../../../etc/passwd",
    "..",
    "%00",
    "%2e%2e%2f",
    "a/b//c",
    "a'; DROP TABLE roles; --",
    "<a>&amp;\"'</a>",
    "]]>",
    "${aws:username}",
    "{}",
    "[]",
    "null",
    '{"Version":"2012-10-17","Statement":[]}',
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Resource":"x"}}',
    '{"a":' * 3000,
    "[" * 5000,
    "-1",
    "1e9",
    "true",
    "arn:aws:iam::aws:policy/Nothing",
    "arn:aws:iam::592444418872:role/no-such",
    "arn:aws:iam::592444418872:root",
    "arn:::::",
    "arn:aws:lambda:eu-central-1:592444418872:function:no-such:1",
    "592444418872",
    "000000000000",
    "99999999999",
    "sha256:" + "0" * 64,
    "sha256:" + "z" * 64,
    "MTIz",
    "=" * 8,
)
NUMBERS: tuple[Any, ...] = (-1, 0, 1, 1001, 2**31, 2**63, 2**64, 10**40, 1.5, ENDLESS, "1", "x", "", True, None)
OTHERS: tuple[Any, ...] = (None, "text", 7, True, [], {}, [[]], [None], {"": ""}, {"x": {"y": [1]}}, ["x"] * 1100)


class Maker:
    """Makes parameters of input shapes; ``values`` are what stands in the world, by a pattern of members' names."""

    def __init__(self, random: Random, values: Mapping[str, Sequence[Any]]) -> None:
        self.random = random
        self._values = [(re.compile(pattern), found) for pattern, found in values.items()]

    def params(self, shape: Shape | None, more: float) -> dict[str, Any]:
        """Every required member and, with this probability, each of the others."""
        if shape is None:
            return {}
        return {
            name: self._value(name, member)
            for name, member in shape.members.items()
            if name in shape.required_members or self.random.random() < more
        }

    def _value(self, name: str, shape: Shape) -> Any:
        for pattern, found in self._values:
            if pattern.fullmatch(name):
                return copy.deepcopy(self.random.choice(found))
        return _MAKERS[shape.type_name](self, name, shape)

    def _structure(self, _name: str, shape: Any) -> Any:
        return self.params(shape, 0.5)

    def _list(self, name: str, shape: Any) -> Any:
        least = max(1, shape.metadata.get("min", 1))
        return [self._value(name.removesuffix("s"), shape.member) for _ in range(least)]

    def _map(self, name: str, shape: Any) -> Any:
        return {str(self._value(name, shape.key)): self._value(name, shape.value)}

    def _string(self, _name: str, shape: Any) -> Any:
        if shape.enum:
            return self.random.choice(shape.enum)
        least, most = shape.metadata.get("min", 1), shape.metadata.get("max", 64)
        size = self.random.choice([least, most, min(most, max(least, 8))])
        return "a" * max(0, min(size, 4096))

    def _number(self, _name: str, shape: Any) -> Any:
        bounds = [shape.metadata[bound] for bound in ("min", "max") if bound in shape.metadata]
        return self.random.choice(bounds or [1, 100])

    def _boolean(self, _name: str, _shape: Any) -> Any:
        return self.random.random() < 0.5

    def _blob(self, _name: str, _shape: Any) -> Any:
        return b"{}"

    def _timestamp(self, _name: str, _shape: Any) -> Any:
        return 1_700_000_000


_MAKERS: dict[str, Any] = {
    "structure": Maker._structure,
    "list": Maker._list,
    "map": Maker._map,
    "string": Maker._string,
    "blob": Maker._blob,
    "boolean": Maker._boolean,
    "timestamp": Maker._timestamp,
    **dict.fromkeys(("integer", "long", "float", "double"), Maker._number),
}


def spoilt(random: Random, shape: Shape | None, params: dict[str, Any]) -> dict[str, Any]:
    """The same parameters with one of them broken, left out, or one too many."""
    places = list(_places(shape, params))
    if not places:
        return {**params, "Unknown": random.choice(TEXTS)}
    holder, key, member = random.choice(places)
    if random.random() < 0.15:
        del holder[key]
    else:
        holder[key] = copy.deepcopy(_worse(random, member, holder[key]))
    return params


def _places(shape: Any, value: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Every place in the parameters at which a value stands: what holds it, where, and its shape if that is known."""
    items = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for key, item in items:
        member = _member(shape, key)
        yield value, key, member
        yield from _places(member, item)


def _member(shape: Any, key: Any) -> Any:
    kind = getattr(shape, "type_name", None)
    return {"structure": lambda: shape.members.get(key), "list": lambda: shape.member, "map": lambda: shape.value}.get(
        kind, lambda: None
    )()


def _worse(random: Random, shape: Any, value: Any) -> Any:
    kind = getattr(shape, "type_name", "")
    if random.random() < 0.15:
        return random.choice(OTHERS)
    if kind == "list" and isinstance(value, list):
        return random.choice([[], value * (shape.metadata.get("max", 1000) + 1), [*value, *value], [None], {}])
    if kind == "map" and isinstance(value, dict):
        return random.choice([{}, {f"k{number}": "v" for number in range(1100)}, {"": ""}, {"aws:x": "y"}, []])
    if kind in ("integer", "long", "float", "double"):
        return random.choice(NUMBERS)
    if kind == "string":
        bounds = [shape.metadata[bound] for bound in ("min", "max") if bound in shape.metadata]
        edges = ["a" * max(0, size) for bound in bounds for size in (bound - 1, bound, bound + 1) if size < _LONG]
        changed = [f"{value}{end}" for end in ("/", "\n", " ", "é", "*", ":1")] if isinstance(value, str) else []
        return random.choice([*TEXTS, *edges, *changed, *changed])
    return random.choice([*OTHERS, *TEXTS])
