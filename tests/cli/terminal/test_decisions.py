"""Decisions in a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from labkit.cli.terminal.decisions import decision_tree
from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.iam.words.outline import outline
from labkit.pull import policies

DECISION = evaluate(
    Request(Principal.service("lambda.amazonaws.com"), "ecr:BatchGetImage", "arn:aws:ecr:eu-central-1:813835382529:x"),
    Policies(resource=Policy.parse(policies.cross_account("592444418872"))),
)


def shown(**options) -> str:
    console = Console(file=io.StringIO(), width=250, **options)
    console.print(decision_tree(DECISION))
    return console.file.getvalue()


def test_the_tree_has_every_line_of_the_outline():
    lines = shown().splitlines()
    assert [line.lstrip("│├└─ ").rstrip() for line in lines] == [str(line) for _, line in outline(DECISION).walk()]


def test_colour_is_only_added_where_the_terminal_has_it():
    assert "\x1b[" not in shown()
    assert "\x1b[31m✗" in shown(force_terminal=True, color_system="standard", no_color=False)


def test_brackets_and_colons_of_policies_are_no_markup():
    decision = DECISION._replace(request=DECISION.request._replace(action="[bold]a:x:b[/]"))
    console = Console(file=io.StringIO(), width=250)
    console.print(decision_tree(decision))
    assert "[bold]a:x:b[/]" in console.file.getvalue()
