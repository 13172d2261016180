"""Reserved concurrency, and what an account may have and has: GetAccountSettings.

What is reserved for a function is taken from the account's pool and holds all its versions together to that number; 0
stops every invocation. The account's limits are those that AWS's quotas name (Lambda Developer Guide, "Lambda quotas"
and "Configuring reserved concurrency"); texts are as recorded on AWS.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.functions.record import Function
from labkit.embedded.services.lambda_.names import here, store_of
from labkit.pull.function import LATEST

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

CONCURRENT = 1000
"""Invocations of all functions of an account at a time."""
UNRESERVED = 100
"""How many of them must stay for the functions for which nothing is reserved."""
_SIZES = {"TotalCodeSize": 80_530_636_800, "CodeSizeUnzipped": 262_144_000, "CodeSizeZipped": 52_428_800}  # bytes


def put_function_concurrency(embedded: Embedded, call: Call) -> dict[str, Any]:
    """PutFunctionConcurrency. Raises InvalidParameterValueException where too little is left for the others."""
    function = _function(embedded, call)
    wanted = int(call.params["ReservedConcurrentExecutions"])
    store = store_of(embedded)
    others = store.reserved(call.function.account, call.region) - (function.concurrency or 0)
    if CONCURRENT - others - wanted < UNRESERVED:
        raise error("too much reserved", str(UNRESERVED))
    store.put(replace(function, concurrency=wanted))
    return {"ReservedConcurrentExecutions": wanted}


def get_function_concurrency(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetFunctionConcurrency; empty where nothing is reserved."""
    ref = here(call).unqualified
    function = store_of(embedded).get(ref)
    if function is None:
        raise error("not found", ref.arn)
    return {} if function.concurrency is None else {"ReservedConcurrentExecutions": function.concurrency}


def delete_function_concurrency(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DeleteFunctionConcurrency."""
    store_of(embedded).put(replace(_function(embedded, call), concurrency=None))
    return {}


def get_account_settings(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetAccountSettings of the caller's account in the region; images count for nothing in the size of code."""
    store = store_of(embedded)
    reserved = store.reserved(call.account, call.region)
    limits = {**_SIZES, "ConcurrentExecutions": CONCURRENT, "UnreservedConcurrentExecutions": CONCURRENT - reserved}
    return {
        "AccountLimit": limits,
        "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": store.count(call.account, call.region)},
    }


def reserved_for(embedded: Embedded, version: Function) -> int | None:
    """How many invocations are reserved for the function of a version; None for no such limit."""
    function = store_of(embedded).get(version.key)
    return function.concurrency if function else None


def _function(embedded: Embedded, call: Call) -> Function:
    ref = here(call)
    if ref.qualifier:
        raise error("not a function")
    function = store_of(embedded).get(ref)
    if function is None:
        raise error("not found", replace(ref, qualifier=LATEST).arn)
    return function
