"""The organization as a map: a tree of units and accounts with the ids and paths that policies speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from labkit.aws.reading import Unreadable
from labkit.lab import Lab
from labkit.organization import Account, Organization, Unit


@dataclass(frozen=True)
class OrganizationMap:
    """The tree of an organization, with the lab's name of each account beside it.

    ``names`` maps an account id to what it is in the lab (registry, workload, …). ``outside`` are accounts that are not
    in the organization, with a remark.
    """

    organization: Organization
    names: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, str] = field(default_factory=dict)

    def _rows(self) -> Iterator[tuple[int, str, str, str]]:
        """Depth, what it is, its id, and a remark."""
        yield 0, "organization", self.organization.id, f"managed by {self.organization.management}"
        for depth, node in self.organization.walk():
            yield depth + 1, *self._row(node)
        for account, remark in self.outside.items():
            yield 0, "account", account, remark

    def _row(self, node: Unit | Account) -> tuple[str, str, str]:
        if isinstance(node, Account):
            unused = f"{node.name}, not of this lab" if self.names else node.name
            return "account", node.id, self.names.get(node.id, unused)
        return ("root" if node.parent is None else "unit"), node.id, node.name

    def __repr__(self) -> str:
        return "\n".join(f"{'    ' * depth}{id_}  {remark}" for depth, _kind, id_, remark in self._rows())

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="text-align:left;padding-left:{0.5 + 1.5 * depth}em"><code>{escape(id_)}</code></td>'
            f'<td style="text-align:left">{escape(kind)}</td><td style="text-align:left">{escape(remark)}</td></tr>'
            for depth, kind, id_, remark in self._rows()
        )
        heads = "".join(f'<th scope="col" style="text-align:left">{text}</th>' for text in ("id", "what", "name"))
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


@dataclass(frozen=True)
class NoMap:
    """Stands for a map where nobody in the lab may read the organization; shows the reason."""

    reason: str

    def __repr__(self) -> str:
        return f"There is no map: {self.reason} A management profile (notebook 00) may read it."


def organization_map(lab: Lab) -> OrganizationMap | NoMap:
    """The organization of the lab as it is now, with the lab's other accounts below it."""
    try:
        organization = lab.organization()
    except Unreadable as error:
        return NoMap(str(error))
    inside = {account.id for account in organization.accounts}
    names = {actor.account: actor.name for actor in lab.actors()}
    outside = {number: f"{name}, {_elsewhere(lab, name)}" for number, name in names.items() if number not in inside}
    return OrganizationMap(organization, names, outside)


def _elsewhere(lab: Lab, name: str) -> str:
    other = lab.organization_of(name)
    return f"in the organization {other}" if other else "in no organization"
