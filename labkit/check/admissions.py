"""Who a repository policy leaves out: what a pull for a function still needs beside the statements that are there.

A pull has two parties. Lambda gets the image, as the service ``lambda.amazonaws.com``; across accounts the caller of
CreateFunction must be admitted too. The execution role pulls nothing.

Source: Lambda Developer Guide, Amazon ECR permissions; Amazon ECR cross-account permissions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labkit.check.actions import grants
from labkit.check.conditions.keys import is_callers
from labkit.check.findings import Violation
from labkit.check.located import LocatedCondition, LocatedStatement
from labkit.iam import action_table
from labkit.iam import arn as arns
from labkit.iam.action_table import SERVICE
from labkit.pull.policies import LAMBDA, PULL_ACTIONS

_BOTH = " and ".join(PULL_ACTIONS)
_STATEMENT = f'"Principal": {{"Service": "{LAMBDA}"}}'
_SOURCE_ACCOUNTS = ("aws:sourcearn", "aws:sourceaccount")
_SOURCE_ORGANIZATIONS = ("aws:sourceorgid", "aws:sourceorgpaths")


def check(statements: Sequence[LocatedStatement], registry: str = "") -> Iterator[Violation]:
    """Findings about a repository policy as a whole; ``registry`` is the repository's account, where it is known."""
    allowing = [each for each in statements if each.allows and each.kind.name == "ecr-repository"]
    pulling = [each for each in allowing if any(grants(each, action) for action in PULL_ACTIONS)]
    lambdas = [each for each in pulling if _admits_lambda(each)]
    if lambdas:
        yield from _half(lambdas)
        yield from _callers(lambdas, pulling, registry)
        yield from _functions(lambdas, pulling, registry)
    elif pulling:
        yield _lambda(pulling)


def _half(lambdas: Sequence[LocatedStatement]) -> Iterator[Violation]:
    missing = [action for action in PULL_ACTIONS if not any(grants(each, action) for each in lambdas)]
    if missing:
        problem = f"Lambda may not {missing[0]}, which every pull needs as well."
        yield Violation("half-a-pull", lambdas[-1].at("Action"), problem, f"Allow {_BOTH}.")


def _admits_lambda(statement: LocatedStatement) -> bool:
    if LAMBDA in statement.services or "NotPrincipal" in statement.raw:
        return True
    return statement.for_everyone and not _asks_for_caller(statement)


def _asks_for_caller(statement: LocatedStatement) -> list[LocatedCondition]:
    return [each for each in statement.conditions if each.requires and is_callers(action_table.key(each.key))]


def _lambda(pulling: Sequence[LocatedStatement]) -> Violation:
    problem = f"No statement admits Lambda ({LAMBDA}), which pulls a function's image itself."
    asked = [condition.key for each in pulling if each.for_everyone for condition in _asks_for_caller(each)]
    if asked:
        problem += f" The statement for everyone asks for {asked[0]}, which a service's request does not have."
    if any(":role/" in named.text for each in pulling for named in each.principals):
        problem += " A function's execution role pulls nothing, so naming it helps nothing."
    instead = f"For functions to use the image, add a statement with {_STATEMENT} for {_BOTH}."
    instead += " In the repository's own account Lambda adds it, if the caller may set the policy."
    return Violation("service-statement-missing", pulling[-1].at("Principal"), problem, instead)


def _callers(
    lambdas: Sequence[LocatedStatement], pulling: Sequence[LocatedStatement], registry: str
) -> Iterator[Violation]:
    sources = [each for statement in lambdas for each in statement.conditions if each.requires]
    named = {account for each in sources for account in _accounts_in(each)}
    organization = any(each.lower_key in _SOURCE_ORGANIZATIONS for each in sources)
    admitted = {account for statement in pulling for account in _callers_of(statement)}
    missing = sorted(named - admitted - {registry})
    if "*" in admitted or not (missing or (organization and not admitted)):
        return
    whose = f"of {', '.join(missing)}" if missing else "of the organization"
    condition = "" if registry or not missing else ", unless that is the repository's own account"
    problem = f"Lambda is admitted, callers {whose} are not: across accounts both must be{condition}."
    whom = f'{{"AWS": "{missing[0]}"}}' if missing else '"*" and a condition on aws:PrincipalOrgID'
    instead = f'Add a statement with "Principal": {whom} for {_BOTH}.'
    yield Violation("caller-statement-missing", lambdas[-1].at("Principal"), problem, instead)


def _functions(
    lambdas: Sequence[LocatedStatement], pulling: Sequence[LocatedStatement], registry: str
) -> Iterator[Violation]:
    """Callers whose functions Lambda may not pull for: where every statement for Lambda names accounts, not theirs."""
    accounts = [{account for each in statement.conditions for account in _only_for(each)} for statement in lambdas]
    named = {account for each in accounts for account in each}
    callers = [statement for statement in pulling if not _names_accounts(statement)]
    others = {account for statement in callers for account in _callers_of(statement)} - named - {registry, ""}
    if not others or not all(accounts):
        return
    whose = "other accounts" if "*" in others else ", ".join(sorted(others))
    problem = f"Callers of {whose} are admitted, Lambda only for functions of {', '.join(sorted(named))}."
    instead = (
        "Write whose functions they are into Lambda's statement: aws:SourceArn, aws:SourceOrgID, aws:SourceOrgPaths."
    )
    yield Violation("functions-left-out", lambdas[-1].at("Principal"), problem, instead)


def _only_for(condition: LocatedCondition) -> set[str]:
    """The accounts to which a condition limits the functions; empty where it may hold for others too."""
    found = list(_accounts_in(condition)) if condition.requires else []
    return set(found) if len(found) == len(condition.values) else set()


def _names_accounts(statement: LocatedStatement) -> bool:
    """Whether a statement for everyone says by a condition which accounts it means."""
    asked = {each.lower_key for each in statement.conditions if each.requires}
    return statement.for_everyone and not asked.isdisjoint({"aws:principalaccount", "aws:principalarn"})


def _accounts_in(condition: LocatedCondition) -> Iterator[str]:
    for value in condition.values if condition.lower_key in _SOURCE_ACCOUNTS else ():
        account = value.text if condition.lower_key == "aws:sourceaccount" else arns.account_of(value.text) or ""
        if account.isdigit():
            yield account


def _callers_of(statement: LocatedStatement) -> Iterator[str]:
    """The accounts whose callers a statement admits; ``*`` for all."""
    keys = (action_table.key(each.key) for each in statement.conditions if each.requires)
    if any(key and key.origin == SERVICE for key in keys):
        return
    if "NotPrincipal" in statement.raw:
        yield "*"
    for each in statement.principals:
        if each.kind == "AWS":
            yield each.text if each.text == "*" or each.text.isdigit() else arns.account_of(each.text) or ""
