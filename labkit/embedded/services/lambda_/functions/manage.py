"""Lambda functions: read, listed, configured, deleted (Lambda API Reference)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Access, Call
from labkit.embedded.records import tags as resource_tags
from labkit.embedded.request.execution import decide
from labkit.embedded.services.lambda_.checks import check_shape
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.functions.lifecycle import updating
from labkit.embedded.services.lambda_.functions.preconditions import check_unchanged
from labkit.embedded.services.lambda_.functions.record import Function
from labkit.embedded.services.lambda_.functions.versions import delete_version
from labkit.embedded.services.lambda_.names import function_of, here, store_of, version_of
from labkit.embedded.services.lambda_.pages import page
from labkit.embedded.services.lambda_.roles import check_role
from labkit.embedded.services.lambda_.shapes import configuration, description, options
from labkit.pull.function import LATEST

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def get_function(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetFunction: configuration, image, reserved concurrency, and the tags for who may list them.

    Who may not is told nothing of it.
    """
    version = version_of(embedded, call)
    function = store_of(embedded).get(version.key) or version
    listing = Access("lambda:ListTags", version.key.arn, version.key.account, policy="function")
    shown = decide(embedded, call, listing).allowed
    tags = resource_tags.of(embedded.database, version.key.arn) if shown else {}
    return description(version, here(call), tags, function.concurrency)


def get_function_configuration(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetFunctionConfiguration."""
    return configuration(version_of(embedded, call), here(call))


def list_functions(embedded: Embedded, call: Call) -> dict[str, Any]:
    """ListFunctions of the caller's account and region, by name, in pages; with FunctionVersion ALL every version."""
    everything = call.params.get("FunctionVersion") == "ALL"

    def fetch(after: str, limit: int) -> tuple[list[Function], str | None]:
        return store_of(embedded).page(call.account, call.region, after, limit, everything)

    def shape(each: Function) -> dict[str, Any]:
        return configuration(each, each.qualified if everything else None, states=False)

    return page(embedded, call, "Functions", fetch, shape)


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
    """DeleteFunction: the function with all that it has, or one version; it is gone when this answers.

    ``$LATEST`` is never deleted alone: InvalidParameterValueException. Raises as `delete_version` does.
    """
    ref = here(call)
    if ref.qualifier == LATEST:
        raise error("latest")
    if ref.qualifier:
        delete_version(embedded, call)
    else:
        store_of(embedded).remove(function_of(embedded, call).key)
    return {"StatusCode": 204}
