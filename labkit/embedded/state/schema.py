"""The version of the schema, and the way from each version to the next; the tables stand in ``schema.sql``.

`MIGRATIONS` leads an older database forward: the statements under N make version N out of version N - 1. Nothing leads
back: a database that is newer than the program is refused (`labkit.embedded.state.opening`). Whoever changes a table
raises `VERSION`, changes ``schema.sql``, which makes new databases, and adds the step by which an old one gets there, a
file ``to_version_N.sql``; a test compares the two ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

APPLICATION_ID = 0x4C454352
"""What the header of the file says it is: ``LECR``."""

VERSION = 2
"""The version of the tables in ``schema.sql``."""

_HERE = Path(__file__).parent
MIGRATIONS: Mapping[int, str] = {
    number: (_HERE / f"to_version_{number}.sql").read_text("utf-8") for number in range(2, VERSION + 1)
}
"""Version N from version N - 1, as a script of SQL."""


def steps(found: int, wanted: int, migrations: Mapping[int, str]) -> list[tuple[int, str]]:
    """The versions between two, each with the script that makes it of the one before."""
    return [(number, migrations[number]) for number in range(found + 1, wanted + 1)]


def script() -> str:
    """The statements that make a new database."""
    return (_HERE / "schema.sql").read_text("utf-8")
