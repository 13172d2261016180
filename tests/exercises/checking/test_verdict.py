"""What a check says: how many of its cases hold, and why the first other one does not; as text and as HTML."""

from __future__ import annotations

from labkit.exercises.checking.verdict import unreadable, verdict_on


def test_the_reason_is_that_of_the_first_case_that_does_not_hold():
    verdict = verdict_on(["", "It admits too many.", "", "It is too long.", ""])
    assert repr(verdict) == "✗ Not yet: 3 of 5 cases. It admits too many."
    assert not verdict.solved


def test_all_cases_are_looked_at_once():
    looked_at = []

    def case(name, reason):
        looked_at.append(name)
        return reason

    verdict_on(case(name, "no") for name in "abc")
    assert looked_at == ["a", "b", "c"]


def test_where_all_cases_hold_it_is_solved_with_or_without_more_to_say():
    assert repr(verdict_on([""] * 5)) == "✓ Solved: 5 of 5 cases."
    assert repr(verdict_on(["", ""], "Two tags.")) == "✓ Solved: 2 of 2 cases. Two tags."


def test_an_answer_that_cannot_be_read_holds_in_no_case():
    assert repr(unreadable("It is empty.", 4)) == "✗ Not yet: 0 of 4 cases. It is empty."


def test_as_html_mark_and_words_stand_beside_the_colour_and_what_was_typed_is_escaped():
    page = verdict_on(["", "<script>alert(1)</script> & more."])._repr_html_()
    assert "✗ Not yet: 1 of 2 cases." in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more." in page
    assert "<script" not in page
    assert "labkit-no" in page.partition("</style>")[2]
    assert "labkit-yes" in verdict_on([""])._repr_html_().partition("</style>")[2]
