"""The names that images have in an engine, when the registry's address in them is another than before.

The embedded AWS takes the port of its last start again, unless somebody else has it by then. In an engine all that was
built for the old address would stay under names that lead nowhere; so these names follow the registry.
"""

from __future__ import annotations

import socket
from functools import partial
from pathlib import Path
from typing import Any

from labkit.docker.base_images import is_present
from labkit.docker.daemon import Daemon, TimeBudget, repository_and_tag
from labkit.docker.streams import explained
from labkit.ground.home import open_home

_FAILED = "Docker cannot rename the images of the lab"
_SECONDS = 1.0


def follow(daemon: Daemon, front: str, home: Path, budget: TimeBudget) -> None:
    """Give the images of the registry's former address names with ``front``, its present one; take the old ones away.

    Nothing is renamed while somebody listens at the former address: the names may be another lab's by now. The engine
    is asked for its names within this budget. Raises NoEngine and EngineError.
    """
    noted = open_home(home).front
    before = noted.read_text("utf-8") if noted.exists() else front
    if before != front and not _is_listened_on(before):
        for old in budget(partial(_names_at, daemon.client.api, before)):
            _rename(daemon, old, front + old.removeprefix(before))
    if before != front or not noted.exists():
        noted.write_text(front, "utf-8")


def _names_at(client: Any, front: str) -> list[str]:
    with explained(_FAILED):
        names = [name for image in client.images() for name in image.get("RepoTags") or ()]
    return [name for name in names if name.startswith(f"{front}/")]


def _rename(daemon: Daemon, old: str, new: str) -> None:
    taken = is_present(daemon, new)
    with explained(_FAILED):
        if not taken:
            daemon.client.api.tag(old, *repository_and_tag(new))
        daemon.client.api.remove_image(old, noprune=True)


def _is_listened_on(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _SECONDS).close()
    except OSError:
        return False
    return True
