"""Verdicts on the parties with what is known: what is not given is not known, and "none" is not "not given"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.diagnosis.case import Case
from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.facts import (
    BOUNDARY,
    IDENTITY_POLICY,
    RCP,
    REGISTRY_POLICY,
    REPOSITORY_POLICY,
    RESTORE,
    SCP,
    SESSION_POLICY,
    Document,
    Facts,
    Layer,
    NotKnown,
    Question,
    Repository,
)
from labkit.diagnosis.result import Party
from labkit.iam import Principal
from labkit.pull import policies
from labkit.pull.function import FunctionRef
from labkit.pull.organization import OUTSIDER, Membership

REGISTRY, WORKLOAD = "813835382529", "592444418872"
ORGANIZATION = "o-exampleorgid"
CALLER = Principal.aws(f"arn:aws:iam::{WORKLOAD}:role/Deployer")
OWNER = Principal.aws(f"arn:aws:iam::{REGISTRY}:role/Deployer")
ACROSS = policies.cross_account(WORKLOAD)
PULLS = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
DENY_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
FOR_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def document(kind: str, content: dict[str, Any] | None) -> Document | None:
    return None if content is None else Document(kind, REGISTRY, "lambda-test", json.dumps(content))


def allowing(*actions: str) -> Layer:
    content = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    return Layer((Document(IDENTITY_POLICY, WORKLOAD, "Deploy", json.dumps(content)),))


def facts(account: str, caller: Principal | None = None, operation: str = "create", **more: Any) -> Facts:
    image = f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/lambda-test:0.0.1"
    return Facts(Question(image, FunctionRef(account, "eu-central-1", "f"), operation, caller), **more)


def policy(content: dict[str, Any] | None) -> dict[str, Any]:
    return {"repository_policy": document(REPOSITORY_POLICY, content)}


ALL_OF_CALLER: dict[str, Any] = {"identity": allowing("*"), "boundary": None, "session": Layer(), "scp": None}
ALL_OF_OWNER: dict[str, Any] = {"registry_policy": None, "rcp": None}

ROWS = [
    ("nothing is given", facts(WORKLOAD), "unknown", ("unknown",), ("unknown",)),
    ("one account, Lambda is let in", facts(REGISTRY, **policy(policies.same_account())), "can", ("can", "likely"), ()),
    (
        "one account, and nothing else stands in the way",
        facts(REGISTRY, **policy(policies.same_account()), **ALL_OF_OWNER),
        "can",
        ("can", "certain"),
        (),
    ),
    ("one account, no policy, nobody is named", facts(REGISTRY, **policy(None)), "unknown", ("unknown",), ()),
    (
        "one account, no policy, and a caller who may set one",
        facts(REGISTRY, OWNER, **policy(None), **ALL_OF_OWNER, **ALL_OF_CALLER),
        "can",
        ("can", "certain"),
        (),
    ),
    (
        "one account, no policy, and a caller who may only read it",
        facts(REGISTRY, OWNER, **policy(None), identity=allowing("lambda:*", "ecr:GetRepositoryPolicy")),
        "cannot",
        ("cannot", "certain"),
        (),
    ),
    (
        "Lambda adds nothing when it restores a function",
        facts(REGISTRY, OWNER, RESTORE, **policy(None), **ALL_OF_OWNER, **ALL_OF_CALLER),
        "cannot",
        ("cannot", "certain"),
        ("not-asked",),
    ),
    (
        "across accounts, only callers are let in, and nobody is named",
        facts(WORKLOAD, **policy({**ACROSS, "Statement": ACROSS["Statement"][:1]})),
        "cannot",
        ("cannot", "certain"),
        ("unknown",),
    ),
    ("across accounts, no policy", facts(WORKLOAD, **policy(None)), "cannot", ("cannot",), ("cannot",)),
    (
        "across accounts, the caller's own policies are not given",
        facts(WORKLOAD, CALLER, **policy(ACROSS)),
        "unknown",
        ("can", "likely"),
        ("unknown",),
    ),
    (
        "across accounts, all is let in and all is known",
        facts(WORKLOAD, CALLER, **policy(ACROSS), **ALL_OF_OWNER, **ALL_OF_CALLER),
        "can",
        ("can", "certain"),
        ("can", "certain"),
    ),
    (
        "across accounts, the caller has no right on the image",
        facts(WORKLOAD, CALLER, **policy(ACROSS), identity=allowing("lambda:*")),
        "cannot",
        ("can", "likely"),
        ("cannot", "certain"),
    ),
    (
        "an organization that is not known",
        facts(WORKLOAD, CALLER, **policy(policies.organization(ORGANIZATION)), **ALL_OF_CALLER),
        "unknown",
        ("unknown",),
        ("unknown",),
    ),
    (
        "the right organization",
        facts(
            WORKLOAD,
            CALLER,
            **policy(policies.organization(ORGANIZATION)),
            **ALL_OF_CALLER,
            **ALL_OF_OWNER,
            membership=Membership(ORGANIZATION, (f"{ORGANIZATION}/r-ab12/",)),
        ),
        "can",
        ("can", "certain"),
        ("can", "certain"),
    ),
    (
        "no organization at all",
        facts(WORKLOAD, CALLER, **policy(policies.organization(ORGANIZATION)), **ALL_OF_CALLER, membership=OUTSIDER),
        "cannot",
        ("cannot", "certain"),
        ("cannot", "certain"),
    ),
    (
        "a service control policy denies",
        facts(
            WORKLOAD,
            CALLER,
            **policy(ACROSS),
            **{**ALL_OF_CALLER, "scp": (Layer((Document(SCP, "", "p-1", json.dumps(DENY_ALL)),)),)},
        ),
        "cannot",
        ("can", "likely"),
        ("cannot", "certain"),
    ),
    (
        "a level of service control policies is only partly known",
        facts(
            WORKLOAD,
            CALLER,
            **policy(ACROSS),
            **ALL_OF_OWNER,
            **{**ALL_OF_CALLER, "scp": (Layer((), (NotKnown("p-2", "the management account"),)),)},
        ),
        "can",
        ("can", "certain"),
        ("can", "likely"),
    ),
]


@pytest.mark.parametrize(("title", "given", "verdict", "of_lambda", "of_caller"), ROWS, ids=[row[0] for row in ROWS])
def test_the_verdict_is(
    title: str, given: Facts, verdict: str, of_lambda: tuple[str, ...], of_caller: tuple[str, ...]
) -> None:
    found = diagnose(given)
    assert found.verdict == verdict, found.sentence
    assert found.parties["lambda"][: len(of_lambda)] == of_lambda
    assert found.parties["caller"][: len(of_caller)] == of_caller
    assert found.sentence.endswith(".")


@pytest.mark.parametrize("kind", [REGISTRY_POLICY, RCP, BOUNDARY, SESSION_POLICY])
def test_a_document_that_is_no_json_leaves_its_party_undecided_at_most(kind: str) -> None:
    broken = Document(kind, REGISTRY, "broken", "{")
    fields = {REGISTRY_POLICY: "registry_policy", RCP: "rcp", BOUNDARY: "boundary", SESSION_POLICY: "session"}
    value: Any = {RCP: (Layer((broken,)),), SESSION_POLICY: Layer((broken,))}.get(kind, broken)
    given = facts(WORKLOAD, CALLER, **policy(ACROSS), identity=allowing("*")).having(**{fields[kind]: value})
    assert Case(given).decision is not None


def test_what_a_policy_asks_of_the_tags_of_a_repository_is_known_where_they_are() -> None:
    tagged = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": PULLS,
                "Condition": {"StringEquals": {"aws:ResourceTag/stage": "prod"}},
            }
        ],
    }
    unknown = facts(REGISTRY, **policy(tagged), **ALL_OF_OWNER)
    assert Case(unknown).parties["lambda"].verdict == "unknown"
    assert Case(unknown.having(repository=Repository(tags={"stage": "prod"}))).parties["lambda"] == Party("can")
    assert Case(unknown.having(repository=Repository(tags={}))).parties["lambda"].verdict != "can"


def test_what_is_not_known_begins_with_what_decides() -> None:
    told = diagnose(facts(WORKLOAD, CALLER, **policy(ACROSS))).not_known
    assert told[0].what == "the caller's identity policies"
    assert "--identity" in told[0].who_could_tell


def test_a_uri_that_names_no_repository_leaves_nothing_to_decide() -> None:
    question = Question("public.ecr.aws/lambda/python:3.12", FunctionRef(WORKLOAD, "eu-central-1", "f"))
    assert Case(Facts(question)).decision is None
