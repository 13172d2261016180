"""What a person sees while something takes its time."""

from __future__ import annotations

import io

import pytest

from labkit.ground.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_than_on_a_terminal_a_step_is_a_line_at_its_begin_and_one_at_its_end():
    stream = io.StringIO()
    progress = Progress(stream)
    with progress.step("Making it"):
        progress.activity("wheel 1")
    first, second = stream.getvalue().splitlines()
    assert first == "labkit: Making it ..."
    assert second.startswith("labkit: Making it: ")


def test_elsewhere_than_on_a_terminal_what_goes_on_is_a_line_every_two_seconds():
    stream, now = io.StringIO(), [0.0]
    progress = Progress(stream, lambda: now[0])
    with progress.step("Making it"):
        for now[0] in (1.0, 2.0, 3.5, 4.0):
            progress.activity(f"wheel at {now[0]}")
    assert stream.getvalue().splitlines()[1:-1] == [
        "labkit: Making it ... 2 s  wheel at 2.0",
        "labkit: Making it ... 4 s  wheel at 4.0",
    ]


def test_on_a_terminal_a_step_shows_what_is_going_on_and_leaves_one_line():
    stream = Terminal()
    progress = Progress(stream)
    with progress.step("Making it"):
        progress.activity("wheel 1")
    assert "wheel 1" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_a_step_that_fails_is_not_reported_as_done():
    stream = Terminal()
    with pytest.raises(ValueError, match="x"), Progress(stream).step("Making it"):
        raise ValueError("x")
    assert "\n" not in stream.getvalue()
