"""What was there before --apply changed it, kept under the lab home until it is taken back: a file for each run.

The file is written before each change and again after it, so that a run that is interrupted can be taken back as far
as it came. Files are of mode 0600: a policy names people.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from labkit.diagnosis.writing import Call
from labkit.errors import LabError
from labkit.ground.files import write_atomically
from labkit.ground.home import inspect_home, open_home

_FORMAT = 1


@dataclass
class KeptChange:
    """One change that was made, or was about to be: where, the text before and the text that was written.

    ``back`` are the calls that restore what was there, in their order. ``before`` None: there was none. Of a call,
    both texts are None.
    """

    kind: str
    account: str
    name: str
    back: list[Call]
    before: str | None = None
    written: str | None = None
    attached_to: str = ""
    inline: bool = False


@dataclass
class KeptRun:
    """The changes of one run of --apply in a region, in the order in which they were made; ``path`` keeps them."""

    path: Path
    region: str = ""
    changes: list[KeptChange] = field(default_factory=list)

    def save(self) -> None:
        """Writes the file, in one step."""
        data = {"format": _FORMAT, "region": self.region, "changes": [asdict(each) for each in self.changes]}
        write_atomically(self.path, json.dumps(data, indent=2).encode())

    def forget(self) -> None:
        """Removes the file: everything in it has been taken back."""
        self.path.unlink(missing_ok=True)


def begin(root: Path, region: str = "") -> KeptRun:
    """A new run, kept under the lab home, which is made if it is not there. Raises UsageError."""
    folder = open_home(root).undo
    folder.mkdir(mode=0o700, exist_ok=True)
    last = max((int(each.stem) for each in folder.glob("*.json") if each.stem.isdigit()), default=0)
    return KeptRun(folder / f"{last + 1:06d}.json", region)


def newest(root: Path) -> KeptRun | None:
    """The latest run that has not been taken back; None where there is none. Raises LabError for a damaged file."""
    files = [each for each in inspect_home(root).undo.glob("*.json") if each.stem.isdigit()]
    if not files:
        return None
    path = max(files, key=lambda each: int(each.stem))
    try:
        data = json.loads(path.read_text("utf-8"))
        return KeptRun(path, data["region"], [_change(each) for each in data["changes"]])
    except (ValueError, KeyError, TypeError):
        raise LabError(f"{path} cannot be read, and says what was there before --apply. Mend or move it.") from None


def _change(data: dict[str, Any]) -> KeptChange:
    back: list[Call] = [(service, operation, parameters) for service, operation, parameters in data.pop("back")]
    return KeptChange(**data, back=back)
