"""Invoke: the handler really runs, in a warm process, as its execution role.

The state is read to look the function up, and written to make its role's credentials; no unit is open while a handler
runs. What is not AWS: without a container engine the interpreter is the lab's own Python, and the first line of a cold
start's log says what it is; an ``Event`` invocation runs once, in the background, without Lambda's two retries, and
before it is answered where handlers run in the lab's own process.

Sources: Lambda API Reference, Invoke; Lambda quotas (6 MB of synchronous payload, 1 MB of asynchronous payload).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, Credentials
from labkit.embedded.protocol.faults import too_large
from labkit.embedded.request.endpoints import OF_FUNCTION
from labkit.embedded.services.lambda_.aliases.record import find
from labkit.embedded.services.lambda_.aliases.routing import chosen
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.functions import lifecycle
from labkit.embedded.services.lambda_.functions.concurrency import reserved_for
from labkit.embedded.services.lambda_.functions.record import Function
from labkit.embedded.services.lambda_.functions.states import IDLE, RESTORING
from labkit.embedded.services.lambda_.invoke.code import CodeFailure
from labkit.embedded.services.lambda_.invoke.environments import NoneLeft
from labkit.embedded.services.lambda_.names import here, store_of
from labkit.embedded.services.lambda_.own_calls import note_assumed
from labkit.embedded.services.lambda_.roles import assumable
from labkit.image.format.config import ImageConfig
from labkit.image.format.errors import ImageError, Throttled
from labkit.image.run import function as local
from labkit.image.run.confinement import private_places
from labkit.image.run.pool import SandboxPool
from labkit.image.run.result import LOG_TAIL, InvocationResult
from labkit.image.run.runtime import Process, Start
from labkit.pull.function import LATEST, FunctionRef

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

ASYNCHRONOUS_LIMIT = 1_048_576
"""The most bytes of payload of an ``Event``; a longer body than 6 MiB is never read."""

_INVOKED = "Lambda-Runtime-Invoked-Function-Arn"  # which the handler reads as context.invoked_function_arn
_MACHINES = {"x86_64": "amd64", "arm64": "arm64"}  # Lambda's words for architectures, and Docker's

SESSION = timedelta(hours=12)
"""How long the credentials of a process last; a process is replaced before they expire."""


def invoke(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Invoke. DryRun answers 204, Event 202, RequestResponse 200 with the handler's answer or its error."""
    kind = call.params.get("InvocationType") or "RequestResponse"
    ref = here(call)
    with embedded.database.read():
        function = _invoked(embedded, ref)
        reserved = reserved_for(embedded, function)
    payload = call.params.get("Payload") or b"{}"
    if kind == "Event" and len(payload) > ASYNCHRONOUS_LIMIT:
        raise too_large(ASYNCHRONOUS_LIMIT, "InvokeFunction")
    _check_payload(payload)
    headers = {_INVOKED: ref.arn, **_client_context(call.params.get("ClientContext"))}
    if kind == "DryRun":
        return {"StatusCode": 204}
    _check_state(embedded, function)
    lifecycle.invoked(embedded, function)
    function = function.in_force
    tail = call.params.get("LogType") == "Tail"
    run = partial(_run, embedded, function, reserved, (payload, call.request_id, headers, tail))
    if kind == "Event":
        embedded.functions.environments.later(run, at_once=embedded.runners.runs_here)
        return {"StatusCode": 202}
    result, interpreter = run()
    answer = {"StatusCode": 200, "ExecutedVersion": function.version, "Payload": result.payload}
    if result.function_error:
        answer["FunctionError"] = result.function_error
    if tail:
        answer["LogResult"] = base64.b64encode(_log(result, interpreter)[-LOG_TAIL:]).decode()
    return answer


def _invoked(embedded: Embedded, ref: FunctionRef) -> Function:
    """The version that an invocation runs: an alias may choose between two. Raises ResourceNotFoundException."""
    alias = find(embedded.database, ref) if ref.names_alias else None
    version = chosen(alias, embedded.functions.draw) if alias else ref.qualifier or LATEST
    found = store_of(embedded).get(replace(ref, qualifier=version))
    if found is None:
        raise error("not found", replace(ref, qualifier=ref.qualifier or LATEST).arn)
    return found


def _check_payload(payload: bytes) -> None:
    try:
        json.loads(payload)
    except (ValueError, RecursionError) as problem:
        raise error("payload", str(problem)) from None


def _client_context(encoded: str | None) -> dict[str, str]:
    """The header that hands a ClientContext (base64 of a JSON object) on to the handler."""
    if not encoded:
        return {}
    try:
        context = json.loads(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        context = None
    if not isinstance(context, dict):
        raise error("payload", "Client context must be a valid Base64-encoded JSON object.")
    return {"Lambda-Runtime-Client-Context": json.dumps(context)}


def _check_state(embedded: Embedded, function: Function) -> None:
    if function.state.is_one(IDLE):
        lifecycle.wake(embedded, function)
    if function.state.is_one(IDLE, RESTORING):
        raise error("restoring")
    if function.state.value == "Pending":
        raise error("pending", "Pending")
    if function.ready is None:
        raise error("image broken")


def _run(
    embedded: Embedded, function: Function, reserved: int | None, event: tuple[bytes, str, Mapping[str, str], bool]
) -> tuple[InvocationResult, str]:
    timeout = timedelta(seconds=function.options["Timeout"])
    build = partial(_pool, embedded, function)
    environments = embedded.functions.environments
    try:
        wanted = f"{function.fingerprint} {embedded.runners.wanted}"
        with embedded.functions.code.used(function.ready or ""), environments.within(function.key.arn, reserved):
            return environments.invoke(function.qualified.arn, wanted, embedded.clock.now() + timeout, build, event)
    except NoneLeft:
        raise error("reserved concurrency used up") from None
    except Throttled:
        raise error("throttled") from None
    except ImageError:  # the function was deleted while the call waited for a process
        raise error("not found", function.key.arn) from None
    finally:
        if embedded.functions.get(function.qualified) is None:  # or while its process was started
            environments.stop(function.qualified.arn)


def _pool(embedded: Embedded, function: Function) -> tuple[SandboxPool, datetime]:
    """A pool for the function as it is now, with fresh credentials of its role in the environment."""
    with embedded.database.write():
        if not assumable(embedded, function.key, function.role):
            raise error("role gone")
        seconds, carries = int(SESSION.total_seconds()), {OF_FUNCTION: function.key.arn}
        credentials = embedded.role_session(function.role, function.key.name, seconds, context=carries)
        note_assumed(embedded, function.key, function.role, credentials)
        embedded.events.write()
    assert function.ready is not None  # noqa: S101 - checked before
    try:
        embedded.functions.code.prepare(function.ready, embedded.images.blobs)  # where somebody has removed it
        image = embedded.functions.code.config(function.ready)
    except CodeFailure:  # it was unpacked by a version of the lab that took it, or cannot be had again
        raise error("image broken") from None
    runnable = _runnable(embedded, function, image, credentials)
    container = embedded.runners.container(image, function.ready, embedded.images.blobs)
    if container is None:
        runnable, own_start = embedded.runners.own(runnable)
        sealed = partial(_from_sealed_code, embedded, function.ready, own_start)
        return SandboxPool(runnable, start=sealed), credentials.expiration
    start, engine = container
    return SandboxPool(replace(runnable, engine=engine), start=start), credentials.expiration


def _from_sealed_code(embedded: Embedded, digest: str, start: Start, runnable: local.RunnableFunction) -> Process:
    """Start a process once its code is known to be what the image was unpacked to."""
    try:
        embedded.functions.code.verify(digest, embedded.images.blobs)
    except CodeFailure as failure:
        raise local.Fault("Runtime.ExitError", failure.reason) from None
    return start(runnable)


def _runnable(
    embedded: Embedded, function: Function, image: ImageConfig, credentials: Credentials
) -> local.RunnableFunction:
    """The function as the runtime sees it; ``image`` is the image's configuration."""
    assert function.ready is not None  # noqa: S101 - checked before
    options = function.options
    overrides: Mapping[str, Any] = options.get("ImageConfig") or {}
    return local.RunnableFunction(
        embedded.functions.code.root(function.ready),
        image,
        name=function.key.name,
        arn=function.key.arn,
        region=function.key.region,
        version=function.version,
        timeout=options["Timeout"],
        memory=options["MemorySize"],
        environment=(options.get("Environment") or {}).get("Variables") or {},
        host_environment={
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_SESSION_TOKEN": credentials.session_token,
            "AWS_ENDPOINT_URL": embedded.endpoint,
        },
        entrypoint=overrides.get("EntryPoint"),
        command=overrides.get("Command"),
        working_directory=overrides.get("WorkingDirectory"),
        scratch=options["EphemeralStorage"]["Size"],
        architecture=_MACHINES[options["Architectures"][0]],
        hidden=private_places(embedded.home.root),
    )


def _log(result: InvocationResult, interpreter: str) -> bytes:
    """The log of an invocation; that of a cold start begins with the interpreter that really runs the handler."""
    cold = result.init_duration_ms is not None
    return (f"INIT_START Runtime Version: {interpreter}\n".encode() if cold else b"") + result.log
