"""The Lambda functions of every account: their records, and what belongs to them on disk and in processes.

    FunctionStore      records, one JSON file each, replaced as a whole after every change
      .code            the unpacked images that functions run from (labkit.embedded.services.lambda_.invoke.code)
      .environments    the warm processes that run them (labkit.embedded.services.lambda_.invoke.environments)

A record is a value: a change makes a new one. ``digest`` is the image that the function is configured with,
``ready`` the one that it runs: they differ while an image is being made ready, during which the old code serves.
A process that dies meanwhile leaves such a record behind, and `FunctionStore.resume` takes the work up again.

A function outlives its image. Where the lab's own Python runs it, the unpacked code is enough; an image with an
interpreter of its own must be had again by any engine, so that its blobs are kept with the function.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from labkit.embedded.services.lambda_.invoke.code import CodeFailure, CodeStore
from labkit.embedded.services.lambda_.invoke.environments import Environments
from labkit.embedded.state.blobs import BlobStore
from labkit.embedded.state.clock import Clock, SystemClock
from labkit.ground.files import write_atomically
from labkit.pull.function import FunctionRef

_LOG = logging.getLogger(__name__)


class Status(NamedTuple):
    """A state, or a last update's status, with its reason's code and sentence where it has one."""

    value: str
    code: str | None = None
    reason: str | None = None


PENDING = Status("Pending", "Creating", "The function is being created.")
ACTIVE = Status("Active")
IN_PROGRESS = Status("InProgress", "Creating", "The function is being created.")
SUCCESSFUL = Status("Successful")


@dataclass(frozen=True)
class Function:
    """One function, ``key``, which has no qualifier.

    ``image_uri`` is what its author wrote, ``resolved_uri`` the same by digest, ``digest`` the image's digest,
    ``blobs`` the manifest, configuration and layers that it takes to make it ready, ``ready`` the digest of the
    image that answers now, ``running`` the blobs that its containers are made from, where it has an interpreter of its
    own. ``options`` has what its author chose, in the names and forms of Lambda's API: Description, Timeout (seconds),
    MemorySize (MiB), Environment, Architectures and so on.
    """

    key: FunctionRef
    role: str
    image_uri: str
    resolved_uri: str
    digest: str
    blobs: tuple[str, ...]
    options: Mapping[str, Any]
    modified: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    revision: str = field(default_factory=lambda: str(uuid4()))
    state: Status = PENDING
    update: Status | None = None
    ready: str | None = None
    running: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """What tells apart two versions of the running code and its configuration."""
        return sha256(json.dumps([self.ready, self.role, self.options], sort_keys=True).encode()).hexdigest()

    @property
    def settled(self) -> bool:
        """Is nothing being made ready?"""
        return self.state.value != "Pending" and (self.update or SUCCESSFUL).value != "InProgress"


class FunctionStore:
    """All functions, below ``home``. ``kept`` is told whose digests are in use when others have gone."""

    def __init__(
        self, home: Path, clock: Clock | None = None, kept: Callable[[Collection[str]], object] | None = None
    ) -> None:
        self.code = CodeStore(home / "code")
        self.environments = Environments()
        self._kept = kept
        self._now = (clock or SystemClock()).now
        self._records = home / "records"
        self._records.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.RLock()
        self._worker = ThreadPoolExecutor(1, "make-ready")
        self._work: dict[FunctionRef, Future[None]] = {}
        loaded = (_load(path) for path in sorted(self._records.glob("*.json")))
        self._functions = {function.key: function for function in loaded}
        self._resumed = False

    def get(self, key: FunctionRef) -> Function | None:
        """The function, or None."""
        return self._functions.get(key)

    def listed(self, account: str, region: str) -> list[Function]:
        """The functions of an account in a region, by name."""
        with self._lock:
            found = [
                each for each in self._functions.values() if (each.key.account, each.key.region) == (account, region)
            ]
        return sorted(found, key=lambda function: function.key.name)

    def put(self, function: Function) -> None:
        """Store a new or changed function."""
        with self._lock:
            self._functions[function.key] = function
            write_atomically(self._path(function.key), _dump(function))

    def revised(self, function: Function, **members: Any) -> Function:
        """The function after a change made by its author, now: a new revision, not stored yet."""
        return replace(function, modified=self._now(), revision=str(uuid4()), **members)

    def remove(self, key: FunctionRef) -> None:
        """Forget a function, end its processes, and delete the code that no other function runs."""
        with self._lock:
            self._path(key).unlink(missing_ok=True)
            del self._functions[key]
        self.environments.stop(key.arn)
        self._collect()

    def needed_blobs(self) -> set[str]:
        """The blobs that some function still has to be made ready from or runs; they must outlive their repository."""
        with self._lock:
            functions = list(self._functions.values())
        waiting = [each.blobs for each in functions if each.ready != each.digest and not each.settled]
        return set(chain(*waiting, *(each.running for each in functions)))

    def make_ready(self, key: FunctionRef, blobs: BlobStore) -> None:
        """Unpack the function's image in the background; then it becomes Active, or Failed with the reason."""
        self._work[key] = self._worker.submit(self._make_ready, key, blobs)

    def resume(self, blobs: BlobStore) -> None:
        """Take up what an earlier process left unfinished. Does so once; later calls do nothing."""
        with self._lock:
            if self._resumed:
                return
            self._resumed = True
            self._collect()
            for function in self._functions.values():
                if not function.settled:
                    self.make_ready(function.key, blobs)

    def settle(self) -> None:
        """Wait until everything that was begun has been made ready."""
        wait(list(self._work.values()))

    def close(self) -> None:
        """End all processes; unfinished work is taken up again by the next process."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        self.environments.close()

    def _make_ready(self, key: FunctionRef, blobs: BlobStore) -> None:
        function = self._functions.get(key)
        if function is None:
            return
        try:
            self.code.prepare(function.digest, blobs)
            stand_in = self.code.config(function.digest).stands_in_for
        except CodeFailure as failure:
            self._finish(function, partial(_failed, Status("Failed", failure.code, failure.reason)))
        except Exception:
            _LOG.exception("the image of %s cannot be made ready", key.arn)
            reason = "The embedded AWS failed; its log says why."
            self._finish(function, partial(_failed, Status("Failed", "InternalError", reason)))
        else:
            self._finish(function, partial(_succeeded, () if stand_in else function.blobs))

    def _finish(self, begun: Function, step: Callable[[Function], Function]) -> None:
        """Take the step unless the function has meanwhile been deleted or given another image."""
        with self._lock:
            current = self._functions.get(begun.key)
            if current is None or current.digest != begun.digest:
                return
            self.put(step(current))
        self.environments.retire(begun.key.arn)
        self._collect()

    def _collect(self) -> None:
        with self._lock:
            functions = list(self._functions.values())
        used = {digest for each in functions for digest in (each.digest, each.ready) if digest}
        self.code.collect(used)
        if self._kept:
            self._kept(used)

    def _path(self, key: FunctionRef) -> Path:
        # Names differ in case only, at times, and some file systems do not tell: the hash does.
        return self._records / f"{sha256(key.arn.encode()).hexdigest()}.json"


def _succeeded(running: tuple[str, ...], function: Function) -> Function:
    return replace(function, ready=function.digest, running=running, state=ACTIVE, update=SUCCESSFUL)


def _failed(status: Status, function: Function) -> Function:
    """A new function fails; one that has code goes on with it, and its update fails."""
    state = function.state if function.ready else status
    return replace(function, state=state, update=status if function.update else None)


def _dump(function: Function) -> bytes:
    key = [function.key.account, function.key.region, function.key.name]
    state = {**asdict(function), "key": key, "modified": function.modified.isoformat()}
    return json.dumps(state).encode()


def _load(path: Path) -> Function:
    state = json.loads(path.read_bytes())
    return Function(
        **{
            **state,
            "key": FunctionRef(*state["key"]),
            "blobs": tuple(state["blobs"]),
            "running": tuple(state.get("running", ())),  # older records have none
            "modified": datetime.fromisoformat(state["modified"]),
            "state": Status(*state["state"]),
            "update": Status(*state["update"]) if state["update"] else None,
        }
    )
