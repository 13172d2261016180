"""Making ``.venv``: the part of the first start that takes time.

    interpreters   which Python the environment is made with, and whether there is a uv
    lock           one installation at a time
    tools          running uv or pip, and saying in one sentence why one failed
    environment    the steps: marker, virtual environment, requirements, entry points, stamp

A folder that labkit makes carries a marker from its first moment and a stamp from its last, so a folder with a
marker and without a stamp is half-made and may be rebuilt, and a folder without a marker is somebody else's
and is left alone. Standard library only: nothing is installed yet when this runs.
"""

from __future__ import annotations

from labkit.cli.installation.environment import install

__all__ = ["install"]
