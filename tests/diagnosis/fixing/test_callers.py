"""What the caller's own call needs: its identity policies, the role that it passes, and that role's trust policy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.diagnosis import facts as f
from labkit.diagnosis.case import Case
from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.facts import Layer
from labkit.diagnosis.fixing import after, next_steps
from labkit.iam import Principal
from labkit.pull import policies
from tests.diagnosis.fixing.made import REGISTRY, WORKLOAD, callers, cause, document, facts, fixed

PULL = list(policies.PULL_ACTIONS)
REPOSITORY = f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/app"
ROLE = f"arn:aws:iam::{WORKLOAD}:role/Execution"


def identity(*actions: str, **more: Any) -> Layer:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    return Layer((document(f.IDENTITY_POLICY, WORKLOAD, "Own", policy, **more),))


OWN = {"kind": f.IDENTITY_POLICY, "account": WORKLOAD, "name": "Own"}
LACKING: dict[str, tuple[tuple[str, ...], str, Any, str]] = {
    "both actions": (("lambda:*", "iam:PassRole"), "caller-identity", PULL, REPOSITORY),
    "one action": (
        ("lambda:*", "iam:PassRole", PULL[0]),
        "half-of-the-actions",
        PULL[1],
        REPOSITORY,
    ),
    "creating": (
        ("iam:PassRole", *PULL),
        "create-function-denied",
        "lambda:CreateFunction",
        f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:f",
    ),
    "passing the role": (("lambda:*", *PULL), "pass-role", "iam:PassRole", ROLE),
}


@pytest.mark.parametrize(("actions", "identifier", "action", "resource"), LACKING.values(), ids=LACKING)
def test_the_caller_gets_an_inline_policy_for_what_it_lacks_and_no_more(
    actions: tuple[str, ...], identifier: str, action: Any, resource: str
):
    known = facts(policies.cross_account(WORKLOAD), identity=identity(*actions, stored=True))
    found = fixed(known, callers(identifier, 0 if identifier == "half-of-the-actions" else None, **OWN))
    (change,) = found.changes
    (statement,) = json.loads(change.after)["Statement"]
    assert change.inline
    assert change.before is None
    assert change.attached_to == f"arn:aws:iam::{WORKLOAD}:role/Deployer"
    assert (statement["Action"], statement["Resource"]) == (action, resource)
    assert found.proved
    assert not found.letter


@pytest.mark.parametrize("more", [{"inline": True, "stored": True}, {"stored": False}], ids=["inline", "given"])
def test_a_policy_that_is_nobody_elses_with_half_of_the_actions_gets_the_other(more: dict[str, bool]):
    known = facts(policies.cross_account(WORKLOAD), identity=identity("lambda:*", "iam:PassRole", PULL[0], **more))
    (change,) = fixed(known, callers("half-of-the-actions", 0, **OWN)).changes
    assert json.loads(change.after)["Statement"][0]["Action"] == ["lambda:*", "iam:PassRole", *PULL]


def test_several_rights_that_are_lacking_are_one_policy():
    known = facts(policies.cross_account(WORKLOAD), identity=identity("logs:*"))
    causes = [callers(each, **OWN) for each in ("create-function-denied", "pass-role", "caller-identity")]
    found = fixed(known, *causes)
    (change,) = found.changes
    assert len(json.loads(change.after)["Statement"]) == 3
    assert change.causes == ("create-function-denied", "pass-role", "caller-identity")
    assert found.proved


def test_a_session_is_mended_at_its_role():
    known = facts(policies.cross_account(WORKLOAD), identity=identity("lambda:*", "iam:PassRole"))
    who = Principal.aws(f"arn:aws:sts::{WORKLOAD}:assumed-role/Deployer/me")
    found = fixed(known.having(question=_by(known, who)), callers("caller-identity", **OWN))
    assert found.changes[0].attached_to == f"arn:aws:iam::{WORKLOAD}:role/Deployer"
    assert found.proved


def _by(known: f.Facts, who: Principal) -> f.Question:
    return f.Question(known.question.image, known.question.function, f.CREATE, who, known.question.execution_role)


def test_a_role_of_identity_center_is_changed_there():
    arn = f"arn:aws:iam::{WORKLOAD}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_1"
    known = facts(policies.cross_account(WORKLOAD), identity=identity("lambda:*", "iam:PassRole"))
    known = known.having(question=_by(known, Principal.aws(arn)))
    why = (callers("caller-identity", **OWN),)
    assert any("permission set" in each for each in next_steps(Case(known), why, fixed(known, *why)))


TRUST = document(f.TRUST_POLICY, WORKLOAD, ROLE, policies.account_trust(WORKLOAD))


def test_a_trust_policy_gets_a_statement_for_lambda_and_keeps_its_own():
    known = facts(policies.cross_account(WORKLOAD), trust=TRUST)
    found = fixed(known, cause("role-not-assumable", kind=f.TRUST_POLICY, account=WORKLOAD, name=ROLE))
    first, second = json.loads(found.changes[0].after)["Statement"]
    assert first == policies.account_trust(WORKLOAD)["Statement"][0]
    assert (second["Principal"], second["Action"]) == ({"Service": policies.LAMBDA}, "sts:AssumeRole")


def test_a_role_that_is_not_there_is_created():
    known = facts(policies.cross_account(WORKLOAD), trust=None)
    found = fixed(known, cause("role-not-assumable", kind=f.TRUST_POLICY, account=WORKLOAD, name=ROLE))
    (change,) = found.changes
    assert change.call is not None
    assert change.call[:2] == ("iam", "create-role")
    assert change.call[2]["RoleName"] == "Execution"


def test_in_one_account_there_is_a_fix_for_whoever_calls_where_nobody_is_known():
    known = facts(None, account=REGISTRY, identity=f.NOT_GIVEN["identity"])
    question = f.Question(known.question.image, known.question.function)
    found = diagnose(known.having(question=question))
    assert found.verdict == "unknown"
    assert found.fix is not None
    assert diagnose(after(known.having(question=question), found.fix.changes)).verdict == "can"
