"""IPython draws pure values where it runs, by one table; elsewhere they have their text, and nothing is loaded."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

from labkit.show.display import DRAWN, html_of, register
from tests.house.floors import rows
from tests.house.source import modules, tree_of, within

DRAWING = 14
"""The row of the table of floors from which on things are drawn."""

DECISIONS = """
from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.pull.organization import OUTSIDER
from labkit.pull.question import PullQuestion
from labkit.pull.uri import ImageUri

image = ImageUri.parse("813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account:0.0.1")
caller = Principal.aws("arn:aws:iam::592444418872:user/admin")
own = Policy.parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
decision = evaluate(Request(caller, "ecr:BatchGetImage", image.repository_arn, image.account), Policies([own]))
pull = PullQuestion(
    caller=caller, caller_policies=Policies(), caller_context={}, membership=OUTSIDER, image=image,
    function_arn="arn:aws:lambda:eu-central-1:592444418872:function:f", repository_policy=None,
).decide()
"""

SHELL = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
assert "labkit" not in sys.modules
for line in json.loads(sys.argv[1]):
    shell.run_cell(line).raise_error()
drawn = [sorted(shell.display_formatter.format(shell.user_ns[name])[0]) for name in ("decision", "pull")]
print(json.dumps(drawn))
"""


def in_python(program, *arguments, home):
    """What a fresh Python prints for a program."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, env={"HOME": str(home)}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("first", ["from labkit import Lab", "%load_ext labkit"])
def test_a_fresh_ipython_draws_both_kinds_of_decision(first, tmp_path):
    printed = in_python(SHELL, json.dumps([first, DECISIONS]), home=tmp_path)
    assert json.loads(printed) == [["text/html", "text/plain"]] * 2


def test_an_ipython_that_took_nothing_from_labkit_has_the_text_alone(tmp_path):
    printed = in_python(SHELL, json.dumps([DECISIONS]), home=tmp_path)
    assert json.loads(printed) == [["text/plain"]] * 2


def test_where_ipython_does_not_run_it_is_not_imported_and_a_decision_is_its_text(tmp_path):
    program = f"from labkit import Lab\n{DECISIONS}\nimport sys\nassert 'IPython' not in sys.modules\nprint(decision)\n"
    assert "<" not in in_python(program + "assert not hasattr(pull, '_repr_html_')", home=tmp_path)


def test_where_ipython_is_imported_and_does_not_run_nothing_happens(tmp_path):
    in_python("import IPython\nfrom labkit import Lab\nassert IPython.get_ipython() is None", home=tmp_path)


class Shell:
    """A shell that keeps what is registered."""

    def __init__(self):
        self.display_formatter = self
        self.formatters = {"text/html": self}
        self.registered = {}

    def for_type(self, kind, draw):
        self.registered[kind] = draw


def test_registering_twice_changes_nothing():
    shell = Shell()
    register(shell)
    once = dict(shell.registered)
    register(shell)
    assert shell.registered == once == dict(DRAWN)


def test_what_is_not_in_the_table_is_not_drawn():
    with pytest.raises(KeyError):
        html_of("a text")


def below_the_views():
    packages = [package for number, names in rows().items() if number < DRAWING for package in names]
    return [module for module in modules() if within(module, *packages)]


def test_the_table_of_floors_has_the_views_where_this_test_takes_them_to_be():
    assert "show" in rows()[DRAWING]
    assert {"iam", "pull.decision", "growth.company", "lab.lab"} <= set(below_the_views())


@pytest.mark.parametrize("module", below_the_views())
def test_nothing_below_the_views_draws_itself(module):
    names = {node.name for node in ast.walk(tree_of(modules()[module])) if isinstance(node, ast.FunctionDef)}
    assert not {name for name in names if name.startswith("_repr_")}
