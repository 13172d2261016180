"""What functions can have on AWS and never have in this lab: the right empty answers, for tools that ask.

Function URLs, event source mappings, layers, code signing, provisioned concurrency, settings of asynchronous
invocations, recursion and runtimes: what is asked is answered as AWS answers for a function that has none of it; what
would set it is not offered. Answers and texts are as recorded on AWS; those of recursion and runtimes are what AWS's
guide calls the default.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, Handler, Operation
from labkit.embedded.services.lambda_.aliases.record import find
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.names import here, store_of
from labkit.embedded.services.lambda_.permissions import on_function, on_version
from labkit.embedded.services.permissions import in_account
from labkit.pull.function import LATEST, FunctionRef

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def _always(**answer: Any) -> Handler:
    """Answers the same in every account."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        return _on_one_page(call, answer)

    return handler


def _of_function(missing: str = "not found", **answer: Any) -> Handler:
    """Answers the same for every function; ``missing`` is the error for one that does not exist."""

    def handler(embedded: Embedded, call: Call) -> dict[str, Any]:
        ref = here(call).unqualified
        if store_of(embedded).get(ref) is None:
            raise error(missing, ref.arn)
        return _on_one_page(call, answer)

    return handler


def _on_one_page(call: Call, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, which has never contained a marker for a further page."""
    if call.params.get("Marker"):
        raise error("bad marker")
    return answer


def _never(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Refused alike for a function that has none of it and for one that does not exist."""
    here(call)
    raise error("nothing there")


def _no_event_invoke_config(embedded: Embedded, call: Call) -> dict[str, Any]:
    ref = here(call)
    raise error("no event invoke config", replace(ref, qualifier=ref.qualifier or LATEST).arn)


def _get_provisioned_concurrency(embedded: Embedded, call: Call) -> dict[str, Any]:
    _check_published(embedded, here(call))
    raise error("no provisioned concurrency")


def _delete_provisioned_concurrency(embedded: Embedded, call: Call) -> dict[str, Any]:
    _check_published(embedded, here(call))
    return {}


def _check_published(embedded: Embedded, ref: FunctionRef) -> None:
    if ref.qualifier == LATEST:
        raise error("not published")
    if ref.names_alias and not find(embedded.database, ref):
        raise error("alias missing", ref.arn)
    if not ref.names_alias and store_of(embedded).get(ref) is None:
        raise error("not found", ref.arn)


def _runtime_management(embedded: Embedded, call: Call) -> dict[str, Any]:
    ref = here(call)
    if store_of(embedded).get(ref) is None:
        raise error("not found", ref.arn)
    return {"UpdateRuntimeOn": "Auto", "FunctionArn": ref.arn}


OPERATIONS: dict[str, Operation] = {
    "GetFunctionCodeSigningConfig": Operation(_of_function(), on_function, reads=True),
    "DeleteFunctionCodeSigningConfig": Operation(_of_function(), on_function),
    "ListCodeSigningConfigs": Operation(_always(CodeSigningConfigs=[]), in_account, reads=True),
    "GetFunctionRecursionConfig": Operation(_of_function(RecursiveLoop="Terminate"), on_function, reads=True),
    "GetRuntimeManagementConfig": Operation(_runtime_management, on_function, reads=True),
    "GetFunctionEventInvokeConfig": Operation(_no_event_invoke_config, on_function, reads=True),
    "DeleteFunctionEventInvokeConfig": Operation(_no_event_invoke_config, on_function),
    "ListFunctionEventInvokeConfigs": Operation(
        _of_function("no function", FunctionEventInvokeConfigs=[]), on_function, reads=True
    ),
    "GetProvisionedConcurrencyConfig": Operation(_get_provisioned_concurrency, on_version(), reads=True),
    "DeleteProvisionedConcurrencyConfig": Operation(_delete_provisioned_concurrency, on_version()),
    "ListProvisionedConcurrencyConfigs": Operation(
        _of_function(ProvisionedConcurrencyConfigs=[]), on_function, reads=True
    ),
    "GetFunctionUrlConfig": Operation(_never, on_function, reads=True),
    "DeleteFunctionUrlConfig": Operation(_never, on_function),
    "ListFunctionUrlConfigs": Operation(
        _of_function("function of no URL", FunctionUrlConfigs=[]), on_function, reads=True
    ),
    "ListEventSourceMappings": Operation(_always(EventSourceMappings=[]), in_account, reads=True),
    "ListLayers": Operation(_always(Layers=[]), in_account, reads=True),
    "ListLayerVersions": Operation(_always(LayerVersions=[]), in_account, reads=True),
}
