"""The organization as a map: its tree, who of it may pull, paths to grant, and accounts that move.

``OrganizationMap`` is the view-model and the view. Without a widget it is plain Python:

    where = organization_map(lab, "lambda-aws-organizations")
    where.may_pull                                        who may pull now, by account
    where.choose("ou-lab1-workloads"), where.patterns     path patterns of units, and where.policy to grant them
    where.move("workload", "ou-lab1-development")         moves an account, and asks again who may pull

The one-line equivalent is ``lab.organization()``. An account may pull when its administrator may create a function
there from the repository's image and Lambda may pull for it; ``lab.explain`` answers that for the lab's accounts, and
`labkit.pull.admission` for those that the lab has no profile for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from labkit.aws import repositories
from labkit.aws.organizations import parent
from labkit.aws.reading import Unreadable
from labkit.errors import UsageError
from labkit.iam import Policy
from labkit.lab.article import ORGANIZATION, OTHER_ACCOUNT, SAME_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.pull.admission import GuardedRepository, accounts_of, who_can_pull
from labkit.pull.organization import Organization, Unit
from labkit.show.document import Document
from labkit.show.messages import ERRORS, NO_MESSAGE, Message, failure
from labkit.show.organization.tree import MayPull, Tree
from labkit.show.style import framed
from labkit.show.view import Draw, View

_FUNCTIONS = {names.repository: names.function for names in (SAME_ACCOUNT, OTHER_ACCOUNT, ORGANIZATION)}
NOW = "now"
CHOSEN = "by the chosen units"


class OrganizationMap(View):
    """The tree of the lab's organization. Made by ``organization_map``.

    ``organization``, ``registry_policy``, ``may_pull`` (None without a repository) and the accounts' names are as they
    were last read; ``chosen`` are the ids of the chosen units, ``below`` whether what is below them is meant too.
    """

    def __init__(self, lab: Lab, repository: str | None, draw: Draw) -> None:
        super().__init__(draw)
        self.lab, self.repository = lab, repository
        self.chosen: tuple[str, ...] = ()
        self.below = True
        self.message = NO_MESSAGE
        self._read()

    def _read(self) -> None:
        organization = self.lab.organization()
        inside = {account.id for account in organization.accounts}
        self.names = {actor.account: actor.name for actor in self.lab.actors()}
        self.outside = {
            number: f"{name}, {_elsewhere(self.lab, name)}"
            for number, name in self.names.items()
            if number not in inside
        }
        self.registry_policy = _parsed(repositories.registry_policy(self.lab.registry.client("ecr")))
        self.may_pull = self._read_may_pull(self.repository, organization) if self.repository else None
        self.organization = organization

    def _read_may_pull(self, repository: str, organization: Organization) -> MayPull:
        own = _parsed(repositories.policy(self.lab.registry.client("ecr"), repository))
        found: dict[str, bool | None] = dict(self._by_policy(organization, own))
        for actor in self.lab.actors():
            try:
                decision = self.lab.explain(actor.session, _FUNCTIONS.get(repository, "function"), repository)
                found[actor.account] = decision.allowed
            except Unreadable:
                found[actor.account] = None
        return found

    def _by_policy(self, organization: Organization, policy: Policy | None) -> dict[str, bool]:
        """Who of the organization may pull by a policy (and the registry's), for an administrator of each account."""
        name = self.repository or "repository"
        place = GuardedRepository(
            self.lab.registry.account, self.lab.region, name, policy, registry=self.registry_policy
        )
        admission = next(who_can_pull([place], accounts_of(organization)))
        admitted = set(admission.accounts())
        return {account.id: account.id in admitted for account in organization.accounts}

    # Paths

    @property
    def grantable_ids(self) -> tuple[str, ...]:
        """What can be chosen, from the top down: the organization's id and the ids of its units."""
        return (self.organization.id, *(node.id for _, node in self.organization.walk() if isinstance(node, Unit)))

    def choose(self, *unit_ids: str, below: bool = True) -> None:
        """Chooses units to grant: with all that is ``below`` them, or the accounts directly in them.

        The organization's id stands for all of it. None: no choice. Raises UsageError for what is not in the tree, and
        then the choice stays.
        """
        for each in unit_ids:
            if each not in self.grantable_ids:
                raise UsageError(f"{each!r} is not in the organization. Choose of {', '.join(self.grantable_ids)}.")
        if self.organization.id in unit_ids and not below:
            raise UsageError("No account is directly in the organization itself. Choose its root.")
        self.chosen, self.below = unit_ids, below
        self._redraw()

    @property
    def patterns(self) -> tuple[str, ...]:
        """The path patterns of the chosen units: ``o-…/r-…/ou-…/*`` with what is below, ``o-…/r-…/ou-…/`` without.

        A unit that lies below another chosen one is left out, since it is granted with that.
        """
        paths = [self._path(each) for each in self.grantable_ids if each in self.chosen]
        if not self.below:
            return tuple(paths)
        outer = [path for path in paths if not any(path.startswith(other) and path != other for other in paths)]
        return tuple(f"{path}*" for path in outer)

    def _path(self, place: str) -> str:
        return f"{place}/" if place == self.organization.id else self.organization.path(place)

    @property
    def policy(self) -> policies.PolicyDocument | None:
        """The article's policy for the chosen units, or None where none is chosen."""
        return policies.organization_paths(*self.patterns) if self.patterns else None

    # Moving

    @property
    def account_names(self) -> dict[str, str]:
        """The accounts of the organization by their numbers: the lab's name of each, or else its own."""
        return {each.id: self.names.get(each.id, each.name) for each in self.organization.accounts}

    @property
    def unit_names(self) -> dict[str, str]:
        """The names of the root and the units by their ids."""
        return {unit.id: unit.name for unit in self.organization.units}

    def move(self, account: str, unit: str) -> Message:
        """Moves an account into a unit or the root, each by id, by name or as suggested; AWS's errors are said.

        It is done by the management profile. What grants by place follows at once.
        """
        return self._settle(lambda: self._move(account, unit))

    def _move(self, account: str, unit: str) -> Message:
        if not (account.strip() and unit.strip()):
            return Message(False, "Say which account is to move, and into which unit.")
        management = self.lab.actor("management")
        if management is None:
            return Message(False, "Only the management account may move accounts. Choose its profile in notebook 00.")
        own = next((known for known, name in self.names.items() if name == account.strip()), account)
        number = _id(own, self.account_names, "account")
        target = _id(unit, self.unit_names, "unit")
        organizations = management.client("organizations")
        source = parent(organizations, number)
        if source == target:
            return Message(True, f"The account {number} is in {target} already.")
        organizations.move_account(AccountId=number, SourceParentId=source, DestinationParentId=target)
        before = self.may_pull
        self._read()
        call = f"organizations.move_account(AccountId={number!r}, SourceParentId={source!r}, "
        return Message(True, f"Moved with {call}DestinationParentId={target!r}). {self._changed(before)}".rstrip())

    def _changed(self, before: MayPull | None) -> str:
        if before is None or self.may_pull is None:
            return ""
        words = {True: "may pull now", False: "may not pull any more", None: "is not known to be able to pull"}
        changed = [f"{self.names.get(a, a)} {words[may]}" for a, may in self.may_pull.items() if before.get(a) != may]
        return f"{', '.join(changed).capitalize()}." if changed else "Who may pull is as before."

    def refresh(self) -> Message:
        """Reads the organization and who may pull again."""
        return self._settle(self._refreshed)

    def _refreshed(self) -> Message:
        self._read()
        return Message(True, "This is the organization as it is now.")

    def _settle(self, change: Callable[[], Message]) -> Message:
        try:
            self.message = change()
        except ERRORS as error:
            self.message = failure(error)
        self.chosen = tuple(each for each in self.chosen if each in self.grantable_ids)
        self._redraw()
        return self.message

    # Showing it

    @property
    def tree(self) -> Tree:
        """The tree to draw, with who may pull now and who would by the chosen units."""
        columns: dict[str, MayPull] = {} if self.may_pull is None else {NOW: self.may_pull}
        if self.policy is not None:
            columns[CHOSEN] = self._by_policy(self.organization, Policy.parse(self.policy))
        return Tree(self.organization, self.names, self.outside, columns)

    def text(self) -> str:
        """The tree, and below it the patterns of what is chosen."""
        about = [f"Who may pull from {self.repository}:"] if self.repository else []
        return "\n".join([*about, self.tree.text(), *self.patterns, repr(self.message)]).rstrip()

    def html(self) -> str:
        """The same as one element."""
        return framed(self.tree_html() + self.choice_html() + self.message.html())

    def tree_html(self) -> str:
        """The tree as a table, under the name of the repository."""
        about = f"<p>Who may pull from <b>{escape(self.repository)}</b></p>" if self.repository else ""
        return about + self.tree.html()

    def choice_html(self) -> str:
        """The patterns and the policy of what is chosen, to copy."""
        if self.policy is None:
            return ""
        patterns = "".join(f"<li><code>{escape(each)}</code></li>" for each in self.patterns)
        return f"<p>Granted by path:</p><ul>{patterns}</ul><pre>{escape(Document(self.policy).text)}</pre>"


class NoMap(View):
    """Stands for a map where nobody in the lab may read the organization; shows the reason."""

    def __init__(self, reason: str, draw: Draw) -> None:
        super().__init__(draw)
        self.reason = reason

    def text(self) -> str:
        """The reason, and what to do."""
        return f"There is no map: {self.reason} A management profile (notebook 00) may read it."

    def html(self) -> str:
        """The same."""
        return framed(f"<p>{escape(self.text())}</p>")


def suggested(names: Mapping[str, str]) -> list[str]:
    """What to suggest where one of these is asked for: each name with its id."""
    return [f"{name} ({each})" for each, name in names.items()]


def _id(text: str, names: Mapping[str, str], what: str) -> str:
    """The id that a text means: an id, a name, or both as suggested. Raises UsageError where it is not one of them."""
    shown = zip(names.items(), suggested(names), strict=True)
    found = [each for (each, name), both in shown if text.strip() in (each, name, both)]
    if not found:
        raise UsageError(f"The organization has no {what} {text!r}: write an id or a name of the map.")
    if len(found) > 1:
        raise UsageError(f"The organization has {what}s {' and '.join(found)} of the name {text!r}: write the id.")
    return found[0]


def _parsed(text: str | None) -> Policy | None:
    return Policy.parse(text) if text else None


def _elsewhere(lab: Lab, name: str) -> str:
    other = lab.organization_of(name)
    return f"in the organization {other}" if other else "in no organization"
