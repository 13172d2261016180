"""Making the gallery: a lab of its own in a temporary folder, every notebook executed, every scenario played.

The lab is embedded and begins empty, with the embedded way of everything, so that two runs on two machines show the
same. It is stopped and gone when the pages are made.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import labkit.embedded.process.client as embedded
from labkit.docker.engine_choice import EMBEDDED, VARIABLE
from labkit.embedded.process.here import OWN_PROCESS
from labkit.embedded.process.running import Running
from labkit.errors import LabError
from labkit.gallery import front, links, notebooks
from labkit.gallery.executing import execute
from labkit.gallery.page import Page
from labkit.gallery.played import Played
from labkit.ground.environment import lab_environment
from labkit.ground.files import discard, runtime_folder
from labkit.lab.choices import Choices
from labkit.lab.lab import Lab
from labkit.scenarios import SCENARIOS, run

Showing = Callable[[str], AbstractContextManager[object]]
"""Shows what is being done while the context is open."""

_PORT = re.compile(r"(127\.0\.0\.1:)\d+")


def gallery(root: Path, step: Showing) -> dict[str, bytes]:
    """The site of the lab in ``root``. Raises LabError for a notebook or scenario that fails; nothing is written."""
    paths = sorted((root / "notebooks").glob("*.ipynb"))
    if not paths:
        raise LabError(f"There are no notebooks in {root / 'notebooks'}. Take a complete copy of the lab.")
    with fresh_lab() as running:
        pages = executed(paths, running, root, step)
        played = _played(running, step)
    pages = links.joined(pages)
    tables = front.about([(root / "README.md").read_text("utf-8"), *_tables(paths)])
    site = front.gallery_site(pages, tables, played)
    return {**site, **links.pictures(pages, root / "notebooks")}


@contextmanager
def fresh_lab() -> Iterator[Running]:
    """An embedded AWS that begins empty, in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="labkit-gallery-") as folder:
        home = Path(folder) / "lab"
        try:
            yield embedded.ensure(home, run_as=OWN_PROCESS)
        finally:
            embedded.stop(home)


def executed(paths: Sequence[Path], running: Running, root: Path, step: Showing) -> list[Page]:
    """The pages of notebooks that are executed one after another on the running AWS."""
    pages = []
    with kernels(running, root) as execute_notebook:
        for path in paths:
            with step(f"executing {path.name}"):
                notebook = execute_notebook(path)
                pages.append(_steady(notebooks.drawn(path, notebook), running))
    return pages


@contextmanager
def kernels(running: Running, root: Path) -> Iterator[Callable[[Path], Any]]:
    """What executes a notebook on the running AWS and returns it, each in a kernel of its own; see ``executing``."""
    runtime = runtime_folder(running.home.parent)
    runtime.mkdir(mode=0o700, exist_ok=True)
    try:
        yield partial(execute, environment=_environment(running, root), folder=runtime)
    finally:
        discard(runtime)


def _environment(running: Running, root: Path) -> Mapping[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LAB_", "LABKIT_"))}
    return {
        **lab_environment(running.home, running.endpoint, own),
        VARIABLE: EMBEDDED,
        "IPYTHONDIR": str(running.home.parent / "ipython"),
        "PYTHONPATH": str(root),
    }


def _steady(page: Page, running: Running) -> Page:
    """The page without what is another in each run: ports, and the folder of the lab."""
    body = _PORT.sub(r"\1PORT", page.body).replace(str(running.home), ".labkit")
    return Page(page.name, page.title, body, page.places)


def _played(running: Running, step: Showing) -> Played:
    lab = Lab.embedded(running.home, Choices(engine=EMBEDDED))
    image = lab.build_image()
    results = []
    for scenario in SCENARIOS.values():
        with step(f"playing {scenario.name}"):
            results.append(run(lab, scenario, image))
        if not results[-1].ok:
            raise LabError(
                f"The scenario {scenario.name} does not come out as expected. See: labkit run {scenario.name}"
            )
    return Played.on(lab, image, results)


def _tables(paths: Sequence[Path]) -> Iterator[str]:
    """The text of the first notebook, which has a table of all others."""
    yield from (cell.source for cell in notebooks.read(paths[0]).cells if cell.cell_type == "markdown")
