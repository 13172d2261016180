"""The access matrix: who of the lab can pull what.

model   the matrix without a browser: its cells, what was read for them, which of them is explained
widget  the matrix drawn with ipywidgets
"""

from __future__ import annotations

from collections.abc import Iterable

from labkit.lab.article import REPOSITORIES
from labkit.lab.lab import Lab
from labkit.show.matrix.model import AccessMatrix
from labkit.show.view import Drawing


def access_matrix(lab: Lab, repositories: Iterable[str] = REPOSITORIES) -> AccessMatrix:
    """Who of the lab's accounts can pull from each repository now, and why.

    One-line equivalent: ``lab.explain(...)`` for each pair. Raises ClientError where the registry cannot be read.
    """
    return AccessMatrix(lab, repositories, _drawn)


def _drawn(matrix: AccessMatrix) -> Drawing:
    from labkit.show.matrix.widget import MatrixWidget

    return MatrixWidget(matrix)
