"""Plots: a picture, the figures that it shows as text, and one sentence that says what is to be seen.

A ``Plot`` is shown as text in a terminal and as a picture with an alternative text in a notebook or page. Pictures have
a background of their own, so that they are readable in a light and in a dark theme; lines are labelled where they end
and differ in their dashes, and parts are drawn larger where they are more, so that no colour has to be told apart.

matplotlib is loaded when the first picture is needed. It keeps its list of fonts in the lab home and says nothing
while it makes it.
"""

from __future__ import annotations

import base64
import io
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from labkit.ground.home import home_path, open_home
from labkit.growth.company import GRANTS, LIMIT, MONTHS, Month, refused_from
from labkit.growth.heat_map import REPOSITORY_KINDS, Landscape
from labkit.show.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_INK, _QUIET, _PAPER = "#1f2933", "#616e7c", "#fbfbf9"
_ALARM = "#b00020"
# Okabe and Ito's colours, a little darker: any colour vision tells them apart. Each has dashes of its own as well.
_LOOKS = {
    "by account": {"color": "#b84e00", "linestyle": "-"},
    "by path": {"color": "#0068a3", "linestyle": "--"},
    "by organization": {"color": "#00795b", "linestyle": ":"},
}
_FONT = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 10,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _QUIET,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


class Plot:
    """A picture with its figures: ``figures`` is shown as text, ``alt`` says in a sentence what the picture shows."""

    def __init__(
        self, figures: Table, alt: str, draw: Callable[[Figure], None], size: tuple[float, float] = (8.2, 4.0)
    ) -> None:
        self.figures, self.alt = figures, alt
        self._draw, self._size = draw, size

    @cached_property
    def png(self) -> bytes:
        """The picture, drawn when it is first needed."""
        figure_class, settings = _matplotlib()
        with settings(_FONT):
            figure = figure_class(figsize=self._size, dpi=120, facecolor=_PAPER, layout="constrained")
            self._draw(figure)
            file = io.BytesIO()
            figure.savefig(file, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True})
        return file.getvalue()

    def text(self) -> str:
        """What is to be seen, and the figures."""
        return f"{self.alt}\n\n{self.figures!r}"

    def html(self) -> str:
        """The picture, with the same said as its alternative text and the figures folded below it."""
        data, width = base64.b64encode(self.png).decode(), round(self._size[0] * 96)
        look = f"width:{width}px;max-width:100%"
        picture = f'<img src="data:image/png;base64,{data}" alt="{escape(self.alt)}" style="{look}">'
        figures = f"<details><summary>The figures</summary>{self.figures._repr_html_()}</details>"
        return f"<div>{picture}{figures}</div>"

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


def _matplotlib() -> tuple[Any, Any]:
    """The class of figures, and what sets settings for a while. Without pyplot, which would take over the notebook."""
    if "MPLCONFIGDIR" not in os.environ:
        os.environ["MPLCONFIGDIR"] = str(open_home(home_path()).root / "matplotlib")
    for name in ("matplotlib", "matplotlib.font_manager"):
        logging.getLogger(name).setLevel(logging.ERROR)
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    return Figure, rc_context


# -- Growth --------------------------------------------------------------------------------------------------------


def size_plot(months: Sequence[Month]) -> Plot:
    """The policy's size month by month in each grant, and the limit of ECR."""
    over = refused_from(months, "by account")
    last = months[-1]
    at = f" and is longer than ECR takes from month {over.number} on, with {over.accounts} accounts" if over else ""
    alt = (
        f"By account the policy grows to {last.sizes['by account']:,} characters{at}; by path it has "
        f"{last.sizes['by path']:,} in the end, by organization {last.sizes['by organization']:,} all the time."
    )

    def draw(figure: Figure) -> None:
        axes = _axes(figure, "Characters of the repository's policy")
        _lines(axes, months, lambda month, grant: month.sizes[grant])
        axes.axhline(LIMIT, color=_ALARM, linewidth=1.2)
        axes.annotate(f"ECR takes {LIMIT:,}", (0.4, LIMIT), xytext=(0, 4), textcoords="offset points", color=_ALARM)
        if over:
            _mark(axes, over)

    return Plot(_months_table(months, "characters", lambda month, grant: month.sizes[grant]), alt, draw)


def change_plot(months: Sequence[Month]) -> Plot:
    """How often the policy had to be changed so far, month by month in each grant."""
    last = months[-1].changes
    alt = (
        f"After {MONTHS} months the policy had to be changed {last['by account']} times by account, "
        f"{last['by path']} times by path, {last['by organization'] or 'no'} times by organization."
    )

    def draw(figure: Figure) -> None:
        _lines(_axes(figure, "Changes of one repository's policy"), months, lambda month, grant: month.changes[grant])

    return Plot(_months_table(months, "changes", lambda month, grant: month.changes[grant]), alt, draw)


_Value = Callable[[Month, str], int]


def _months_table(months: Sequence[Month], what: str, value: _Value) -> Table:
    heads = ("month", "accounts", *(f"{what} {grant}" for grant in GRANTS))
    rows = [(month.number, month.accounts, *(f"{value(month, grant):,}" for grant in GRANTS)) for month in months]
    return Table(heads, rows[::6])


def _axes(figure: Figure, title: str) -> Any:
    axes = figure.subplots()
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold")
    axes.set_facecolor(_PAPER)
    axes.set_xlabel("months since the company was founded")
    axes.set_xticks(range(0, MONTHS + 1, 6))
    axes.set_xlim(0, MONTHS)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#d8dce0", linewidth=0.6)
    axes.yaxis.set_major_formatter(lambda value, _position: f"{value:,.0f}")
    return axes


def _lines(axes: Any, months: Sequence[Month], value: _Value) -> None:
    """A line for each grant, with its name and last value where it ends; names keep their distance."""
    numbers = [month.number for month in months]
    for grant, look in _LOOKS.items():
        axes.plot(numbers, [value(month, grant) for month in months], linewidth=2.2, clip_on=False, **look)
    axes.set_ylim(bottom=0)
    top = axes.get_ylim()[1]
    places = _apart([value(months[-1], grant) for grant in _LOOKS], top * 0.07)
    for (grant, look), place in zip(_LOOKS.items(), places, strict=True):
        label = f"{grant}: {value(months[-1], grant):,}"
        axes.annotate(label, (1.01, place), xycoords=("axes fraction", "data"), color=look["color"], va="center")


def _apart(values: Sequence[float], distance: float) -> list[float]:
    """The values, moved upward where needed so that no two are closer than the distance."""
    places = dict.fromkeys(values, 0.0)
    lowest = 0.0
    for value in sorted(places):
        places[value] = lowest = max(value, lowest)
        lowest += distance
    return [places[value] for value in values]


def _mark(axes: Any, month: Month) -> None:
    at = (month.number, month.sizes["by account"])
    axes.plot(*at, marker="X", markersize=11, color=_ALARM, markeredgecolor=_PAPER)
    text = f"refused: {month.accounts} accounts,\n{at[1]:,} characters"
    axes.annotate(text, at, xytext=(-14, 24), textcoords="offset points", ha="right", color=_ALARM)


# -- Who can pull what ---------------------------------------------------------------------------------------------


def heat_map(landscape: Landscape) -> Plot:
    """Teams by repositories: the larger and darker the square, the more of the team's accounts can pull."""
    closed = ", ".join(kind.name for kind in REPOSITORY_KINDS if landscape.admits_nobody(kind.name))
    alt = (
        f"Of {landscape.pairs:,} pairs of an account and a repository, {landscape.admitted:,} can pull; from "
        f"repositories of these kinds nobody can: {closed}."
    )
    heads = ("team", "accounts", *(kind.name for kind in REPOSITORY_KINDS))
    rows = ((team, accounts, *_shares(landscape, team)) for team, accounts in landscape.teams.items())
    return Plot(Table(heads, rows), alt, lambda figure: _squares(figure, landscape), (8.2, 4.8))


def _shares(landscape: Landscape, team: str) -> Iterator[str]:
    for kind in REPOSITORY_KINDS:
        share = landscape.share(team, kind.name)
        yield f"{share:.0%}" if share else "-"


def _squares(figure: Figure, landscape: Landscape) -> None:
    axes = figure.subplots()
    axes.set_facecolor(_PAPER)
    axes.set_title("Who can pull what", loc="left", fontsize=12, fontweight="bold")
    teams = list(landscape.teams)
    cells = [
        (x, y, column.admitted[team] / landscape.teams[team])
        for x, column in enumerate(landscape.columns)
        for y, team in enumerate(teams)
    ]
    xs, ys, shares = zip(*cells, strict=True)
    axes.scatter(xs, ys, s=2, c=_QUIET, linewidths=0)
    sizes = [30 + 90 * share if share else 0 for share in shares]
    axes.scatter(xs, ys, s=sizes, c=shares, cmap="cividis_r", vmin=-0.4, vmax=1, marker="s", linewidths=0)
    axes.set_yticks(range(len(teams)), [f"{team}  {landscape.teams[team]}" for team in teams])
    axes.set_ylim(len(teams) - 0.4, -0.6)
    axes.set_xlim(-0.7, len(landscape.columns) - 0.3)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_ylabel("teams with their numbers of accounts")
    _name_the_kinds(axes, len(teams))


def _name_the_kinds(axes: Any, rows: int) -> None:
    """The kinds of policies below their columns, with a line between two kinds."""
    start = 0
    middles = []
    for kind in REPOSITORY_KINDS:
        middles.append(start + (kind.repositories - 1) / 2)
        start += kind.repositories
        if start < sum(each.repositories for each in REPOSITORY_KINDS):
            axes.axvline(start - 0.5, color="#b8c0c8", linewidth=0.8)
    labels = [f"{kind.name} ({kind.repositories})" for kind in REPOSITORY_KINDS]
    axes.set_xticks(middles, labels, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_xlabel("repositories, by the kind of their policy · small dot: nobody of the team, full square: all of it")
