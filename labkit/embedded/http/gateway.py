"""One request from its head to its answer: behind the HTTP server, and behind WSGI.

    /_labkit/...    the lab's own control requests (`labkit.embedded.http.control`)
    /v2/, /layers/  plain HTTP routes of the services: the registry, and downloads of layers
    everything else the AWS API: authenticate, parse, check, authorize, execute, render

Requests that a web page could have sent are refused before anything of them is looked at. Whatever goes wrong becomes
an error of the service's protocol. What is authorized and what is executed is one and the same `Call`. No secret and no
token is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any
from uuid import uuid4

from botocore.model import OperationModel

from labkit.embedded.core import Embedded
from labkit.embedded.http.control import PREFIX as CONTROL
from labkit.embedded.http.control import Control
from labkit.embedded.http.wsgi import StartResponse, head_of, played, respond
from labkit.embedded.protocol import constraints
from labkit.embedded.protocol.calls import Call, Identity, Operation, Origin, Route, ServiceError
from labkit.embedded.protocol.faults import SignatureError, fault, signature_fault, too_large
from labkit.embedded.protocol.models import SERVICES
from labkit.embedded.protocol.wire import (
    BodyTooLargeError,
    Exchange,
    HttpAnswer,
    HttpRequest,
    Piece,
    from_web_page,
    gathered,
    text_answer,
)
from labkit.embedded.request import principals, sigv4
from labkit.embedded.request.execution import execute
from labkit.embedded.request.foreign import not_there
from labkit.embedded.request.parse import named_operation, parse
from labkit.embedded.request.recording.recorder import refusals_noted
from labkit.embedded.request.render import render, render_error
from labkit.errors import LabError
from labkit.pull.regions import REGIONS

_LOG = logging.getLogger(__name__)
_MODULES = {
    "sts": "labkit.embedded.services.sts.operations",
    "iam": "labkit.embedded.services.iam.operations",
    "organizations": "labkit.embedded.services.organizations.operations",
    "ecr": "labkit.embedded.services.ecr.operations",
    "lambda": "labkit.embedded.services.lambda_.operations",
    "cloudtrail": "labkit.embedded.services.cloudtrail.operations",
}
MiB = 1 << 20
#: The most bytes of a request's body: 6 MiB for an invocation's payload, a layer part of 20 MiB in base64.
_LIMITS = {"lambda": 6 * MiB, "ecr": 28 * MiB}
_LIMIT = 1 * MiB
_NAMES = {"Invoke": "InvokeFunction"}  # where AWS speaks of an operation by another name

#: Which threads work on a request, by the beginning of its path or by its end; what lasts keeps nobody else waiting.
_POOLS = {CONTROL: "control", "/v2": "layers", "/layers/": "layers"}
_RUNS = ("/invocations", "/invoke-async", "/response-streaming-invocations")


class Gateway:
    """Answers HTTP requests: as exchanges for the lab's own server, or called as a WSGI application."""

    def __init__(self, embedded: Embedded, control: Control) -> None:
        self._embedded = embedded
        self._control = control

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request through WSGI."""
        head = head_of(environ)
        return respond(played(self.exchange(head), head, environ["wsgi.input"]), head, start_response)

    def thread_pool(self, head: HttpRequest) -> str:
        """Which threads are to work on a request: those for control, calls, layers, or runs of functions."""
        if head.path.endswith(_RUNS):
            return "runs"
        return next((pool for start, pool in _POOLS.items() if head.path.startswith(start)), "calls")

    def exchange(self, head: HttpRequest) -> Exchange:
        """One request on its way to its answer. Whatever goes wrong is an answer too."""
        if from_web_page(head):
            return text_answer(403, _NO_WEB_PAGES)
        path = head.decoded_path
        if path.startswith(CONTROL):
            return (yield from self._control.exchange(head))
        # The API lives at "/" and at dated paths; only what lies elsewhere can be a route.
        for prefix, route in (routes() if path != "/" and not path[1:5].isdigit() else {}).items():
            if path.startswith(prefix):
                return (yield from route(self._embedded, head))
        return (yield from self._api(head))

    def _api(self, head: HttpRequest) -> Exchange:
        request_id = str(uuid4())
        try:
            service = _addressed(head)
        except _UnknownService as unknown:
            return not_there(head, str(unknown), request_id)
        try:
            request = replace(head, body=(yield from self._body(head, service)))
            return self._answer(request, service, request_id)
        except ServiceError as error:
            return render_error(service, error, request_id)
        except LabError as error:
            _LOG.error("request %s to %s could not be answered: %s", request_id, service, error)
            return render_error(service, fault(service, "broken", str(error)), request_id)
        except Exception:
            _LOG.exception("request %s to %s failed", request_id, service)
            failure = fault(service, "internal", "The embedded AWS failed; its log says why.")
            return render_error(service, failure, request_id)

    def _body(self, head: HttpRequest, service: str) -> Generator[None, Piece, bytes]:
        if head.announced is None or head.announced > _LIMIT:
            self._known(head, service)  # memory is for those who have a key
        try:
            return (yield from gathered(head, _LIMITS.get(service, _LIMIT)))
        except BodyTooLargeError as error:
            operation = named_operation(head, service)
            raise too_large(error.limit, _NAMES.get(operation or "", operation)) from None

    def _known(self, head: HttpRequest, service: str) -> None:
        try:
            signature = sigv4.read(head)
            principals.find_key(self._embedded, signature.access_key, signature.token)
        except SignatureError as error:
            raise signature_fault(service, error) from None

    def _answer(self, request: HttpRequest, service: str, request_id: str) -> HttpAnswer:
        signer = self._authenticate(request, service)
        model, params = parse(request, service)
        operation = operations(service).get(model.name)
        if operation is None:
            raise _not_offered(service, model.name)
        identity, region = self._caller(signer, operation, model, params)
        call = Call(identity, service, model.name, region, params, request_id, Origin.of(request))
        with refusals_noted(self._embedded, call):
            constraints.check(model, params)
        return render(model, execute(self._embedded, call, operation), request_id)

    def _authenticate(self, request: HttpRequest, service: str) -> tuple[Identity, str] | None:
        """Who signed a request, and for which region; None for one that is unsigned and may be."""
        try:
            signature = sigv4.read(request)
            with self._embedded.database.read():
                return self._verified(request, signature), signature.region
        except SignatureError as error:
            if error.kind == "missing" and _called_unsigned(request, service):
                return None
            raise signature_fault(service, error) from None

    def _caller(
        self, signer: tuple[Identity, str] | None, operation: Operation, model: OperationModel, params: dict[str, Any]
    ) -> tuple[Identity, str]:
        """Who calls: who has signed, or whom the parameters speak for where the operation is called unsigned."""
        if operation.identify is not None:
            constraints.check(model, params)
            with self._embedded.database.read():
                identity = operation.identify(self._embedded, params)
            return identity, signer[1] if signer else self._embedded.settings.region
        assert signer is not None, "what is called unsigned says how it is identified"  # noqa: S101
        return signer

    def _verified(self, request: HttpRequest, signature: sigv4.Signature) -> Identity:
        found = principals.find_key(self._embedded, signature.access_key, signature.token)
        sigv4.verify(request, signature, found.secret, self._embedded.clock.machine.now())
        if signature.region not in REGIONS:
            reason = f"Credential should be scoped to a valid region, not '{signature.region}'."
            raise SignatureError("mismatch", reason)
        identity = principals.identify(self._embedded, found, signature.service)
        self._embedded.uses.note(found, signature.service, signature.region)
        return identity


def _called_unsigned(request: HttpRequest, service: str) -> bool:
    """Whether a request is for what is called unsigned by design, such as AssumeRoleWithWebIdentity."""
    try:
        return bool(parse(request, service)[0].auth_type == "none")
    except ServiceError:
        return False


def _not_offered(service: str, operation: str) -> ServiceError:
    return fault(service, "unknown operation", f"The embedded AWS does not implement {service}:{operation}.")


def _addressed(request: HttpRequest) -> str:
    """The service that a request is for, as its signature claims; where it does not say, as its form suggests.

    Raises `_UnknownService` for a service that the embedded AWS does not answer.
    """
    try:
        claimed = sigv4.read(request).service
    except SignatureError:
        return _suggested(request)
    if claimed not in SERVICES:
        raise _UnknownService(claimed)
    return claimed


class _UnknownService(Exception):  # noqa: N818 - it is answered, not reported
    pass


_TARGETS = {"AmazonEC2ContainerRegistry": "ecr", "com.amazonaws.cloudtrail": "cloudtrail", "": "organizations"}


def _suggested(request: HttpRequest) -> str:
    target = request.headers.get("x-amz-target", "")
    if target:
        return next(service for prefix, service in _TARGETS.items() if target.startswith(prefix))
    return "lambda" if request.path[1:5].isdigit() else "sts"


_NO_WEB_PAGES = "The embedded AWS answers requests to 127.0.0.1 or localhost only, and none that a web page sends.\n"


@cache
def operations(service: str) -> Mapping[str, Operation]:
    """The operations of a service; its module is imported when it is first asked for."""
    found: Mapping[str, Operation] = import_module(_MODULES[service]).OPERATIONS
    return found


@cache
def routes() -> Mapping[str, Route]:
    """The plain HTTP routes, by prefix of their path; their modules are imported when one is first asked for."""
    from labkit.embedded.services.ecr.images import downloads
    from labkit.embedded.services.registry import routes as registry

    return {downloads.PREFIX: downloads.serve_layer, registry.PREFIX: registry.serve}
