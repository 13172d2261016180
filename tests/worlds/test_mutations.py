"""Each of the article's policies with one thing changed: the verdict is what CreateFunction on the embedded AWS says.

The same mutations are held against the evaluation, many more of them, in `tests.diagnosis.causes.test_mutations`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.facts import Document
from labkit.diagnosis.result import CAN, CANNOT, UNKNOWN
from labkit.pull import policies
from labkit.worlds.catalogue import WORLDS
from tests.diagnosis.causes import given
from tests.diagnosis.causes.test_mutations import ARTICLE, all_of
from tests.worlds.examining import Examined

PLACES = {"across accounts": "well-across-accounts", "in one account": "well-for-one-account"}
NOT_DOCUMENTED = ("aws:SourceIp", "aws:PrincipalArn", "aws:PrincipalAccount")
"""Keys that Lambda's requests have with values that AWS does not document: a verdict may be open."""
EVERY = 23
"""Every twenty-third mutation is tried; which ones is another for each policy and place."""


@pytest.fixture(scope="module", params=PLACES)
def place(request, labs) -> Examined:
    """A healthy world, with the roles that mutations name; the function is not there yet."""
    examined = Examined(labs(), WORLDS[PLACES[request.param]])
    examined.stage.forget()
    for name in ("Deployer", "Other"):
        trust = json.dumps(policies.lambda_trust())
        examined.stage.client("workload", "iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    return examined


def of_lab(content: dict[str, Any], names: Mapping[str, str]) -> str:
    """The policy with the lab's organization, path and accounts in place of the samples'."""
    own = {
        given.PATH.removesuffix("/"): names["unit"],
        given.ORGANIZATION: names["organization"],
        given.OTHER: names["development"],
    }
    text = json.dumps(content)
    for sample, there in own.items():
        text = text.replace(sample, there)
    return text


def stored(place: Examined, text: str) -> str | None:
    """The policy as ECR has stored it; None where it does not take it."""
    ecr, where = place.stage.client("registry", "ecr"), place.stage.names["repository"]
    try:
        return str(ecr.set_repository_policy(repositoryName=where, policyText=text)["policyText"])
    except ecr.exceptions.InvalidParameterException:
        return None


@pytest.mark.parametrize("every", [EVERY, pytest.param(5, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ARTICLE)
def test_the_verdict_is_what_create_function_says(place, name, every):
    stage, facts, tried = place.stage, place.facts(place.answers), 0
    known = facts.repository_policy
    assert isinstance(known, Document)
    for content in all_of(ARTICLE[name])[list(ARTICLE).index(name) :: every]:
        text = stored(place, of_lab(content, stage.names))
        if text is None:
            continue
        found = diagnose(facts.having(repository_policy=known._replace(text=text)))
        refused, tried = stage.ask(), tried + 1
        stage.forget()
        wanted = {CANNOT if refused else CAN} | ({UNKNOWN} if any(key in text for key in NOT_DOCUMENTED) else set())
        assert found.verdict in wanted, f"{found.verdict}, and AWS says {refused or 'yes'}: {text}"
        assert bool(found.ids) == bool(refused) or found.verdict == UNKNOWN, f"{found.ids}: {text}"
    assert tried > 10
