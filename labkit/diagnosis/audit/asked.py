"""Whom an audit asks about: the accounts of the organization, those that the policies name, and nobody in particular.

Nobody in particular is a made-up account: a stranger in no organization, one in some other organization, one that
joins this organization tomorrow, and one of each other organization that the policies name. What these can do says
whether a repository is public, open to the organization, or to another one. Their numbers stand in no policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from labkit.diagnosis.audit.estate import Attached, Estate, Member, Organization
from labkit.diagnosis.facts import NotKnown
from labkit.iam import Policy
from labkit.iam.policies import Levels
from labkit.pull.admission import PullingAccount, account_numbers
from labkit.pull.organization import ORGANIZATION_ID, OUTSIDER, Membership

OF_ID = frozenset({"aws:principalorgid", "aws:sourceorgid"})
OF_PATHS = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths"})
_SOME_ORGANIZATION = "o-0000000000"
_LETTERS = re.compile(r"[*?]+")


@dataclass(frozen=True)
class Asked:
    """Accounts by what they are; made-up ones have numbers that stand in no policy.

    ``foreign`` are real accounts outside the organization, empty where it is not known what is outside.
    ``unplaced`` are real accounts of which it is not known whether they are in it. ``neighbours`` are made-up accounts
    of other organizations, by the organization's id.
    """

    members: Mapping[str, Member]
    own: tuple[PullingAccount, ...]
    foreign: tuple[PullingAccount, ...] = ()
    unplaced: tuple[PullingAccount, ...] = ()
    strangers: tuple[PullingAccount, ...] = ()
    joiner: PullingAccount | None = None
    neighbours: Mapping[str, PullingAccount] = field(default_factory=dict)

    @property
    def everybody(self) -> tuple[PullingAccount, ...]:
        """All that are asked about, the real ones first."""
        joiner = (self.joiner,) if self.joiner else ()
        return (*self.real, *self.strangers, *joiner, *self.neighbours.values())

    @property
    def real(self) -> tuple[PullingAccount, ...]:
        """The accounts that there are."""
        return (*self.own, *self.foreign, *self.unplaced)


def asked_about(estate: Estate, policies: Sequence[Policy]) -> Asked:
    """Whom to ask about; ``policies`` are all that have a say in the registry."""
    named = account_numbers(policies)
    home, organization = estate.registry.account, estate.organization
    members = _members(organization)
    others = tuple(sorted(named - members.keys() - {home}))
    made_up = _unused(named | members.keys() | {home})
    strangers = (
        PullingAccount(next(made_up), OUTSIDER),
        PullingAccount(next(made_up), Membership(_SOME_ORGANIZATION, (f"{_SOME_ORGANIZATION}/r-0000/",))),
    )
    if not isinstance(organization, Organization):
        unknown = OF_ID | OF_PATHS if isinstance(organization, NotKnown) else frozenset[str]()
        own, *unplaced = (PullingAccount(each, OUTSIDER, None, unknown) for each in (home, *others))
        return Asked({}, (own,), unplaced=tuple(unplaced), strangers=strangers)
    own_members = {home: Member(home)} | members
    ours = tuple(_placed(each, organization) for each in own_members.values())
    root = next((each.path for each in members.values() if each.path), "").split("/")[1:2]
    joiner = Membership(organization.id, (f"{organization.id}/{root[0] if root else 'r-0000'}/",))
    asked = Asked(
        members,
        ours,
        strangers=strangers,
        joiner=PullingAccount(next(made_up), joiner),
        neighbours=_neighbours(policies, organization.id, made_up),
    )
    if isinstance(organization.members, NotKnown):
        unplaced = [PullingAccount(each, OUTSIDER, None, OF_ID | OF_PATHS) for each in others]
        return replace(asked, unplaced=tuple(unplaced))
    return replace(asked, foreign=tuple(PullingAccount(each, OUTSIDER) for each in others))


def _members(organization: Organization | NotKnown | None) -> dict[str, Member]:
    if not isinstance(organization, Organization) or isinstance(organization.members, NotKnown):
        return {}
    return {each.account: each for each in organization.members}


def _placed(member: Member, organization: Organization) -> PullingAccount:
    paths = (member.path,) if member.path else ()
    unknown = frozenset[str]() if member.path else OF_PATHS
    return PullingAccount(member.account, Membership(organization.id, paths), _scp(member, organization), unknown)


def _scp(member: Member, organization: Organization) -> Levels | None:
    spared = not member.path or member.account == organization.management
    attached = organization.scp
    return None if spared or attached is None or isinstance(attached, NotKnown) else levels(attached, member)


def levels(attached: Attached, member: Member) -> Levels:
    """The policies above an account, a level each from the root to the account itself.

    A level always has a policy on AWS (FullAWSAccess if no other); one without is one that was not read.
    """
    steps = [*member.path.strip("/").split("/")[1:], member.account]
    return tuple(attached[step] for step in steps if attached.get(step))


def _neighbours(policies: Iterable[Policy], own: str, made_up: Iterator[str]) -> dict[str, PullingAccount]:
    """A made-up account for each other organization that conditions name, at the first place that they name in it."""
    places: dict[str, str] = {}
    for key, value in _values(policies):
        found = ORGANIZATION_ID.match(value)
        if found and found[0] != own and key in OF_ID | OF_PATHS:
            place = _LETTERS.sub("", value) if key in OF_PATHS else ""
            places[found[0]] = places.get(found[0]) or place
    placed = {each: Membership(each, (place or f"{each}/r-0000/",)) for each, place in places.items()}
    return {each: PullingAccount(next(made_up), place) for each, place in placed.items()}


def _values(policies: Iterable[Policy]) -> Iterator[tuple[str, str]]:
    for policy in policies:
        for statement in policy.statements:
            for condition in statement.conditions:
                yield from ((condition.lower_key, value) for value in condition.values)


def _unused(taken: Iterable[str]) -> Iterator[str]:
    known = frozenset(taken)
    return (number for number in (f"{each:012d}" for each in count(1)) if number not in known)
