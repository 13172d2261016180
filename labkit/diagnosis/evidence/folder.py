"""A folder of answers: written by ``labkit collect``, read by whatever works offline. The format is in the package.

A file that cannot be read, or that is nothing of what is known, is named and left out: the rest still tells much.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from labkit.diagnosis.evidence import saved
from labkit.diagnosis.evidence.answers import Answer, Answers
from labkit.errors import UsageError
from labkit.ground.files import write_atomically
from labkit.ground.text import decoded

INDEX = "index.json"
FORMAT = 1
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
_LARGEST = 64 << 20


class Saved(NamedTuple):
    """A text that is no answer of AWS: most likely a policy document, of the kind that its file's name says."""

    file: str
    text: str


class Folder(NamedTuple):
    """What was read: the answers, other texts, a sentence for each bad file; ``about`` is the index, empty without."""

    answers: Answers
    texts: tuple[Saved, ...] = ()
    about: Mapping[str, Any] = {}
    bad: tuple[str, ...] = ()

    @property
    def time(self) -> datetime | None:
        """When it was collected; None where the index does not say."""
        return moment(self.about.get("time"))


def moment(value: Any) -> datetime | None:
    """A time of an answer: ISO 8601, or seconds since 1970 as some versions of the CLI print them; else None."""
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def read(folder: Path) -> Folder:
    """Reads a folder and the folders in it. Raises UsageError where there is none, or nothing in it."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: There is no such folder.")
    names = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if not names:
        raise UsageError(f"{folder}: There are no files in it.")
    answers: list[Answer] = []
    texts: list[Saved] = []
    about: Mapping[str, Any] = {}
    bad: list[str] = []
    for path in names:
        name = path.relative_to(folder).as_posix()
        try:
            text = text_of(path)
            if name == INDEX:
                about = _index(text)
                continue
            found = read_text(text, name)
        except ValueError as error:
            bad.append(f"{name} is left out: {error}.")
            continue
        answers += found or ()
        texts += () if found else (Saved(name, text),)
    return Folder(Answers(answers), tuple(texts), about, tuple(bad))


def read_text(text: str, name: str) -> tuple[Answer, ...]:
    """The answers in the text of one file; empty where it is none. Raises ValueError for a record that is broken."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        refused = saved.refused(text, name)
        return (refused,) if refused else ()
    listed = value if isinstance(value, list) else [value]
    if listed and all(isinstance(each, dict) and "call" in each for each in listed):
        return tuple(Answer.from_dict(each, name) for each in listed)
    return saved.recognised(value, name)


def text_of(path: Path) -> str:
    """The text of a file in UTF-8 or, with its mark, UTF-16. Raises ValueError with a reason."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST >> 20} MiB")
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror}") from None
    try:
        return decoded(content)
    except UnicodeDecodeError:
        raise ValueError("it is not a text in UTF-8") from None


def write(folder: Path, answers: Iterable[Answer], question: Mapping[str, Any], time: datetime) -> int:
    """Writes answers, one a file, and then the index; tells how many. Files that the folder has are kept or replaced.

    Files are readable for their owner alone: they hold policies. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, each in enumerate(answers, 1):
        name = f"{count:04}-{each.service}-{each.operation}{_suffix(each)}.json"
        write_atomically(folder / name, _json(each.to_dict()))
    index = {"format": FORMAT, "question": dict(question), "time": time.astimezone(UTC).isoformat()}
    write_atomically(folder / INDEX, _json(index))
    return count


def _suffix(answer: Answer) -> str:
    value = next((each for each in answer.params.values() if isinstance(each, str)), "")
    plain = _UNSAFE.sub("-", value.rpartition(":")[2].rpartition("/")[2])[:60].strip("-.")
    return f"-{plain}" if plain else ""


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, default=_plain) + "\n").encode()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _index(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    if value.get("format", FORMAT) != FORMAT:
        raise ValueError(f"its format is {value['format']!r}, and this labkit reads {FORMAT}")
    return value
