"""The table of commands, and what each must find installed before it can run.

This is asked before anything is installed, by the door (`labkit.bootstrap`) with whatever Python there is, so it
imports next to nothing. Whoever writes a command adds a row: the name one types, the module that does it (see
`labkit.cli.main` for what it must have), its line of help, and what it needs:

    NOTHING         the standard library: it runs at once, in the Python that was typed, and makes no ``.venv``
    LIVE_IF_THERE   the same; where ``.venv`` has boto3 already it runs in there, since a lab may run
    LIVE            boto3: it calls AWS
    LAB             the whole lab: the embedded AWS, JupyterLab
    CHECKS          what the project's own checks need beside the lab, SLOW_CHECKS the slow ones; in a checkout only

An option may change that (``but``; the first that is given counts). So the row of a command that reads accounts, and
at once a folder, is

    Command("audit", "labkit.cli.commands.diagnosis.audit", "say who can pull …", LIVE, {"--offline": NOTHING})

An option that names a profile (``--profile``, ``--registry-profile``) means AWS all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from labkit.ground.project import CHECKS, LAB, LIVE, SLOW_CHECKS

__all__ = ["CHECKS", "COMMANDS", "LAB", "LIVE", "LIVE_IF_THERE", "NOTHING", "SLOW_CHECKS", "Command", "need_of"]

NOTHING, LIVE_IF_THERE = "nothing", "live if it is there"


class Command(NamedTuple):
    """One row: the ``name`` one types, the ``module`` that does it, a line of ``help``, and what it ``needs``."""

    name: str
    module: str
    help: str
    needs: str = LAB
    but: Mapping[str, str] = {}

    def needs_for(self, arguments: Sequence[str]) -> str:
        """What it needs with these arguments; help is given at once."""
        options = {argument.partition("=")[0] for argument in _before_another_program(arguments)}
        if options & {"-h", "--help"}:
            return NOTHING
        if any(option.startswith("--") and option.endswith("profile") for option in options):
            return LIVE if self.needs == LIVE_IF_THERE else self.needs
        return next((need for option, need in self.but.items() if option in options), self.needs)


COMMANDS = (
    Command("lab", "labkit.cli.commands.lab", "open the lab in JupyterLab"),
    Command(
        "test", "labkit.cli.commands.test", "run every check and test of the project", SLOW_CHECKS, {"--fast": CHECKS}
    ),
    Command("up", "labkit.cli.commands.up", "start the embedded AWS"),
    Command("down", "labkit.cli.commands.down", "stop the embedded AWS; its state stays"),
    Command("status", "labkit.cli.commands.status", "show what the embedded AWS is and where it answers"),
    Command("clock", "labkit.cli.commands.world.clock", "show the lab's clock, or move it: what happens after weeks"),
    Command(
        "oidc", "labkit.cli.commands.world.oidc", "give the lab the keys of an identity provider, such as GitHub's"
    ),
    Command(
        "endpoint-policy", "labkit.cli.commands.world.endpoint_policy", "let calls go as if through a VPC endpoint"
    ),
    Command("trail", "labkit.cli.commands.world.trail", "show what was called, by whom, and how it was decided"),
    Command("reset", "labkit.cli.commands.reset", "throw the embedded AWS's state away and start anew"),
    Command("snapshot", "labkit.cli.commands.snapshot", "keep the state under a name, and go back to it"),
    Command("env", "labkit.cli.commands.env", "print the shell exports that point aws, docker and boto3 at the lab"),
    Command("run", "labkit.cli.commands.run", "run the scenarios without a notebook"),
    Command("gallery", "labkit.cli.commands.gallery", "make a static site of all notebooks and scenarios"),
    Command("policy", "labkit.cli.commands.policy", "print a ready policy", NOTHING),
    Command("check", "labkit.cli.commands.check", "find what is wrong in a policy before AWS does", NOTHING),
    Command(
        "evaluate",
        "labkit.cli.commands.evaluate",
        "decide requests from a file, compare with what is expected",
        NOTHING,
    ),
    Command("pull", "labkit.cli.commands.diagnosis.pull", "say whether Lambda can pull an image, from files", NOTHING),
    Command(
        "diagnose",
        "labkit.cli.commands.diagnosis.diagnose",
        "say why Lambda cannot pull an image, and what to change",
        LIVE_IF_THERE,
        {**dict.fromkeys(("--apply", "--plan", "--"), LIVE), "--offline": NOTHING},
    ),
    Command("undo", "labkit.cli.commands.diagnosis.undo", "take back what diagnose --apply changed", LIVE),
    Command("collect", "labkit.cli.commands.diagnosis.collect", "collect what diagnose reads, into a folder", LIVE),
    Command(
        "audit",
        "labkit.cli.commands.diagnosis.audit",
        "hold every repository of a registry against every account",
        LIVE,
        {"--offline": NOTHING},
    ),
    Command("explain", "labkit.cli.commands.explain", "explain why one request is allowed or denied", NOTHING),
)


def need_of(argv: Sequence[str]) -> str:
    """What the command line ``argv`` needs; nothing where it names no command of the table, which is told at once."""
    position = _position_of_command(argv)
    named = argv[position] if position < len(argv) else None
    return next((row.needs_for(argv[position + 1 :]) for row in COMMANDS if row.name == named), NOTHING)


def _position_of_command(argv: Sequence[str]) -> int:
    """Where the command stands: after the options that may stand before it, of which ``--home`` has a value."""
    position = 0
    while position < len(argv) and argv[position].startswith("-"):
        if argv[position] in ("-h", "--help", "--version"):
            return len(argv)
        position += 2 if argv[position] == "--home" else 1
    return position


def _before_another_program(arguments: Sequence[str]) -> Sequence[str]:
    """The arguments up to ``--`` and with it; after it those of another program stand."""
    return arguments[: arguments.index("--") + 1] if "--" in arguments else arguments
