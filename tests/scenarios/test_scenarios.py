"""The article's scenarios, end to end, through boto3."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from labkit.aws import functions, repositories, roles
from labkit.errors import LabError, UsageError
from labkit.lab.article import EXECUTION_ROLE, ORGANIZATION, REPOSITORIES, SAME_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.scenarios import SCENARIOS, clean_up, prepare, run
from labkit.scenarios.model import DENIED, DONE, FAILED, INVOKED, REFUSED, Step

REFUSAL = {
    "code": "AccessDeniedException",
    "status": 403,
    "message": "Lambda does not have permission to access the ECR image. Check the ECR permissions.",
}


def outcomes(result):
    return [(step.step.actor, step.outcome) for step in result.steps]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_comes_out_as_the_article_says_and_the_same_when_played_again(lab, image, name):
    first = run(lab, SCENARIOS[name], image)
    assert first.ok, first.to_dict()
    assert run(lab, SCENARIOS[name], image).to_dict() == first.to_dict()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_leaves_nothing_behind(lab, image, name):
    run(lab, SCENARIOS[name], image)
    assert clean_up(lab) == ()


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "provenance"])
def test_every_refusal_is_the_articles_sentence_and_comes_with_its_reasons(lab, image, name):
    refused = [step for step in run(lab, SCENARIOS[name], image).steps if step.outcome == DENIED]
    assert refused
    for step in refused:
        assert step.facts["error"] == REFUSAL
        assert any("is not allowed to call" in sentence for sentence in step.facts["why"])


def test_an_index_is_refused_with_lambdas_sentence_and_its_image_is_taken(lab, image):
    steps = run(lab, SCENARIOS["provenance"], image).steps
    [refused] = [step for step in steps if step.outcome == REFUSED]
    uri = lab.image_uri(SAME_ACCOUNT.repository, "0.0.1-with-provenance")
    assert refused.facts["error"] == {
        "code": "InvalidParameterValueException",
        "status": 400,
        "message": f"The image manifest, config or layer media type for the source image {uri} is not supported.",
    }
    assert steps[-1].outcome == INVOKED
    pushed = {step.facts["image"].rpartition(":")[2]: step.facts for step in steps if "made_by" in step.facts}
    assert [facts["made_by"] for facts in pushed.values()] == ["lab", "lab"]
    assert pushed["0.0.1-with-provenance"]["reason"] == (
        "The lab made this index, in the form that builders use, since it builds without Docker."
    )
    assert pushed["0.0.1-without-provenance"]["digest"] == steps[0].facts["digest"]


def test_in_a_repository_that_was_there_before_only_its_own_tag_stays(lab, image):
    prepare(lab, "same-account")
    assert run(lab, SCENARIOS["provenance"], image).ok
    found = lab.registry.client("ecr").describe_images(repositoryName=SAME_ACCOUNT.repository)["imageDetails"]
    assert [tag for each in found for tag in each.get("imageTags", [])] == ["0.0.1"]


def test_a_value_that_is_wrong_is_a_failure_where_no_refusal_is_expected(lab, image):
    scenario = SCENARIOS["provenance"]
    steps = [replace(step, expect=DONE) for step in scenario.steps]
    assert run(lab, replace(scenario, steps=tuple(steps)), image).steps[-1].outcome == FAILED


def test_a_refusal_that_does_not_come_is_no_success(lab, image):
    scenario = SCENARIOS["provenance"]
    push, create = scenario.steps[2:4]
    result = run(lab, replace(scenario, steps=(push, replace(create, expect=REFUSED))), image)
    assert (result.ok, result.steps[-1].outcome) == (False, DONE)


def test_the_functions_greet_as_the_articles_do(lab, image):
    greetings = [step.facts for step in run(lab, SCENARIOS["same-account"], image).steps if step.outcome == INVOKED]
    assert len(greetings) == 2
    for facts in greetings:
        assert facts["status"] == 200
        assert facts["version"] == "$LATEST"
        assert facts["payload"].startswith("Hello from AWS Lambda using Python3.")


def test_the_three_repositories_get_the_same_digest(lab, image):
    pushed = [
        step.facts["digest"] for s in SCENARIOS.values() for step in run(lab, s, image).steps if "digest" in step.facts
    ]
    assert set(pushed) == {image.digest}


def test_each_grant_is_seen_to_stop_somewhere(lab, image):
    stops = {
        name: [actor for actor, outcome in outcomes(run(lab, SCENARIOS[name], image))[2:] if outcome == DENIED]
        for name in ("cross-account", "organization", "organization-paths")
    }
    assert stops == {
        "cross-account": ["workload", "development"],
        "organization": ["workload", "neighbour", "outsider"],
        "organization-paths": ["workload", "development"],
    }


def test_results_are_json_with_scenario_ok_and_steps(lab, image):
    data = json.loads(json.dumps(run(lab, SCENARIOS["cross-account"], image).to_dict()))
    assert data["scenario"] == "cross-account"
    assert data["ok"] is True
    assert {"step", "as", "outcome"} <= set(data["steps"][0])
    assert data["steps"][-1]["as"] == "arn:aws:iam::444455556666:user/admin"


def test_a_step_that_comes_out_otherwise_ends_the_scenario_and_what_was_made_is_cleaned_up(lab, image):
    scenario = SCENARIOS["cross-account"]
    wrong = replace(scenario, steps=(replace(scenario.steps[0], expect=DONE), *scenario.steps[1:]))
    result = run(lab, wrong, image)
    assert not result.ok
    assert len(result.steps) == len(scenario.setup) + 1
    assert result.steps[-1].to_dict()["expected"] == DONE
    assert clean_up(lab) == ()


def test_ctrl_c_cleans_up_too(lab, image):
    def interrupt(_scene, _actor):
        raise KeyboardInterrupt

    scenario = SCENARIOS["same-account"]
    interrupted = replace(scenario, steps=(*scenario.steps[:2], Step("wait", "registry", interrupt)))
    with pytest.raises(KeyboardInterrupt):
        run(lab, interrupted, image)
    assert clean_up(lab) == ()


def test_a_step_for_an_account_that_the_lab_lacks_is_skipped_with_the_reason(lab, image):
    small = Lab({k: v for k, v in lab.profiles.items() if k != "development"}, lab.choices, lab.where)
    result = run(small, SCENARIOS["cross-account"], image)
    assert result.ok
    assert result.steps[-1].to_dict() == {
        "step": "the grant stops: create the function in an account it does not name",
        "as": "development",
        "outcome": "skipped",
        "reason": "there is no profile 'development' in this lab",
    }


class TestWhatTheLabHasNotMade:
    def test_a_foreign_repository_of_the_same_name_stops_the_scenario_before_anything_is_changed(self, lab, image):
        ecr = lab.registry.client("ecr")
        ecr.create_repository(repositoryName=SAME_ACCOUNT.repository)
        text = json.dumps(policies.organization("o-exampleorgid"))
        ecr.set_repository_policy(repositoryName=SAME_ACCOUNT.repository, policyText=text)
        try:
            with pytest.raises(UsageError, match="was not made by the lab"):
                run(lab, SCENARIOS["same-account"], image)
            assert json.loads(repositories.policy(ecr, SAME_ACCOUNT.repository)) == json.loads(text)
            assert roles.find(lab.registry.client("iam"), EXECUTION_ROLE) is None
        finally:
            ecr.delete_repository(repositoryName=SAME_ACCOUNT.repository, force=True)

    def test_a_foreign_role_of_the_same_name_is_neither_used_nor_deleted(self, lab, image):
        iam = lab.workload.client("iam")
        iam.create_role(RoleName=EXECUTION_ROLE, AssumeRolePolicyDocument=json.dumps(policies.lambda_trust()))
        try:
            result = run(lab, SCENARIOS["cross-account"], image)
            assert not result.ok
            assert "was not made by the lab" in result.steps[-1].facts["error"]["message"]
            assert roles.find(iam, EXECUTION_ROLE) is not None
        finally:
            iam.delete_role(RoleName=EXECUTION_ROLE)

    def test_a_foreign_function_of_the_same_name_stops_the_scenario(self, lab, image):
        prepare(lab, "organization")
        repositories.set_policy(
            lab.registry.client("ecr"), ORGANIZATION.repository, policies.organization(lab.organization_id)
        )
        lambda_ = lab.workload.client("lambda")
        lambda_.create_function(
            FunctionName=ORGANIZATION.function,
            Role=f"arn:aws:iam::{lab.workload.account}:role/{EXECUTION_ROLE}",
            PackageType="Image",
            Code={"ImageUri": lab.image_uri(ORGANIZATION.repository)},
        )
        try:
            with pytest.raises(UsageError, match=f"The function {ORGANIZATION.function} in account"):
                run(lab, SCENARIOS["organization"], image)
        finally:
            lambda_.delete_function(FunctionName=ORGANIZATION.function)


class TestPreparing:
    def test_prepare_makes_what_a_scenario_needs_and_clears_its_policy(self, lab):
        prepare(lab, "same-account")
        ecr = lab.registry.client("ecr")
        repositories.set_policy(ecr, SAME_ACCOUNT.repository, policies.same_account())
        prepare(lab, "same-account")
        assert repositories.policy(ecr, SAME_ACCOUNT.repository) is None
        assert functions.find(lab.registry.client("lambda"), SAME_ACCOUNT.function) is None

    def test_an_unknown_scenario_is_bad_input(self, lab):
        with pytest.raises(UsageError, match="There is no scenario 'same-acount'"):
            prepare(lab, "same-acount")

    def test_a_repository_that_was_there_before_keeps_its_policy_when_a_scenario_has_been_played(self, lab, image):
        prepare(lab, "cross-account")
        result = run(lab, SCENARIOS["cross-account"], image)
        assert result.ok
        ecr = lab.registry.client("ecr")
        assert repositories.find(ecr, "lambda-another-account") is not None

    def test_clean_up_removes_everything_that_was_prepared_and_says_what(self, lab):
        for name in SCENARIOS:
            prepare(lab, name)
        removed = clean_up(lab)
        assert [line.split()[1] for line in removed if line.startswith("repository")] == list(REPOSITORIES)
        assert clean_up(lab) == ()


def test_a_setup_that_fails_says_which_step(lab):
    iam = lab.registry.client("iam")
    iam.create_role(RoleName=EXECUTION_ROLE, AssumeRolePolicyDocument=json.dumps(policies.lambda_trust()))
    try:
        with pytest.raises(LabError, match="Cannot create the execution role"):
            prepare(lab, "same-account")
    finally:
        iam.delete_role(RoleName=EXECUTION_ROLE)
