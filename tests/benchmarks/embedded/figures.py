"""One client: what calls, a start, a restart and the scenarios cost, in turns with the neighbours."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from labkit.embedded.process import client as embedded
from tests.benchmarks.embedded import report
from tests.benchmarks.embedded.loads import fill
from tests.benchmarks.embedded.servers import (
    Server,
    administrators,
    furnish,
    furnish_neighbour,
    ministack,
    moto_server,
    ours,
    wait_for_answer,
)
from tests.embedded.signed_calls import TRUST

ROOT = Path(__file__).resolve().parents[3]
_TURNS, _CALLS = 12, 25  # 300 calls of each, a few at a time from each server

Call = Callable[[Mapping[str, Any], Server, str], object]

CALLS: dict[str, Call] = {
    "GetCallerIdentity": lambda to, _server, _name: to["sts"].get_caller_identity(),
    "CreateRole": lambda to, _server, name: to["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=TRUST),
    "CreateRepository": lambda to, _server, name: to["ecr"].create_repository(repositoryName=name),
    "CreateFunction": lambda to, server, name: to["lambda"].create_function(
        FunctionName=name,
        Role=server.callers[0].role,
        PackageType="Image",
        Code={"ImageUri": server.callers[0].image},
    ),
}


def single(folder: Path, arguments: Namespace) -> None:
    """The median of calls that one client makes one after another."""
    with ExitStack() as stack:
        mine = stack.enter_context(ours(folder))
        furnish(mine)
        others = [stack.enter_context(start) for start in (moto_server(arguments.moto), ministack(arguments.ministack))]
        for other in others:
            furnish_neighbour(other)
        for name, call in CALLS.items():
            report.times(f"{name}, p50", _in_turns(name.lower(), call, [mine, *others]))


def _in_turns(prefix: str, call: Call, servers: list[Server]) -> dict[str, list[float]]:
    clients = [{name: server.client(name) for name in ("sts", "iam", "ecr", "lambda")} for server in servers]
    taken: dict[str, list[float]] = {server.name: [] for server in servers}
    for turn in range(_TURNS):
        for server, to in zip(servers, clients, strict=True):
            for number in range(_CALLS):
                began = time.perf_counter()
                call(to, server, f"{prefix}-{turn}-{number}")
                taken[server.name].append(time.perf_counter() - began)
    return taken


def start(folder: Path, arguments: Namespace) -> None:
    """From nothing to the first answered call, in turns."""
    with ours(folder) as server:
        wait_for_answer(server.endpoint, server.callers[0])  # what boto3 loads once is no part of any start
    taken: dict[str, list[float]] = {}
    starts = (partial(ours, folder), partial(moto_server, arguments.moto), partial(ministack, arguments.ministack))
    for _ in range(2 * arguments.rounds + 1):
        for each in starts:
            began = time.perf_counter()
            with each() as server:
                wait_for_answer(server.endpoint, server.callers[0])
                taken.setdefault(server.name, []).append(time.perf_counter() - began)
    report.times("from nothing to the first answered call", taken)


def restart(folder: Path, arguments: Namespace) -> None:
    """From a stopped lab with 200 repositories, 500 functions and 1,000 roles to the first answered call."""
    with ours(folder) as server:
        assert server.home is not None
        furnish(server)
        made = fill(server, {"repository": 200, "function": 500, "role": 1000})
        report.line("made", str(made))
        taken: dict[str, list[float]] = {"GetCallerIdentity": [], "GetRole": [], "GetFunction": []}
        for _ in range(2 * arguments.rounds + 1):
            for name in taken:
                embedded.stop(server.home)
                began = time.perf_counter()
                running = embedded.ensure(server.home)
                again = Server("labkit", running.endpoint, psutil.Process(running.pid), administrators(server.home))
                _FIRST[name](again)
                taken[name].append(time.perf_counter() - began)
        for name, seconds in taken.items():
            report.times(f"from stopped to the first {name}", {"labkit": seconds})
        report.line("resident memory, idle", f"{again.idle_memory():.0f} MiB")


_FIRST: dict[str, Callable[[Server], object]] = {
    "GetCallerIdentity": lambda server: server.client("sts").get_caller_identity(),
    "GetRole": lambda server: server.client("iam").get_role(RoleName="load-role"),
    "GetFunction": lambda server: server.client("lambda").get_function(FunctionName="fill-0-0"),
}


def scenarios(folder: Path, arguments: Namespace) -> None:
    """All scenarios: from a stopped lab, on a running one, and inside the process where it can."""
    taken: dict[str, list[float]] = {"stopped": [], "running": [], "in-process": []}
    for _ in range(arguments.rounds):
        taken["stopped"].append(_labkit(folder / "runs", "run"))
        taken["running"].append(_labkit(folder / "runs", "run"))
        _labkit(folder / "runs", "down")
        taken["in-process"].append(_labkit(folder / "in-process", "run", "--in-process"))
    for name, seconds in taken.items():
        report.line(f"labkit run, all scenarios, {name}", f"{statistics.median(seconds) * 1000:8.1f} ms")
    for module in ("labkit", "labkit.iam", "labkit.lab.lab"):
        report.line(f"import {module}", f"{(_python(f'import {module}') - _python('pass')) * 1000:8.1f} ms")


def _labkit(home: Path, *words: str) -> float:
    """Seconds of one ``labkit …`` in a process of its own; raises SystemExit with what it said where it failed."""
    command = "import sys; from labkit.cli.main import main; sys.exit(main(sys.argv[1:]))"
    environment = {**os.environ, "LABKIT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    for name in [name for name in environment if name.startswith("AWS_")]:
        del environment[name]
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", command, *words], env=environment, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"labkit {' '.join(words)}\n{done.stdout.decode()}{done.stderr.decode()}")
    return time.perf_counter() - began


def _python(code: str) -> float:
    """Seconds of a program, in the median of seven."""

    def once() -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
        return time.perf_counter() - began

    return statistics.median(once() for _ in range(7))


FIGURES: dict[str, Callable[[Path, Namespace], None]] = {
    "single": single,
    "start": start,
    "restart": restart,
    "scenarios": scenarios,
}
