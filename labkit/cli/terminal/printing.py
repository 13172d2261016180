"""What a command prints that runs with the standard library alone: sentences and trees.

Rich draws them where it is installed and a person looks: with colour, and wrapped within the width of the terminal.
Elsewhere (a pipe, a file, a Python that has nothing installed) the same lines are printed as they are. Rich is not even
loaded then, since that takes longer than the answer.

Marks and words say everything; colour only underlines it, so that a log or a terminal without colour loses nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from labkit.ground.text import visible
from labkit.iam.words.outline import Line

if TYPE_CHECKING:
    from rich.tree import Tree

_STYLES = {"yes": "green", "no": "red", "none": "dim"}


def say(text: str) -> None:
    """Print a sentence, or several lines, with control characters made visible."""
    print(visible(text))


def show(line: Line) -> None:
    """Print a tree of lines, such as `labkit.iam.words.outline.outline` makes of a decision."""
    if not _drawn_by_rich(line):
        print("\n".join(plain(line)))


def plain(line: Line, first: str = "", below: str = "") -> Iterator[str]:
    """The lines of a tree with guides before them: ``first`` before the first one, ``below`` before all others."""
    yield first + visible(str(line)).replace("\n", f"\n{below}")
    *others, last = line.children or (None,)
    for child in others:
        yield from plain(child, f"{below}├── ", f"{below}│   ")
    if last:
        yield from plain(last, f"{below}└── ", f"{below}    ")


def rich_tree(line: Line) -> Tree:
    """The same for rich. Raises ImportError where it is not installed."""
    from rich.text import Text
    from rich.tree import Tree

    def grown(line: Line) -> Tree:
        label = Text(visible(str(line)))
        label.stylize(_STYLES[line.state], 0, 1)
        tree = Tree(label, guide_style="dim")
        for child in line.children:
            tree.add(grown(child))
        return tree

    return grown(line)


def _drawn_by_rich(line: Line) -> bool:
    """Draw it if somebody looks and rich is there; whether it was drawn."""
    if not sys.stdout.isatty():
        return False
    try:
        from rich.console import Console

        tree = rich_tree(line)
    except ImportError:
        return False
    Console(highlight=False, emoji=False).print(tree)
    return True
