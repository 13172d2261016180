"""The pages of scenarios: every outcome, every fact, every text escaped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labkit.gallery.front import scenarios_site
from labkit.gallery.played import Played, pages
from labkit.scenarios import SCENARIOS, ScenarioResult, StepResult
from labkit.scenarios.model import DENIED, DONE, FAILED, SKIPPED, Step

EVIL = '<img src=x onerror="alert(1)">'


def step(outcome: str = DONE, expect: str = DONE, decision=None, **facts):
    return StepResult(
        Step("do something", "registry", lambda _s, _a: {}, expect), "arn:aws:iam::1:user/a", outcome, facts, decision
    )


def played(*steps, engine="embedded", leftovers=()):
    scenario = replace(SCENARIOS["cross-account"], setup=(), steps=tuple(each.step for each in steps))
    result = ScenarioResult(scenario, steps, leftovers)
    return Played([result], "the embedded AWS", "eu-central-1", engine, "linux/amd64")


def body(*steps, **more):
    [page] = pages(played(*steps, **more))
    return page.body


REFUSAL = {"code": "AccessDeniedException", "status": 403, "message": "Lambda does not have permission."}


def test_a_refusal_is_shown_word_for_word_and_is_as_good_as_expected():
    text = body(step(DENIED, DENIED, error=REFUSAL, why=["Because <nobody> allows it."]))
    assert "<b>AccessDeniedException</b> (403)\nLambda does not have permission.</pre>" in text
    assert "denied, as expected" in text
    assert "<p>Because &lt;nobody&gt; allows it.</p>" in text
    assert "1 step, 1 refusal." in text


def test_a_step_that_does_not_come_out_as_expected_is_said_to_in_words():
    text = body(step(DONE, DENIED))
    assert "done, expected denied" in text
    assert "✗ Not as expected" in text
    assert 'class="step failed"' in text


def test_a_failure_and_what_could_not_be_cleaned_up_are_shown():
    text = body(step(FAILED, error={"message": "The engine <fell over>."}), leftovers=("role <x> stays",))
    assert "The engine &lt;fell over&gt;." in text
    assert "✗ Not cleaned up: role &lt;x&gt; stays" in text


def test_a_skipped_step_says_why():
    text = body(step(SKIPPED, reason="there is no profile 'development' in this lab"))
    assert "there is no profile &#x27;development&#x27; in this lab" in text
    assert "1 skipped" in text


@pytest.mark.parametrize("name", ["arn", "role", "image", "base", "digest", "index", "function", "payload", "reason"])
def test_every_text_is_escaped(name):
    facts = {name: EVIL, **({"status": 200} if name == "payload" else {})}
    text = body(step(**facts))
    assert "onerror" in text
    assert EVIL not in text


def test_a_policy_is_shown_as_json_and_its_absence_in_words():
    policy = {"Version": "2012-10-17", "Statement": [{"Sid": EVIL, "Effect": "Allow"}]}
    text = body(step(policy=policy))
    assert "2012-10-17" in text
    assert EVIL not in text
    assert "The repository has no policy now." in body(step(policy=None))


def test_digests_that_an_engine_makes_anew_each_time_are_not_shown():
    assert "sha256:1" in body(step(digest="sha256:1"))
    assert "sha256:1" not in body(step(digest="sha256:1"), engine="docker")


def test_the_first_page_leads_to_every_scenario():
    site = scenarios_site(played(step()))
    assert b'<a href="scenario-cross-account.html">cross-account</a>' in site["index.html"]
    assert site.keys() == {"index.html", "style.css", "scenario-cross-account.html"}
