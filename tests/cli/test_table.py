"""What the command line as it is typed needs, before anything is installed or imported."""

from __future__ import annotations

import pytest

from labkit.cli import table
from labkit.cli.table import CHECKS, COMMANDS, LAB, LIVE, LIVE_IF_THERE, NOTHING, SLOW_CHECKS, Command, need_of

ASKS_THE_LAB = Command(
    "see", "labkit.cli.commands.see", "see", LIVE_IF_THERE, {"--apply": LIVE, "--": LIVE, "--offline": NOTHING}
)
READS_ACCOUNTS = Command("ask", "labkit.cli.commands.ask", "ask", LIVE, {"--offline": NOTHING, "--error": NOTHING})


@pytest.mark.parametrize(
    ("line", "need"),
    [
        ("", NOTHING),
        ("--version", NOTHING),
        ("--home", NOTHING),
        ("no-such-command --offline", NOTHING),
        ("policy same-account", NOTHING),
        ("--home check status", LAB),
        ("--home=check status", LAB),
        ("status", LAB),
        ("status --help", NOTHING),
        ("lab -h", NOTHING),
        ("--help lab", NOTHING),
        ("test", SLOW_CHECKS),
        ("test --fast -k pull", CHECKS),
        ("ask uri", LIVE),
        ("ask --offline folder", NOTHING),
        ("ask --error=text", NOTHING),
        ("ask --error text --registry-profile shared", LIVE),
        ("ask --offline folder --profile=shared", LIVE),
        ("ask -- aws lambda create-function --help", LIVE),
        ("ask -- aws --offline", LIVE),
        ("see --error text", LIVE_IF_THERE),
        ("see --error text --workload-profile dev", LIVE),
        ("see --offline folder", NOTHING),
        ("see --offline folder --apply", LIVE),
        ("see -- aws lambda create-function", LIVE),
    ],
)
def test_what_is_typed_says_what_it_needs(line, need, monkeypatch):
    monkeypatch.setattr(table, "COMMANDS", (*COMMANDS, READS_ACCOUNTS, ASKS_THE_LAB))
    assert need_of(line.split()) == need


def test_what_decides_on_files_needs_nothing():
    at_once = {"check", "explain", "evaluate", "policy", "pull"}
    assert {row.needs for row in COMMANDS if row.name in at_once} == {NOTHING}
