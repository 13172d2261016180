"""What is asked before every call must not cost more with fifty thousand repositories or functions than with one."""

from __future__ import annotations

import pytest

from labkit.embedded.services.ecr.lifecycle import state
from labkit.embedded.services.lambda_.functions import lifecycle
from tests.embedded.conftest import Cloud

ASKED = {
    "repositories with a policy that is due": state.DUE,
    "the function that is next": lifecycle._SOONEST,
    "functions that wait": lifecycle._WAITING,
    "functions that are idle": lifecycle._IDLE,
}


@pytest.mark.parametrize("query", ASKED.values(), ids=ASKED.keys())
def test_whether_anything_is_due_is_looked_up_in_an_index(cloud: Cloud, query: str) -> None:
    rows = cloud.embedded.database.all(f"EXPLAIN QUERY PLAN {query}", *["2026"] * query.count("?"))
    plan = [row["detail"] for row in rows]
    assert [step for step in plan if step.startswith("SCAN") and step != "SCAN CONSTANT ROW"] == []
    assert any("USING" in step and "INDEX" in step for step in plan)
