"""The small project and its gallery, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gallery.small_project import CODE, PICTURE, TEXT, make, write_notebook


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A folder with a README and three notebooks; the lab's own package is beside them."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "notebooks" / "images").mkdir(parents=True)
    (folder / "notebooks" / "images" / "refusal.png").write_bytes(PICTURE)
    (folder / "labkit").symlink_to(root / "labkit")
    (folder / "README.md").write_text(
        "| notebook | what happens | minutes |\n| --- | --- | --- |\n"
        "| [00 Start here](notebooks/00-start-here.ipynb) | choose | 5 |\n"
    )
    for name, text in TEXT.items():
        write_notebook(folder / "notebooks" / f"{name}.ipynb", text, CODE[name])
    return folder


@pytest.fixture(scope="session")
def site(project: Path) -> dict[str, bytes]:
    """The gallery of the small project."""
    return make(project)
