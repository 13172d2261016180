"""The forms in which a fix or a policy is handed out, by the names of ``--as``: one row each."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from labkit.diagnosis.formats.cdk import cdk_python, cdk_typescript
from labkit.diagnosis.formats.cloudformation import cloudformation
from labkit.diagnosis.formats.notes import heading
from labkit.diagnosis.formats.quoting import json_text
from labkit.diagnosis.formats.shell import script
from labkit.diagnosis.formats.terraform import terraform

if TYPE_CHECKING:
    from labkit.diagnosis.result import Change

JSON = "json"


def _json(changes: tuple[Change, ...], region: str) -> str:
    """One policy as it is; several changes, and calls, as a list of objects that say what each is."""
    if len(changes) == 1 and changes[0].call is None:
        return json_text(changes[0].after)
    return json_text(json.dumps([_object(each) for each in changes], indent=2, ensure_ascii=False))


def _object(change: Change) -> dict[str, object]:
    hidden = ("before", "diff")
    return {name: value for name, value in change.to_dict().items() if name not in hidden}


_WRITERS: dict[str, Callable[[tuple[Change, ...], str], str]] = {
    JSON: _json,
    "cli": script,
    "terraform": terraform,
    "cloudformation": cloudformation,
    "cdk-python": cdk_python,
    "cdk-typescript": cdk_typescript,
}


def snippet(changes: tuple[Change, ...], form: str, region: str = "") -> str:
    """The changes in one of ``FORMATS``, each below a comment that says whose it is.

    JSON has no comments: there it is one policy alone, or a list. ``region`` is that of the repository and the
    function. What a form cannot describe stands in it as a comment with the command that does it.
    """
    return _WRITERS[form](changes, region)


def beside(changes: tuple[Change, ...], form: str, region: str = "") -> list[str]:
    """What is to be said beside a form that has no comments; empty for all others."""
    return [line for each in changes for line in heading(each, region)] if form == JSON else []
