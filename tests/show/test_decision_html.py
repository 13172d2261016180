"""A pull decision as HTML."""

from __future__ import annotations

from labkit.pull import policies
from labkit.show.display import html_of
from tests.pull.decided import ALLOWED, REFUSED, SAME_ACCOUNT, pull


def test_the_html_is_escaped_and_unfolds_what_was_refused():
    markup = html_of(pull(policies.cross_account("111122223333")))
    assert "function:f&lt;b&gt;" in markup
    assert "f<b>" not in markup
    assert markup.count("<details open>") == 6  # two sides, and in each the check and the statement that came nearest
    assert html_of(ALLOWED).count("<details open>") == 2  # the two sides


def test_the_html_has_a_column_for_each_side_with_its_verdict():
    columns = html_of(REFUSED).split('<div class="labkit-side"')[1:]
    assert [">The caller (" in column or " The caller (" in column for column in columns] == [True, False]
    assert all("</span> may not pull</span>" in column for column in columns)
    assert "</span> Denied</span> Lambda may not pull" in html_of(REFUSED)


def test_a_policy_that_is_missing_is_seen_without_opening_anything():
    service = html_of(REFUSED).split('<div class="labkit-side"')[2]
    assert "<details open><summary>" in service.partition("</span> missing</span>")[0]


def test_in_one_account_the_html_says_that_the_caller_is_not_asked():
    assert "not asked" in html_of(SAME_ACCOUNT)
