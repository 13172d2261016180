"""A Chromium of this machine that can be driven without anybody looking, and how it is started so that it keeps quiet.

Its own services (updates, component downloads, QUIC, sync) are switched off: what a page asks for is all that it asks.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MACOS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def find() -> str:
    """The path of a Chromium or Chrome on this machine; empty where there is none."""
    on_path = next(filter(None, map(shutil.which, _NAMES)), "")
    return on_path or next((str(path) for path in _MACOS if path.exists()), "")


def arguments() -> list[str]:
    """What it is started with; root, who may not use its sandbox, starts it without."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*_QUIET, "--no-sandbox"] if is_root else list(_QUIET)
