"""Identity providers that many customers share: a trust policy must say whose of their users it means.

GitHub signs the tokens of every repository of the world with the same keys, so a role that asks for the audience alone
is everybody's. IAM refuses such a policy when it is made or changed: one claim that tells customers apart must be
compared with something else than ``*``. It looks no closer: ``repo:*`` passes, which is everybody again.

Source: IAM User Guide, "Identity-provider controls for shared OIDC providers" (June 2025; the providers, and the claim
of each); the sentence, and what passes, as public logs have them (unfunco/terraform-aws-oidc-github #57 and others).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from labkit.check import answers
from labkit.check.actions import grants
from labkit.check.findings import Violation, quoted
from labkit.check.located import LocatedCondition, LocatedStatement

_GITHUB = "token.actions.githubusercontent.com"
_BY_SUBJECT = (
    "agent.buildkite.com",
    "app.terraform.io",
    "gitlab.com",
    "oidc.codefresh.io",
    "proidc.upbound.io",
    "scalr.io",
    "studio.datachain.ai/api",
    "tokens.cloud.shisho.dev",
    "vstoken.actions.githubusercontent.com",
)
_CLAIMS = {_GITHUB: ("sub", "job_workflow_ref"), **dict.fromkeys(_BY_SUBJECT, ("sub",))}
_OPERATORS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")
_ANY_REPOSITORY = re.compile(r"repo:[*?]")
_ENTRY = "sts:AssumeRoleWithWebIdentity"


def check(statement: LocatedStatement) -> Iterator[Violation]:
    """Findings about the shared identity providers that a statement of a trust policy lets in."""
    if statement.kind.name != "trust" or not statement.allows or not grants(statement, _ENTRY):
        return
    for each in statement.principals:
        host = each.text.partition(":oidc-provider/")[2]
        claims = _CLAIMS.get(_GITHUB if host.startswith(f"{_GITHUB}/") else host, ())
        if each.kind == "Federated" and claims:
            keys = tuple(f"{host}:{claim}" for claim in claims)
            yield from _controls(statement, each.text, each.pointer, keys)


def _controls(statement: LocatedStatement, provider: str, pointer: str, keys: tuple[str, ...]) -> Iterator[Violation]:
    known = {key.lower() for key in keys}
    asked = [each for each in statement.conditions if each.name in _OPERATORS and each.lower_key in known]
    if not any(map(_scoped, asked)):
        problem = f"Whoever has a token of {keys[0].rpartition(':')[0]} is let in, of whatever customer."
        instead = f'Add a condition that says whose: "StringLike": {{"{keys[0]}": "…"}}.'
        yield Violation("provider-of-everybody", pointer, problem, instead, answers.provider(provider, keys))
        return
    for value in (value for each in asked for value in each.values if _ANY_REPOSITORY.match(value.text)):
        problem = f"{quoted(value.text)} is any repository of GitHub, whoever owns it; IAM takes it nevertheless."
        yield Violation("any-repository", value.pointer, problem, "Write your own: repo:OWNER/REPOSITORY:….")


def _scoped(condition: LocatedCondition) -> bool:
    return bool(condition.values) and all(value.text.strip() not in ("", "*") for value in condition.values)
