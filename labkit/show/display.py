"""How pure values are drawn in a notebook: one table from type to the function that draws it.

The engine knows no HTML: a decision has a text and nothing else. Here it gets its picture, by IPython's own mechanism
for types that do not draw themselves (IPython documentation, "Integrating your objects with IPython"). The table is
registered once, when the first name is taken from ``labkit`` in a process where IPython runs, and by
``%load_ext labkit``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from labkit.diagnosis.explaining import Explanation
from labkit.diagnosis.result import Diagnosis
from labkit.iam import Decision
from labkit.pull.decision import PullDecision
from labkit.show.decision_html import decision_html, sides_html, tree_html
from labkit.show.diagnosis_html import diagnosis_html

DRAWN: Mapping[type, Callable[[Any], str]] = {
    Decision: decision_html,
    Diagnosis: diagnosis_html,
    Explanation: lambda explanation: tree_html(explanation.outline()),
    PullDecision: lambda decision: sides_html(decision.outline()),
}
"""From a pure type to the function that draws a value of it as HTML."""


def register(shell: Any) -> None:
    """Let the IPython shell draw the types of the table; again changes nothing."""
    html = shell.display_formatter.formatters["text/html"]
    for kind, draw in DRAWN.items():
        html.for_type(kind, draw)


def register_where_ipython_runs() -> None:
    """The same for the shell of this process, where there is one; IPython itself is not imported for it."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_ipython() if get_ipython else None
    if shell is not None:
        register(shell)


def html_of(value: object) -> str:
    """The HTML of a value of one of the types of the table; raises KeyError for any other."""
    return DRAWN[type(value)](value)
