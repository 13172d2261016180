"""The columns of the heat map: accounts that stand in one unit, and further together where there are too many units.

A cell counts: how many of a column's accounts can do something with a repository. Accounts that a policy names are
counted by their own answers, so that nothing is lost by putting them together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from labkit.diagnosis.audit.estate import Organization
from labkit.diagnosis.audit.verdicts import Judged, Verdict
from labkit.diagnosis.facts import NotKnown
from labkit.pull.admission import AccountGroup
from labkit.pull.reach import Extent, Reach

MOST = 150
"""How many columns are shown at most."""
_UNPLACED, _OUTSIDE = _PLACELESS = ("place not known", "outside the organization")
LETTERS = {Extent.NO: "n", Extent.SOME: "s", Extent.YES: "y"}


class Column(NamedTuple):
    """Accounts that stand together: what they have in common as a short text, and their numbers in order.

    ``of_unit``: the label is the path of a unit by its names.
    """

    label: str
    accounts: tuple[str, ...]
    of_unit: bool = True


class Count(NamedTuple):
    """Of how many accounts all can do something (``yes``), or some of their principals (``some``)."""

    yes: int
    some: int


class Cell(NamedTuple):
    """Of how many accounts what is true; the names are those of a `Reach`."""

    create: Count
    lambda_pull: Count
    docker_pull: Count
    push: Count


_EMPTY = Cell(*[Count(0, 0)] * 4)


def mark(reach: Reach) -> str:
    """A reach as four letters, y, s or n, for create, lambda_pull, docker_pull and push."""
    return "".join(LETTERS[extent] for extent in reach)


class Table:
    """Columns and cells of everything that was judged."""

    def __init__(self, judged: Judged, organization: Organization | NotKnown | None) -> None:
        self._judged = judged
        self._real = frozenset(each.account for each in judged.asked.real)
        self._admissions = [each.admission for each in judged.verdicts if each.admission]
        groups = self._admissions[0].groups if self._admissions else ()
        self._home = next((v.reach.repository.account for v in judged.verdicts if v.reach), "")
        units = organization.units if isinstance(organization, Organization) else {}
        together = self._together(groups, units)
        self._column_of = {number: place for place, (_, numbers) in enumerate(together) for number in numbers}
        self.columns = tuple(
            Column(label, self._accounts(groups, numbers), label not in _PLACELESS) for label, numbers in together
        )
        self._sizes = [sum(account in self._real for account in group.accounts) for group in groups]

    def _accounts(self, groups: Sequence[AccountGroup], numbers: Iterable[int]) -> tuple[str, ...]:
        return tuple(sorted(a for number in numbers for a in groups[number].accounts if a in self._real))

    def _together(self, groups: Sequence[AccountGroup], units: Mapping[str, str]) -> list[tuple[str, list[int]]]:
        """Labels with the numbers of the groups under each; the fewer levels of units, the fewer labels."""
        here = [number for number, group in enumerate(groups) if any(a in self._real for a in group.accounts)]
        deepest = max((path.count("/") for each in here for path in groups[each].membership.paths), default=0)
        for levels in range(max(deepest, 1), 0, -1):
            found: dict[str, list[int]] = defaultdict(list)
            for number in here:
                found[_label(groups[number], units, levels)].append(number)
            if len(found) <= MOST or levels == 1:
                return list(found.items())
        return []

    def cells(self, verdict: Verdict) -> tuple[Cell, ...] | None:
        """A cell for each column; None where nothing is known of the repository."""
        admission = verdict.admission
        if admission is None:
            return None
        counts = [[[0, 0, 0] for _ in Reach._fields] for _ in self.columns]
        for number, column in self._column_of.items():
            if admission.answers[number]:  # most can do nothing, which need not be counted
                _add(counts[column], admission.answers[number], self._sizes[number])
        for account, reach in admission.named.items():
            if account in self._real:
                number = self._judged.group_of[account]
                _add(counts[self._column_of[number]], admission.answers[number], -1)
                _add(counts[self._column_of[number]], reach, 1)
        return tuple(_cell(each) if any(map(any, each)) else _EMPTY for each in counts)

    def exceptions(self, verdict: Verdict) -> dict[str, Reach]:
        """The accounts whose answer is not that of the others of their group, in order."""
        admission = verdict.admission
        if admission is None:
            return {}
        usual = {a: admission.answers[self._judged.group_of[a]] for a in sorted(admission.named) if a in self._real}
        return {
            account: admission.named[account] for account, each in usual.items() if admission.named[account] != each
        }


def _add(counts: list[list[int]], reach: Reach, number: int) -> None:
    for place, extent in zip(counts, reach, strict=True):
        place[extent] += number


def _cell(counts: list[list[int]]) -> Cell:
    return Cell(*(Count(each[Extent.YES], each[Extent.SOME]) for each in counts))


def _label(group: AccountGroup, units: Mapping[str, str], levels: int) -> str:
    paths = group.membership.paths
    if not paths:
        return _UNPLACED if group.unknown_keys else _OUTSIDE
    steps = paths[0].strip("/").split("/")[1:]
    shown = [units.get(step, step) for step in steps[:levels]]
    return "/".join(shown) + ("/…" if len(steps) > levels else "")
