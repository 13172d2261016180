"""The tree of an organization to look at: units and accounts with their ids, and who of them may pull.

Pure: the map (``labkit.show.organization.model``) asks AWS, this draws what it was told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from labkit.pull.organization import Account, Organization, Unit

MayPull = Mapping[str, bool | None]
"""Who may pull, by account; None where that cannot be known."""

_WORDS = {True: ("✓", "may pull"), False: ("✗", "may not pull"), None: ("?", "not known")}
_CELLS = {True: ("✓ yes", "labkit-yes"), False: ("✗ no", "labkit-no"), None: ("? not known", "labkit-quiet")}

# Words stay whole, so that no column becomes a column of letters.
_STYLE = """<style>
div.labkit-view .labkit-tree th,div.labkit-view .labkit-tree td,div.labkit-view .labkit-tree code{
overflow-wrap:break-word}
div.labkit-view .labkit-tree td:first-child,div.labkit-view .labkit-tree code{white-space:nowrap}
@media (max-width:32em){div.labkit-view .labkit-tree td:first-child,div.labkit-view .labkit-tree code{
white-space:normal;overflow-wrap:anywhere}}
div.labkit-unit{height:auto}
div.labkit-unit label{white-space:normal;overflow:visible;overflow-wrap:anywhere;line-height:1.4}
</style>"""
_INDENT = "&emsp;&ensp;"  # characters, since pages that drop styles keep those


class TreeLine(NamedTuple):
    """One line of the tree: how deep it stands, what it is, its id, and a name or remark."""

    depth: int
    kind: str
    id: str
    remark: str


@dataclass(frozen=True)
class Tree:
    """An organization with the lab's name of each account beside it.

    ``names`` maps an account to what it is in the lab (registry, workload, …), ``outside`` are accounts that are not in
    the organization, with a remark. Each of ``columns`` has a heading and who may pull under that.
    """

    organization: Organization
    names: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, MayPull] = field(default_factory=dict)

    def rows(self) -> Iterator[TreeLine]:
        """The organization, what is in it, and the accounts outside."""
        yield TreeLine(0, "organization", self.organization.id, f"managed by {self.organization.management}")
        for depth, node in self.organization.walk():
            yield TreeLine(depth + 1, *self._node(node))
        for account, remark in self.outside.items():
            yield TreeLine(0, "account", account, remark)

    def _node(self, node: Unit | Account) -> tuple[str, str, str]:
        if isinstance(node, Account):
            unused = f"{node.name}, not of this lab" if self.names else node.name
            return "account", node.id, self.names.get(node.id, unused)
        return ("root" if node.parent is None else "unit"), node.id, node.name

    def text(self) -> str:
        """The tree, indented; who may pull stands behind the accounts."""
        lines = [(row, f"{'    ' * row.depth}{row.id}  {row.remark}") for row in self.rows()]
        width = max(len(line) for _, line in lines)
        return "\n".join(f"{line:<{width}}{self._may_pull_text(row)}".rstrip() for row, line in lines)

    def _may_pull_text(self, row: TreeLine) -> str:
        found = [(heading, may_pull[row.id]) for heading, may_pull in self.columns.items() if row.id in may_pull]
        return "".join(f"  {_WORDS[may][0]} {_WORDS[may][1]} {heading}" for heading, may in found)

    def html(self) -> str:
        """The tree as a table."""
        heads = ("id", "what", "name", *(f"may pull {heading}" for heading in self.columns))
        head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
        body = "".join(f"<tr>{self._cells(row)}</tr>" for row in self.rows())
        table = f'<table class="labkit-tree"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        return _STYLE + table

    def _cells(self, row: TreeLine) -> str:
        place = f"<td>{_INDENT * row.depth}<code>{escape(row.id)}</code></td>"
        texts = "".join(f"<td>{escape(text)}</td>" for text in (row.kind, row.remark))
        return place + texts + "".join(_may(row.id, may_pull) for may_pull in self.columns.values())


def _may(account: str, may_pull: MayPull) -> str:
    if account not in may_pull:
        return "<td></td>"
    words, kind = _CELLS[may_pull[account]]
    return f'<td class="{kind}">{words}</td>'
