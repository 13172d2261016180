"""Cases from public reports, where a copy of them lies beside the project: each is decided as AWS decided.

The project's own vectors hold the same questions; this reads the collection as it is, so that a case that is added to
it counts at once.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.iam.cases import Case, read_cases

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "cases"
FILES = sorted(FOLDER.glob("*/case.json"))


@pytest.mark.skipif(not FILES, reason=f"there is no collection of reported cases in {FOLDER}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_a_reported_case_is_decided_as_aws_decided(path):
    for case in read_cases(path.read_text("utf-8")):
        assert isinstance(case, Case), case
        assert case.missed(case.decide()) == []
