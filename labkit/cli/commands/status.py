"""Show what the embedded AWS of this lab home is: where it answers, how it runs, its accounts and organization, what is
in it and how large that is, its versions, and whether a Docker engine answers. With --json as one object for programs.
Exits with 1 when it is not up, or cannot be used. Starts nothing.

  labkit status
  labkit status --json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.embedded.process.running import ElsewhereError, Running


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit status``."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the status; 1 when the embedded AWS is not up."""
    from labkit.embedded.process import client
    from labkit.embedded.process.running import ElsewhereError
    from labkit.ground.home import home_path

    home = home_path()
    try:
        running = client.status(home)
    except ElsewhereError as elsewhere:
        return _elsewhere(args, home, elsewhere)
    facts = facts_of(home, running)
    if args.json:
        print(json.dumps(facts, indent=2))
    elif running is None:
        print(f"The embedded AWS of {home} is not up; labkit up starts it.")
    else:
        _show(facts)
    return 0 if running else 1


def _elsewhere(args: argparse.Namespace, home: Path, elsewhere: ElsewhereError) -> int:
    """Say that the embedded AWS runs within another process, which alone reaches it: it is up, and of no use here."""
    if not args.json:
        raise elsewhere
    print(json.dumps({"up": True, "home": str(home), "run_as": "in-process", "pid": elsewhere.pid}, indent=2))
    return 1


def facts_of(home: Path, running: Running | None) -> dict[str, Any]:
    """The status as plain data: ``{"up", "home"}``, and where it runs everything that is known about it."""
    from labkit.image.run import confinement

    if running is None:
        return {"up": False, "home": str(home)}
    return {
        "up": True,
        "home": str(running.home),
        "run_as": running.run_as,
        "endpoint": running.endpoint,
        "registry": running.registry,
        **_engine(home),
        "handlers": confinement.in_words(),
        "region": running.region,
        "organization": running.organization,
        "accounts": dict(running.accounts),
        "pid": running.pid,
        "versions": dict(running.versions),
        **running.details,
    }


def _engine(home: Path) -> dict[str, Any]:
    """Who builds, pushes and pulls, before it is known whether Docker has the base image: ``{"engine", "because"}``."""
    from labkit.docker import daemon, engine_choice
    from labkit.ground.home import Home
    from labkit.image.run.interpreter import CONDITIONS

    wanted = engine_choice.wanted(engine_choice.chosen(Home(home)))
    if wanted in engine_choice.BY_ITSELF:
        return {
            "engine": wanted,
            "because": "it is chosen" if wanted == engine_choice.EMBEDDED else f"functions run {CONDITIONS}",
        }
    try:
        return {"engine": engine_choice.DOCKER, "because": f"{daemon.find().title} answers"}
    except daemon.NoEngine as error:
        return {"engine": engine_choice.EMBEDDED if wanted == engine_choice.AUTO else wanted, "because": error.reason}


def _show(facts: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from labkit.cli.commands.world.endpoint_policy import endpoint_in_words
    from labkit.cli.terminal.words import in_words, size_in_words
    from labkit.embedded.state.lab_clock import ClockReading
    from labkit.embedded.state.settings import WorldSettings

    table = Table(box=None, show_header=False)
    table.add_column(style="bold")
    table.add_row("embedded AWS", f"up at {facts['endpoint']} ({facts['run_as']} {facts['pid']})")
    table.add_row("registry", f"{facts['registry']}, in front of an image's ECR name for docker and its like")
    table.add_row("for", duration(facts["uptime_seconds"]))
    table.add_row("lab home", facts["home"])
    table.add_row("engine", f"{facts['engine']}: {facts['because']}")
    table.add_row("handlers", f"as processes of this machine they are {facts['handlers']}")
    table.add_row("region", facts["region"])
    table.add_row("organization", facts["organization"])
    accounts = [f"{number}  {name}" for name, number in facts["accounts"].items()]
    accounts += [f"{number}  of which only the number is known" for number in facts["outside"]]
    table.add_row("accounts", "\n".join(accounts))
    if facts["clock"]["ahead_seconds"]:
        table.add_row("clock", repr(ClockReading.of(facts["clock"])))
    if facts["realistic"]:
        table.add_row("time", WorldSettings.parse({name: facts[name] for name in ("realistic", "timing")}).pace)
    if facts["vpc_endpoints"]:
        table.add_row("VPC endpoints", "\n".join(map(endpoint_in_words, facts["vpc_endpoints"])))
    table.add_row("contents", in_words(facts["contents"]))
    table.add_row("sizes", ", ".join(f"{name} {size_in_words(size)}" for name, size in facts["sizes"].items()))
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    table.add_row("versions", ", ".join(filter(None, [versions, facts["server"]])))
    if facts["trouble"]:
        table.add_row("trouble", facts["trouble"], style="red")
    Console(highlight=False, soft_wrap=True).print(table)


def duration(seconds: float) -> str:
    """``seconds`` in the two largest units that say something, such as ``2 h 5 min``."""
    minutes, hours = int(seconds) // 60, int(seconds) // 3600
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {int(seconds) % 60} s" if minutes else f"{int(seconds)} s"
