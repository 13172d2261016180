"""A decision as HTML: what is folded, what is escaped, and that it holds what the tree holds."""

from __future__ import annotations

import html
import re

from labkit.iam.words.outline import outline
from labkit.show.display import html_of
from tests.iam.decided import (
    ALLOWED,
    LAMBDA,
    OWN,
    REFUSED,
    SERVICE,
    decide,
    statements,
)


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
