"""Every repository against every account: what each can do, and what is not known of it.

The cost grows with the policies: accounts that no policy tells apart are asked about once (``labkit.pull.admission``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from labkit.diagnosis.audit.asked import Asked, asked_about, levels
from labkit.diagnosis.audit.estate import Estate, Repository
from labkit.diagnosis.facts import NotKnown
from labkit.errors import PolicyError
from labkit.iam import Policy
from labkit.iam.policies import Levels
from labkit.pull.admission import Admission, GuardedRepository, who_gets
from labkit.pull.organization import OUTSIDER, Membership
from labkit.pull.reach import NOTHING, Reach, RepositoryReach

REGISTRY_POLICY = "the registry policy"


class Verdict(NamedTuple):
    """What is known of one repository: ``reach`` and ``admission`` are None where its policy is not known.

    ``not_known`` says what could still change the answers, or why there are none.
    """

    repository: Repository
    reach: RepositoryReach | None
    admission: Admission[Reach] | None
    not_known: tuple[str, ...]


class Judged(NamedTuple):
    """All verdicts, whom was asked about, the registry's policy, and the group of each account in every admission."""

    asked: Asked
    verdicts: tuple[Verdict, ...]
    registry_policy: Policy | None
    group_of: Mapping[str, int]

    def reach_of(self, verdict: Verdict, account: str) -> Reach:
        """What an account that was asked about can do with a repository; nothing where that is not known."""
        admission = verdict.admission
        if admission is None or account not in self.group_of:
            return NOTHING
        return admission.named.get(account, admission.answers[self.group_of[account]])


def judge(estate: Estate, progress: Callable[[str], None] = lambda _detail: None) -> Judged:
    """Ask every repository about every account; ``progress`` is told how far it is."""
    registry = estate.registry
    repositories = () if isinstance(registry.repositories, NotKnown) else registry.repositories
    registry_policy, rcp = _compiled(registry.policy, REGISTRY_POLICY), _rcp(estate)
    common = tuple(_unread(each) for each in (registry_policy, rcp) if isinstance(each, NotKnown))
    guard, rails = _known(registry_policy), None if isinstance(rcp, NotKnown) else rcp
    compiled = [_compiled(each.policy, f"the repository policy of {each.name}") for each in repositories]
    policies = [policy for policy in (*compiled, guard) if isinstance(policy, Policy)]
    asked = asked_about(estate, [*policies, *(policy for level in rails or () for policy in level)])
    home = _home(estate)
    reaches: dict[str, RepositoryReach] = {}
    for repository, policy in zip(repositories, compiled, strict=True):
        if not isinstance(policy, NotKnown):
            place = GuardedRepository(registry.account, registry.region, repository.name, policy, rails, guard, home)
            reaches[repository.name] = RepositoryReach(place)
    answers = _answers(reaches, asked, progress)
    verdicts = [
        _verdict(each, policy, reaches.get(each.name), answers, common)
        for each, policy in zip(repositories, compiled, strict=True)
    ]
    groups = next(iter(answers.values())).groups if answers else ()
    group_of = {account: number for number, group in enumerate(groups) for account in group.accounts}
    return Judged(asked, tuple(verdicts), guard, group_of)


def _answers(
    reaches: Mapping[str, RepositoryReach], asked: Asked, progress: Callable[[str], None]
) -> dict[str, Admission[Reach]]:
    """The answers by repository. Those with the same policy have the same, unless a guard rail names repositories."""
    alike: dict[object, list[str]] = defaultdict(list)
    told_apart = _names_resources(next(iter(reaches.values()), None), asked)
    for name, reach in reaches.items():
        policy = reach.repository.policy
        alike[name if told_apart else policy and policy.source].append(name)
    places = [reaches[names[0]].repository for names in alike.values()]
    answers = who_gets(places, asked.everybody, lambda place: reaches[place.name], NOTHING)
    found: dict[str, Admission[Reach]] = {}
    for names, admission in zip(alike.values(), answers, strict=True):
        found |= {name: admission._replace(repository=reaches[name].repository) for name in names}
        progress(f"{len(found)} of {len(reaches)} repositories")
    return found


def _names_resources(reach: RepositoryReach | None, asked: Asked) -> bool:
    """Whether a policy that is not a repository's own says which repositories it is about."""
    if reach is None:
        return False
    levels = {id(each.scp): each.scp for each in asked.everybody if each.scp}
    rails = [policy for scp in (*levels.values(), reach.repository.rcp or ()) for level in scp for policy in level]
    rails += [reach.repository.registry] if reach.repository.registry else []
    resources = (each.resource for policy in rails for each in policy.statements if each.resource)
    return any(each.negated or set(each.wanted) != {"*"} for each in resources)


def _verdict(
    repository: Repository,
    policy: Policy | NotKnown | None,
    reach: RepositoryReach | None,
    answers: Mapping[str, Admission[Reach]],
    common: tuple[str, ...],
) -> Verdict:
    own = (_unread(policy),) if isinstance(policy, NotKnown) else ()
    return Verdict(repository, reach, answers.get(repository.name), (*own, *common))


def _compiled(text: str | NotKnown | None, name: str) -> Policy | NotKnown | None:
    """The policy; what does not parse is not known, since it is not what AWS has."""
    if text is None or isinstance(text, NotKnown):
        return text
    try:
        return Policy.parse(text, name)
    except PolicyError as error:
        return NotKnown(name, "read it again from ECR", str(error).rstrip("."))


def _known(policy: Policy | NotKnown | None) -> Policy | None:
    return None if isinstance(policy, NotKnown) else policy


def _unread(what: NotKnown) -> str:
    return f"{what.what} ({what.why})"


def _home(estate: Estate) -> Membership | None:
    """Where the registry's account stands; None where that is not known."""
    organization = estate.organization
    if organization is None:
        return OUTSIDER
    if isinstance(organization, NotKnown):
        return None
    members = () if isinstance(organization.members, NotKnown) else organization.members
    path = next((each.path for each in members if each.account == estate.registry.account), "")
    return Membership(organization.id, (path,) if path else ())


def _rcp(estate: Estate) -> Levels | NotKnown | None:
    """The resource control policies above the registry's account; they spare the management account."""
    organization, account = estate.organization, estate.registry.account
    if organization is None:
        return None
    if isinstance(organization, NotKnown):
        return NotKnown("the resource control policies of the registry's account", *organization[1:])
    if organization.management == account or organization.rcp is None or isinstance(organization.rcp, NotKnown):
        return organization.rcp if isinstance(organization.rcp, NotKnown) else None
    members = () if isinstance(organization.members, NotKnown) else organization.members
    member = next((each for each in members if each.account == account and each.path), None)
    if member is None:
        why = "where the account stands in its organization is not known"
        return NotKnown("the resource control policies of the registry's account", "read the management account", why)
    return levels(organization.rcp, member)
