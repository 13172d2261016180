"""The lab home: one directory that holds all that one embedded AWS writes, and is recognised before it is touched.

    <home>/labkit-home.json         the marker: this directory is a lab home
    <home>/lab.json                 the settings of the world (`labkit.embedded.state.settings`)
    <home>/choices.json             what else was chosen for the lab (`labkit.lab.choices`)
    <home>/aws/config, credentials  the profiles for clients
    <home>/embedded/runtime.json    where the running process is (pid, port, token); 0600
    <home>/embedded/port            the port of the last start
    <home>/embedded/server.log      what the process has to say
    <home>/embedded/*.lock          held while starting, and while running
    <home>/embedded/state.sqlite3   the state (`labkit.embedded.state.schema`); 0600
    <home>/embedded/state/          the state of a home from before it was a database
    <home>/embedded/snapshots/      states kept under names (`labkit.embedded.state.snapshots`)
    <home>/embedded/images/, functions/   layers and manifests; what functions run from
    <home>/embedded/containers      is there while functions may have containers in an engine
    <home>/embedded/trials/         a locked file for each trial container (`labkit.docker.trial_marks`)
    <home>/embedded/front           the registry's address in the names of images in an engine
    <home>/content/                 an installed labkit's notebooks, for their reader (`labkit.cli.jupyter.content`)
    <home>/undo/                    what was there before ``labkit diagnose --apply`` (`labkit.remedy.kept`); 0600
    <home>/bases/                   AWS's base images where they were pulled (`labkit.aws.public_bases`)
    <home>/matplotlib/              matplotlib's list of fonts (`labkit.show.plots`)

A directory that exists, has content and no marker belongs to somebody else and is refused; so is the lab home of
another user, in which files of this one would be in the way.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.errors import UsageError
from labkit.ground import project
from labkit.ground.files import write_atomically

_MARKER = {"labkit-home": 1}


@dataclass(frozen=True)
class Home:
    """The places of one lab home."""

    root: Path

    @property
    def marker(self) -> Path:
        """The file that says that this directory is a lab home."""
        return self.root / "labkit-home.json"

    @property
    def settings(self) -> Path:
        """The settings of the world."""
        return self.root / "lab.json"

    @property
    def choices(self) -> Path:
        """What was chosen for the lab beside the settings of the world."""
        return self.root / "choices.json"

    @property
    def aws(self) -> Path:
        """The directory of the AWS config and credentials files."""
        return self.root / "aws"

    @property
    def content(self) -> Path:
        """The reader's copies of what an installed labkit brings."""
        return self.root / "content"

    @property
    def embedded(self) -> Path:
        """What belongs to the embedded AWS's process."""
        return self.root / "embedded"

    @property
    def database(self) -> Path:
        """The state that survives the process."""
        return self.embedded / "state.sqlite3"

    @property
    def state(self) -> Path:
        """Where the state of a home from before lies."""
        return self.embedded / "state"

    @property
    def snapshots(self) -> Path:
        """States that are kept under names."""
        return self.embedded / "snapshots"

    @property
    def runtime(self) -> Path:
        """Where the running process is."""
        return self.embedded / "runtime.json"

    @property
    def port(self) -> Path:
        """The port of the last start."""
        return self.embedded / "port"

    @property
    def containers(self) -> Path:
        """Is there while functions may have containers in an engine."""
        return self.embedded / "containers"

    @property
    def trials(self) -> Path:
        """A file for each trial container, locked by the process that tries the image."""
        return self.embedded / "trials"

    @property
    def may_have_containers(self) -> bool:
        """Whether the lab may have something in an engine."""
        return self.containers.exists() or any(self.trials.glob("*"))

    @property
    def front(self) -> Path:
        """The registry's address that stands in the names of images in an engine."""
        return self.embedded / "front"

    @property
    def undo(self) -> Path:
        """What was there before a diagnosis changed it."""
        return self.root / "undo"

    @property
    def log(self) -> Path:
        """What the process has to say."""
        return self.embedded / "server.log"

    @property
    def start_lock(self) -> Path:
        """Held by whoever is starting or stopping the process."""
        return self.embedded / "start.lock"

    @property
    def server_lock(self) -> Path:
        """Held by the process as long as it runs."""
        return self.embedded / "server.lock"


def home_path(path: Path | None = None) -> Path:
    """Where the lab home is: ``path``, else ``LABKIT_HOME``, else `labkit.ground.project.HOME`. Nothing is made."""
    chosen = path or os.environ.get("LABKIT_HOME") or project.HOME
    return Path(chosen).expanduser().absolute()


def inspect_home(root: Path) -> Home:
    """Recognise a lab home, or a place where one can be made; changes nothing. Raises `UsageError`."""
    home = Home(Path(root).expanduser().absolute())
    try:
        if home.marker.exists():
            _check_marker(home)
        elif home.root.exists() and not home.root.is_dir():
            raise UsageError(f"The lab home {home.root} is a file. Set LABKIT_HOME to a directory.")
        elif home.root.exists() and _is_foreign(home):
            raise UsageError(
                f"{home.root} is not empty and not a lab home. Set LABKIT_HOME to a new or an empty directory."
            )
    except OSError as error:
        raise unusable(home, error) from None
    return home


def open_home(root: Path) -> Home:
    """Recognise a lab home or make one: the directories and the marker. Raises `UsageError`."""
    home = inspect_home(root)
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        if not home.marker.exists():
            write_atomically(home.marker, json.dumps(_MARKER).encode() + b"\n", 0o644)
        for directory in (home.aws, home.embedded):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(home.embedded, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise unusable(home, error) from None
    return home


def read_choices(home: Home) -> dict[str, Any]:
    """What ``choices.json`` has, by name; nothing where there is none. Raises `UsageError` where it cannot be read."""
    try:
        found = json.loads(home.choices.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise unreadable_choices(home)
    return found


def unreadable_choices(home: Home) -> UsageError:
    """The error for a ``choices.json`` that does not say what was chosen."""
    return UsageError(f"{home.choices} cannot be read. Delete it to go back to the defaults.")


def write_choices(home: Home, chosen: Mapping[str, Any]) -> None:
    """Write ``choices.json`` in one step, in a home that is made if needed. Raises `UsageError`."""
    write_atomically(open_home(home.root).choices, json.dumps(dict(chosen), indent=2).encode(), 0o644)


def _is_foreign(home: Home) -> bool:
    """Whether there is something beside the marker, and no marker even after that was seen.

    A home that somebody else is just making has its marker, or the file that becomes it, before all else.
    """
    strangers = [path for path in home.root.iterdir() if home.marker.name not in path.name]
    return bool(strangers) and not home.marker.exists()


def _check_marker(home: Home) -> None:
    try:
        marker = json.loads(home.marker.read_bytes())
    except ValueError:
        marker = None
    if marker != _MARKER:
        raise UsageError(
            f"{home.marker} was not written by this version of labkit. "
            "Set LABKIT_HOME to another directory, or remove this one."
        )
    owner = home.marker.stat().st_uid
    if owner != getattr(os, "geteuid", lambda: owner)():
        raise UsageError(
            f"The lab home {home.root} belongs to another user (id {owner}). "
            "Set LABKIT_HOME to a directory of your own."
        )


def unusable(home: Home, error: OSError) -> UsageError:
    """What to raise where the system does not let the lab write below a home."""
    return UsageError(
        f"The lab home {home.root} cannot be used: {error.strerror}. Set LABKIT_HOME to a directory you can write to."
    )
