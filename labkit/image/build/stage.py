"""What the instructions of a Dockerfile do: to the configuration, the variables and the files of one stage.

One method per instruction, found through one table. Each leaves the stage as the instruction would leave Docker's
(Dockerfile reference, one section per instruction).
"""

from __future__ import annotations

import posixpath
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.image.build import copying
from labkit.image.build.base_image import CREATED, BaseImage
from labkit.image.build.build_context import BuildContext
from labkit.image.build.dockerfile import Instruction
from labkit.image.build.expansion import expand, split
from labkit.image.build.layer import Entry, Sealed, directory, pack


@dataclass
class Stage:
    """The stage being built: starts as the base, changes with each instruction that is applied.

    ``globals`` are the ARGs before FROM, which an ARG without a default takes up. ``history`` are the stage's own
    steps, without the base's.
    """

    base: BaseImage
    context: BuildContext
    globals: Mapping[str, str]
    config: dict[str, Any] = field(init=False)
    layers: list[Sealed] = field(init=False)
    tree: dict[str, bytes] = field(init=False)
    history: list[dict[str, Any]] = field(default_factory=list)
    args: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.config = {**self.base.config.settings, "Labels": dict(self.base.config.labels)}
        self.layers = list(self.base.layers)
        self.tree = dict(self.base.tree)

    @property
    def env(self) -> dict[str, str]:
        """Return the variables that ENV has set, in their order."""
        return dict(entry.partition("=")[::2] for entry in self.config.get("Env") or [])

    def apply(self, instruction: Instruction) -> None:
        """Apply one instruction. Raises :class:`~labkit.errors.DockerfileError` when it cannot be done."""
        layers = len(self.layers)
        _APPLY[instruction.name](self, instruction)
        empty = {"empty_layer": True} if len(self.layers) == layers else {}
        self.history.append({"created_by": f"{instruction.name} {instruction.text}"} | empty)

    def expand(self, instruction: Instruction, text: str) -> str:
        """Expand the variables in ``text`` as they were before the instruction; ENV wins over ARG."""
        try:
            return expand(text, {**self.args, **self.env}, instruction.escape)
        except ValueError as error:
            raise instruction.error(f"cannot be read: {error}.") from error

    def words(self, instruction: Instruction) -> list[str]:
        """Return the instruction's words, from its JSON form or split at blanks, with variables expanded."""
        listed = instruction.json_list()
        return [
            self.expand(instruction, word)
            for word in (listed if listed is not None else _split(instruction, instruction.text))
        ]

    def add_layer(self, entries: list[Entry]) -> None:
        """Add a layer of ``entries`` and of the directories above them that are missing."""
        missing = {
            parent: directory(parent)
            for entry in entries
            for parent in copying.parents(entry.path)
            if parent not in self.tree
        }
        layer = pack((missing | {entry.path: entry for entry in entries}).values(), CREATED)
        self.layers.append(layer.sealed)
        self.tree |= layer.tree

    def absolute(self, path: str) -> str:
        """Return ``path`` below the working directory, normalized, with its leading slash."""
        joined = posixpath.join("/", self.config.get("WorkingDir") or "/", path)
        return "/" + posixpath.normpath(joined).lstrip("/")

    def _pairs(self, instruction: Instruction) -> dict[str, str]:
        """Read ``name=value ...``, or the old form ``name value to the end of the line``."""
        words = _split(instruction, instruction.text)
        if "=" not in words[0]:
            name, *rest = instruction.text.split(None, 1)
            if not rest:
                raise instruction.error(f"gives {name} no value; write {name}=value.")
            return {name: self.expand(instruction, rest[0])}
        pairs = {}
        for word in words:
            name, equals, value = word.partition("=")
            if not equals or not name:
                raise instruction.error(f"has {word} where name=value is expected; quote values with blanks.")
            pairs[self.expand(instruction, name)] = self.expand(instruction, value)
        return pairs

    def _arg(self, instruction: Instruction) -> None:
        for word in _split(instruction, instruction.text):
            name, equals, default = word.partition("=")
            if equals:
                self.args[name] = self.expand(instruction, default)
            elif name in self.globals:
                self.args[name] = self.globals[name]

    def _env(self, instruction: Instruction) -> None:
        env = self.env | self._pairs(instruction)
        self.config["Env"] = [f"{name}={value}" for name, value in env.items()]

    def _label(self, instruction: Instruction) -> None:
        self.config["Labels"] |= self._pairs(instruction)

    def _copy(self, instruction: Instruction) -> None:
        *sources, destination = self.words(instruction)
        request = copying.CopyRequest(instruction, sources, destination, self.absolute(destination).strip("/"))
        self.add_layer(copying.entries(request, self.context, self.tree))

    def _workdir(self, instruction: Instruction) -> None:
        path = self.absolute(self.expand(instruction, instruction.text))
        self.config["WorkingDir"] = path
        name = path.strip("/")
        if name and self.tree.get(name) != tarfile.DIRTYPE:
            copying.check_way(instruction, [*copying.parents(name), name], self.tree)
            self.add_layer([directory(name)])

    def _cmd(self, instruction: Instruction) -> None:
        self.config["Cmd"] = _command(instruction)

    def _entrypoint(self, instruction: Instruction) -> None:
        self.config["Entrypoint"] = _command(instruction)
        if not any(step["created_by"].startswith("CMD ") for step in self.history):
            self.config.pop("Cmd", None)  # the base's command belonged to the base's entrypoint

    def _expose(self, instruction: Instruction) -> None:
        ports = self.config.setdefault("ExposedPorts", {})
        for word in self.words(instruction):
            number, _, protocol = word.partition("/")
            if not number.isdecimal():
                raise instruction.error(f"{word} is not a port; write a number such as 8080 or 8080/tcp.")
            ports[f"{number}/{protocol or 'tcp'}"] = {}

    def _volume(self, instruction: Instruction) -> None:
        self.config.setdefault("Volumes", {}).update({word: {} for word in self.words(instruction)})

    def _user(self, instruction: Instruction) -> None:
        self.config["User"] = self.expand(instruction, instruction.text)

    def _stopsignal(self, instruction: Instruction) -> None:
        self.config["StopSignal"] = self.expand(instruction, instruction.text)


def _split(instruction: Instruction, text: str) -> list[str]:
    try:
        return split(text, instruction.escape)
    except ValueError as error:
        raise instruction.error(f"cannot be read: {error}.") from error


def _command(instruction: Instruction) -> list[str]:
    """Return the JSON form as it is, anything else as a command line for the shell, as Docker does."""
    listed = instruction.json_list()
    return listed if listed is not None else ["/bin/sh", "-c", instruction.text]


_APPLY: dict[str, Callable[[Stage, Instruction], None]] = {
    "ARG": Stage._arg,
    "ENV": Stage._env,
    "LABEL": Stage._label,
    "COPY": Stage._copy,
    "ADD": Stage._copy,
    "WORKDIR": Stage._workdir,
    "CMD": Stage._cmd,
    "ENTRYPOINT": Stage._entrypoint,
    "EXPOSE": Stage._expose,
    "VOLUME": Stage._volume,
    "USER": Stage._user,
    "STOPSIGNAL": Stage._stopsignal,
}
