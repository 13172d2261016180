"""The command line: ``labkit COMMAND ...``.

The table of commands is in `labkit.cli.table`. Each stands in a module of its own in :mod:`labkit.cli.commands`,
imported only when it is the one asked for, with this interface:

    __doc__                   the text of its ``--help``, with an example
    add_arguments(parser)     its arguments; imports nothing beyond the standard library
    run(args) -> int          does it; returns 0, or 1 where the answer is "no"

A command that sets a default for ``more`` gets there the arguments that its parser does not know, and one that sets a
default for ``words`` those after ``--``.

Whatever goes wrong ends as one sentence on stderr and an exit code: 1 where something failed, 2 on wrong usage, 130
after Ctrl-C. ``LABKIT_DEBUG=1`` shows the traceback as well. Importing this module imports nothing but the standard
library, so that ``--help`` answers before anything is installed.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from labkit.cli.table import COMMANDS, Command
from labkit.errors import LabError
from labkit.ground import VERSION
from labkit.ground.text import visible

_BEGINNINGS = """to learn it:
  python3 -m labkit lab

with the error on your own account:
  python3 -m labkit pull IMAGE_URI --function-account NUMBER --repository-policy FILE
  python3 -m labkit diagnose IMAGE_URI --function NAME --workload-profile NAME --registry-profile NAME"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one sentence that says where help is."""

    def error(self, message: str) -> NoReturn:
        """End the program with exit code 2 and one sentence."""
        self.exit(2, f"{self.prog}: {message.rstrip('.')}; see {self.prog} --help\n")


def main(argv: Sequence[str]) -> int:
    """Run the command line ``argv`` (without the program's name) and return the exit code."""
    _print_whatever_comes()
    try:
        code = _dispatch(argv)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read our output has gone, as in `labkit status | head -1`; nothing is left to tell them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("labkit: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        return _report(error)


def _print_whatever_comes() -> None:
    """Where the output's encoding lacks a character, its escape is printed: a mark or a name ends no command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def command_parser(command: Command) -> Parser:
    """The argument parser of one command; imports its module."""
    module = importlib.import_module(command.module)
    parser = Parser(
        prog=f"labkit {command.name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_home(parser)
    module.add_arguments(parser)
    parser.set_defaults(run=module.run)
    return parser


def _dispatch(argv: Sequence[str]) -> int:
    try:
        first, args = _parse_all(argv)
    except SystemExit as exit_:  # argparse ends this way, after --help (0) and after wrong usage (2)
        return exit_.code if isinstance(exit_.code, int) else 1
    home = getattr(args, "home", None) or getattr(first, "home", None)
    if home is not None:
        os.environ["LABKIT_HOME"] = str(home)
    code: int = args.run(args)
    return code


def _parse_all(argv: Sequence[str]) -> tuple[argparse.Namespace, argparse.Namespace]:
    """The options before the command, and everything after it; SystemExit where nothing is left to be run."""
    parser = _parser()
    own, words = _before_words(argv)
    first = parser.parse_args(own)
    if first.command is None:
        parser.print_help()
        parser.exit()
    return first, _parse(command_parser(_command(parser, first.command)), first.rest, words)


def _before_words(argv: Sequence[str]) -> tuple[Sequence[str], Sequence[str] | None]:
    """What stands before ``--``, and the words after it; None where there is no ``--``."""
    if "--" not in argv:
        return argv, None
    place = argv.index("--")
    return argv[:place], argv[place + 1 :]


def _parse(parser: Parser, argv: Sequence[str], words: Sequence[str] | None) -> argparse.Namespace:
    takes_words = words is not None and parser.get_default("words") is not None
    args, more = parser.parse_known_args(argv if words is None or takes_words else [*argv, "--", *words])
    if takes_words:
        args.words = list(words or ())
    if more and not hasattr(args, "more"):
        parser.error(f"it does not take {' '.join(more)}")
    args.more = more
    return args


def _parser() -> Parser:
    width = max(len(command.name) for command in COMMANDS)
    table = "\n".join(f"  {command.name:{width}}  {command.help}" for command in COMMANDS)
    parser = Parser(
        prog="labkit",
        usage="labkit [--home DIR] COMMAND ...",
        description="The Lambda-ECR permission lab: watch AWS Lambda refuse a container image, and let it in.",
        epilog=f"commands (each has its own --help):\n{table}\n\n{_BEGINNINGS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_home(parser)
    parser.add_argument("--version", action="version", version=f"labkit {VERSION}")
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _add_home(parser: Parser) -> None:
    parser.add_argument(
        "--home",
        type=lambda text: Path(text).expanduser().absolute(),
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="where this lab keeps its state (default: LABKIT_HOME, else .labkit in a checkout, "
        "~/.local/state/labkit where labkit is installed)",
    )


def _command(parser: Parser, name: str) -> Command:
    by_name = {command.name: command for command in COMMANDS}
    if name not in by_name:
        from difflib import get_close_matches

        near = get_close_matches(name, by_name, n=1)
        parser.error(f"there is no command {name!r}" + (f" (did you mean {near[0]}?)" if near else ""))
    return by_name[name]


def _report(error: Exception) -> int:
    if os.environ.get("LABKIT_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    sentence, code = _explained(error)
    print(visible(f"labkit: {sentence}"), file=sys.stderr)
    return code


def _explained(error: Exception) -> tuple[str, int]:
    if isinstance(error, LabError):
        return str(error), error.exit_code
    from labkit.aws.errors import explain

    return explain(error)
