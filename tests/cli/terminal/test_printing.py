"""Sentences and trees of what runs with the standard library alone: plain in a pipe, drawn by rich on a terminal."""

from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console

from labkit.cli.terminal import printing
from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.iam.words.outline import Line, outline
from labkit.pull import policies

DECISION = evaluate(
    Request(Principal.service("lambda.amazonaws.com"), "ecr:BatchGetImage", "arn:aws:ecr:eu-central-1:813835382529:x"),
    Policies(resource=Policy.parse(policies.cross_account("592444418872"))),
)
TREE = outline(DECISION)


def drawn(line: Line, **options) -> str:
    console = Console(file=io.StringIO(), width=250, **options)
    console.print(printing.rich_tree(line))
    return console.file.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_tree_has_every_line_of_the_outline():
    assert [line.lstrip("│├└─ ") for line in printing.plain(TREE)] == [str(line) for _, line in TREE.walk()]


def test_rich_draws_the_very_lines_that_are_printed_where_it_is_not():
    assert [line.rstrip() for line in drawn(TREE).splitlines()] == list(printing.plain(TREE))


def test_colour_is_only_added_where_the_terminal_has_it():
    assert "\x1b[" not in drawn(TREE)
    assert "\x1b[31m✗" in drawn(TREE, force_terminal=True, color_system="standard", no_color=False)


def test_brackets_and_colons_of_policies_are_no_markup():
    text = "[bold]a:x:b[/]"
    assert text in drawn(Line("no", text))
    assert text in "".join(printing.plain(Line("no", text)))


def test_in_a_pipe_rich_is_not_even_asked_for(monkeypatch, capsys):
    monkeypatch.setattr(printing, "rich_tree", pytest.fail)
    printing.show(TREE)
    assert capsys.readouterr().out.splitlines() == list(printing.plain(TREE))


def test_on_a_terminal_without_rich_the_same_lines_are_printed(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setattr(sys, "stdout", Terminal())
    printing.show(TREE)
    assert sys.stdout.getvalue().splitlines() == list(printing.plain(TREE))


def test_control_characters_are_shown_and_not_passed_on(capsys):
    printing.say("a\x1b[2Jb")
    printing.show(Line("no", "c\x1b]0;d"))
    assert "\x1b" not in capsys.readouterr().out
