"""moto's state as bytes: a pickle that leaves out what is the same everywhere, and loads only what it may contain.

    header   one line of JSON: format, versions of moto and labkit, SHA-256 of the rest
    rest     the pickle

AWS's own managed policies (12 MB in every account) are left out of a dump and referred to by ARN; locks are made anew.
A pickle names classes, so it fits one version of moto exactly: the header is compared before anything is loaded.
Loading admits moto's classes and a handful of standard types and refuses every other name.
"""

from __future__ import annotations

import copyreg
import hashlib
import io
import json
import pickle
import threading
from collections.abc import Callable, Collection, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from labkit.errors import EmbeddedError
from labkit.ground import VERSION

#: Raised whenever the names that a dump refers to change, or what is in it (a test lists them).
FORMAT = 2
_RLOCK = type(threading.RLock())
_STANDARD = {
    "builtins": {"set", "frozenset", "complex", "bytearray", "object"},
    "collections": {"OrderedDict", "defaultdict", "deque"},
    "datetime": {"datetime", "date", "time", "timedelta", "timezone"},
    "copyreg": {"_reconstructor", "__newobj__"},
    "re": {"_compile"},
    "uuid": {"UUID", "SafeUUID"},
    "labkit.embedded.state.snapshot": {"_new_lock"},
}

#: Modules whose names are in dumps of this format that were written before they moved to this folder.
_MOVED_HERE = {"labkit.embedded.backend", "labkit.embedded.snapshot"}

#: How objects of a type are written: a function that makes them again, and its arguments.
Reducers = Mapping[type, Callable[[Any], tuple[Callable[..., Any], tuple[Any, ...]]]]
#: Functions, by module and name, that may be called while loading beside moto's classes and the standard types.
Makers = Collection[tuple[str, str]]


@cache
def versions() -> Mapping[str, Any]:
    """What a dump must have been written by to be loaded."""
    return {"format": FORMAT, "moto": version("moto"), "labkit": VERSION}


def dump(state: Any, reducers: Reducers) -> bytes:
    """The state as bytes, header included; what ``reducers`` has a type for is written as they say."""
    buffer = io.BytesIO()
    # A table of types instead of a method that is asked for every object: the dump stays in C.
    pickler = pickle.Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {**copyreg.dispatch_table, _RLOCK: lambda _: (_new_lock, ()), **reducers}
    pickler.dump(state)
    body = buffer.getvalue()
    header = {**versions(), "sha256": hashlib.sha256(body).hexdigest()}
    return json.dumps(header).encode() + b"\n" + body


def check(data: bytes, place: str) -> bytes:
    """Compare the header with this program's versions and the body; returns the body. Raises `EmbeddedError`."""
    line, _, body = data.partition(b"\n")
    try:
        header = dict(json.loads(line))
    except (ValueError, TypeError):
        header = {}
    digest = header.pop("sha256", None)
    if header:
        check_versions(header, place)
    if digest != hashlib.sha256(body).hexdigest():
        raise EmbeddedError(f"The state in {place} is damaged. Run 'labkit reset' to start the lab afresh.")
    return body


def check_versions(wrote: Mapping[str, Any], place: str) -> None:
    """Raise `EmbeddedError` unless what is in ``place`` was written by these versions."""
    if wrote != versions():
        by = f"labkit {wrote.get('labkit')} with moto {wrote.get('moto')} (format {wrote.get('format')})"
        raise EmbeddedError(f"The state in {place} was written by {by}. Run 'labkit reset' to start the lab afresh.")


def load(body: bytes, makers: Makers) -> Any:
    """The state that `dump` was given; ``makers`` are the functions that its reducers named."""
    return _Reader(io.BytesIO(body), makers).load()


def _new_lock() -> Any:
    return threading.RLock()


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, makers: Makers) -> None:
        super().__init__(file)
        self._makers = makers

    def find_class(self, module: str, name: str) -> Any:
        if module in _MOVED_HERE:
            module = f"{__package__}.{module.rpartition('.')[2]}"
        known = module.split(".")[0] == "moto" or name in _STANDARD.get(module, ()) or (module, name) in self._makers
        if not known:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of the state")
        return super().find_class(module, name)
