"""Answers that are no text at all, to every exercise that asks for one."""

from __future__ import annotations

import pytest

from labkit import exercises


@pytest.mark.parametrize(
    "junk", [None, 3, 2.5, True, [], ["2"], {}, {"a": 1}, b"2", object()], ids=lambda each: type(each).__name__
)
@pytest.mark.parametrize(
    "check",
    [exercises.path_of_development, exercises.beyond_every_organization, exercises.second_tag, exercises.by_digest],
    ids=lambda each: each.__name__,
)
def test_what_is_no_text_gets_a_sentence(lab, check, junk):
    verdict = check(lab, junk)
    assert verdict.held == 0
    assert verdict.reason.endswith(".")
