"""Which function a call means: a name, a partial ARN or a whole ARN, with or without a qualifier.

Lambda API Reference, ``FunctionName``: ``MyFunction``, ``123456789012:function:MyFunction``,
``arn:aws:lambda:us-west-2:123456789012:function:MyFunction``. This lab keeps ``$LATEST`` and no versions or aliases.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.services.lambda_.errors import error, validation
from labkit.embedded.services.lambda_.functions.store import Function, FunctionKey, FunctionStore

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

# Only the forms of Lambda's documentation, so that exactly what was authorized is what is meant.
_NAME = re.compile(
    r"(?:(?:arn:aws:lambda:(?P<region>[a-z0-9-]+):)?(?P<account>\d{12}):function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)
LONGEST = 64


def key_of(call: Call, text: str | None = None, qualifier: str | None = None) -> FunctionKey:
    """The function that ``text`` (by default the parameter FunctionName) means to this caller.

    Raises ValidationException for what is no name, ResourceNotFoundException for another region and for a version
    or alias, AccessDeniedException for another account: nothing grants access to functions across accounts here.
    """
    text = call.params["FunctionName"] if text is None else text
    match = _NAME.fullmatch(text)
    if match is None:
        constraint = f"Member must satisfy regular expression pattern: {_NAME.pattern}"
        raise validation([f"Value '{text}' at 'functionName' failed to satisfy constraint: {constraint}"])
    if len(match["name"]) > LONGEST:
        constraint = f"Member must have length less than or equal to {LONGEST}"
        raise validation([f"Value '{text}' at 'functionName' failed to satisfy constraint: {constraint}"])
    key = FunctionKey(match["account"] or call.account, match["region"] or call.region, match["name"])
    if key.region != call.region:
        raise error("other region", key.region, call.region)
    if key.account != call.account:
        raise _not_yours(call, key)
    qualifier = match["qualifier"] or qualifier or "$LATEST"
    if qualifier != "$LATEST":
        raise error("not found", f"{key.arn}:{qualifier}")
    return key


def store_of(embedded: Embedded) -> FunctionStore:
    """The functions; what an earlier process left unfinished is taken up on the first call."""
    embedded.functions.resume(embedded.images.blobs)
    return embedded.functions


def function_of(embedded: Embedded, call: Call, text: str | None = None) -> Function:
    """The existing function that the call means. Raises as `key_of` does, and ResourceNotFoundException."""
    key = key_of(call, text, call.params.get("Qualifier"))
    function = store_of(embedded).get(key)
    if function is None:
        raise error("not found", key.arn)
    return function


def _not_yours(call: Call, key: FunctionKey) -> ServiceError:
    action = {"Invoke": "lambda:InvokeFunction"}.get(call.operation, f"lambda:{call.operation}")
    return ServiceError(
        "AccessDeniedException",
        f"User: {call.identity.arn} is not authorized to perform: {action} on resource: {key.arn} "
        f"because no resource-based policy allows the {action} action",
        403,
    )
