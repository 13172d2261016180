"""Lambda functions: read, listed, configured, tagged, deleted (Lambda API Reference)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Access, Call
from labkit.embedded.records import tags as resource_tags
from labkit.embedded.request.execution import decide
from labkit.embedded.services import paging
from labkit.embedded.services.lambda_.checks import check_shape
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.functions.create import check_settled, check_unchanged
from labkit.embedded.services.lambda_.functions.lifecycle import updating
from labkit.embedded.services.lambda_.names import function_of, here, store_of
from labkit.embedded.services.lambda_.roles import check_role
from labkit.embedded.services.lambda_.shapes import configuration, description, options
from labkit.pull.function import LATEST

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

PAGE = 50
"""Functions on a page of ListFunctions; MaxItems can only ask for fewer."""


def get_function(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetFunction: configuration, image, and the tags for who may list them; who may not is told nothing of it."""
    function = function_of(embedded, call)
    listing = Access("lambda:ListTags", function.key.arn, function.key.account)
    shown = decide(embedded, call, listing).allowed
    return description(function, resource_tags.of(embedded.database, function.key.arn) if shown else {})


def get_function_configuration(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetFunctionConfiguration."""
    return configuration(function_of(embedded, call))


def list_functions(embedded: Embedded, call: Call) -> dict[str, Any]:
    """ListFunctions of the caller's account and region, by name, in pages."""
    limit = min(int(call.params.get("MaxItems") or PAGE), PAGE)
    marker = call.params.get("Marker")
    after = paging.unseal(embedded, call, marker) if marker else ""
    if after is None:
        raise error("bad marker")
    found, last = store_of(embedded).page(call.account, call.region, after, limit)
    answer: dict[str, Any] = {"Functions": [configuration(function, states=False) for function in found]}
    return {**answer, "NextMarker": paging.seal(embedded, call, last)} if last else answer


def update_function_configuration(embedded: Embedded, call: Call) -> dict[str, Any]:
    """UpdateFunctionConfiguration: the next invocation runs in a new process with the new configuration."""
    params, store = call.params, store_of(embedded)
    before = function_of(embedded, call)
    check_shape(params)
    if params.get("Layers"):
        raise error("layers")
    if params.get("Runtime") or params.get("Handler"):
        raise error("image with runtime")
    check_unchanged(before, params)
    role = params.get("Role") or before.role
    if role != before.role:
        check_role(embedded, before.key, role)
    changed = {"role": role, "options": options(params, before.options), "fetch": True}
    function = store.revised(before, **changed, **updating(embedded, before))
    store.put(function)
    store.make_ready(function.key, embedded.images.blobs)
    return configuration(function)


def delete_function(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DeleteFunction: the function, its processes and its code are gone when this answers.

    A qualifier asks for one version only, and ``$LATEST`` is never deleted alone: InvalidParameterValueException.
    """
    if here(call).qualifier == LATEST:
        raise error("latest")
    store_of(embedded).remove(function_of(embedded, call))
    return {"StatusCode": 204}


def list_tags(embedded: Embedded, call: Call) -> dict[str, Any]:
    """ListTags of the function whose ARN is ``Resource``."""
    return {"Tags": resource_tags.of(embedded.database, function_of(embedded, call).key.arn)}


def tag_resource(embedded: Embedded, call: Call) -> dict[str, Any]:
    """TagResource: add tags, replacing those of the same key."""
    function = function_of(embedded, call)
    check_settled(function)
    store_of(embedded).tag(function.key, call.params["Tags"])
    return {}


def untag_resource(embedded: Embedded, call: Call) -> dict[str, Any]:
    """UntagResource: remove tags; those that are not there do not matter."""
    function = function_of(embedded, call)
    store_of(embedded).untag(function.key, call.params["TagKeys"])
    return {}
