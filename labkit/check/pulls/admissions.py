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
from labkit.iam.words.advice import advice, sentence
from labkit.iam.words.explain import allowed
from labkit.pull.policies import LAMBDA, PULL_ACTIONS

_SOURCE_ACCOUNTS = ("aws:sourcearn", "aws:sourceaccount")
_SOURCE_ORGANIZATIONS = ("aws:sourceorgid", "aws:sourceorgpaths")


RULES = frozenset(
    {
        "service-statement-missing",
        "caller-statement-missing",
        "half-of-the-actions",
        "functions-left-out",
        "wrong-service-principal",
        "execution-role-granted",
    }
)
"""The rules of this module, which say of a policy as it stands what `asked` says of a certain pull."""


def check(statements: Sequence[LocatedStatement], registry: str = "") -> Iterator[Violation]:
    """Findings about a repository policy as a whole; ``registry`` is the repository's account, where it is known."""
    named = pulling(statements)
    lambdas = [each for each in named if _admits_lambda(each)]
    if lambdas:
        yield from _half("Lambda", lambdas)
        yield from _callers(lambdas, named, registry)
        yield from _functions(lambdas, named, registry)
    elif named:
        yield from other_services(named)
        yield no_statement(named)
        yield from execution_roles(named)
    yield from _half_of_callers(named)


def pulling(statements: Sequence[LocatedStatement]) -> list[LocatedStatement]:
    """The statements of a repository policy that allow an action of a pull, to whomever."""
    allowing = [each for each in statements if each.allows and each.kind.name == "ecr-repository"]
    return [each for each in allowing if any(grants(each, action) for action in PULL_ACTIONS)]


def _half(who: str, statements: Sequence[LocatedStatement]) -> Iterator[Violation]:
    missing = [action for action in PULL_ACTIONS if not any(grants(each, action) for each in statements)]
    if missing:
        problem = f"{who} {allowed(False)} {missing[0]}, which every pull needs as well."
        instead = sentence(advice("half-of-the-actions"))
        yield Violation("half-of-the-actions", statements[-1].at("Action"), problem, instead)


def _half_of_callers(statements: Sequence[LocatedStatement]) -> Iterator[Violation]:
    """Callers who are allowed one action and not the other, account by account."""
    callers = [(account, each) for each in statements for account in _callers_of(each) if account]
    for account in dict.fromkeys(account for account, _ in callers):
        own = [each for named, each in callers if named in (account, "*")]
        yield from _half("Whoever is named" if account == "*" else f"The principal of {account}", own)


def _admits_lambda(statement: LocatedStatement) -> bool:
    if LAMBDA in statement.services or "NotPrincipal" in statement.raw:
        return True
    return statement.for_everyone and not _asks_for_caller(statement)


def _asks_for_caller(statement: LocatedStatement) -> list[LocatedCondition]:
    return [each for each in statement.conditions if each.requires and is_callers(action_table.key(each.key))]


def no_statement(pulling: Sequence[LocatedStatement]) -> Violation:
    """The finding that nothing admits Lambda; ``pulling`` are the statements that admit others, maybe none."""
    problem = f"No statement admits Lambda ({LAMBDA}), which pulls a function's image itself"
    asked = [condition.key for each in pulling if each.for_everyone for condition in _asks_for_caller(each)]
    if asked:
        problem += f"; the statement for everyone asks for {asked[0]}, which a service's request does not have"
    instead = sentence(f"for functions to use the image, {advice('service-statement-missing')}")
    instead += " In the repository's own account Lambda adds it, if the caller may set the policy."
    at = pulling[-1].at("Principal") if pulling else ""
    return Violation("service-statement-missing", at, f"{problem}.", instead)


def other_services(pulling: Sequence[LocatedStatement]) -> Iterator[Violation]:
    """Services that are named for a pull, where Lambda is not."""
    named = [each for statement in pulling for each in statement.principals if each.kind == "Service"]
    if not any(each.text == LAMBDA for each in named):
        for each in named:
            problem = f"{each.text} is let in, which is not the Lambda that pulls for functions ({LAMBDA})."
            instead = sentence(advice("wrong-service-principal", service=each.text))
            yield Violation("wrong-service-principal", each.pointer, problem, instead)


def execution_roles(pulling: Sequence[LocatedStatement]) -> Iterator[Violation]:
    """Roles that are named for a pull, as if they pulled."""
    for each in (named for statement in pulling for named in statement.principals if ":role/" in named.text):
        problem = f"A function's execution role pulls nothing: if {each.text} is one, naming it helps nothing."
        instead = sentence(advice("execution-role-granted", role=each.text))
        yield Violation("execution-role-granted", each.pointer, problem, instead)


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
    clause = (
        advice("caller-statement-missing", account=f"arn:aws:iam::{missing[0]}:root")
        if missing
        else advice("organization-callers-missing")
    )
    yield Violation("caller-statement-missing", lambdas[-1].at("Principal"), problem, sentence(clause))


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
    instead = sentence(advice("functions-left-out"))
    yield Violation("functions-left-out", lambdas[-1].at("Principal"), problem, instead)


def _only_for(condition: LocatedCondition) -> set[str]:
    """The accounts to which a condition limits the functions; empty where it may hold for others too."""
    found = list(_accounts_in(condition)) if condition.requires else []
    return set(found) if len(found) == len(condition.values) else set()


def _names_accounts(statement: LocatedStatement) -> bool:
    """Whether a statement for everyone says by a condition which accounts it means."""
    asked = {each.lower_key for each in statement.conditions if each.requires}
    return statement.for_everyone and not asked.isdisjoint({"aws:principalaccount", "aws:principalarn"})


def accounts_named(statements: Sequence[LocatedStatement]) -> set[str]:
    """The accounts for whose functions, or for whose callers, a repository policy allows a pull."""
    named = pulling(statements)
    conditions = [each for statement in named for each in statement.conditions if not each.negated]
    found = {account for each in conditions for account in _accounts_in(each)}
    found |= {account for statement in named for account in _callers_of(statement)}
    return found - {"", "*"}


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
