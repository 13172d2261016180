"""Fifty clients at once, reading and writing: every one is answered, and none loses its connection."""

from __future__ import annotations

import psutil

from labkit.embedded.process.running import Running
from tests.benchmarks.embedded.load import CLIENTS, Plan, play
from tests.benchmarks.embedded.mix import MIX, mixed
from tests.benchmarks.embedded.servers import Server, administrators, furnish

_TURNS = 2


def test_fifty_clients_that_read_and_write_at_once_are_all_answered(process: Running) -> None:
    server = Server("labkit", process.endpoint, psutil.Process(process.pid), administrators(process.home))
    furnish(server)
    host, calls = server.endpoint.removeprefix("http://"), _TURNS * len(MIX)
    plans: list[Plan] = [mixed(server.callers[number % 2], host, f"fifty-{number}", calls) for number in range(CLIENTS)]
    outcome = play(server.address, plans)
    assert (dict(outcome.errors), outcome.closed) == ({}, 0)
    assert len(outcome.all_times) == CLIENTS * calls
