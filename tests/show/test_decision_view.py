"""A pull decision as two columns: what is opened, what is shown in its place, and what the widget hands over."""

from __future__ import annotations

import re

import pytest

from labkit.iam import Policies, Policy, Principal
from labkit.pull import policies
from labkit.pull.decision import PullDecision
from labkit.pull.organization import OUTSIDER
from labkit.pull.question import PullQuestion
from labkit.pull.uri import ImageUri
from labkit.show.decision_view import OPENINGS, decision_view
from labkit.show.display import html_of

REFUSED_OF = "111122223333"
WORKLOAD = "592444418872"


def pull(named: str) -> PullDecision:
    return PullQuestion(
        caller=Principal.aws(f"arn:aws:iam::{WORKLOAD}:role/Deployer"),
        caller_policies=Policies(
            identity=(Policy.parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}),)
        ),
        caller_context={},
        function_arn=f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:f",
        image=ImageUri.parse("813835382529.dkr.ecr.eu-central-1.amazonaws.com/r:1"),
        repository_policy=Policy.parse(policies.cross_account(named)),
        membership=OUTSIDER,
    ).decide()


def folds(markup: str) -> tuple[int, int]:
    """How many lines are open, of how many that open."""
    return markup.count("<details open>"), markup.count("<details")


def test_it_is_drawn_as_the_decision_itself_is_drawn():
    decision = pull(REFUSED_OF)
    assert decision_view(decision).html() == html_of(decision)


def test_the_text_is_the_tree_of_lines():
    decision = pull(REFUSED_OF)
    assert decision_view(decision).text().splitlines() == [
        f"{'  ' * depth}{line}" for depth, line in decision.outline().walk()
    ]


def test_everything_and_nothing_can_be_opened():
    view = decision_view(pull(REFUSED_OF))
    found = {}
    for name in OPENINGS:
        view.open(name)
        found[name] = folds(view.html())
    count = found["Open all"][1]
    assert found["Open all"] == (count, count)
    assert found["Close all"] == (0, count)
    assert 0 < found["What refused"][0] < count


def test_what_cannot_be_opened_changes_nothing():
    view = decision_view(pull(REFUSED_OF))
    with pytest.raises(KeyError):
        view.open("everything")
    assert view.opened == "What refused"


def test_the_widget_shows_another_decision_in_the_same_place():
    view = decision_view(pull(REFUSED_OF))
    shown = view.widget.children[1]
    assert "</span> Denied</span>" in shown.value
    view.show(pull(WORKLOAD))
    assert view.widget.children[1] is shown
    assert "</span> Allowed</span>" in shown.value


def test_the_buttons_of_the_widget_open_and_close():
    view = decision_view(pull(REFUSED_OF))
    for button in view.widget.children[0].children:
        button.click()
        assert view.opened == button.description
        assert view.widget.children[1].value == view.html()


def test_every_line_that_opens_is_a_native_one():
    markup = decision_view(pull(REFUSED_OF)).html()
    assert len(re.findall(r"<details[^>]*><summary>", markup)) == folds(markup)[1]
    assert "onclick" not in markup
    assert "<script" not in markup
