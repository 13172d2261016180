"""Many clients: calls a second beside the neighbours, with and without fsync, before and after 50,000 objects."""

from __future__ import annotations

import os
import statistics
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from labkit.embedded.process import client as embedded
from tests.benchmarks.embedded import report
from tests.benchmarks.embedded.load import CLIENTS, Outcome, Plan, alone, load
from tests.benchmarks.embedded.mix import filling, mixed, shares
from tests.benchmarks.embedded.servers import (
    Server,
    furnish,
    furnish_neighbour,
    ministack,
    moto_server,
    ours,
    without_fsync,
)


def mix(server: Server, prefix: str, calls: int) -> Outcome:
    """The mixed load, its clients shared out among the server's callers."""
    host = server.endpoint.removeprefix("http://")
    plans: list[Plan] = [
        mixed(server.callers[number % len(server.callers)], host, f"{prefix}-{number}", share)
        for number, share in enumerate(shares(calls, CLIENTS))
    ]
    return _measured(server, plans)


def _measured(server: Server, plans: list[Plan]) -> Outcome:
    before = server.processor()
    outcome = load(server.address, plans)
    outcome.processor = server.processor() - before
    return outcome


_TURNS = 6


def under_load(folder: Path, arguments: Namespace) -> None:
    """The same load against each of three servers that stand side by side, a part of it from each turn to turn."""
    report.line("the load alone", str(alone()))
    with ExitStack() as stack:
        mine = stack.enter_context(ours(folder))
        others = [stack.enter_context(moto_server(arguments.moto)), stack.enter_context(ministack(arguments.ministack))]
        idle = {server.name: server.idle_memory() for server in (mine, *others)}
        furnish(mine)
        for other in others:
            furnish_neighbour(other)
        outcomes = _in_turns([mine, *others], _TURNS * arguments.rounds, arguments.calls // _TURNS)
        for server in (mine, *others):
            total = Outcome()
            for outcome in outcomes[server.name]:
                total.follow(outcome)
            report.line(server.name, f"{total}   MiB {idle[server.name]:.0f} idle, {server.memory():.0f} after")
    _compare(outcomes, [other.name for other in others])


def _in_turns(servers: list[Server], turns: int, calls: int) -> dict[str, list[Outcome]]:
    outcomes: dict[str, list[Outcome]] = {server.name: [] for server in servers}
    for turn in range(turns):
        for server in servers if turn % 2 == 0 else reversed(servers):
            outcomes[server.name].append(mix(server, f"load-{turn}", calls))
    return outcomes


def _compare(outcomes: dict[str, list[Outcome]], others: list[str]) -> None:
    """Medians over the turns, each of the ratios within one turn."""
    first, *_ = mine = outcomes["labkit"]
    report.line("p50 ms by call", "  ".join(f"{name} {first.p50(name) * 1000:.1f}" for name in first.times))
    for name in others:
        pairs = list(zip(mine, outcomes[name], strict=True))
        rate = statistics.median(our.rate / their.rate for our, their in pairs)
        slow = statistics.median(our.quantile(0.99) / their.quantile(0.99) for our, their in pairs)
        cost = statistics.median(our.cost / their.cost for our, their in pairs)
        report.line(f"ratio to {name}", f"calls/s {rate:.2f}   p99 {slow:.2f}   the server's processor time {cost:.2f}")


def durability(folder: Path, arguments: Namespace) -> None:
    """What it costs that every write is on the disk before it is answered, and what a flush costs on this disk."""
    report.line("fsync of 4 KiB appended, on the homes' disk", f"{_flush(folder) * 1000:.2f} ms")
    rates: dict[str, list[float]] = {}
    for _ in range(arguments.rounds):
        for name, start in {"FULL": embedded.ensure, "NORMAL": without_fsync}.items():
            with ours(folder, start) as server:
                furnish(server)
                outcome = mix(server, "load", arguments.calls)
                report.line(f"synchronous={name}", str(outcome))
                rates.setdefault(name, []).append(outcome.rate)
    full, normal = (statistics.median(rates[name]) for name in ("FULL", "NORMAL"))
    report.line("calls a second, FULL / NORMAL", f"{full / normal:.2f}")


def _flush(folder: Path) -> float:
    """Seconds of one fsync, in the median."""
    taken = []
    with (folder / "flushed").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fsync(file)
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def with_many_objects(folder: Path, arguments: Namespace) -> None:
    """Ours before and after a world has been filled, twice before so that the second is warm as the last."""
    with ours(folder) as server:
        furnish(server)
        mix(server, "warm", arguments.calls // 3)
        before = mix(server, "before", arguments.calls)
        report.line("before", f"{before}   MiB {server.memory():.0f}")
        filled = fill(server, world_of(arguments.objects))
        report.line(f"making {arguments.objects} objects", f"{filled}   MiB {server.memory():.0f}")
        after = mix(server, "after", arguments.calls)
        report.line("after", f"{after}   MiB {server.memory():.0f}")
        report.line("calls a second, after / before", f"{after.rate / before.rate:.2f}")
        report.line("processor time of a call, after / before", f"{after.cost / before.cost:.2f}")


def world_of(objects: int) -> dict[str, int]:
    """So many objects, of the kinds that AWS's quotas leave room for: few roles, some users, more of the others."""
    counts = {"role": objects // 100, "user": objects * 15 // 100, "repository": objects * 44 // 100}
    return {**counts, "function": objects - sum(counts.values())}


def fill(server: Server, counts: Mapping[str, int]) -> Outcome:
    """Make so many objects of each kind, shared out among the callers' accounts."""
    host = server.endpoint.removeprefix("http://")
    parts = {kind: list(shares(count, CLIENTS)) for kind, count in counts.items()}
    plans: list[Plan] = [
        filling(
            server.callers[number % len(server.callers)],
            host,
            f"fill-{number}",
            {kind: parts[kind][number] for kind in counts},
        )
        for number in range(CLIENTS)
    ]
    return _measured(server, plans)


FIGURES: dict[str, Callable[[Path, Namespace], None]] = {
    "load": under_load,
    "durability": durability,
    "objects": with_many_objects,
}
