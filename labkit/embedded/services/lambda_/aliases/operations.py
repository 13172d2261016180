"""CreateAlias, GetAlias, UpdateAlias, DeleteAlias, ListAliases (Lambda API Reference; texts as recorded on AWS)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.services.lambda_.aliases import record
from labkit.embedded.services.lambda_.aliases.record import Alias
from labkit.embedded.services.lambda_.aliases.routing import check_weights
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.functions.preconditions import check_revision
from labkit.embedded.services.lambda_.functions.record import new_revision
from labkit.embedded.services.lambda_.names import function_of, latest, store_of
from labkit.embedded.services.lambda_.pages import page
from labkit.pull.function import FunctionRef

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def create_alias(embedded: Embedded, call: Call) -> dict[str, Any]:
    """CreateAlias. Raises ResourceConflictException for a name that is taken, and as `check_weights` does."""
    params = call.params
    ref = _named(call)
    alias = Alias(ref, params["FunctionVersion"], params.get("Description") or "", _weights(params) or {})
    _check_versions(embedded, alias)
    if record.find(embedded.database, ref):
        raise error("alias exists", ref.arn)
    record.put(embedded.database, alias)
    return alias.shape()


def get_alias(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetAlias."""
    ref = _named(call)
    alias = record.find(embedded.database, ref)
    if alias is None:
        raise error("alias missing", ref.arn)
    return alias.shape()


def update_alias(embedded: Embedded, call: Call) -> dict[str, Any]:
    """UpdateAlias: what is not named stays; an empty RoutingConfig takes the shares away."""
    params = call.params
    ref = _named(call)
    before = record.find(embedded.database, ref)
    if before is None:
        raise error("alias to update missing", ref.arn)
    check_revision(before.revision, params)
    weights = _weights(params)
    description = params.get("Description")
    after = replace(
        before,
        version=params.get("FunctionVersion") or before.version,
        description=before.description if description is None else description,
        weights=before.weights if weights is None else weights,
        revision=new_revision(),
    )
    _check_versions(embedded, after)
    record.put(embedded.database, after)
    return after.shape()


def delete_alias(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DeleteAlias; one that is not there does not matter (recorded on AWS)."""
    function_of(embedded, call)
    record.remove(embedded.database, _named(call))
    return {}


def list_aliases(embedded: Embedded, call: Call) -> dict[str, Any]:
    """ListAliases of a function by name, or of one version of it, in pages."""
    function = function_of(embedded, call)
    version = call.params.get("FunctionVersion")

    def fetch(after: str, limit: int) -> tuple[list[Alias], str | None]:
        return record.page(embedded.database, function.key, version, after, limit)

    return page(embedded, call, "Aliases", fetch, Alias.shape)


def _named(call: Call) -> FunctionRef:
    return replace(latest(call), qualifier=call.params["Name"])


def _weights(params: dict[str, Any]) -> dict[str, float] | None:
    routing = params.get("RoutingConfig")
    return None if routing is None else dict(routing.get("AdditionalVersionWeights") or {})


def _check_versions(embedded: Embedded, alias: Alias) -> None:
    """Raises ResourceNotFoundException for a version that does not exist, and as `check_weights` does."""
    check_weights(alias)
    for version in (alias.version, *alias.weights):
        ref = replace(alias.ref, qualifier=version)
        if store_of(embedded).get(ref) is None:
            raise error("not found", ref.arn)
