"""CreateFunction and UpdateFunctionCode: the operations that make Lambda pull an image.

The checks run in this order (it is not documented; this one tells a caller least): the request's shape, the package
type, the role, the name, then what `labkit.embedded.services.lambda_.functions.pull` checks. A function then exists and
is Pending while its image is made ready in the background. With ``Publish`` there is a version from the beginning, and
the answer shows that version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.records import tags as resource_tags
from labkit.embedded.services.lambda_.checks import check_name, check_package, check_shape, check_tags
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.functions.lifecycle import ready_after, updating
from labkit.embedded.services.lambda_.functions.preconditions import check_unchanged
from labkit.embedded.services.lambda_.functions.pull import pull
from labkit.embedded.services.lambda_.functions.record import Function
from labkit.embedded.services.lambda_.functions.versions import publish
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
    check_name(key.name)
    check_shape(params)
    check_package(params)
    check_tags(params.get("Tags") or {})
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
    resource_tags.put(embedded.database, key.arn, params.get("Tags") or {})
    store.make_ready(key, embedded.images.blobs)
    return configuration(publish(embedded, function) if params.get("Publish") else function)


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
    if params.get("DryRun"):
        return configuration(function)
    store.put(function)
    store.make_ready(function.key, embedded.images.blobs)
    if not params.get("Publish"):
        return configuration(function)
    version = publish(embedded, function)
    return configuration(version, version.qualified)
