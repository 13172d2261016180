"""Print the shell exports that point aws, docker, boto3 and every other AWS tool at the lab.

Starts the embedded AWS if it is not up. Nothing is changed until a shell evaluates what is printed, and then only in
that shell: the lab's own AWS config and credentials files, its profiles registry (chosen), workload, management,
development, neighbour and outsider, and the address of its registry in LAB_REGISTRY.

  eval "$(labkit env)"                                  sh, bash, zsh
  labkit env --shell fish | source                      fish
  labkit env --shell powershell | Out-String | iex      PowerShell
  aws sts get-caller-identity --profile workload
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Shell:
    """How a shell quotes a text, sets and unsets a variable, and puts a folder in front of PATH once."""

    quote: Callable[[str], str]
    set: str
    unset: str
    path: str

    def lines(self, variables: dict[str, str | None], folder: str) -> list[str]:
        """The statements that apply ``variables`` (None unsets) and put ``folder`` in front of PATH."""
        statements = [
            self.unset.format(name=name) if value is None else self.set.format(name=name, value=self.quote(value))
            for name, value in sorted(variables.items())
        ]
        return [*statements, self.path.format(folder=self.quote(folder))]


def quote_fish(text: str) -> str:
    """``text`` as one word of fish: in single quotes, where only backslash and single quote are special."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_powershell(text: str) -> str:
    """``text`` as one PowerShell string: single quotes are doubled, and typographic ones count as single quotes."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


SHELLS = {
    "sh": Shell(
        shlex.quote,
        "export {name}={value}",
        "unset {name}",
        'case ":$PATH:" in *:{folder}:*) ;; *) export PATH={folder}:"$PATH" ;; esac',
    ),
    "fish": Shell(
        quote_fish,
        "set -gx {name} {value}",
        "set -e {name}",
        "contains -- {folder} $PATH; or set -gx PATH {folder} $PATH",
    ),
    "powershell": Shell(
        quote_powershell,
        "$env:{name} = {value}",
        "Remove-Item -ErrorAction Ignore Env:{name}",
        "if (($env:PATH -split [IO.Path]::PathSeparator) -notcontains {folder}) "
        "{{ $env:PATH = {folder} + [IO.Path]::PathSeparator + $env:PATH }}",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit env``."""
    parser.add_argument("--shell", choices=sorted(SHELLS), default="sh", help="whose language to print (default: sh)")


def run(args: argparse.Namespace) -> int:
    """Start the embedded AWS if needed and print the exports."""
    from labkit.embedded.process import client, here
    from labkit.ground.environment import lab_variables, tools_folder

    running = client.ensure(run_as=here.OWN_PROCESS)  # other programs are to reach it
    variables = lab_variables(running.home, running.endpoint)
    print("\n".join(SHELLS[args.shell].lines(variables, str(tools_folder()))))
    return 0
