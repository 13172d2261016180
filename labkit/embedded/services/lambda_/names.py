"""Which function a call means, and whether this account and region have it.

A call's name was read once (`Call.function`); that reference is authorized, and that reference is looked up here. An
operation on the function itself means ``$LATEST``; one on a version takes its number, ``$LATEST``, or an alias's name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Call
from labkit.embedded.services.lambda_.aliases.record import find
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
    """The function that the call names, in the region that was called. Raises ResourceNotFoundException."""
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


def version_of(embedded: Embedded, call: Call) -> Function:
    """The existing version that the call names, by its number, as ``$LATEST``, or by an alias, whose first it is.

    Raises ResourceNotFoundException.
    """
    ref = here(call)
    alias = find(embedded.database, ref) if ref.names_alias else None
    found = store_of(embedded).get(replace(ref, qualifier=alias.version) if alias else ref)
    if found is None:
        raise error("not found", ref.arn)
    return found


def function_of(embedded: Embedded, call: Call) -> Function:
    """The existing function that the call means. Raises as `latest` does, and ResourceNotFoundException."""
    key = latest(call)
    function = store_of(embedded).get(key)
    if function is None:
        raise error("not found", key.arn)
    return function
