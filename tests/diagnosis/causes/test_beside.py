"""A pattern beside a value, and patterns of organization paths."""

from __future__ import annotations

import pytest

from labkit.diagnosis.causes.beside import beside, nearest
from labkit.diagnosis.causes.statements.paths import fits_some_account

ROWS = (
    (
        "arn:aws:lambda:*:1:function:*",
        "arn:aws:lambda:eu:2:function:f",
        "arn:aws:lambda:*:«1»:function:*",
        "arn:aws:lambda:eu:«2»:function:f",
    ),
    (
        "arn:aws:iam::1:role/f",
        "arn:aws:lambda:eu:1:function:f",
        "arn:aws:«iam»:«»:1:«role/f»",
        "arn:aws:«lambda»:«eu»:1:«function:f»",
    ),
    ("o-1/r-1/ou-1/*", "o-1/r-1/ou-2/", "o-1/r-1/«ou-1»/*", "o-1/r-1/«ou-2»/"),
    (
        "arn:aws:lambda:*:1:function:f",
        "arn:aws:lambda:eu:1:function:f",
        "arn:aws:lambda:«*»:1:function:f",
        "arn:aws:lambda:«eu»:1:function:f",
    ),
    ("o-1/r-1", "o-1/r-1/", "o-1/r-1", "o-1/r-1«/»"),
    ("ecr:BatchGetImages", "ecr:BatchGetImage", "ecr:BatchGetImage«s»", "ecr:BatchGetImage"),
    ("o-abc", "o-axc", "o-a«b»c", "o-a«x»c"),
)


@pytest.mark.parametrize(("pattern", "value", "left", "right"), ROWS)
def test_what_differs_is_marked(pattern: str, value: str, left: str, right: str) -> None:
    assert beside(pattern, value) == (left, right)


def test_the_nearest_pattern_differs_in_the_fewest_fields() -> None:
    patterns = ("arn:aws:lambda:us:2:function:*", "arn:aws:lambda:us:1:function:*", "arn:aws:lambda:us:1:function:g")
    assert nearest(patterns, "arn:aws:lambda:eu:1:function:f") == patterns[1]


PATHS = (
    *(
        ("o-abc/r-ab12/", True),
        ("o-abc/r-ab12/ou-ab12-1/", True),
        ("o-abc/*", True),
        ("*", True),
        ("*/ou-ab12-1/*", True),
    ),
    *(("o-abc/r-ab12/ou-*", True), ("o-???/r-*/", True), ("o-abc/r-ab12", False), ("r-ab12/*", False)),
    *(("ou-ab12-1/*", False), ("o-abc/r-ab12/ou-ab12-1", False), ("O-ABC/*", False), ("o-abc/ou-ab12-1/*", False)),
    ("", False),
)


@pytest.mark.parametrize(("pattern", "expected"), PATHS)
def test_some_account_can_have_a_path_like_this(pattern: str, expected: bool) -> None:
    assert fits_some_account(pattern, True) is expected


def test_without_wildcards_a_star_is_only_itself() -> None:
    assert fits_some_account("o-abc/r-ab12/", False)
    assert not fits_some_account("o-abc/*", False)
