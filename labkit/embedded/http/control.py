"""The lab's own requests to the embedded AWS, below ``/_labkit/``: status, stop, world, engine, snapshot, account,
clock, the keys of identity providers, VPC endpoints, and replicas of repositories.

Only who can read the runtime file of the lab home (mode 0600) knows the token that they carry. Wrong input is answered
with 400 and a sentence, a lab that could not come up with 503 and a sentence.
"""

from __future__ import annotations

import hmac
import json
import os
import sqlite3
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from labkit.embedded.core import Embedded
from labkit.embedded.protocol.wire import BodyTooLargeError, Exchange, HttpAnswer, HttpRequest, gathered
from labkit.embedded.records import accounts
from labkit.embedded.records.federation import key_sets, providers
from labkit.embedded.request import endpoints
from labkit.embedded.services.cloudtrail import log
from labkit.embedded.state import inventory, schema, snapshots
from labkit.embedded.state.lab_clock import span
from labkit.embedded.state.settings import WorldSettings
from labkit.errors import LabError, UsageError
from labkit.ground import VERSION
from labkit.pull.organization import check_account

PREFIX = "/_labkit/"
"""The path below which the lab's own requests are answered."""
_LIMIT = 1 << 16


class Control:
    """Answers control requests. ``stop`` is called to end the process.

    ``server`` is the name and version of what speaks HTTP with clients, empty where nothing does.
    """

    def __init__(self, embedded: Embedded, token: str, stop: Callable[[], None], server: str = "") -> None:
        self._embedded = embedded
        self._token = token
        self._stop = stop
        self._server = server
        self._began = time.monotonic()
        self._actions: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "/_labkit/status"): self._status,
            ("POST", "/_labkit/stop"): self._end,
            ("POST", "/_labkit/world"): self._world,
            ("POST", "/_labkit/engine"): self._engine,
            ("POST", "/_labkit/snapshot"): self._snapshot,
            ("POST", "/_labkit/account"): self._account,
            ("POST", "/_labkit/clock"): self._move_clock,
            ("POST", "/_labkit/trail"): self._trail,
            ("POST", "/_labkit/replica"): self._replicate,
            ("GET", "/_labkit/oidc"): self._issuers,
            ("POST", "/_labkit/oidc"): self._keys,
            ("POST", "/_labkit/endpoint"): self._let_through,
        }

    def exchange(self, head: HttpRequest) -> Exchange:
        """Answer one control request as JSON."""
        if not self._genuine(head):
            return _answer(HTTPStatus.FORBIDDEN, {"error": "This is for the lab itself."})
        action = self._actions.get((head.method, head.path))
        if action is None:
            return _answer(HTTPStatus.NOT_FOUND, {"error": "The lab has no such request."})
        try:
            body = yield from gathered(head, _LIMIT)
            return _answer(HTTPStatus.OK, action(json.loads(body or b"{}")))
        except UsageError as error:
            return _answer(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except LabError as error:
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": str(error)})
        except (ValueError, KeyError, TypeError, BodyTooLargeError):
            return _answer(HTTPStatus.BAD_REQUEST, {"error": "The request is not JSON."})

    def _genuine(self, head: HttpRequest) -> bool:
        given = head.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode())

    def _status(self, _: Any) -> dict[str, Any]:
        embedded = self._embedded
        return {
            "pid": os.getpid(),
            "endpoint": embedded.endpoint,
            "server": self._server,
            "uptime_seconds": round(time.monotonic() - self._began, 1),
            "versions": {"labkit": VERSION, "schema": schema.VERSION, "sqlite": sqlite3.sqlite_version},
            "outside": accounts.numbers(embedded.database, "outside"),
            "contents": inventory.contents(embedded.database),
            "sizes": inventory.sizes(embedded.home),
            "trouble": embedded.database.trouble_now(),
            "clock": embedded.clock.reading.to_dict(),
            "vpc_endpoints": endpoints.settled(embedded),
            **embedded.settings.to_dict(),
        }

    def _end(self, _: Any) -> dict[str, Any]:
        self._stop()
        return {}

    def _world(self, source: Any) -> dict[str, Any]:
        settings = WorldSettings.parse(source)
        self._embedded.apply(settings)
        return self._status(None)

    def _engine(self, _: Any) -> dict[str, Any]:
        self._embedded.let_go()
        return {}

    def _snapshot(self, source: Any) -> dict[str, Any]:
        self._embedded.events.flush()
        snapshots.save(self._embedded.home, self._embedded.database, str(source["name"]))
        return {}

    def _account(self, source: Any) -> dict[str, Any]:
        number = check_account(str(source["account"]), "The account number")
        with self._embedded.database.write():
            accounts.add(self._embedded.database, number, "outside", self._embedded.clock.now())
        return {}

    def _issuers(self, _: Any) -> dict[str, Any]:
        return {**providers.issuers(self._embedded.database)}

    def _keys(self, source: Any) -> dict[str, Any]:
        issuer, given = key_sets.check_issuer(str(source["url"])), source["keys"]
        keys = None if given is None else key_sets.read(json.dumps({"keys": given}))
        database = self._embedded.database
        with database.write():
            if keys is None:
                providers.remove_keys(database, issuer)
            else:
                providers.put_keys(database, issuer, keys)
        return self._issuers(None)

    def _trail(self, source: Any) -> dict[str, Any]:
        self._embedded.events.flush()
        return log.read(self._embedded.database, log.Wanted.parse(source))

    def _move_clock(self, source: Any) -> dict[str, Any]:
        by = source["by"]
        self._embedded.move_clock(None if by is None else span(str(by)))
        return self._embedded.clock.reading.to_dict()

    def _let_through(self, source: Any) -> dict[str, Any]:
        endpoints.settle(self._embedded, source)
        return {"vpc_endpoints": endpoints.settled(self._embedded)}

    def _replicate(self, source: Any) -> dict[str, Any]:
        from labkit.embedded.services.ecr.images.image import RepositoryKey
        from labkit.embedded.services.ecr.replicas import replicate

        original = RepositoryKey(str(source["account"]), str(source["region"]), str(source["repository"]))
        made = replicate(self._embedded, original, str(source["to_account"]), str(source["to_region"]))
        return {"uri": made.uri}


def _answer(status: HTTPStatus, content: Any) -> HttpAnswer:
    return HttpAnswer(status, {"Content-Type": "application/json"}, json.dumps(content).encode())
