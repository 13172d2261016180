"""Repository policies through the ECR API: what is kept, what is refused, principals that must exist."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.pull import policies
from tests.embedded.lab_of_tests import REGISTRY, WORKLOAD, Lab, refusal

NOT_A_POLICY = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'"
NO_PRINCIPAL = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Principal not found'"


def test_a_policy_is_kept_as_it_was_sent(ecr: Any, repository: str):
    text = json.dumps(policies.cross_account(WORKLOAD), indent=3)
    assert ecr.set_repository_policy(repositoryName=repository, policyText=text)["policyText"] == text
    assert ecr.get_repository_policy(repositoryName=repository)["policyText"] == text
    assert ecr.delete_repository_policy(repositoryName=repository)["policyText"] == text
    text = f"Repository policy does not exist for the repository with name '{repository}' in the registry with id "
    expected = ("RepositoryPolicyNotFoundException", 400, f"{text}'{REGISTRY}'")
    assert refusal(ecr.get_repository_policy, repositoryName=repository) == expected
    assert refusal(ecr.delete_repository_policy, repositoryName=repository) == expected


def statement(**changes: Any) -> dict[str, Any]:
    base = {
        "Sid": "LambdaECRImageRetrievalPolicy",
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    }
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


WRONG = {
    "not JSON": "nope",
    "the article's bare statement": statement(),
    "no statement": {"Version": "2012-10-17", "Statement": []},
    "a Resource": [statement(Resource="*")],
    "a NotResource": [statement(NotResource="arn:aws:ecr:eu-central-1:813835382529:repository/a")],
    "no principal": [statement(Principal=None)],
    "an unknown kind of principal": [statement(Principal={"Foo": "bar"})],
    "an account of too few digits": [statement(Principal={"AWS": "999"})],
    "a wildcard in a principal's ARN": [statement(Principal={"AWS": "arn:aws:iam::813835382529:*"})],
    "a federated principal": [statement(Principal={"Federated": "cognito-identity.amazonaws.com"})],
    "a service that is none": [statement(Principal={"Service": "lambda"})],
    "another service's action": [statement(Action="s3:GetObject")],
    "a misspelt operator": [statement(Condition={"StringLikee": {"aws:SourceArn": "*"}})],
    "a misspelt effect": [statement(Effect="allow")],
}


@pytest.mark.parametrize("document", WRONG.values(), ids=WRONG)
def test_what_is_no_repository_policy_is_refused(ecr: Any, repository: str, document: Any):
    if isinstance(document, list):
        document = {"Version": "2012-10-17", "Statement": document}
    text = document if isinstance(document, str) else json.dumps(document)
    expected = ("InvalidParameterException", 400, NOT_A_POLICY)
    assert refusal(ecr.set_repository_policy, repositoryName=repository, policyText=text) == expected
    assert refusal(ecr.get_repository_policy, repositoryName=repository)[0] == "RepositoryPolicyNotFoundException"


def test_a_policy_above_10240_characters_is_refused(ecr: Any, repository: str):
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement(Sid="s" * 10_240)]})
    code, status, said = refusal(ecr.set_repository_policy, repositoryName=repository, policyText=text)
    assert (code, status) == ("InvalidParameterException", 400)
    assert "10240" in said


PRINCIPALS = {
    "everyone": "*",
    "an account by its number": {"AWS": WORKLOAD},
    "an account's root": {"AWS": f"arn:aws:iam::{WORKLOAD}:root"},
    "a user of another account": {"AWS": f"arn:aws:iam::{WORKLOAD}:user/admin"},
    "several": {"AWS": [WORKLOAD, f"arn:aws:iam::{REGISTRY}:user/admin"], "Service": "lambda.amazonaws.com"},
    "a federated user, who is nowhere listed": {"AWS": f"arn:aws:sts::{WORKLOAD}:federated-user/visitor"},
}


@pytest.mark.parametrize("principal", PRINCIPALS.values(), ids=PRINCIPALS)
def test_principals_that_exist_are_taken(ecr: Any, repository: str, principal: Any):
    document = {"Version": "2012-10-17", "Statement": [statement(Principal=principal)]}
    ecr.set_repository_policy(repositoryName=repository, policyText=json.dumps(document))


@pytest.mark.parametrize("kind", ["role/nobody", "user/nobody", "role/path/admin"])
@pytest.mark.parametrize("account", [REGISTRY, WORKLOAD])
def test_a_principal_that_does_not_exist_is_not_found(ecr: Any, repository: str, account: str, kind: str):
    document = {"Version": "2012-10-17", "Statement": [statement(Principal={"AWS": f"arn:aws:iam::{account}:{kind}"})]}
    text = json.dumps(document)
    expected = ("InvalidParameterException", 400, NO_PRINCIPAL)
    assert refusal(ecr.set_repository_policy, repositoryName=repository, policyText=text) == expected


def test_a_role_and_its_session_are_found_once_the_role_exists(lab: Lab, ecr: Any, repository: str):
    role = "arn:aws:iam::592444418872:role/deployer-of-this-test"
    session = "arn:aws:sts::592444418872:assumed-role/deployer-of-this-test/ci"
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement(Principal={"AWS": [role, session]})]})
    assert refusal(ecr.set_repository_policy, repositoryName=repository, policyText=text)[2] == NO_PRINCIPAL
    lab.role("workload", "deployer-of-this-test")
    ecr.set_repository_policy(repositoryName=repository, policyText=text)


def test_locking_oneself_out_takes_force(ecr: Any, repository: str):
    document = {"Version": "2012-10-17", "Statement": [statement(Effect="Deny", Principal="*", Action="ecr:Set*")]}
    text = json.dumps(document)
    code, status, said = refusal(ecr.set_repository_policy, repositoryName=repository, policyText=text)
    assert (code, status) == ("InvalidParameterException", 400)
    assert "force" in said
    ecr.set_repository_policy(repositoryName=repository, policyText=text, force=True)
    code, status, said = refusal(ecr.set_repository_policy, repositoryName=repository, policyText=text, force=True)
    assert (code, status) == ("AccessDeniedException", 400)
    assert said.endswith("with an explicit deny in a resource-based policy")
