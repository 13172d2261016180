"""Making ``.venv``: the part of the first start that takes time.

    interpreters   which Python the environment is made with, and whether there is a uv
    lock           one installation at a time
    tools          running uv or pip, and saying in one sentence why one failed
    requirements   the packages of a lock file, in groups, and those that an interruption left half installed
    environment    the steps: marker, virtual environment, entry points, requirements, stamp

A folder that labkit makes carries a marker from its first moment and a stamp for each lock file that is installed. So
a folder with a marker and without a stamp is half-made: the next start goes on with it where its Python does, and
makes it anew where not. A folder without a marker is somebody else's and is left alone. Standard library only:
nothing is installed yet when this runs.
"""

from __future__ import annotations

from labkit.cli.installation.environment import install

__all__ = ["install"]
