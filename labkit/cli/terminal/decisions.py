"""Decisions in a terminal: the tree of `labkit.iam.words.outline` drawn by rich.

Marks and words say everything; colour only underlines it, so that a log or a terminal without colour loses nothing.
"""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from labkit.ground.text import visible
from labkit.iam import Decision
from labkit.iam.words.outline import Line, outline

_STYLES = {"yes": "green", "no": "red", "none": "dim"}


def decision_tree(decision: Decision) -> Tree:
    """The decision as a tree: its checks, their statements, and what each part came to."""
    return _grown(outline(decision))


def _grown(line: Line) -> Tree:
    tree = Tree(_label(line), guide_style="dim")
    for child in line.children:
        tree.add(_grown(child))
    return tree


def _label(line: Line) -> Text:
    label = Text(visible(str(line)))
    label.stylize(_STYLES[line.state], 0, 1)
    return label
