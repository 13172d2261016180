"""What an audit reads of live accounts, as answers: of the registry, of the organization, of who has functions.

Only Describe…, Get… and List… calls. A call that is refused is an answer too, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from labkit.aws.sessions import open_session
from labkit.diagnosis.evidence.answers import Answer
from labkit.remedy.asking import Asker, Call, ask, ask_all, asker, unnamed_asker

_OF_REPOSITORIES = ("get-repository-policy", "get-lifecycle-policy", "describe-images")
_UNITS = "list-organizational-units-for-parent"
_FILTERS = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
Progress = Callable[[str], None]


class Accounts(NamedTuple):
    """Who is asked: the registry's account, the management account if there is a profile, accounts with functions."""

    registry: Asker
    management: Asker | None = None
    workloads: tuple[Asker, ...] = ()


def open_accounts(
    registry: str, management: str | None, workloads: Sequence[str], region: str | None = None
) -> Accounts:
    """The accounts of these profiles.

    Raises UsageError for a profile that does not exist, and for a registry's that has no region or no credentials that
    AWS takes. The others are asked all the same, and what they are refused becomes what is not known.
    """
    home = asker(registry, region)
    others = [_opened(each, region or home.region) for each in workloads]
    return Accounts(home, _opened(management, region or home.region) if management else None, tuple(others))


def _opened(profile: str, region: str) -> Asker:
    """Whoever a profile is; the account is empty where AWS does not say."""
    who = unnamed_asker(open_session(profile, region))
    told = ask(who, Call("sts", "get-caller-identity")).answer or {}
    return who._replace(account=str(told.get("Account", "")))


def collect(accounts: Accounts, progress: Progress = lambda _detail: None) -> Iterator[Answer]:
    """All answers that an audit is made of; ``progress`` is told what is being read."""
    yield from _registry(accounts.registry, progress)
    yield from _organization(accounts.management or accounts.registry, progress)
    named = {each.account: each for each in (*accounts.workloads, accounts.registry) if each.account}
    for each in (*named.values(), *(each for each in accounts.workloads if not each.account)):
        yield from _functions(each, progress)


def _registry(who: Asker, progress: Progress) -> Iterator[Answer]:
    registry = {"registryId": who.account}
    progress("the registry")
    yield ask(who, Call("ecr", "get-registry-policy"))
    listed = ask(who, Call("ecr", "describe-repositories", registry))
    yield listed
    names = _texts(listed, "repositories", "repositoryName")
    calls = [Call("ecr", op, {"repositoryName": name, **registry}) for name in names for op in _OF_REPOSITORIES]
    yield from _told(who, calls, "answers about repositories", progress)


def _organization(who: Asker, progress: Progress) -> Iterator[Answer]:
    progress("the organization")
    about = ask(who, Call("organizations", "describe-organization"))
    yield about
    if about.answer is None:
        return
    roots = ask(who, Call("organizations", "list-roots"))
    yield roots
    accounts = ask(who, Call("organizations", "list-accounts"))
    yield accounts
    # The answer tells where each account stands since 2026; an older endpoint is asked unit by unit.
    placed = all(each.get("Paths") for each in _objects(accounts, "Accounts"))
    operations = (_UNITS,) if placed else (_UNITS, "list-accounts-for-parent")
    yield from _units(who, _texts(roots, "Roots", "Id"), operations)
    yield from _policies(who, progress)


def _units(who: Asker, parents: Sequence[str], operations: Sequence[str]) -> Iterator[Answer]:
    """What stands below each unit, level by level."""
    while parents:
        calls = [Call("organizations", each, {"ParentId": parent}) for parent in parents for each in operations]
        answers = list(ask_all(who, calls))
        yield from answers
        parents = [unit for each in answers for unit in _texts(each, "OrganizationalUnits", "Id")]


def _policies(who: Asker, progress: Progress) -> Iterator[Answer]:
    progress("service and resource control policies")
    lists = [ask(who, Call("organizations", "list-policies", {"Filter": kind})) for kind in _FILTERS]
    yield from lists
    names = [policy for each in lists for policy in _texts(each, "Policies", "Id")]
    about = [
        Call("organizations", operation, {"PolicyId": name})
        for name in names
        for operation in ("describe-policy", "list-targets-for-policy")
    ]
    yield from _told(who, about, "answers about policies", progress)


def _functions(who: Asker, progress: Progress) -> Iterator[Answer]:
    progress(f"the functions of {who.account}")
    listed = ask(who, Call("lambda", "list-functions", {"FunctionVersion": "ALL"}))
    yield listed
    functions = [each for each in _objects(listed, "Functions") if each.get("PackageType") == "Image"]
    calls = [Call("lambda", "get-function", {"FunctionName": str(each.get("FunctionArn"))}) for each in functions]
    yield from _told(who, calls, f"functions of {who.account}", progress)


def _told(who: Asker, calls: Sequence[Call], what: str, progress: Progress) -> Iterator[Answer]:
    for number, answer in enumerate(ask_all(who, calls), 1):
        progress(f"{number} of {len(calls)} {what}")
        yield answer


def _objects(answer: Answer, member: str) -> Iterable[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = (answer.answer or {}).get(member) or []
    return found


def _texts(answer: Answer, member: str, name: str) -> list[str]:
    return [str(each[name]) for each in _objects(answer, member)]
