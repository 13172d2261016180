"""Reading a Dockerfile: from its text to instructions with their lines.

The subset that needs no container: FROM, ARG, ENV, LABEL, COPY, ADD, WORKDIR, CMD, ENTRYPOINT, EXPOSE, USER, VOLUME
and STOPSIGNAL, in one stage, with parser directives, comments and line continuation (Dockerfile reference, "Format").
What an instruction does is :mod:`labkit.image.build.assemble`'s matter. Everything else is refused by line and name,
with what to do: an image that silently lacked a RUN would be worse than none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from labkit.errors import DockerfileError

_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(\S+)\s*")
_INSTRUCTION = re.compile(r"([A-Za-z]+)(?:\s+(.*))?", re.DOTALL)
_FLAG = re.compile(r"--([a-z-]+)(?:=(\S*))?(?:\s+|$)")
_USE_DOCKER = "build this image with Docker instead, or leave the instruction out"

_SUPPORTED = {
    "FROM": {"platform"},
    "ARG": set(),
    "ENV": set(),
    "LABEL": set(),
    "COPY": {"chmod", "chown"},
    "ADD": {"chmod", "chown"},
    "WORKDIR": set(),
    "CMD": set(),
    "ENTRYPOINT": set(),
    "EXPOSE": set(),
    "USER": set(),
    "VOLUME": set(),
    "STOPSIGNAL": set(),
}
"""The instructions that can be assembled, each with the flags that it may have."""

_NEEDS_DOCKER = {
    "RUN": "runs a program inside the image",
    "SHELL": "changes how RUN works",
    "HEALTHCHECK": "runs a program inside the image",
    "ONBUILD": "acts in a later build",
}


@dataclass(frozen=True)
class Instruction:
    """One instruction: the number of its first line, its name in capitals, its flags and the rest of its text."""

    line: int
    name: str
    flags: dict[str, str]
    text: str
    escape: str = field(default="\\", repr=False)

    def error(self, message: str) -> DockerfileError:
        """Return an error that names the line and the instruction."""
        return DockerfileError(f"Dockerfile line {self.line}: {self.name} {message}")

    def json_list(self) -> list[str] | None:
        """Return the items of the JSON form, ``["a", "b"]``, or None when the text is not in that form."""
        if not self.text.startswith("["):
            return None
        try:
            items = json.loads(self.text)
        except ValueError:
            return None
        return items if isinstance(items, list) and all(isinstance(item, str) for item in items) else None


def read(path: Path) -> list[Instruction]:
    """Read the Dockerfile at ``path``. Raises :class:`DockerfileError` when there is none, and as :func:`parse`."""
    try:
        return parse(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise DockerfileError(f"There is no Dockerfile at {path}; write one or name another folder.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DockerfileError(f"The Dockerfile at {path} cannot be read: {error}.") from error


def parse(text: str) -> list[Instruction]:
    """Return the instructions of one stage, the first of which, ARG aside, is FROM.

    Raises :class:`DockerfileError`, with line and instruction, for what needs a Docker engine and for what is wrong.
    """
    lines = text.splitlines()
    escape = _escape(lines)
    instructions = [_instruction(line, logical, escape) for line, logical in _logical(lines, escape)]
    _one_stage(instructions)
    return instructions


def _escape(lines: list[str]) -> str:
    """Return the escape character: directives stand before everything else, and an unknown one ends them."""
    for line in lines:
        directive = _DIRECTIVE.fullmatch(line)
        if not directive or directive[1].lower() not in ("syntax", "escape", "check"):
            break
        if directive[1].lower() == "escape":
            if directive[2] not in ("\\", "`"):
                raise DockerfileError(f"Dockerfile: the escape directive must be \\ or `, not {directive[2]}.")
            return directive[2]
    return "\\"


def _logical(lines: list[str], escape: str) -> Iterator[tuple[int, str]]:
    """Yield each instruction's first line number and its text, continuation lines joined, comments left out."""
    joined, first = "", 0
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        first = first or number
        kept = line.rstrip() if joined else stripped
        if kept.endswith(escape):
            joined += kept[:-1]
            continue
        yield first, joined + kept
        joined, first = "", 0
    if joined:
        yield first, joined


def _instruction(line: int, text: str, escape: str) -> Instruction:
    match = _INSTRUCTION.fullmatch(text)
    if not match:
        raise DockerfileError(f"Dockerfile line {line}: {text.split()[0]} is not an instruction; check the line.")
    name, rest = match[1].upper(), (match[2] or "").strip()
    instruction = Instruction(line, name, {}, rest, escape)
    if name in _NEEDS_DOCKER:
        raise instruction.error(f"{_NEEDS_DOCKER[name]}, which needs a Docker engine; {_USE_DOCKER}.")
    if name not in _SUPPORTED:
        raise instruction.error(f"is not an instruction that the lab knows; {_USE_DOCKER}.")
    flags, rest = _flags(instruction)
    if not rest:
        raise instruction.error("has no argument; complete the line.")
    if "<<" in rest and name in ("COPY", "ADD"):
        raise instruction.error(f"has a here-document, which is not supported; {_USE_DOCKER}.")
    return Instruction(line, name, flags, rest, escape)


def _flags(instruction: Instruction) -> tuple[dict[str, str], str]:
    flags, rest = {}, instruction.text
    while _SUPPORTED[instruction.name] and (flag := _FLAG.match(rest)):
        if flag[1] not in _SUPPORTED[instruction.name]:
            raise instruction.error(f"--{flag[1]} is not supported without a Docker engine; {_USE_DOCKER}.")
        flags[flag[1]] = flag[2] or ""
        rest = rest[flag.end() :]
    return flags, rest


def _one_stage(instructions: list[Instruction]) -> None:
    stages = [instruction for instruction in instructions if instruction.name == "FROM"]
    if not stages:
        raise DockerfileError("The Dockerfile has no FROM; begin with FROM public.ecr.aws/lambda/python:3.12.")
    if len(stages) > 1:
        raise stages[1].error(f"begins a second stage, which needs a Docker engine; {_USE_DOCKER}.")
    for instruction in instructions[: instructions.index(stages[0])]:
        if instruction.name != "ARG":
            raise instruction.error("stands before FROM, where only ARG may stand; move it down.")
