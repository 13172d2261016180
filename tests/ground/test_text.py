"""Control characters in text of others."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.ground.text import visible, visible_log


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ünïcode and 🐳", "plain, ünïcode and 🐳"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x9b2J", "\\x9b2J"),
        ("one\rtwo\a", "one\\rtwo\\x07"),
        ("lines\nand\ttabs stay", "lines\nand\ttabs stay"),
        ("turned \u202eround", "turned \\u202eround"),
        ("half a pair \ud800", "half a pair \\ud800"),
    ],
)
def test_what_would_act_on_a_terminal_is_shown_instead(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Lu"])))
def test_no_control_character_is_left_but_ends_of_lines_and_tabs(text: str) -> None:
    left = {character for character in visible(text) if unicodedata.category(character) == "Cc"}
    assert left <= {"\n", "\t"}
    visible(text).encode("utf-8")


def test_what_a_process_has_written_is_shown_whatever_its_encoding() -> None:
    assert visible_log("é\x1b[2J\n".encode() + b"\xff") == "é\\x1b[2J\n\\xff".encode()
