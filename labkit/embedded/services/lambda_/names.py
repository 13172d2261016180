"""Which function a call means, and whether this account and region have it.

A call's name was read once (`Call.function`); that reference is authorized, and that reference is looked up here. This
lab keeps ``$LATEST`` and no versions or aliases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Call
from labkit.embedded.services.lambda_.errors import error, validation
from labkit.pull.function import LATEST, FunctionRef, InvalidFunctionName, QualifiersDiffer

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.services.lambda_.functions.record import Function
    from labkit.embedded.services.lambda_.functions.store import FunctionStore


def named(call: Call) -> FunctionRef:
    """The function that the call names, wherever it is and whether it exists or not.

    Raises ValidationException for what is no name, InvalidParameterValueException for two different qualifiers.
    """
    try:
        return call.function
    except InvalidFunctionName as problem:
        where = f"Value '{problem.text}' at 'functionName' failed to satisfy constraint"
        raise validation([f"{where}: {problem.constraint}"]) from None
    except QualifiersDiffer as problem:
        raise error("qualifiers differ", str(problem)) from None


def here(call: Call) -> FunctionRef:
    """The function that the call names, in the region that was called. Raises ResourceNotFoundException.

    Another account's never gets here: nothing grants access to functions across accounts in this lab.
    """
    function = named(call)
    if function.region != call.region:
        raise error("other region", function.region, call.region)
    return function


def latest(call: Call) -> FunctionRef:
    """The function itself. Raises ResourceNotFoundException as `here` does, and for a version or alias."""
    function = here(call)
    if function.qualifier not in (None, LATEST):
        raise error("not found", function.arn)
    return function.unqualified


def store_of(embedded: Embedded) -> FunctionStore:
    """The functions; what an earlier process left unfinished is taken up on the first call."""
    embedded.functions.resume(embedded.images.blobs)
    return embedded.functions


def function_of(embedded: Embedded, call: Call) -> Function:
    """The existing function that the call means. Raises as `latest` does, and ResourceNotFoundException."""
    key = latest(call)
    function = store_of(embedded).get(key)
    if function is None:
        raise error("not found", key.arn)
    return function
