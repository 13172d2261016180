"""AWS's own sentence for a denied request: of trust policies, of tokens, and with the ARN of the policy that denies."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.iam import Policies, Policy, Principal, Request, evaluate

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
SAID = f"User: {USER} is not authorized to perform: "
MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/no"
SCP = "arn:aws:organizations::999999999999:policy/o-a1b2c3d4e5/service_control_policy/p-12345678"


def policy(effect: str, arn: str = "", **members: Any) -> Policy:
    statement = {"Effect": effect, "Action": "*", **(members or {"Resource": "*"})}
    return Policy.parse({"Version": "2012-10-17", "Statement": statement}, "p", arn)


def denial(policies: Policies, action: str, resource: str, who: Principal | None = None, **context: Any) -> str | None:
    request = Request(who or Principal.aws(USER), action, resource, context=context)
    return evaluate(request, policies).denial


@pytest.mark.parametrize(
    ("action", "trust", "said"),
    [
        ("sts:AssumeRole", None, "sts:AssumeRole because no role trust policy allows the sts:AssumeRole action"),
        ("sts:AssumeRole", "Deny", "sts:AssumeRole with an explicit deny in the role trust policy"),
        ("sts:TagSession", None, f"sts:TagSession on resource: {ROLE}"),
        ("sts:SetSourceIdentity", None, f"sts:SetSourceIdentity on resource: {ROLE}"),
    ],
)
def test_what_a_trust_policy_refuses(action: str, trust: str | None, said: str) -> None:
    resource = policy(trust, Principal="*") if trust else None
    assert denial(Policies([policy("Allow")], resource), action, ROLE) == SAID + said


def test_what_the_callers_own_policies_refuse_has_the_resource_and_the_reason() -> None:
    allowed = Policies(resource=policy("Allow", Principal={"AWS": ACCOUNT}))
    why = "because no identity-based policy allows the sts:AssumeRole action"
    assert denial(allowed, "sts:AssumeRole", ROLE) == f"{SAID}sts:AssumeRole on resource: {ROLE} {why}"


def test_who_comes_with_a_token_is_told_no_more_than_the_action() -> None:
    who = Principal.federated(f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com")
    action = "sts:AssumeRoleWithWebIdentity"
    assert denial(Policies(), action, ROLE, who) == f"Not authorized to perform {action}"


DENIES = [
    ("identity", "an identity-based policy"),
    ("boundary", "a permissions boundary"),
    ("session", "a session policy"),
    ("scp", "a service control policy"),
    ("rcp", "a resource control policy"),
]


def denying(kind: str, arn: str) -> Policies:
    members = {"Principal": "*", "Resource": "*"} if kind == "rcp" else {"Resource": "*"}
    found = [policy("Allow", **members), policy("Deny", arn, **members)]
    shapes = {"boundary": found[1], "scp": [[found[0]], found], "rcp": [[found[0]], found]}
    return Policies(identity=[policy("Allow")])._replace(**{kind: shapes.get(kind, found)})


@pytest.mark.parametrize(("kind", "name"), DENIES)
def test_an_explicit_deny_ends_with_the_arn_of_its_policy(kind: str, name: str) -> None:
    arn = SCP if kind in ("scp", "rcp") else MANAGED
    context = {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}
    repository = f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/r"
    said = denial(denying(kind, arn), "ecr:ListImages", repository, **context)
    assert said is not None and said.endswith(f" with an explicit deny in {name}: {arn}")


def test_an_inline_policy_and_a_resource_policy_have_no_arn_to_tell() -> None:
    repository = f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/r"
    inline = denial(denying("identity", ""), "ecr:ListImages", repository)
    of_resource = Policies([policy("Allow")], policy("Deny", MANAGED, Principal="*"))
    said = denial(of_resource, "ecr:ListImages", repository)
    assert inline is not None and inline.endswith("in an identity-based policy")
    assert said is not None and said.endswith("in a resource-based policy")
