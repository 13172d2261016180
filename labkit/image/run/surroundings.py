"""What surrounds a handler that runs in this interpreter: laid around each of its events, and taken away again.

In a process of its own a function has an environment, a path, modules, a working directory, an output, a root logger,
a folder for temporary files and a default session of boto3. Here these are the lab's; each is exchanged for as long as
the handler runs, and what the handler has made of it is kept for the next event. They may be laid around each other.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from labkit.image.run.function import Fault

_LIMIT = 1 << 20

_LOADED_BEFORE = re.compile(
    "abc|atexit|builtins|codecs|collections|concurrent|contextlib|copyreg|decimal|encodings|enum|functools|gc|"
    "genericpath|heapq|importlib|io|itertools|json|keyword|linecache|logging|marshal|math|ntpath|numbers|operator|os|"
    "posix|posixpath|queue|re|reprlib|stat|string|sys|textwrap|threading|time|token|tokenize|traceback|types|warnings|"
    "weakref|zipimport"
)
"""What AWS's runtime client has imported when it looks for the handler: no file of a function comes before these."""


class Written(io.RawIOBase):
    """The last mebibyte of what was written. Whoever closes it closes nothing."""

    def __init__(self) -> None:
        self._bytes = b""

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Any) -> int:
        """Keep some bytes."""
        self._bytes = (self._bytes + bytes(data))[-_LIMIT:]
        return len(data)

    def close(self) -> None:
        """Do nothing: the next event is written here too."""

    def taken(self) -> bytes:
        """Return what was written, and forget it."""
        taken, self._bytes = self._bytes, b""
        return taken


class Surroundings:
    """Those of one function: ``environment`` are its variables, ``paths`` where its modules lie."""

    def __init__(self, environment: dict[str, str], paths: list[Path], directory: Path, scratch: Path) -> None:
        self.written = Written()
        self._environment = environment
        self._path = [*map(str, paths), *sys.path]
        self._names = {name for path in paths for name in _names_in(path)}
        self._modules: dict[str, ModuleType] = {}
        self._directory = str(directory)
        self._scratch = str(scratch)
        self._logging: tuple[list[logging.Handler], int, Any] = ([], logging.WARNING, logging.Formatter.converter)
        self._session: Any = None
        importlib.invalidate_caches()  # the function's files may be younger than what is known of their folder

    @contextmanager
    def laid(self) -> Iterator[None]:
        """Exchange everything. Raises `Fault` for variables that no process can have."""
        layers: tuple[Callable[[], AbstractContextManager[Any]], ...] = (
            self._with_environment,
            self._with_path,
            self._with_modules,
            self._with_session,
            self._with_directory,
            self._with_scratch,
            self._with_output,
            self._with_logging,
        )
        with ExitStack() as undo:
            for layer in layers:
                undo.enter_context(layer())
            yield

    @contextmanager
    def _with_environment(self) -> Iterator[None]:
        before = dict(os.environ)
        try:
            os.environ.clear()
            _set_variables(self._environment)
            yield
            self._environment = dict(os.environ)
        finally:
            os.environ.clear()
            os.environ.update(before)

    @contextmanager
    def _with_path(self) -> Iterator[None]:
        before, sys.path[:] = list(sys.path), self._path
        writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # the function's code is read-only
        try:
            yield
        finally:
            self._path, sys.path[:] = list(sys.path), before
            sys.dont_write_bytecode = writes

    @contextmanager
    def _with_modules(self) -> Iterator[None]:
        """Let the function see its own modules where it and the lab have some of the same name."""
        before = self._taken()
        sys.modules.update(self._modules)
        try:
            yield
        finally:
            self._modules = self._taken()
            sys.modules.update(before)

    def _taken(self) -> dict[str, ModuleType]:
        return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in self._names}

    @contextmanager
    def _with_session(self) -> Iterator[None]:
        """Let ``boto3.client(...)`` have the credentials of the function's role, and not keep them afterwards."""
        before = _exchanged_session(self._session)
        try:
            yield
        finally:
            self._session = _exchanged_session(before)

    @contextmanager
    def _with_directory(self) -> Iterator[None]:
        before = Path.cwd()
        os.chdir(self._directory)
        try:
            yield
        finally:
            with suppress(OSError):  # it has removed the one that it was in
                self._directory = str(Path.cwd())
            os.chdir(before)

    @contextmanager
    def _with_scratch(self) -> Iterator[None]:
        before, tempfile.tempdir = tempfile.tempdir, self._scratch
        try:
            yield
        finally:
            tempfile.tempdir = before

    @contextmanager
    def _with_output(self) -> Iterator[None]:
        stream: Any = self.written  # raw bytes are enough, since nothing is read from it
        text = io.TextIOWrapper(stream, "utf-8", "surrogateescape", write_through=True)
        before, sys.stdin = sys.stdin, io.StringIO()
        try:
            with redirect_stdout(text), redirect_stderr(text):
                yield
        finally:
            sys.stdin = before

    @contextmanager
    def _with_logging(self) -> Iterator[None]:
        before = _exchanged_logging(self._logging)
        try:
            yield
        finally:
            self._logging = _exchanged_logging(before)


def _names_in(folder: Path) -> Iterator[str]:
    with suppress(OSError):
        for path in folder.iterdir():
            module = path.name.partition(".")[0]
            private = module.startswith("_") and module in sys.stdlib_module_names
            if not private and not _LOADED_BEFORE.fullmatch(module):
                yield module


def _set_variables(variables: dict[str, str]) -> None:
    try:
        os.environ.update(variables)
    except ValueError as error:  # a NUL, or half of a surrogate pair
        raise Fault("Runtime.InvalidEntrypoint", f"the process cannot be started: {error}") from None


def _exchanged_session(session: Any) -> Any:
    boto3 = sys.modules.get("boto3")
    if boto3 is None:
        return None
    before, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, session  # type: ignore[attr-defined]
    return before


def _exchanged_logging(wanted: tuple[list[logging.Handler], int, Any]) -> tuple[list[logging.Handler], int, Any]:
    root = logging.getLogger()
    before = (root.handlers, root.level, logging.Formatter.converter)
    root.handlers, level, logging.Formatter.converter = wanted
    root.setLevel(level)
    return before
