"""Whether Lambda gets an image by a repository policy: asked of the engine that decides, for each account it is for.

Where the account of the functions is given, that one is asked; else all that the policy names, since it is for them;
else the repository's own. Of a repository whose account is not known nobody can say whether callers have to be let in
as well: then they are asked too, and it is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from labkit.check.findings import Violation
from labkit.check.located import LocatedStatement
from labkit.check.pulls import admissions
from labkit.check.pulls.probes import Asked, LambdaPull, ask, someone_else
from labkit.check.pulls.reasons import Reason, Refusal, reasons
from labkit.check.rules import ERROR
from labkit.iam import Policy
from labkit.iam.words.explain import allowed
from labkit.pull.organization import OUTSIDER

_SHOWN = 3
_EXPLAINED = 20  # refused accounts of which each is told why
# Which party lacks which actions by which rule and where: why the first account does, and the accounts that do.
_Found = dict[tuple[bool, str, str, str], tuple[Reason, list[str]]]


def check(policy: Policy | None, statements: Sequence[LocatedStatement], pull: LambdaPull) -> Iterator[Violation]:
    """An error for each party that does not get the image, and why; nothing where Lambda gets it.

    ``policy`` is None where the repository has none.
    """
    found: _Found = {}
    refused: list[str] = []
    self_made = not (pull.function_account or pull.registry_account or admissions.accounts_named(statements))
    for account in accounts(statements, pull):
        asked = ask(policy, statements, account, pull.registry_account or someone_else(account))
        if asked.refused:
            refused.append(account)
        if len(refused) <= _EXPLAINED:
            _collect(asked, statements, found)
        if not asked.refused and asked.place != OUTSIDER:
            yield _taken_as_given(asked, statements)
    for (is_lambda, actions, _, _), (why, named) in found.items():
        yield _violation(is_lambda, actions, why, "another account" if self_made else _listed(named), pull)
    if len(refused) > _EXPLAINED:
        yield _more(refused[_EXPLAINED:], next(iter(found.values()))[0])


def accounts(statements: Sequence[LocatedStatement], pull: LambdaPull) -> list[str]:
    """The accounts of whose functions is asked."""
    if pull.function_account:
        return [pull.function_account]
    named = sorted(admissions.accounts_named(statements) - {pull.registry_account})
    if named:
        return named
    return [pull.registry_account or someone_else("")]


def _collect(asked: Asked, statements: Sequence[LocatedStatement], found: _Found) -> None:
    for is_lambda, side in ((True, asked.service), (False, asked.caller)):
        refusal = Refusal(side, statements, asked.account, is_lambda)
        for each, actions in reasons(refusal).items():
            alike = (is_lambda, " and ".join(actions), each.rule, each.pointer)
            found.setdefault(alike, (each, []))[1].append(asked.account)


def _violation(is_lambda: bool, actions: str, why: Reason, whose: str, pull: LambdaPull) -> Violation:
    lead = f"Lambda {allowed(False)} {actions} for functions of {whose}"
    unless = ""
    if not is_lambda:
        lead = f"An administrator of {whose} who creates a function there {allowed(False)} {actions}"
        if not pull.registry_account:
            unless = " Only if the repository belongs to that account itself, Lambda alone is asked:"
            unless += " say so with --registry-account."
    problem = f"{lead}: {why.why}.{unless}" if actions else f"{why.why}."
    return Violation(why.rule, why.pointer, problem, why.instead, severity=ERROR)


def _more(accounts: Sequence[str], why: Reason) -> Violation:
    """That more accounts are refused than are explained one by one."""
    problem = f"Functions of {len(accounts)} more accounts that it names do not get the image: {_listed(accounts)}."
    return Violation(why.rule, why.pointer, problem, "Ask for one of them with --function-account.", severity=ERROR)


def _listed(accounts: Sequence[str]) -> str:
    shown, more = accounts[:_SHOWN], len(accounts) - _SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _taken_as_given(asked: Asked, statements: Sequence[LocatedStatement]) -> Violation:
    place = asked.place.paths[0] if asked.place.paths else asked.place.org_id
    problem = f"That {asked.account} stands in {place} is taken as given: only then is it let in."
    instead = f"Look it up: aws organizations list-parents --child-id {asked.account}."
    pointers: Iterable[str] = (each.pointer for each in statements)
    return Violation("organization-taken-as-given", next(iter(pointers), ""), problem, instead)
