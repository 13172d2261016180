"""README's table of floors, made from ``house.toml`` and the packages' docstrings: ``python tests/house/readme.py``."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.house.floors import rows
from tests.house.source import ROOT, modules, tree_of

README = ROOT / "README.md"
_TABLE = re.compile(r"(?<=<!-- floors -->\n).*?(?=<!-- /floors -->)", re.DOTALL)


def table() -> str:
    """The table, from the roof down; a package's text is the first sentence of its docstring."""
    lines = ["", "| floor | package | what lives there |", "| --- | --- | --- |"]
    lines += [f"| {max(rows()) + 1} | `notebooks/` | The story |"]
    for number, packages in reversed(rows().items()):
        lines += [f"| {number} | `{shown(package)}` | {what(package)} |" for package in packages]
    return "\n".join([*lines, "", ""])


def shown(package: str) -> str:
    """The path of a package as the table shows it."""
    path = modules()[package].relative_to(ROOT).as_posix()
    return path if package == "__init__" else path.replace("__init__.py", "")


def what(package: str) -> str:
    """The first sentence of a package's docstring, without its full stop."""
    docstring = ast.get_docstring(tree_of(modules()[package])) or ""
    return " ".join(docstring.partition("\n\n")[0].split()).replace("``", "`").rstrip(".")


def table_in_readme() -> str:
    """The table as README has it; empty without the two marks."""
    found = _TABLE.search(README.read_text("utf-8"))
    return found.group() if found else ""


if __name__ == "__main__":
    README.write_text(_TABLE.sub(lambda _: table(), README.read_text("utf-8")), "utf-8")
