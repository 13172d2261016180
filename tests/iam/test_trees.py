"""A decision as a tree and as HTML: every line, its mark, what is folded, what is escaped."""

from __future__ import annotations

import html
import re

from labkit.iam.words.outline import MARKS, outline, text
from labkit.show.display import html_of
from tests.iam.decided import (
    ALLOWED,
    EVERYTHING,
    LAMBDA,
    NOTHING,
    OWN,
    REFUSED,
    REPOSITORY,
    SERVICE,
    USER,
    decide,
    statements,
)


def test_the_tree_says_everything_in_marks_and_words():
    assert text([outline(REFUSED)]).splitlines() == [
        f"✗ Denied: lambda.amazonaws.com may not ecr:BatchGetImage on {REPOSITORY}",
        "  ✗ Resource-based policy: implicit deny. No resource-based policy allows it (2 statements looked at).",
        "    · CrossAccountPermission (Allow) does not apply",
        f"      ✗ Principal is arn:aws:iam::{OWN}:root; this request is made by the service {LAMBDA.name} itself",
        "      ✓ Action covers ecr:BatchGetImage",
        "    · LambdaECRImageCrossAccountRetrievalPolicy (Allow) does not apply (nearest miss)",
        f"      ✓ Principal covers {LAMBDA.name}",
        "      ✓ Action covers ecr:BatchGetImage",
        f"      ✗ the account in aws:SourceArn is 111111111111, the pattern wants {OWN} (nearest miss)",
        f"      · To change: {REFUSED.nearest_miss.change}.",
    ]


def test_a_statement_that_denies_is_marked_with_what_would_spare_the_request():
    denied = decide(USER, owner=OWN, identity=[EVERYTHING, NOTHING])
    statement = next(line for _, line in outline(denied).walk() if line.near)
    assert (statement.title, statement.near) == ("No (Deny)", "denies it")
    assert [line.near for line in statement.children] == [""] * len(statement.children)
    assert statement.children[-1].text == "To change: except this request from No."


def test_nothing_is_marked_in_what_is_allowed():
    assert not outline(ALLOWED).leads


def test_statements_that_apply_are_marked_by_their_effect():
    lines = [line for _, line in outline(decide(USER, owner=OWN, identity=[EVERYTHING, NOTHING])).walk()]
    states = {line.text: line.state for line in lines}
    assert states["All (Allow) applies"] == "yes"
    assert states["No (Deny) applies"] == "no"
    assert lines[1].text.startswith("Identity-based policy: explicit deny. ")
    assert set(MARKS) == {"yes", "no", "none"}


def test_a_missing_policy_and_what_is_unknown_are_in_the_tree():
    assert "✗ Resource-based policy: missing. There is no" in text([outline(decide(LAMBDA))])
    raw = {**SERVICE, "Condition": {"StringLike": {"aws:x": "a"}}}
    assert "· Unknown: " in text([outline(decide(LAMBDA, {"aws:x": ["a"]}, resource=statements(raw)))])


def plain(markup: str) -> str:
    shown = re.sub(r"<style>.*?</style>|<wbr>", "", markup, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", shown))


def test_the_html_holds_the_same_lines_as_the_tree():
    shown = " ".join(plain(html_of(REFUSED)).split())
    for _, line in outline(REFUSED).walk():
        plainly_yes = line.is_part and line.state == "yes"
        for said in (line.title, line.wanted, line.got, line.near, "" if line.title else line.text):
            assert " ".join(said.split()) in shown
        assert plainly_yes or line.verdict or line.text in shown
    assert f"arn:aws:lambda:*:{OWN}:function:*" in shown


def test_a_yes_that_is_not_plain_to_see_comes_with_its_reason():
    absent = {**SERVICE, "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-lambdaecrlab"}}}
    shown = plain(html_of(decide(LAMBDA, resource=statements(absent))))
    assert "aws:PrincipalOrgID is absent, which StringNotEquals lets pass" in shown
    assert "Action covers" not in shown


def test_the_html_is_well_formed_without_script_and_says_in_words_what_matches():
    markup = html_of(REFUSED)
    opened = re.findall(r"<([a-z]+)(?: [^>]*)?>", markup.replace("<wbr>", ""))
    closed = re.findall(r"</([a-z]+)>", markup)
    assert sorted(opened) == sorted(closed)
    assert "<script" not in markup
    assert "✓ yes" in markup
    assert "✗ no" in markup
    assert 'scope="col"' in markup
    assert markup.count("<details open>") == 3  # the decision, the check that denied, and the nearest miss


def test_an_allowed_decision_is_folded_below_the_first_line():
    assert html_of(ALLOWED).count("<details open>") == 1


def test_the_html_escapes_everything():
    evil = "<img src=x onerror=alert(1)>&\"'"
    raw = {"Sid": evil, **SERVICE, "Condition": {"StringEquals": {f"aws:{evil}": evil}}}
    decision = decide(LAMBDA, {f"aws:{evil}": evil + "2"}, resource=statements(raw))
    assert "<img" not in html_of(decision)
    assert evil in plain(html_of(decision))


def test_what_colours_say_is_readable_on_light_and_dark_grounds():
    rules = re.findall(r"(--labkit-[a-z]+):([^;}]+)", html_of(REFUSED))
    names = {name for name, _ in rules}
    assert {"--labkit-yes", "--labkit-no", "--labkit-near", "--labkit-quiet"} <= names
    assert all(len([name for name, _ in rules if name == each]) == 2 for each in names)  # one a theme
