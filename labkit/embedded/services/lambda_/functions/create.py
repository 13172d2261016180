"""CreateFunction and UpdateFunctionCode: the operations that make Lambda pull an image.

The checks run in this order (it is not documented; this one tells a caller least): the request's shape, the package
type, the role, the name, then what `labkit.embedded.services.lambda_.functions.pull` checks. A function then exists and
is Pending while its image is made ready in the background.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.services.lambda_.checks import check_package, check_shape
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.functions.lifecycle import ready_after, updating
from labkit.embedded.services.lambda_.functions.pull import pull
from labkit.embedded.services.lambda_.functions.record import Function
from labkit.embedded.services.lambda_.names import function_of, latest, store_of
from labkit.embedded.services.lambda_.roles import check_role
from labkit.embedded.services.lambda_.shapes import configuration, options

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_OTHER_SOURCES = ("ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion")


def create_function(embedded: Embedded, call: Call) -> dict[str, Any]:
    """CreateFunction with an image. Answers the function, which is Pending."""
    params, store = call.params, store_of(embedded)
    key = latest(call)
    check_shape(params)
    check_package(params)
    check_role(embedded, key, params["Role"])
    if store.get(key) is not None:
        raise error("exists", key.name)
    uri = params["Code"]["ImageUri"]
    source = pull(embedded, call, key, uri)
    function = Function(
        key,
        params["Role"],
        uri,
        source.resolved_uri,
        source.digest,
        source.blobs,
        options(params),
        embedded.clock.now(),
        ready_after=ready_after(embedded),
    )
    store.put(function)
    store.tag(key, params.get("Tags") or {})
    store.make_ready(key, embedded.images.blobs)
    return configuration(function)


def update_function_code(embedded: Embedded, call: Call) -> dict[str, Any]:
    """UpdateFunctionCode: another image, or what the tag points at now. The old code serves until it is ready."""
    params, store = call.params, store_of(embedded)
    before = function_of(embedded, call)
    check_shape(params)
    if any(params.get(name) for name in _OTHER_SOURCES) or not params.get("ImageUri"):
        raise error("update without image")
    check_unchanged(before, params)
    uri = params["ImageUri"]
    source = pull(embedded, call, before.key, uri)
    function = store.revised(
        before,
        image_uri=uri,
        resolved_uri=source.resolved_uri,
        digest=source.digest,
        blobs=source.blobs,
        options=options(params, before.options),
        **updating(embedded, before),
    )
    if not params.get("DryRun"):
        store.put(function)
        store.make_ready(function.key, embedded.images.blobs)
    return configuration(function)


def check_unchanged(function: Function, params: dict[str, Any]) -> None:
    """Raises ResourceConflictException as `check_settled` does, PreconditionFailedException for an old RevisionId."""
    check_settled(function)
    if params.get("RevisionId", function.revision) != function.revision:
        raise error("revision")


def check_settled(function: Function) -> None:
    """Raises ResourceConflictException while something is being made ready."""
    if function.state.value == "Pending":
        raise error("pending", "Pending")
    if not function.settled:
        raise error("updating", function.key.arn)
