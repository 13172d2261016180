"""Open the lab in JupyterLab. Starts the embedded AWS if it is not up, prints the address with its token, and opens a
browser where there is one. Ctrl-C stops JupyterLab with its kernels and terminals, and the embedded AWS too if this
command started it. Everything listens on this machine only, and nothing is asked of the internet.

  labkit lab
  labkit lab --port 9000 --no-browser
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.errors import LabError

if TYPE_CHECKING:
    from labkit.cli.jupyter.server import JupyterServer
    from labkit.embedded.process.running import Running

FIRST_NOTEBOOK = "00-*.ipynb"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit lab``."""
    parser.add_argument("--port", type=int, help="the port of JupyterLab (default: the first free one from 8888 on)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def run(args: argparse.Namespace) -> int:
    """Run JupyterLab until it is stopped."""
    from labkit.cli.jupyter.content import served
    from labkit.cli.jupyter.server import choose_port, start
    from labkit.cli.jupyter.settings import JupyterSettings
    from labkit.embedded.process import client
    from labkit.ground.home import home_path, open_home
    from labkit.ground.processes import stoppable

    port = choose_port(args.port)
    root = served(open_home(home_path()))
    notebook = _first_notebook(root)
    with stoppable():
        running = _embedded_aws()
        home = home_path()
        settings = JupyterSettings(home / "jupyter", root, notebook, port, _browser(args))
        try:
            server = start(settings, _environment(home, running), home / "jupyter.log")
            _serve(server, running)
        finally:
            if running is not None and running.started:
                client.stop(home)
    return 0


def _embedded_aws() -> Running | None:
    """The embedded AWS for all notebooks; None where it is to run in-process, which is each notebook's own kernel."""
    from labkit.embedded.process import client, here
    from labkit.ground.home import home_path, open_home

    if here.wanted(open_home(home_path())) == here.IN_PROCESS:
        return None
    return client.ensure()


def _environment(home: Path, running: Running | None) -> dict[str, str]:
    from labkit.ground.environment import lab_environment

    return lab_environment(home, running.endpoint) if running else {**os.environ, "LABKIT_HOME": str(home)}


def _serve(server: JupyterServer, running: Running | None) -> None:
    where = f"answers at {running.endpoint}" if running else "runs in the kernel of one notebook at a time"
    try:
        server.wait_until_it_answers()
        print(f"The lab is open at\n\n  {server.url}\n\nThe embedded AWS {where}. Ctrl-C stops the lab.")
        sys.stdout.flush()
        if server.wait() != 0:
            raise LabError(f"JupyterLab has ended unexpectedly; its log is {server.log}")
    except KeyboardInterrupt:
        print("\nStopping the lab.", flush=True)
    finally:
        server.stop()


def _first_notebook(root: Path) -> str:
    found = sorted((root / "notebooks").glob(FIRST_NOTEBOOK))
    if not found:
        raise LabError(f"this copy of the lab has no notebooks/{FIRST_NOTEBOOK}; take a complete one.")
    return found[0].relative_to(root).as_posix()


def _browser(args: argparse.Namespace) -> bool:
    """Whether to open a browser: not on a machine without a display, where only a text browser would come up."""
    has_display = os.name == "nt" or sys.platform == "darwin" or os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY"}
    return bool(has_display) and not args.no_browser
