"""What survives the process: the key ring and the settings as JSON, moto's state as a snapshot.

    <home>/embedded/state/labkit.json   versions, settings that the world was made with, keys and sessions; 0600
    <home>/embedded/state/moto.state    users, roles, policies, organizations, repository metadata; 0600

Each is replaced in one step whenever something of it has changed and before the call that changed it is answered, so
that a process killed at any moment has lost nothing that it has acknowledged. Images and functions keep themselves.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.embedded.state import world
from labkit.embedded.state.keys import KeyRing
from labkit.embedded.state.settings import WorldSettings
from labkit.embedded.state.snapshot import check, check_versions, versions
from labkit.errors import EmbeddedError
from labkit.ground.files import write_atomically
from labkit.ground.home import Home


@dataclass
class SavedState:
    """The state of one home; ``settings`` are those that the world was last made to fit, None before there is one.

    ``snapshot`` is moto's part as it was read, checked but not loaded.
    """

    home: Home
    keys: KeyRing
    settings: WorldSettings | None
    snapshot: bytes | None

    @classmethod
    def read(cls, home: Home) -> SavedState:
        """Read the state, or start a new one where there is none.

        Raises `EmbeddedError` for a state that another version has written, or that is damaged; nothing is changed.
        """
        try:
            own = _read_own(home)
            path = home.state / "moto.state"
            snapshot = check(path.read_bytes(), str(path)) if path.exists() else None
        except OSError as error:
            raise EmbeddedError(f"The state in {home.state} cannot be read: {error.strerror}.") from None
        if own is None and snapshot is not None:
            raise _damaged(home.state)
        if own is None:
            return cls(home, KeyRing(), None, None)
        keys, settings = own
        return cls(home, keys, settings, snapshot)

    def write_keys(self) -> None:
        """Write labkit's own part."""
        settings = (self.settings or WorldSettings()).to_dict()
        content = {"versions": versions(), "settings": settings, **self.keys.to_dict()}
        write_atomically(self.home.state / "labkit.json", json.dumps(content).encode())
        self.keys.changed = False

    def write_snapshot(self, data: bytes) -> None:
        """Write moto's part."""
        write_atomically(self.home.state / "moto.state", data)


def _read_own(home: Home) -> tuple[KeyRing, WorldSettings] | None:
    path = home.state / "labkit.json"
    if not path.exists():
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        check_versions(dict(content["versions"]), str(path))
        return KeyRing.from_dict(content), WorldSettings.parse(content["settings"])
    except (ValueError, KeyError, TypeError):
        raise _damaged(path) from None


def _damaged(path: Path) -> EmbeddedError:
    return EmbeddedError(f"The state in {path} is damaged. Run 'labkit reset' to start the lab afresh.")


def unloadable(path: Path) -> EmbeddedError:
    """The error for a state that is whole and that this program cannot load."""
    return EmbeddedError(
        f"The state in {path} cannot be loaded by this version of labkit. Run 'labkit reset' to start the lab afresh."
    )


def forget(home: Home) -> None:
    """Delete the state, images and functions of a home whose process does not run.

    The administrators keep their keys, so that clients that hold them go on working; not if the state is damaged.
    """
    try:
        state = SavedState.read(home)
    except EmbeddedError:
        state = SavedState(home, KeyRing(), None, None)
    for directory in (home.state, home.embedded / "images", home.embedded / "functions"):
        shutil.rmtree(directory, ignore_errors=True)
    home.state.mkdir(mode=0o700)
    state.keys.keep_only(world.ADMINISTRATOR)
    state.write_keys()


def administrators(keys: KeyRing, settings: WorldSettings) -> dict[str, tuple[str, str]]:
    """The access key's id and secret of the administrator of each profile."""
    found = {}
    for profile, account in settings.accounts.items():
        key = next(keys.of_user(account, world.ADMINISTRATOR), None)
        if key is not None:
            found[profile] = (key.id, key.secret)
    return found
