"""Drafts of repository policies: findings, length, difference, as data, text and HTML."""

from __future__ import annotations

import json

import pytest

from labkit.errors import PolicyError
from labkit.pull import policies
from labkit.pull.stored_policy import rewritten
from labkit.show.document import layout
from labkit.show.editor.draft import LONGEST_REPOSITORY_POLICY, Draft, counted
from labkit.show.editor.rendering import diff_html, diff_text, findings_summary, listing_html, listing_text, size_line

GRANT = policies.same_account()
TEXT = layout(GRANT)


def test_a_document_or_its_text_is_laid_out_to_be_read():
    assert Draft.of(GRANT).text == Draft.of(json.dumps(GRANT)).text == TEXT


def test_no_policy_is_an_empty_text_without_findings():
    draft = Draft.of(None)
    assert (draft.text, draft.is_empty, draft.policy, draft.findings) == ("", True, None, ())


def test_a_policy_that_only_fits_without_white_space_is_not_laid_out():
    accounts = [f"{number:012}" for number in range(120)]
    compact = json.dumps(policies.cross_account(*accounts))
    assert len(layout(json.loads(compact))) > LONGEST_REPOSITORY_POLICY > len(compact)
    assert Draft.of(compact).text == Draft.of(json.loads(compact)).text == compact


def test_a_text_that_is_no_json_stays_as_it_is_and_has_no_policy():
    draft = Draft.of('{"Version": ')
    assert draft.text == '{"Version": '
    with pytest.raises(PolicyError):
        _ = draft.policy


def test_white_space_counts_as_ecr_counts_it():
    assert size_line(Draft("{ }\n")) == "4 of 10,240 characters"
    assert size_line(Draft(" " * 10_245)) == "10,245 of 10,240 characters: 5 too many"


def test_a_policy_is_the_same_however_it_is_spaced_and_ordered():
    turned = dict(reversed(GRANT.items()))
    assert Draft(TEXT).means(json.dumps(turned))
    assert Draft(TEXT).diff(json.dumps(turned)) == ()


def test_what_ecr_has_made_of_a_policy_is_the_same_policy():
    numbers = policies.cross_account("111122223333", "444455556666")
    numbers["Statement"][0]["Principal"] = {"AWS": ["111122223333", "444455556666"]}
    numbers["Statement"][1]["Action"] = ["ecr:*"]
    draft, applied = Draft.of(numbers), rewritten(json.dumps(numbers))
    assert draft.means(applied)
    assert draft.diff(applied) == ()
    changed = Draft(draft.text.replace('"ecr:*"', '"ecr:Get*"'))
    assert [str(line) for line in changed.diff(applied) if line.kind != "same"] == [
        '− "Action": "ecr:*",'.replace("− ", "−       "),
        '✚ "Action": "ecr:Get*",'.replace("✚ ", "✚       "),
    ]


def test_a_key_that_stands_twice_is_not_the_policy_that_json_makes_of_it():
    doubled = TEXT.replace('"Version"', '"Version": "2008-10-17",\n  "Version"', 1)
    assert json.loads(doubled) == GRANT
    assert not Draft(doubled).means(TEXT)


@pytest.mark.parametrize(("text", "applied", "same"), [("", None, True), (" \n", None, True), ("{}", None, False)])
def test_an_empty_text_means_no_policy(text, applied, same):
    assert Draft(text).means(applied) is same
    assert Draft("").means("{}") is False


def test_a_difference_names_what_is_added_and_what_is_removed():
    changed = Draft(TEXT.replace("ecr:BatchGetImage", "ecr:DescribeImages"))
    lines = changed.diff(json.dumps(GRANT))
    assert counted(lines) == "1 line added, 1 removed"
    shown = diff_text(lines).splitlines()
    assert [line for line in shown if line.startswith("−")] == [
        '−       "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]'
    ]
    assert "✚ added" in diff_html(lines)
    assert "− removed" in diff_html(lines)


def test_what_lies_between_two_changes_is_cut():
    before = "\n".join(f"line {number}" for number in range(30))
    lines = Draft(before.replace("line 2\n", "two\n").replace("line 25", "x")).diff(before)
    assert [line.kind for line in lines].count("cut") == 1


def test_a_finding_stands_below_its_line_with_what_to_write():
    draft = Draft(TEXT.replace("lambda.amazonaws.com", "lambda.amazonaws.co"))
    lines = listing_text(draft).splitlines()
    at = next(number for number, line in enumerate(lines) if "lambda.amazonaws.co" in line)
    assert lines[at + 1].lstrip().startswith(("✗ error:", "⚠ warning:"))


def test_findings_are_counted_in_words():
    assert findings_summary(()) == "no findings"
    assert findings_summary(Draft("{").findings) == "1 error"


def test_a_finding_at_the_end_of_the_text_stands_at_its_last_line():
    assert "✗ error" in listing_text(Draft('{"Version": "2012-10-17",\n'))


def test_every_text_is_escaped():
    draft = Draft('{"<b>": 1}')
    assert "&lt;b&gt;" in listing_html(draft)
    assert "<b>&quot;" not in listing_html(draft)
    assert "&lt;b&gt;" in diff_html(draft.diff(None))
