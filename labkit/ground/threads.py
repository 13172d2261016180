"""Work in the background, where there are threads; in a browser there are none, and the work is done at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

HAVE_THREADS = sys.platform != "emscripten"
"""Can this interpreter start threads? Pyodide's cannot: ``Thread.start`` raises."""


class InlineExecutor(Executor):
    """Does what it is given before it returns; the future has the result or the error already."""

    def submit(self, work: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Do the work now."""
        future: Future[_T] = Future()
        try:
            future.set_result(work(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def executor(workers: int, name: str, inline: bool = not HAVE_THREADS) -> Executor:
    """What runs at most ``workers`` pieces of work at a time in threads of this name, or ``inline`` each at once."""
    return InlineExecutor() if inline else ThreadPoolExecutor(workers, name)
