"""Errors in a notebook: those of the lab are one sentence, as on the command line; all others keep their traceback.

What a learner can do something about needs no traceback: a ``LabError``, and an embedded AWS that has gone while the
notebook was open. To boto3 the latter is a connection that fails, somewhere below forty lines of its own code. The cell
fails as before, so that "Run All" stops there and programs that run notebooks see an error; only what is shown of it is
the sentence. ``LABKIT_DEBUG=1`` leaves everything as it was.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import requests
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

from labkit.errors import LabError

GONE = "The embedded AWS is not running any more. Run this notebook from its setup cell; it starts it again."

# Both botocore and requests say with these that nobody answered, or went away while answering.
_KINDS = (LabError, EndpointConnectionError, ConnectionClosedError, requests.ConnectionError)


def show_as_sentences() -> None:
    """Show such errors as one sentence from now on, where this process is the kernel of a notebook."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)  # not loaded: this is no kernel
    shell: Any = get_ipython() if get_ipython else None
    if getattr(shell, "kernel", None) is not None and os.environ.get("LABKIT_DEBUG") != "1":
        shell.set_custom_exc(_KINDS, _show)


def sentence(error: BaseException) -> str | None:
    """What to show instead of the traceback of an error; None for an error that needs it."""
    if any(_is_of_the_lab(each) for each in _chain(error)):
        return GONE
    return str(error) if isinstance(error, LabError) else None


def _show(
    shell: Any, kind: type[BaseException], error: BaseException, trace: TracebackType, tb_offset: int | None = None
) -> None:
    """What IPython calls, with its own names, for an error of one of the kinds."""
    text = sentence(error)
    if text is None:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    else:
        shell._showtraceback(kind, text, [text])


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and those that it was raised for; the lab's own are raised for those of boto3."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_of_the_lab(error: BaseException) -> bool:
    """Whether a connection to the embedded AWS of this process has failed."""
    if isinstance(error, requests.ConnectionError):
        address = error.request.url if error.request is not None else ""
    else:
        address = getattr(error, "kwargs", {}).get("endpoint_url", "")
    registry = os.environ.get("LAB_REGISTRY")
    return bool(registry) and urlsplit(str(address)).netloc == registry
