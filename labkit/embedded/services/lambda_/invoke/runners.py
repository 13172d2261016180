"""What a function's handler runs in: a container where there is an engine for its image, else a process of the lab.

    the interpreter is chosen (`labkit.docker.engine_choice`)        the lab's own process: no timeout, no isolation
    the embedded way is chosen                                       a process
    the image stands on the lab's stand-in, which has no interpreter     a process
    no engine answers, or it is of another architecture                  a process
    the engine cannot be given the image                                 a process, and the log says why
    otherwise                                                            a container

What is chosen counts from the next invocation on, since it is part of what makes a warm process or container usable.

While the lab may have something in an engine, the lab home has a file that says so: what a process that was killed has
left behind, a trial's container too, is removed by the next one, or when the lab is stopped, and a lab that has never
used an engine never asks for one. An engine that hangs is found out at the first thing that it is asked
(`labkit.docker.daemon.TimeBudget`); what it has begun to clear away is waited for somewhat longer.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from labkit.docker import daemon
from labkit.docker.daemon import TimeBudget
from labkit.docker.engine_choice import BY_ITSELF, INTERPRETER, VARIABLE, chosen, wanted
from labkit.docker.trial_marks import abandoned
from labkit.embedded.services.lambda_.invoke.container_engine import ContainerEngine, EngineFinder
from labkit.embedded.services.lambda_.invoke.container_images import keep_only, provide
from labkit.embedded.services.lambda_.invoke.containers import RUN, ContainerProcess, engine_errors, leftovers, remove
from labkit.embedded.state.blobs import BlobStore
from labkit.ground.home import Home
from labkit.image.format.config import ImageConfig
from labkit.image.run.function import RunnableFunction
from labkit.image.run.interpreter import CONDITIONS, InterpreterProcess
from labkit.image.run.process import FunctionProcess
from labkit.image.run.runtime import Start

_LOG = logging.getLogger(__name__)

_CLEARED_WITHIN = 20.0  # seconds for all of it, by an engine that answers


class Runners:
    """Chooses for the functions of one lab home, and cleans up after them."""

    def __init__(self, home: Home, engines: EngineFinder | None = None) -> None:
        self._home = home
        self._engines = engines or EngineFinder()
        self._lock = threading.Lock()
        self._used: ContainerEngine | None = None

    @property
    def wanted(self) -> str:
        """Which engine is chosen now for the lab home. Raises UsageError."""
        return wanted(chosen(self._home))

    @property
    def runs_here(self) -> bool:
        """Do handlers run in the lab's own process, one at a time and each while its caller waits?"""
        return self.wanted == INTERPRETER

    def own(self, function: RunnableFunction) -> tuple[RunnableFunction, Start]:
        """Return how the lab runs a function by itself: the function with what that adds to it, and what starts it."""
        if not self.runs_here:
            return function, FunctionProcess
        # A handler that calls the lab has another environment around it: how functions run is not to change by that.
        environment = {**function.host_environment, VARIABLE: INTERPRETER}
        return replace(function, conditions=CONDITIONS, host_environment=environment), InterpreterProcess

    def container(self, image: ImageConfig, digest: str, blobs: BlobStore) -> tuple[Start, str] | None:
        """Return what starts a container of an image and the engine's name; None where a process must do.

        ``image`` is the image's configuration, ``digest`` its manifest's.
        """
        if image.stands_in_for or self.wanted in BY_ITSELF:
            return None
        engine = self._engines.find()
        if engine is None or engine.architecture != image.architecture:
            return None
        try:
            self._use(engine)
            name = provide(engine.client, self._home.root, digest, blobs)
        except FileNotFoundError:
            _LOG.warning("%s does not run in a container: its image was deleted", digest)
        except engine_errors() as error:
            _LOG.warning("%s does not run in a container: %s", digest, error)
            self._engines.forget()
        else:
            return partial(ContainerProcess, engine, name, self._home.root), engine.name
        return None

    def keep_only(self, digests: Collection[str]) -> None:
        """Let the engine forget the images of all other functions than those with these digests."""
        if self._used:
            with _logged("the engine does not forget images"):
                TimeBudget(_CLEARED_WITHIN)(partial(keep_only, self._used.client, self._home.root, digests))

    def sweep(self) -> None:
        """Remove what an earlier process left in the engine; where none answers, the next one tries again."""
        with self._lock:
            if self._home.may_have_containers:
                self._clear(lambda budget: daemon.find(budget).client.api, RUN)

    def close(self) -> None:
        """Remove what the lab still has in the engine, and note that nothing is left."""
        with self._lock:
            if self._used is not None:
                client, self._used = self._used.client, None
                self._clear(lambda _budget: client, "")

    def _clear(self, client_with: Callable[[TimeBudget], Any], run: str) -> None:
        """Remove what other runs than ``run``, and trials of processes that are gone, have left in the engine."""
        budget, marks = TimeBudget(), abandoned(self._home)
        with _logged("containers may have been left behind"):
            client = client_with(budget)
            left = budget(partial(leftovers, client, self._home.root, run, {mark.name for mark in marks}))
            TimeBudget(_CLEARED_WITHIN)(partial(self._remove, client, left, marks))

    def _remove(self, client: Any, containers: Collection[str], marks: Collection[Path]) -> None:
        if [each for each in containers if not remove(client, each)]:
            return  # what is noted tells the next one to try again
        for mark in marks:
            mark.unlink(missing_ok=True)
        if self._used is None:
            keep_only(client, self._home.root, ())
            self._home.containers.unlink(missing_ok=True)

    def _use(self, engine: ContainerEngine) -> None:
        with self._lock:
            self._home.containers.touch(mode=0o600)
            self._used = engine


@contextmanager
def _logged(failed: str) -> Iterator[None]:
    """Let the log say what an engine could not do, and why."""
    try:
        yield
    except engine_errors() as error:
        _LOG.warning("%s: %s", failed, error)
