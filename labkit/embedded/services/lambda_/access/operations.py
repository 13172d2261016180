"""AddPermission, GetPolicy, RemovePermission (Lambda API Reference; texts as recorded on AWS).

Each function, version and alias has a policy of its own; ``$LATEST`` has none beside the function's. A policy's
RevisionId is its own; where there is no policy yet, the alias's or function's RevisionId may be named too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.records import bindings, function_policies
from labkit.embedded.services.lambda_.access.statements import statement
from labkit.embedded.services.lambda_.aliases.record import find
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.functions.preconditions import check_revision
from labkit.embedded.services.lambda_.names import here, store_of
from labkit.pull.function import LATEST, FunctionRef

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

LONGEST = 20_480
"""Bytes of a function's policy (Lambda quotas)."""


def add_permission(embedded: Embedded, call: Call) -> dict[str, Any]:
    """AddPermission: add a statement; answers it as text."""
    ref, params = here(call), call.params
    if ref.qualifier == LATEST:
        raise error("latest has no policy")
    revision = _revision(embedded, ref)
    made = statement(embedded.database, ref, params)
    _check_revision(embedded, ref, params, revision)
    statements = function_policies.statements(embedded.database, ref.arn)
    if any(each["Sid"] == made["Sid"] for each in statements):
        raise error("statement exists", made["Sid"])
    size = len(function_policies.document([*statements, made]).encode())
    if size > LONGEST:
        raise error("policy too long", str(size), str(LONGEST))
    function_policies.store(embedded.database, ref.arn, [*statements, made])
    return {"Statement": json.dumps(made, separators=(",", ":"))}


def get_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetPolicy. Raises ResourceNotFoundException where there is none."""
    policy = bindings.policy_of(embedded.database, here(call).arn)
    if policy is None:
        raise error("nothing there")
    return {"Policy": policy, "RevisionId": function_policies.revision(policy)}


def remove_permission(embedded: Embedded, call: Call) -> dict[str, Any]:
    """RemovePermission: remove a statement; the last one takes the policy with it."""
    ref, params = here(call), call.params
    statements = function_policies.statements(embedded.database, ref.arn)
    if not statements:
        if store_of(embedded).get(ref.unqualified) is None:
            raise error("no policy of nothing", ref.arn)
        _revision(embedded, ref)
        raise error("no policy")
    _check_revision(embedded, ref, params, "")
    kept = [each for each in statements if each["Sid"] != params["StatementId"]]
    if len(kept) == len(statements):
        raise error("no statement", params["StatementId"])
    function_policies.store(embedded.database, ref.arn, kept)
    return {}


def _revision(embedded: Embedded, ref: FunctionRef) -> str:
    """The RevisionId of the function, version or alias. Raises ResourceNotFoundException where it does not exist."""
    found = find(embedded.database, ref) if ref.names_alias else store_of(embedded).get(ref)
    if found is None:
        raise error("alias missing" if ref.names_alias else "not found", ref.arn)
    return found.revision


def _check_revision(embedded: Embedded, ref: FunctionRef, params: Mapping[str, Any], without: str) -> None:
    policy = bindings.policy_of(embedded.database, ref.arn)
    check_revision(function_policies.revision(policy) if policy else without, params, "GetPolicy")
