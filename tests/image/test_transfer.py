"""How far a pull is, in words."""

from __future__ import annotations

from labkit.image.transfer import in_words


def test_progress_in_words_comes_every_two_seconds_and_not_before():
    now, lines = [0.0], []
    progress = in_words(lines.append, 2.0, lambda: now[0])
    for second in range(6):
        now[0] = second
        progress(second * 30_000_000, 190_000_000)
    assert lines == [
        "pulling AWS's base image: 60 of 190 MB",
        "pulling AWS's base image: 120 of 190 MB",
    ]
