"""The access matrix: who of the lab can pull what, as the repositories' policies and the accounts are now.

A row is an account of the lab, asking as its administrator for a function in that account; a column is a repository.
``AccessMatrix`` is the view-model and the view:

    matrix = access_matrix(lab)
    matrix.decision("workload", "lambda-another-account")   why, as ``lab.explain`` says it
    matrix.refresh()                                        reads everything again

Each fact is read once for all cells: who an administrator is, what it may do and where its account stands for a row,
policy and tags for a column. The one-line equivalents are ``lab.explain(...)`` for a cell, and
``labkit.pull.admission.who_can_pull`` for organizations of any size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from labkit.aws import repositories as ecr_repositories
from labkit.aws.reading import Unreadable
from labkit.errors import LabError
from labkit.iam import Policy
from labkit.lab.actor import Actor
from labkit.lab.article import ORGANIZATION, OTHER_ACCOUNT, SAME_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull.decision import PullDecision
from labkit.pull.function import FunctionRef
from labkit.pull.uri import ImageUri
from labkit.show.messages import NO_MESSAGE, Message
from labkit.show.style import framed
from labkit.show.table import Table
from labkit.show.view import Draw, View

_FUNCTIONS = {names.repository: names.function for names in (SAME_ACCOUNT, OTHER_ACCOUNT, ORGANIZATION)}
_OTHER_FUNCTION = "function"
_MARKS = {"yes": "✓", "no": "✗", "none": "–", "unknown": "?"}


class MatrixCell(NamedTuple):
    """What one account is answered for one repository; ``note`` says why where there is no decision."""

    name: str
    account: str
    repository: str
    decision: PullDecision | None
    state: str
    word: str
    note: str = ""

    @property
    def shown(self) -> str:
        """Mark and word, such as ``✓ allowed``."""
        return f"{_MARKS[self.state]} {self.word}"

    @property
    def sentence(self) -> str:
        """The cell in words that need no table around them."""
        return f"{self.name} ({self.account}), {self.repository}: {self.word}"

    @property
    def why(self) -> str:
        """The decision as a paragraph, or why there is none."""
        return repr(self.decision) if self.decision else self.note


class _Repository(NamedTuple):
    """What decides a pull from a repository and differs from one to the other, by the names of `PullQuestion`."""

    repository_policy: Policy | None
    repository_keys: Mapping[str, str] | None


class AccessMatrix(View):
    """Accounts of the lab by repositories. Made by ``access_matrix``; ``message`` is what came of the last reading."""

    def __init__(self, lab: Lab, repositories: Iterable[str], draw: Draw) -> None:
        super().__init__(draw)
        self.repositories = tuple(repositories)
        self.chosen: tuple[str, str] | None = None
        self.message = NO_MESSAGE
        self._lab = lab
        self.cells = self._read()

    @property
    def rows(self) -> list[tuple[MatrixCell, ...]]:
        """The cells, an account after the other."""
        width = len(self.repositories)
        return [self.cells[start : start + width] for start in range(0, len(self.cells), width)] if width else []

    def cell(self, name: str, repository: str) -> MatrixCell:
        """The cell of an account (by its name in the lab) and a repository; raises KeyError."""
        found = next((each for each in self.cells if (each.name, each.repository) == (name, repository)), None)
        if found is None:
            raise KeyError((name, repository))
        return found

    def decision(self, name: str, repository: str) -> PullDecision | None:
        """Why, or None where there is no repository or the accounts cannot be read; raises KeyError."""
        return self.cell(name, repository).decision

    def choose(self, name: str, repository: str) -> MatrixCell:
        """Explains this cell below the matrix, as a press on it does; raises KeyError."""
        found = self.cell(name, repository)
        self.chosen = (name, repository)
        self._redraw()
        return found

    def refresh(self) -> Message:
        """Reads policies and accounts again. Where that fails the matrix stays as it was, and the error is said."""
        try:
            before, self.cells = self.cells, self._read()
            changed = sum(new.state != old.state for new, old in zip(self.cells, before, strict=True))
            self.message = Message(True, f"Read again: {changed or 'no'} cell{'s' * (changed != 1)} changed.")
        except (ClientError, BotoCoreError, LabError) as error:
            self.message = Message(False, str(error))
        self._redraw()
        return self.message

    # Reading and deciding

    def _read(self) -> tuple[MatrixCell, ...]:
        found = {name: self._repository(name) for name in self.repositories}
        return tuple(cell for actor in self._lab.actors() for cell in self._row(actor, found))

    def _repository(self, repository: str) -> _Repository | None:
        """What a repository says of itself; None where there is none."""
        ecr = self._lab.registry.client("ecr")
        try:
            text = ecr_repositories.policy(ecr, repository)
        except ecr.exceptions.RepositoryNotFoundException:
            return None
        arn = ImageUri.parse(self._lab.image_uri(repository)).repository_arn
        policy = Policy.parse(text, "the repository policy") if text else None
        return _Repository(policy, ecr_repositories.tag_keys(ecr, arn))

    def _row(self, actor: Actor, found: Mapping[str, _Repository | None]) -> Iterator[MatrixCell]:
        decide = self._decider(actor, next((name for name, each in found.items() if each), None))
        for repository, own in found.items():
            place = (actor.name, actor.account, repository)
            if own is None:
                yield MatrixCell(*place, None, "none", "no repository", f"There is no repository {repository}.")
                continue
            try:
                decision = decide(repository, own)
            except Unreadable as error:
                yield MatrixCell(*place, None, "unknown", "not known", str(error))
            else:
                yield MatrixCell(*place, decision, *(("yes", "allowed") if decision.allowed else ("no", "denied")))

    def _decider(self, actor: Actor, repository: str | None) -> Any:
        """Decides for an actor: by one question that is asked of every policy, else by what can be read for each."""

        def alone(name: str, _own: _Repository) -> PullDecision:
            return self._lab.explain(actor.session, _function(name), name)

        if repository is None:
            return alone
        try:
            question = self._lab.question(actor.session, _function(repository), repository)
        except Unreadable:
            return alone

        def again(name: str, own: _Repository) -> PullDecision:
            arn = FunctionRef(actor.account, self._lab.region, _function(name)).arn
            image = ImageUri.parse(self._lab.image_uri(name))
            return question.having(function_arn=arn, image=image, **own._asdict()).decide()

        return again

    # Showing it

    @property
    def title(self) -> str:
        """What the table says, in a sentence."""
        return "Can Lambda pull, for a function that each account's administrator creates there?"

    def text(self) -> str:
        """A table: a row for each account."""
        rows = [(f"{row[0].name} {row[0].account}", *(cell.shown for cell in row)) for row in self.rows]
        return repr(Table(("", *self.repositories), rows))

    def html(self) -> str:
        """A table with a caption, and below it, folded, the reasons."""
        heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.repositories)
        rows = "".join(
            f'<tr><th scope="row">{escape(row[0].name)} <span class="labkit-quiet">{row[0].account}</span></th>'
            f"{''.join(map(_data, row))}</tr>"
            for row in self.rows
        )
        reasons = "".join(
            f"<li>{_data_mark(cell)} <b>{escape(cell.name)}, {escape(cell.repository)}</b>: {escape(cell.why)}</li>"
            for cell in self.cells
        )
        return framed(
            f'<table class="labkit-matrix"><caption>{escape(self.title)}</caption>'
            f'<thead><tr><th scope="col">account</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
            f"<details><summary>Why, cell by cell</summary><ul>{reasons}</ul></details>"
        )


CLASSES = {"yes": "labkit-yes", "no": "labkit-no", "none": "labkit-quiet", "unknown": "labkit-quiet"}
"""The colour of each state of a cell."""


def _data(cell: MatrixCell) -> str:
    return f'<td><b class="{CLASSES[cell.state]}">{cell.shown}</b></td>'


def _data_mark(cell: MatrixCell) -> str:
    return f'<b class="{CLASSES[cell.state]}" aria-hidden="true">{_MARKS[cell.state]}</b>'


def _function(repository: str) -> str:
    return _FUNCTIONS.get(repository, _OTHER_FUNCTION)
