"""What stands in an answer, whatever stands there: objects, lists, texts, each empty where something else is.

Answers come from files that anybody may have written. So nothing is taken from one but through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.diagnosis.evidence.answers import Answer


def at(value: Any, *path: str) -> Any:
    """What stands at the end of a path of keys, in an answer or in a part of one; None where nothing does."""
    if isinstance(value, Answer):
        value = value.answer
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def mapping(value: Any, *path: str) -> Mapping[str, Any]:
    """The object there; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, Mapping) else {}


def mappings(value: Any, *path: str) -> list[Mapping[str, Any]]:
    """The objects in the list there."""
    found = at(value, *path)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def text(value: Any, *path: str) -> str:
    """The text there; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def texts(value: Any, *path: str) -> list[str]:
    """The texts in the list there."""
    found = at(value, *path)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
