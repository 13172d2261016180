"""The breaks of notebook 08: each refuses whom it should, is not solved while broken, and is solved when repaired."""

from __future__ import annotations

import json

import pytest

from labkit import exercises
from labkit.aws import functions, repositories, scps
from labkit.errors import UsageError
from labkit.exercises.n08_break_it_yourself.mistakes import FUNCTION, MISTAKES, REPOSITORY
from labkit.pull import policies
from labkit.scenarios import clean_up, made, named, prepare, reset
from tests.exercises.writing import LAMBDA, PULL, allow, document

REFUSED = {
    "wildcard": "Lambda",
    "wrong-account": "both",
    "principal-org-id": "Lambda",
    "path-without-end": "both",
    "one-statement": "the caller",
    "execution-role": "both",
    "explicit-deny": "Lambda",
}


def repair_of(lab, name):
    return {
        "principal-org-id": policies.organization(lab.organization_id),
        "explicit-deny": policies.organization(lab.organization_id),
        "path-without-end": policies.organization_paths(lab.organization_path),
    }.get(name, policies.cross_account(lab.workload.account))


@pytest.fixture(scope="module")
def ready(lab):
    prepare(lab, "cross-account")
    return lab


def put(lab, document):
    repositories.set_policy(lab.registry.client("ecr"), REPOSITORY, document)


def explain(lab):
    return lab.explain(lab.workload.session, FUNCTION, REPOSITORY)


def test_every_break_has_its_expectation_here():
    assert set(REFUSED) == set(MISTAKES)


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_policy_is_stored_by_ecr_refuses_whom_it_should_and_is_not_solved(ready, name):
    put(ready, exercises.broken(ready, name))
    assert exercises.predicted("", explain(ready)) == f"Refused: {REFUSED[name]}. You made no prediction."
    verdict = exercises.repaired(ready, name)
    assert not verdict.solved
    assert verdict.held < verdict.cases - 1


@pytest.mark.parametrize("name", REFUSED)
def test_a_repaired_policy_is_solved_by_a_function_that_runs_and_is_gone_afterwards(ready, name):
    put(ready, repair_of(ready, name))
    verdict = exercises.repaired(ready, name)
    assert verdict.solved, verdict
    assert "Hello from AWS Lambda" in verdict.reason
    assert functions.find(ready.workload.client("lambda"), FUNCTION) is None


def test_a_policy_that_lets_in_too_many_is_not_solved_and_no_function_is_tried(ready):
    put(ready, policies.organization(ready.organization_id))
    verdict = exercises.repaired(ready, "wrong-account")
    assert (verdict.held, verdict.cases) == (3, 6)
    assert "It must refuse functions of 210987654321" in verdict.reason


def test_only_the_unit_itself_is_not_what_a_path_with_its_end_admits(ready):
    put(ready, policies.organization_paths(ready.organization_path.rstrip("*")))
    assert "below000" in exercises.repaired(ready, "path-without-end").reason


def test_what_aws_refuses_in_the_end_is_the_reason(ready):
    put(ready, repair_of(ready, "wildcard"))
    organizations = ready.actor("management").client("organizations")
    attached(ready, organizations, exercises.narrowed_scp("999999999999"))
    verdict = exercises.repaired(ready, "wildcard")
    reset(ready, named("cross-account"))
    assert (verdict.held, verdict.cases) == (5, 6)
    assert "Lambda does not have permission to access the ECR image" in verdict.reason


def test_an_unknown_break_is_refused_with_the_names_of_the_known(ready):
    with pytest.raises(UsageError, match=r"There is no break 'x'\. There are wildcard, "):
        exercises.repaired(ready, "x")


def test_a_prediction_is_compared(ready):
    put(ready, exercises.broken(ready, "one-statement"))
    decision = explain(ready)
    assert exercises.predicted("the caller", decision).endswith("You predicted the caller, and so it is.")
    assert exercises.predicted(" LAMBDA ", decision).endswith("You predicted Lambda.")
    put(ready, repair_of(ready, "one-statement"))
    assert exercises.predicted("", explain(ready)).startswith("Refused: nobody.")


@pytest.mark.parametrize("prediction", ["x", "caller", " ", "Lambda.", None, 3, ["both"]])
def test_a_prediction_that_is_none_is_told_what_there_is_to_predict(ready, prediction):
    put(ready, exercises.broken(ready, "one-statement"))
    said = exercises.predicted(prediction, explain(ready))
    assert said == "Write one of: the caller, Lambda, both, nobody."


def half(lab, name, policy):
    """The verdict on a policy that the repository gets for the break of that name."""
    put(lab, policy)
    return exercises.repaired(lab, name)


@pytest.mark.parametrize("name", ["wildcard", "wrong-account", "one-statement", "execution-role"])
def test_a_repair_that_leaves_lambda_open_for_everybody_is_not_solved(ready, name):
    callers = policies.cross_account(ready.workload.account)["Statement"][0]
    verdict = half(ready, name, document(callers, allow(LAMBDA)))
    assert (verdict.held, verdict.cases) == (2, 6)
    assert "Lambda may still pull for functions of 210987654321, in the same organization; only its" in verdict.reason


@pytest.mark.parametrize("name", ["principal-org-id", "explicit-deny"])
def test_a_repair_that_leaves_lambda_open_for_other_organizations_is_not_solved(ready, name):
    callers = policies.organization(ready.organization_id)["Statement"][0]
    verdict = half(ready, name, document(callers, allow(LAMBDA)))
    assert (verdict.held, verdict.cases) == (2, 6)
    assert "Lambda may still pull for functions of 999999999999" in verdict.reason


@pytest.mark.parametrize("name", ["wildcard", "one-statement", "execution-role"])
def test_a_repair_that_leaves_the_callers_open_is_not_solved(ready, name):
    service = policies.cross_account(ready.workload.account)["Statement"][1]
    verdict = half(ready, name, document(allow("*", {"StringLike": {"aws:PrincipalAccount": "*"}}), service))
    assert "The caller for functions of 210987654321" in verdict.reason
    assert "only Lambda is stopped" in verdict.reason


@pytest.mark.parametrize("key", ["aws:PrincipalAccount", "aws:PrincipalArn"])
@pytest.mark.parametrize("name", ["wrong-account", "one-statement", "execution-role"])
def test_callers_may_be_named_by_the_keys_they_carry(ready, name, key):
    account = ready.workload.account
    value = account if key == "aws:PrincipalAccount" else f"arn:aws:iam::{account}:*"
    callers = allow({"AWS": "*"}, {"StringLike": {key: value}})
    service = policies.cross_account(account)["Statement"][1]
    assert half(ready, name, document(callers, service)).solved


def test_a_repair_that_allows_more_than_pulling_is_not_solved(ready):
    policy = policies.cross_account(ready.workload.account)
    policy["Statement"][0]["Action"] = [*PULL, "ecr:PutImage"]
    assert half(ready, "wildcard", policy).reason == "It allows ecr:PutImage, which no pull needs."


def test_the_reason_says_what_is_wrong_and_not_which_key_would_do(ready):
    reason = half(ready, "principal-org-id", exercises.broken(ready, "principal-org-id")).reason
    assert "aws:PrincipalOrgID is absent: the request is made by a service" in reason
    assert "aws:Source" not in reason


# The service control policy


def attached(lab, organizations, document):
    scp = scps.make(organizations, document, "break-it-yourself")
    scps.enable(organizations)
    organizations.attach_policy(PolicyId=scp, TargetId=lab.workload.account)
    return scp


@pytest.fixture
def organizations(ready):
    put(ready, policies.cross_account(ready.workload.account))
    yield ready.actor("management").client("organizations")
    reset(ready, named("cross-account"))


def test_a_service_control_policy_refuses_the_caller_and_the_explanation_says_so(ready, organizations):
    attached(ready, organizations, exercises.narrowed_scp(ready.workload.account))
    decision = explain(ready)
    assert exercises.predicted("", decision).startswith("Refused: the caller.")
    assert any("OurRegistryOnly" in sentence for sentence in decision.sentences())
    assert (exercises.repaired_scp(ready).held, exercises.repaired_scp(ready).cases) == (3, 6)


def test_a_repaired_service_control_policy_is_solved_by_a_function_that_runs(ready, organizations):
    scp = attached(ready, organizations, exercises.narrowed_scp(ready.workload.account))
    organizations.update_policy(PolicyId=scp, Content=json.dumps(exercises.narrowed_scp(ready.registry.account)))
    verdict = exercises.repaired_scp(ready)
    assert verdict.solved, verdict


def test_to_take_the_rule_away_does_not_solve_it(ready, organizations):
    attached(ready, organizations, exercises.narrowed_scp(ready.workload.account))
    scps.remove(organizations)
    verdict = exercises.repaired_scp(ready)
    assert not verdict.solved
    assert "must be denied to the workload account, and is allowed" in verdict.reason


def test_a_lab_without_a_management_profile_is_told_so(ready, monkeypatch):
    monkeypatch.setitem(ready.profiles, "management", ready.profiles["management"])
    monkeypatch.delitem(ready.profiles, "management")
    assert exercises.repaired_scp(ready).reason.startswith("This lab has no management profile")


def test_every_clean_start_removes_the_rule_and_what_was_enabled_for_it(ready, organizations):
    attached(ready, organizations, exercises.narrowed_scp(ready.workload.account))
    assert any(scps.NAME in line for line in made(ready))
    reset(ready, named("organization"))
    assert scps.find(organizations) is None
    assert not scps.is_enabled(organizations)


def test_an_organization_with_policies_of_others_keeps_them_in_force(ready, organizations):
    attached(ready, organizations, exercises.narrowed_scp(ready.workload.account))
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": deny})
    other = organizations.create_policy(Name="theirs", Description="", Type=scps.KIND, Content=document)
    reset(ready, named("cross-account"))
    assert scps.is_enabled(organizations)
    organizations.delete_policy(PolicyId=other["Policy"]["PolicySummary"]["Id"])
    scps.disable_if_unused(organizations)


def test_a_policy_of_the_same_name_that_is_not_the_labs_is_left_alone(ready, organizations):
    document = json.dumps(exercises.narrowed_scp(ready.registry.account))
    theirs = organizations.create_policy(Name=scps.NAME, Description="", Type=scps.KIND, Content=document)
    with pytest.raises(UsageError, match="was not made by the lab"):
        scps.remove(organizations)
    organizations.delete_policy(PolicyId=theirs["Policy"]["PolicySummary"]["Id"])


def test_policies_in_force_are_listed_from_the_root_to_the_account_and_none_for_management_and_strangers(
    ready, organizations
):
    attached(ready, organizations, exercises.narrowed_scp(ready.workload.account))
    levels = scps.in_force(organizations, ready.workload.account)
    assert [[policy.name for policy in level] for level in levels] == [
        *[["FullAWSAccess"]] * 3,
        ["FullAWSAccess", scps.NAME],
    ]
    assert scps.in_force(organizations, ready.actor("management").account) is None
    assert scps.in_force(organizations, ready.actor("neighbour").account) is None


def test_the_role_of_the_seventh_case_is_cleaned_up(ready):
    iam = ready.workload.client("iam")
    trust = json.dumps(policies.lambda_trust())
    tags = [{"Key": "labkit", "Value": "break-it-yourself"}]
    iam.create_role(RoleName="LambdaRoleWithPullPermissions", AssumeRolePolicyDocument=trust, Tags=tags)
    removed = clean_up(ready)
    prepare(ready, "cross-account")
    assert f"role LambdaRoleWithPullPermissions in {ready.workload.account}" in removed
