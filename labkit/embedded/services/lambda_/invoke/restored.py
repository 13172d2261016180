"""Functions that come back with a snapshot: what they run from is unpacked again where it is gone.

This is done before the snapshot is in force, from its own blobs; so a function answers at once, as when it was kept.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing

from labkit.embedded.records.fresh import start_from
from labkit.embedded.services.lambda_.invoke.code import CodeFailure, CodeStore
from labkit.embedded.state.snapshots import Snapshot, bring_files
from labkit.errors import EmbeddedError
from labkit.ground.home import Home

_LOG = logging.getLogger(__name__)


def bring_back(home: Home, snapshot: Snapshot) -> None:
    """Put a snapshot in force in a home whose process does not run. Raises `EmbeddedError`; then nothing is changed."""
    bring_files(home, snapshot)
    running = _running(snapshot)
    code = CodeStore(home.embedded / "functions" / "code", running.__contains__)
    for digest in running:
        try:
            code.prepare(digest, snapshot.blobs)
        except CodeFailure as failure:
            if failure.code == "InternalError":
                raise EmbeddedError(f"The snapshot {snapshot.name} was not loaded: {failure}") from None
            # What it had lost before it was kept stays lost; the rest comes back.
            _LOG.warning("%s of the snapshot %s cannot be run: %s", digest, snapshot.name, failure)
    start_from(home, snapshot)


def _running(snapshot: Snapshot) -> list[str]:
    """The digests of the images that its functions run."""
    where = f"{snapshot.database.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(where, uri=True)) as connection:
        found = connection.execute("SELECT DISTINCT ready FROM function WHERE ready IS NOT NULL")
        return [row[0] for row in found]
