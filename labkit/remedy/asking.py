"""Calls of AWS's API as answers of `labkit.diagnosis.evidence`: all pages in one, refusals kept as what they are.

AWS slows whoever asks too fast (ThrottlingException, TooManyRequestsException): clients that are made here wait and
ask again, fewer times a second the more often that happens (botocore's retry mode "adaptive"; AWS SDKs and Tools
Reference Guide, "Retry behavior").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from labkit.aws import sessions
from labkit.diagnosis.evidence.answers import Answer
from labkit.ground.threads import executor

WORKERS = 8
"""How many calls are made at a time; ECR lets an account make more a second than these come to."""
_QUICK = Config(retries={"total_max_attempts": 2}, connect_timeout=5, read_timeout=20)
PATIENT = Config(retries={"mode": "adaptive", "total_max_attempts": 12}, max_pool_connections=2 * WORKERS)
"""How clients ask that wait and ask again where AWS says that they ask too fast."""


class Asker(NamedTuple):
    """Who asks: the account and region of a profile, and ``client("ecr")``, which makes the client of a service."""

    account: str
    region: str
    client: Callable[[str], Any]


class Call(NamedTuple):
    """A call: ``service`` and ``operation`` as the aws CLI names them, ``params`` as the API does.

    ``most``: how many entries of a list are wanted; None: all.
    """

    service: str
    operation: str
    params: Mapping[str, Any] = {}
    most: int | None = None


def asker(profile: str, region: str | None = None) -> Asker:
    """Whoever a profile of the AWS config files is, with patient clients.

    Raises UsageError for a profile that is not there, or has no region or no credentials that AWS takes.
    """
    session = sessions.open_session(profile, region)
    return unnamed_asker(session)._replace(account=sessions.whoami(session).account)


def unnamed_asker(session: boto3.Session) -> Asker:
    """Whoever a session is, with patient clients; its account is not asked for and empty.

    STS alone is asked impatiently: where there is no network, that is found out soon.
    """
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = session.client(service, config=_QUICK if service == "sts" else PATIENT)
        return made[service]

    return Asker("", str(session.region_name), client)


def ask(who: Asker, call: Call) -> Answer:
    """Make a call, all its pages, and return what AWS answered or why it did not."""
    return ask_with(who.client(call.service), who, call)


def ask_with(client: Any, who: Asker, call: Call) -> Answer:
    """The same with a client that there is: clients may be used in threads, made in one only."""
    method, head = (
        call.operation.replace("-", "_"),
        (call.service, call.operation, call.params, who.account, who.region),
    )
    try:
        if client.can_paginate(method):
            pages = client.get_paginator(method).paginate(**call.params, PaginationConfig={"MaxItems": call.most})
            found = {name: each for name, each in pages.build_full_result().items() if name != "NextToken"}
        else:
            found = getattr(client, method)(**call.params)
    except ClientError as error:
        told = error.response.get("Error", {})
        return Answer(*head, error={"Code": str(told.get("Code", "")), "Message": str(told.get("Message", ""))})
    except BotoCoreError as error:
        return Answer(*head, error={"Code": type(error).__name__, "Message": str(error)})
    return Answer(*head, answer=_plain(found))


def ask_all(who: Asker, calls: Iterable[Call]) -> Iterator[Answer]:
    """Make calls, a few at a time; the answers come in the order of the calls."""
    listed = list(calls)
    clients = {service: who.client(service) for service in dict.fromkeys(call.service for call in listed)}
    with executor(WORKERS, "labkit-ask") as pool:
        yield from pool.map(lambda call: ask_with(clients[call.service], who, call), listed)


def _plain(found: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as JSON has it: times in ISO 8601, without what is about the transport."""
    kept = {name: value for name, value in found.items() if name != "ResponseMetadata"}
    plain: dict[str, Any] = json.loads(json.dumps(kept, default=_text))
    return _without_secrets(plain)


def _without_secrets(answer: dict[str, Any]) -> dict[str, Any]:
    """A function's environment variables and the address of its code are nobody's business here."""
    for holder, name in (("Configuration", "Environment"), ("Code", "Location")):
        if isinstance(answer.get(holder), dict):
            answer[holder].pop(name, None)
    for each in answer.get("Functions") or ():
        each.pop("Environment", None)
    return answer


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
