"""Facts and causes for tests of fixes: a pull across accounts, or in one, of which everything else is in order."""

from __future__ import annotations

import json
from typing import Any

from labkit.diagnosis import facts as f
from labkit.diagnosis.case import Case
from labkit.diagnosis.facts import Document, Facts, Layer, Question
from labkit.diagnosis.fixing import fix
from labkit.diagnosis.result import CALLER_SIDE, CERTAIN, LAMBDA_SIDE, Cause, Fix, Where
from labkit.iam import Principal
from labkit.pull import policies
from labkit.pull.function import FunctionRef
from labkit.pull.organization import OUTSIDER, Membership

REGISTRY, WORKLOAD, STRANGER = "813835382529", "592444418872", "111122223333"
REGION, REPOSITORY = "eu-central-1", "app"
URI = f"{REGISTRY}.dkr.ecr.{REGION}.amazonaws.com/{REPOSITORY}:1"
ORGANIZATION = "o-exampleorgid"
UNIT = f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/"
MEMBER = Membership(ORGANIZATION, (UNIT,))
FUNCTIONS = f"arn:aws:lambda:*:{WORKLOAD}:function:*"
ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def caller(account: str = WORKLOAD) -> Principal:
    """The role that creates the function."""
    return Principal.aws(f"arn:aws:iam::{account}:role/Deployer")


def document(kind: str, account: str, name: str, data: Any, **more: Any) -> Document:
    """A document of this content, laid out with two spaces; a text is taken as it is."""
    text = data if isinstance(data, str) else json.dumps(data, indent=2)
    return Document(kind, account, name, text, **more)


def facts(policy: Any, *, account: str = WORKLOAD, image: str = URI, operation: str = f.CREATE, **more: Any) -> Facts:
    """A pull by a function of ``account``, whose repository has this policy (None: none)."""
    role = f"arn:aws:iam::{account}:role/Execution"
    question = Question(image, FunctionRef(account, REGION, "f"), operation, caller(account), role)
    found = {
        "repository_policy": None if policy is None else document(f.REPOSITORY_POLICY, REGISTRY, REPOSITORY, policy),
        **dict.fromkeys(("registry_policy", "rcp", "boundary", "scp", "vpc_endpoint")),
        "identity": Layer((document(f.IDENTITY_POLICY, account, "Admin", ADMIN),)),
        "session": Layer(),
        "membership": OUTSIDER,
        "repository_membership": OUTSIDER,
        "trust": document(f.TRUST_POLICY, account, role, policies.lambda_trust()),
    }
    return Facts(question, **{**found, **more})


def cause(
    identifier: str,
    party: str = LAMBDA_SIDE,
    statement: int | None = None,
    kind: str = f.REPOSITORY_POLICY,
    account: str = REGISTRY,
    name: str = REPOSITORY,
) -> Cause:
    """A cause of this id that lies there."""
    where = Where(account, kind, name)
    return Cause(identifier, CERTAIN, "pull", f"It is {identifier}.", where, party=party, statement=statement)


def callers(identifier: str, statement: int | None = None, **where: Any) -> Cause:
    """A cause that bars the caller's way."""
    return cause(identifier, CALLER_SIDE, statement, **where)


def fixed(known: Facts, *causes: Cause) -> Fix:
    """The fix, which there must be."""
    found = fix(Case(known), causes)
    assert found is not None
    return found


def opened(found: Fix) -> set[str]:
    """What the fix opens that nobody asked for."""
    return {each.probe for each in found.opens if each.after and not each.before and not each.asked_for}
