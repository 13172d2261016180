"""The pull decision: who is asked, with which condition keys, and what must be allowed."""

from __future__ import annotations

import pytest

from labkit.errors import UsageError
from labkit.iam import CheckKind, Policies, Policy, Principal
from labkit.iam.rules.carried_keys import carried_by
from labkit.pull import policies
from labkit.pull.decision import PullDecision
from labkit.pull.organization import OUTSIDER, Membership
from labkit.pull.question import PullQuestion, caller_context, service_context
from labkit.pull.uri import ImageUri

REGISTRY, WORKLOAD = "813835382529", "592444418872"
ORG, PATH = "o-lambdaecrlab", "o-lambdaecrlab/r-lab1/ou-lab1-workloads/"
ADMIN = Policy.parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
LAMBDA_ONLY = Policy.parse(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}}
)


def ask(
    account: str,
    policy: dict | None,
    identity: Policy = ADMIN,
    membership: Membership = OUTSIDER,
    image: str = f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account:0.0.1",
) -> PullDecision:
    """The pull decision for an administrator (or another identity policy) of the account."""
    return PullQuestion(
        caller=Principal.aws(f"arn:aws:sts::{account}:assumed-role/Caller/Test"),
        caller_policies=Policies(identity=[identity]),
        caller_context=membership.context("Principal"),
        function_arn=f"arn:aws:lambda:eu-central-1:{account}:function:test",
        image=ImageUri.parse(image),
        repository_policy=Policy.parse(policy) if policy else None,
        membership=membership,
    ).decide()


def test_in_one_account_lambda_needs_the_repository_policy_and_the_caller_needs_nothing():
    decision = ask(REGISTRY, policies.same_account(), identity=LAMBDA_ONLY)
    assert decision.allowed
    assert decision.caller == ()


def test_in_one_account_a_powerful_caller_does_not_stand_in_for_lambda():
    decision = ask(REGISTRY, None)
    assert not decision.allowed
    assert [d.request.action for d in decision.denied] == ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def test_across_accounts_both_statements_together_admit_an_administrator():
    assert ask(WORKLOAD, policies.cross_account(WORKLOAD)).allowed


@pytest.mark.parametrize("kept", [0, 1])
def test_across_accounts_one_of_the_two_statements_is_not_enough(kept):
    policy = policies.cross_account(WORKLOAD)
    policy["Statement"] = [policy["Statement"][kept]]
    decision = ask(WORKLOAD, policy)
    assert not decision.allowed
    assert all(d.allowed for d in (decision.caller, decision.service)[kept])


def test_across_accounts_the_callers_identity_policy_must_allow_too():
    decision = ask(WORKLOAD, policies.cross_account(WORKLOAD), identity=LAMBDA_ONLY)
    assert all(d.allowed for d in decision.service)
    assert decision.denied[0].denial == (
        f"User: arn:aws:sts::{WORKLOAD}:assumed-role/Caller/Test is not authorized to perform: ecr:BatchGetImage on "
        f"resource: arn:aws:ecr:eu-central-1:{REGISTRY}:repository/lambda-same-account because no identity-based "
        "policy allows the ecr:BatchGetImage action"
    )


def test_an_account_that_the_grant_does_not_name_is_refused_on_both_sides():
    decision = ask("444455556666", policies.cross_account(WORKLOAD))
    assert not any(d.allowed for d in (*decision.caller, *decision.service))


def test_an_organization_grant_admits_its_members_and_nobody_else():
    policy = policies.organization(ORG)
    assert ask(WORKLOAD, policy, membership=Membership(ORG, (PATH,))).allowed
    assert not ask(WORKLOAD, policy, membership=Membership("o-neighbourorg", ("o-neighbourorg/r-nbr1/",))).allowed
    assert not ask(WORKLOAD, policy, membership=OUTSIDER).allowed


def test_adding_the_id_of_a_second_organization_admits_it():
    neighbour = Membership("o-neighbourorg", ("o-neighbourorg/r-nbr1/",))
    assert ask(WORKLOAD, policies.organization(ORG, "o-neighbourorg"), membership=neighbour).allowed


def test_a_path_grant_admits_the_unit_itself_and_what_is_below_it_but_no_sibling():
    policy = policies.organization_paths(f"{PATH}*")
    assert ask(WORKLOAD, policy, membership=Membership(ORG, (PATH,))).allowed
    assert ask(WORKLOAD, policy, membership=Membership(ORG, (f"{PATH}ou-lab1-production/",))).allowed
    sibling = Membership(ORG, ("o-lambdaecrlab/r-lab1/ou-lab1-workloads2/",))
    assert not ask(WORKLOAD, policy, membership=sibling).allowed


def test_several_paths_in_one_policy_admit_each_of_them():
    policy = policies.organization_paths("o-lambdaecrlab/r-lab1/ou-lab1-elsewhere/*", f"{PATH}*")
    assert ask(WORKLOAD, policy, membership=Membership(ORG, (PATH,))).allowed


def test_lambda_carries_the_source_keys_and_none_of_the_callers():
    keys = service_context(f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:f", Membership(ORG, (PATH,)))
    assert keys["aws:SourceAccount"] == WORKLOAD
    assert keys["aws:SourceOrgID"] == ORG
    assert keys["aws:SourceOrgPaths"] == (PATH,)
    assert not any(key.startswith("aws:PrincipalOrg") for key in keys)


def test_a_function_of_an_account_in_no_organization_carries_no_organization_keys():
    keys = service_context(f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:f", OUTSIDER)
    assert not any("Org" in key for key in keys)


def test_the_explanation_names_the_account_that_the_policy_wants():
    decision = ask("444455556666", policies.cross_account(WORKLOAD))
    text = "\n".join(decision.sentences())
    assert f"the account in aws:SourceArn is 444455556666, the pattern wants {WORKLOAD}" in text


@pytest.mark.parametrize(
    "arn",
    [
        "test",
        f"arn:aws:lambda:eu-central-1:{WORKLOAD}",
        f"arn:aws:iam::{WORKLOAD}:role/test",
        "arn:aws:lambda:eu-central-1::function:test",
    ],
)
def test_a_function_arn_that_is_none_is_bad_input(arn):
    with pytest.raises(UsageError, match="not the ARN of a function"):
        PullQuestion(
            caller=Principal.aws(WORKLOAD),
            caller_policies=Policies(),
            caller_context={},
            function_arn=arn,
            image=ImageUri(REGISTRY, "eu-central-1", "app", "1"),
            repository_policy=None,
            membership=OUTSIDER,
        ).decide()


@pytest.mark.parametrize(
    ("arn", "principal"),
    [
        (f"arn:aws:sts::{WORKLOAD}:assumed-role/Caller/Test", f"arn:aws:iam::{WORKLOAD}:role/Caller"),
        (f"arn:aws:iam::{WORKLOAD}:user/Caller", f"arn:aws:iam::{WORKLOAD}:user/Caller"),
        (f"arn:aws:sts::{WORKLOAD}:federated-user/Somebody", f"arn:aws:sts::{WORKLOAD}:federated-user/Somebody"),
    ],
)
def test_a_caller_carries_who_it_is_and_where_its_account_stands(arn, principal):
    assert caller_context(Principal.aws(arn), Membership(ORG, (PATH,))) == {
        **carried_by(Principal.aws(arn)),
        "aws:PrincipalOrgID": ORG,
        "aws:PrincipalOrgPaths": (PATH,),
    }
    assert carried_by(Principal.aws(arn))["aws:PrincipalArn"] == principal


REGISTRY_POLICY = Policy.parse(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "RegistryAdmits",
                "Effect": "Allow",
                "Principal": {"AWS": WORKLOAD, "Service": policies.LAMBDA},
                "Action": list(policies.PULL_ACTIONS),
                "Resource": f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/*",
            }
        ],
    },
    "registry policy",
)


def question(**more: object) -> PullQuestion:
    """An administrator of the workload account asks about a repository without a policy of its own."""
    return PullQuestion(
        caller=Principal.aws(f"arn:aws:iam::{WORKLOAD}:role/Caller"),
        caller_policies=Policies(identity=[ADMIN]),
        caller_context={},
        function_arn=f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:test",
        image=ImageUri(REGISTRY, "eu-central-1", "app", "1"),
        repository_policy=None,
        membership=OUTSIDER,
    ).having(**more)


def test_the_registrys_policy_counts_for_lambda_and_for_the_caller():
    assert not question().decide().allowed
    decision = question(registry_policy=REGISTRY_POLICY).decide()
    assert decision.allowed
    assert [decision.check(CheckKind.RESOURCE).effect.value for decision in (*decision.caller, *decision.service)] == [
        "ALLOW"
    ] * 4


def test_the_policy_of_the_endpoint_that_the_caller_goes_through_has_no_say_in_the_pull():
    nothing = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"},
        }
    )
    through = Policies(identity=[ADMIN], vpc_endpoint=nothing)
    assert question(registry_policy=REGISTRY_POLICY, caller_policies=through).decide().allowed
