"""The views: how long each takes to show something else, in a notebook's kernel, where what changes is sent.

    python tests/benchmarks/views.py [--rounds N]

The lab is an embedded one of its own with the article's three repositories. Each figure is the median and the worst of
N rounds, in milliseconds, in a kernel as JupyterLab starts it; what the browser needs to draw comes on top. Reading the
accounts anew is measured by itself. Figures are reported, never asserted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from labkit import access_matrix, decision_view, what_if  # noqa: E402
from labkit.aws import repositories  # noqa: E402
from labkit.embedded.process import client as embedded  # noqa: E402
from labkit.lab.article import ORGANIZATION, OTHER_ACCOUNT, REPOSITORIES, SAME_ACCOUNT  # noqa: E402
from labkit.lab.lab import Lab  # noqa: E402
from labkit.pull import policies  # noqa: E402

Figure = tuple[str, Callable[[], object]]


def main() -> None:
    """Measure in a kernel and print one line a figure."""
    import nbformat
    from nbclient import NotebookClient

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50, help="how often each change is made (default: 50)")
    rounds = parser.parse_args().rounds
    os.environ["LABKIT_ENGINE"] = "embedded"
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    with tempfile.TemporaryDirectory(prefix="labkit-views-") as folder:
        os.environ["LABKIT_HOME"] = str(Path(folder) / "lab")
        cell = nbformat.v4.new_code_cell(f"import views; views.measure({rounds})")
        try:
            NotebookClient(nbformat.v4.new_notebook(cells=[cell]), timeout=600, kernel_name="python3").execute()
        finally:
            embedded.stop()
    print("".join(output.get("text", "") for output in cell.outputs), end="")


def measure(rounds: int) -> None:
    """Print the figures. To be called in a kernel, so that widgets send what changes."""
    lab = Lab.open()
    for name, policy in zip(REPOSITORIES, article(lab), strict=True):
        repositories.ensure(lab.registry.client("ecr"), name, "benchmark")
        repositories.set_policy(lab.registry.client("ecr"), name, policy)
    for title, change in (*matrix(lab), *decision(lab), *questions(lab)):
        taken = [timed(change) for _ in range(rounds)]
        print(f"{title:62} {statistics.median(taken):8.2f} ms median {max(taken):8.2f} ms worst")


def timed(change: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    change()
    return (time.perf_counter() - begun) * 1000


def article(lab: Lab) -> list[dict]:
    """The article's policies for its three repositories."""
    return [
        policies.same_account(),
        policies.cross_account(lab.workload.account),
        policies.organization(lab.organization_id),
    ]


def matrix(lab: Lab) -> Iterator[Figure]:
    """The matrix, all of whose cells change, and one of its cells chosen."""
    shown, opposite = access_matrix(lab), access_matrix(lab)
    opposite.cells = tuple(
        cell._replace(state="no" if cell.state == "yes" else "yes", word="turned") for cell in shown.cells
    )
    states = cycle([opposite.cells, shown.cells])
    _ = shown.widget

    def redraw() -> None:
        shown.cells = next(states)
        shown._redraw()

    cells = cycle(shown.cells)
    yield "matrix: 18 cells redrawn, every one changed", redraw
    yield "matrix: another cell explained", lambda: shown.choose(*next((c.name, c.repository) for c in cells))
    yield "matrix: policies and accounts read again, decided and redrawn", shown.refresh


def decision(lab: Lab) -> Iterator[Figure]:
    """The decision view with another decision, refused and allowed in turn."""
    found = [
        lab.explain(lab.workload.session, names.function, names.repository) for names in (SAME_ACCOUNT, OTHER_ACCOUNT)
    ]
    shown, decisions = decision_view(found[0]), cycle(found[::-1])
    _ = shown.widget
    yield "decision view: another decision shown", lambda: shown.show(next(decisions))
    yield "decision view: all opened", lambda: shown.open("Open all")


def questions(lab: Lab) -> Iterator[Figure]:
    """What-if with another input, decided with everything that would flip it."""
    shown = what_if(lab, ORGANIZATION.function, ORGANIZATION.repository)
    accounts = cycle(["111122223333", lab.workload.account])
    organizations = cycle(["o-neighbourorg", lab.organization_id])
    _ = shown.widget
    yield "what-if: another account, decided, with what flips it", lambda: shown.change(account=next(accounts))
    yield (
        "what-if: another organization, decided, with what flips it",
        lambda: shown.change(organization_id=next(organizations)),
    )


if __name__ == "__main__":
    main()
