"""What the first start says of what the operating system refuses."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from labkit.cli.installation.tools import reason


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EACCES, "no permission to write"),
        (errno.EROFS, "no permission to write"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_the_operating_system_refuses_is_one_sentence_with_the_place(number, said):
    sentence = reason(OSError(number, os.strerror(number)), Path("/some/project"))
    assert said in sentence
    assert "/some/project" in sentence
    assert "\n" not in sentence
