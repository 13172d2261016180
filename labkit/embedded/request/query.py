"""The query protocol's flat parameters as nested ones: ``Tags.member.1.Key=a`` becomes ``{"Tags": [{"Key": "a"}]}``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from botocore.model import ListShape, MapShape, Shape, StructureShape

from labkit.embedded.request.values import ValueProblemError, read_text

LONGEST_LIST = 1000


class QueryParameters:
    """A form, read after an input shape."""

    def __init__(self, form: dict[str, str]) -> None:
        self._form = form
        self._prefixes = {name[:end] for name in form for end in _ends(name)}

    def read(self, shape: StructureShape | None) -> dict[str, Any]:
        """The parameters of an operation; raises `ValueProblemError` for a value of the wrong type."""
        return {} if shape is None else self._structure(shape, "")

    def _value(self, shape: Shape, name: str) -> Any:
        reader = self._readers.get(shape.type_name)
        if reader is not None:
            return reader(self, shape, name)
        return read_text(shape, self._form[name], name) if name in self._form else None

    def _one(self, shape: Shape, name: str) -> Any:
        """A value that has to be there: of a list or a map."""
        found = self._value(shape, name)
        if found is None:
            raise ValueProblemError(f"{name} has no value")
        return found

    def _structure(self, shape: StructureShape, prefix: str) -> dict[str, Any]:
        params = {}
        for name, member in shape.members.items():
            path = f"{prefix}.{member.serialization.get('name', name)}".lstrip(".")
            if path in self._prefixes and (found := self._value(member, path)) is not None:
                params[name] = found
        return params

    def _list(self, shape: ListShape, name: str) -> list[Any]:
        if self._form.get(name) == "":
            return []
        if not shape.serialization.get("flattened"):
            name = f"{name}.{shape.member.serialization.get('name', 'member')}"
        return [self._one(shape.member, place) for place in self._places(name)]

    def _map(self, shape: MapShape, name: str) -> dict[str, Any]:
        if not shape.serialization.get("flattened"):
            name = f"{name}.entry"
        key = shape.key.serialization.get("name", "key")
        value = shape.value.serialization.get("name", "value")
        return {
            self._one(shape.key, f"{place}.{key}"): self._one(shape.value, f"{place}.{value}")
            for place in self._places(name)
        }

    def _places(self, name: str) -> list[str]:
        places: list[str] = []
        while f"{name}.{len(places) + 1}" in self._prefixes:
            places.append(f"{name}.{len(places) + 1}")
            if len(places) > LONGEST_LIST:
                raise ValueProblemError(f"{name} has more than {LONGEST_LIST} members")
        return places

    _readers: ClassVar[dict[str, Callable[[QueryParameters, Any, str], Any]]] = {
        "structure": _structure,
        "list": _list,
        "map": _map,
    }


def _ends(name: str) -> list[int]:
    return [index for index, letter in enumerate(name) if letter == "."] + [len(name)]
