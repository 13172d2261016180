"""How boto3 reaches an AWS that answers in this very process (`labkit.ground.addresses`).

By botocore's own events: a handler of ``before-send`` may return the response, and nothing is sent then
(``botocore.endpoint.Endpoint``). It stands among the handlers that every session of botocore gets when it is made, so
that ``boto3.Session(profile_name=...)`` has it wherever it is written; the default session of boto3 is told if it is
there already. What nobody answers here goes over the network. For requests see `labkit.aws.web`.
"""

from __future__ import annotations

from functools import cache

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS

from labkit.ground.addresses import application_at, exchange


@cache
def connect_clients() -> None:
    """Let the clients of all boto3 sessions that are made from now on ask this process first."""
    BUILTIN_HANDLERS.append(("before-send", answer))
    if boto3.DEFAULT_SESSION is not None:
        boto3.DEFAULT_SESSION.events.register("before-send", answer)


def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
    """The response to a request whose address this process answers; None for any other. A handler of botocore's."""
    application = application_at(request.url)
    if application is None:
        return None
    answered = exchange(application, request.method, request.url, request.headers, request.body)
    response = AWSResponse(request.url, answered.status, answered.headers, answered.body)
    if not request.stream_output:
        _ = response.content  # read now, as botocore's own transport does
    return response
