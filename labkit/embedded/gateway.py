"""One request from its first byte to its answer: the WSGI application of the embedded AWS.

    /_labkit/...    the lab's own control requests (`labkit.embedded.control`)
    ROUTES          plain HTTP routes of the services (the registry at /v2/, downloads of layers)
    everything else the AWS API: authenticate, parse, check, authorize, execute, render

Whatever goes wrong becomes an error of the service's protocol. What is authorized and what is executed is one and the
same `Call`. No secret and no token is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from functools import cache
from http import HTTPStatus
from importlib import import_module
from types import ModuleType
from typing import Any
from uuid import uuid4

from labkit.embedded import actions, constraints, principals, sigv4
from labkit.embedded.calls import Call, Handler, Identity, Route, ServiceError
from labkit.embedded.context import Later, request_context
from labkit.embedded.control import Control
from labkit.embedded.core import Embedded
from labkit.embedded.faults import fault, signature_fault
from labkit.embedded.models import SERVICES, service_model
from labkit.embedded.parse import parse
from labkit.embedded.render import render, render_error
from labkit.embedded.wire import Answer, Request, head_of, read_body
from labkit.regions import regions

_LOG = logging.getLogger(__name__)
_MODULES = {"sts": "sts", "iam": "iam", "organizations": "organizations", "ecr": "ecr", "lambda": "lambda_"}
MiB = 1 << 20
#: The most bytes of a request's body: 6 MiB for an invocation's payload, a layer part of 20 MiB in base64.
_LIMITS = {"lambda": 6 * MiB, "ecr": 28 * MiB}
_LIMIT = 1 * MiB

StartResponse = Callable[..., Any]


class Gateway:
    """The WSGI application."""

    def __init__(self, embedded: Embedded, control: Control) -> None:
        self._embedded = embedded
        self._control = control

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request."""
        path = environ.get("PATH_INFO", "/")
        if path.startswith("/_labkit/"):
            return _send(self._control.answer(environ), start_response)
        # The API lives at "/" and at dated paths; only what lies elsewhere can be a route.
        for prefix, route in (routes() if path != "/" and not path[1:5].isdigit() else {}).items():
            if path.startswith(prefix):
                return route(self._embedded, environ, start_response)
        return _send(self._api(environ), start_response)

    def _api(self, environ: Mapping[str, Any]) -> Answer:
        head, request_id = head_of(environ), str(uuid4())
        try:
            service = _addressed(head)
        except _UnknownService as unknown:
            service, text = _suggested(head), f"The embedded AWS does not implement the service {unknown}."
            return render_error(service, fault(service_model(service).protocol, "unknown operation", text), request_id)
        try:
            limit = _LIMITS.get(service, _LIMIT)
            request = Request(head.method, head.path, head.query, head.headers, read_body(environ, limit), head.peer)
            return self._answer(request, service, request_id)
        except ServiceError as error:
            return render_error(service, error, request_id)
        except Exception:
            _LOG.exception("request %s to %s failed", request_id, service)
            failure = fault(service_model(service).protocol, "internal", "The embedded AWS failed; its log says why.")
            return render_error(service, failure, request_id)

    def _answer(self, request: Request, service: str, request_id: str) -> Answer:
        identity, region = self._authenticate(request, service)
        operation, params = parse(request, service)
        handler = handlers(service).get(operation.name)
        if handler is None:
            text = f"The embedded AWS does not implement {service}:{operation.name}."
            raise fault(service_model(service).protocol, "unknown operation", text)
        constraints.check(operation, params)
        context = Later(lambda: request_context(self._embedded, identity, request, region))
        call = Call(identity, service, operation.name, region, params, request_id, context)
        return render(operation, self._execute(call, handler), request_id)

    def _authenticate(self, request: Request, service: str) -> tuple[Identity, str]:
        try:
            signature = sigv4.read(request)
            found = principals.find_key(self._embedded, signature.access_key, signature.token)
            sigv4.verify(request, signature, found.secret, self._embedded.clock.now())
            if signature.region not in regions():
                reason = f"Credential should be scoped to a valid region, not '{signature.region}'."
                raise sigv4.SignatureError("mismatch", reason)
            with self._embedded.lock:
                return principals.identify(self._embedded, found), signature.region
        except sigv4.SignatureError as error:
            raise signature_fault(service_model(service).protocol, error) from None

    def _execute(self, call: Call, handler: Handler) -> dict[str, Any]:
        """Authorize, then execute, both under the lab's lock unless the handler takes it by itself."""
        embedded = self._embedded
        with embedded.lock:
            needed = actions.accesses(embedded, call)
            if needed is None:
                raise LookupError(f"{call.service}:{call.operation} has a handler but no permissions")
            for access in needed:
                embedded.require(call, access)
        alone = call.operation in unlocked(call.service)
        with nullcontext() if alone else embedded.lock:
            output = handler(embedded, call)
        with embedded.lock:
            embedded.changed()
        return output


def _addressed(request: Request) -> str:
    """The service that a request is for, as its signature claims; where it does not say, as its form suggests.

    Raises `_Unknown` for a service that the embedded AWS does not answer.
    """
    try:
        claimed = sigv4.read(request).service
    except sigv4.SignatureError:
        return _suggested(request)
    if claimed not in SERVICES:
        raise _UnknownService(claimed)
    return claimed


class _UnknownService(Exception):  # noqa: N818 - it is answered, not reported
    pass


def _suggested(request: Request) -> str:
    target = request.headers.get("x-amz-target", "")
    if target.startswith("AmazonEC2ContainerRegistry"):
        return "ecr"
    if target:
        return "organizations"
    return "lambda" if request.path[1:5].isdigit() else "sts"


def _send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    start_response(f"{answer.status} {_phrase(answer.status)}", list(headers.items()))
    return [answer.body]


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Answer"


@cache
def _module(service: str) -> ModuleType:
    return import_module(f"labkit.embedded.{_MODULES[service]}")


def handlers(service: str) -> Mapping[str, Handler]:
    """The operations of a service; its module is imported when it is first asked for."""
    operations: Mapping[str, Handler] = _module(service).OPERATIONS
    return operations


def unlocked(service: str) -> frozenset[str]:
    """The operations of a service that take the lab's lock by themselves."""
    return getattr(_module(service), "UNLOCKED", frozenset())


@cache
def routes() -> Mapping[str, Route]:
    """The plain HTTP routes, by prefix of their path."""
    found: Mapping[str, Route] = _module("ecr").ROUTES
    return found
