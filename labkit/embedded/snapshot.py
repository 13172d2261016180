"""moto's state as bytes: a pickle that leaves out what is the same everywhere, and loads only what it may contain.

    header   one line of JSON: format, versions of moto and labkit, SHA-256 of the rest
    rest     the pickle

AWS's own managed policies (12 MB in every account) are left out of a dump and referred to by ARN; locks are made anew.
A pickle names classes, so it fits one version of moto exactly: the header is compared before anything is loaded.
Loading admits moto's classes and a handful of standard types and refuses every other name.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import labkit
from labkit.errors import EmbeddedError

_FORMAT = 1
_RLOCK = type(threading.RLock())
_STANDARD = {
    "builtins": {"set", "frozenset", "complex", "bytearray", "object"},
    "collections": {"OrderedDict", "defaultdict", "deque"},
    "datetime": {"datetime", "date", "time", "timedelta", "timezone"},
    "copyreg": {"_reconstructor", "__newobj__"},
    "threading": {"RLock"},
    "_thread": {"RLock"},
    "re": {"_compile"},
    "uuid": {"UUID", "SafeUUID"},
    "labkit.embedded.snapshot": {"_new_lock"},
}

#: Names an object that is not part of a dump (returns None for all others), and finds it again when loading.
Reference = Callable[[Any], str | None]
Resolve = Callable[[str], Any]


def versions() -> dict[str, Any]:
    """What a dump must have been written by to be loaded."""
    return {"format": _FORMAT, "moto": version("moto"), "labkit": labkit.__version__}


def dump(state: Any, reference: Reference) -> bytes:
    """The state as bytes, header included."""
    buffer = io.BytesIO()
    _Writer(buffer, reference).dump(state)
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
    if header and header != versions():
        wrote = f"labkit {header.get('labkit')} with moto {header.get('moto')}"
        raise EmbeddedError(f"The state in {place} was written by {wrote}. Run 'labkit reset' to start the lab afresh.")
    if digest != hashlib.sha256(body).hexdigest():
        raise EmbeddedError(f"The state in {place} is damaged. Run 'labkit reset' to start the lab afresh.")
    return body


def load(body: bytes, resolve: Resolve) -> Any:
    """The state that `dump` was given."""
    return _Reader(io.BytesIO(body), resolve).load()


def _new_lock() -> Any:
    return threading.RLock()


class _Writer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, reference: Reference) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._reference = reference

    def persistent_id(self, obj: Any) -> str | None:
        return self._reference(obj)

    def reducer_override(self, obj: Any) -> Any:
        return (_new_lock, ()) if isinstance(obj, _RLOCK) else NotImplemented


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, resolve: Resolve) -> None:
        super().__init__(file)
        self._resolve = resolve

    def persistent_load(self, name: str) -> Any:
        return self._resolve(name)

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "moto" or name in _STANDARD.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is not part of the state")
