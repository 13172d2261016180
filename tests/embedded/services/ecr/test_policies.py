"""Repository policies through the ECR API: how they are written, what is refused, principals and their ids."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from labkit.embedded.records import accounts
from labkit.pull import policies
from labkit.pull.stored_policy import rewritten
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.lab_of_tests import REGISTRY, WORKLOAD, Lab, refusal

NOT_A_POLICY = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'"
NO_PRINCIPAL = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Principal not found'"

# What was sent and what AWS answered: the first three recorded by Cloud Custodian, the fourth an example of the API
# Reference; the rest follow their rules.
WRITTEN: dict[str, tuple[str, str]] = {
    "members in another order": (
        '{"Id": "Foo", "Version": "2012-10-17", "Statement": '
        '[{"Action": "ecr:BatchGetImage", "Effect": "Allow", "Principal": "*"}]}',
        """{
  "Version" : "2012-10-17",
  "Id" : "Foo",
  "Statement" : [ {
    "Effect" : "Allow",
    "Principal" : "*",
    "Action" : "ecr:BatchGetImage"
  } ]
}""",
    ),
    "a list of one action": (
        '{"Version": "2008-10-17", "Statement": [{"Sid": "StatementAddedByC7N", "Effect": "Deny", "Principal": "*", '
        '"Action": ["ecr:BatchGetImage"]}]}',
        """{
  "Version" : "2008-10-17",
  "Statement" : [ {
    "Sid" : "StatementAddedByC7N",
    "Effect" : "Deny",
    "Principal" : "*",
    "Action" : "ecr:BatchGetImage"
  } ]
}""",
    ),
    "two statements": (
        json.dumps(
            {
                "Version": "2008-10-17",
                "Statement": [
                    {
                        "Sid": "SpecificAllow",
                        "Effect": "Allow",
                        "Principal": {"AWS": f"arn:aws:iam::{WORKLOAD}:root"},
                        "Action": ["ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "ecr:ListImages"],
                    },
                    {"Sid": "Public", "Effect": "Allow", "Principal": "*", "Action": ["ecr:Get*", "ecr:Batch*"]},
                ],
            },
            indent=4,
        ),
        """{
  "Version" : "2008-10-17",
  "Statement" : [ {
    "Sid" : "SpecificAllow",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::592444418872:root"
    },
    "Action" : [ "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "ecr:ListImages" ]
  }, {
    "Sid" : "Public",
    "Effect" : "Allow",
    "Principal" : "*",
    "Action" : [ "ecr:Get*", "ecr:Batch*" ]
  } ]
}""",
    ),
    "no line breaks": (
        '{"Version":"2012-10-17","Statement":[{"Sid":"AllowPull","Effect":"Allow","Principal":"*",'
        '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}]}',
        """{
  "Version" : "2012-10-17",
  "Statement" : [ {
    "Sid" : "AllowPull",
    "Effect" : "Allow",
    "Principal" : "*",
    "Action" : [ "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" ]
  } ]
}""",
    ),
    "accounts by number, a condition, a statement alone": (
        json.dumps(
            {
                "Statement": {
                    "Condition": {"StringLike": {"aws:PrincipalOrgID": ["o-one", "o-two"], "aws:PrincipalArn": ["*"]}},
                    "Principal": {"AWS": [REGISTRY, WORKLOAD], "Service": ["lambda.amazonaws.com"]},
                    "NotAction": "ecr:DeleteRepository",
                    "Effect": "Allow",
                },
            }
        ),
        """{
  "Statement" : [ {
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : [ "arn:aws:iam::813835382529:root", "arn:aws:iam::592444418872:root" ],
      "Service" : "lambda.amazonaws.com"
    },
    "NotAction" : "ecr:DeleteRepository",
    "Condition" : {
      "StringLike" : {
        "aws:PrincipalOrgID" : [ "o-one", "o-two" ],
        "aws:PrincipalArn" : "*"
      }
    }
  } ]
}""",
    ),
}


@pytest.mark.parametrize(("sent", "written"), WRITTEN.values(), ids=WRITTEN)
@pytest.mark.aws("recorded by Cloud Custodian (12 texts); crossplane provider-aws #701", "recorded")
def test_ecr_writes_a_policy_anew(ecr: Any, repository: str, sent: str, written: str):
    assert ecr.set_repository_policy(repositoryName=repository, policyText=sent)["policyText"] == written
    assert ecr.get_repository_policy(repositoryName=repository)["policyText"] == written
    assert rewritten(written) == written
    ecr.set_repository_policy(repositoryName=repository, policyText=written)
    assert ecr.delete_repository_policy(repositoryName=repository)["policyText"] == written


@pytest.mark.aws("moto's texts, one confirmed by the Amazon ECR User Guide", "medium")
def test_without_a_policy_there_is_none_to_get_or_delete(ecr: Any, repository: str):
    text = f"Repository policy does not exist for the repository with name '{repository}' in the registry with id "
    expected = ("RepositoryPolicyNotFoundException", 400, f"{text}'{REGISTRY}'")
    assert refusal(ecr.get_repository_policy, repositoryName=repository) == expected
    assert refusal(ecr.delete_repository_policy, repositoryName=repository) == expected


@pytest.mark.parametrize("text", ["Grüße, 世界", 'quotes " and \\ and \t', ""])
def test_any_text_in_a_condition_is_read_back_as_it_was_sent(ecr: Any, repository: str, text: str):
    document = {
        "Version": "2012-10-17",
        "Statement": [statement(Condition={"StringEquals": {"aws:PrincipalTag/x": text, "aws:SourceAccount": []}})],
    }
    ecr.set_repository_policy(repositoryName=repository, policyText=json.dumps(document))
    stored = json.loads(ecr.get_repository_policy(repositoryName=repository)["policyText"])
    assert stored["Statement"][0]["Condition"] == document["Statement"][0]["Condition"]


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
    "half a character": [statement(Condition={"StringEquals": {"aws:PrincipalTag/x": "\ud83d"}})],
    "a misspelt effect": [statement(Effect="allow")],
    "a login token": [statement(Action=["ecr:BatchGetImage", "ecr:GetAuthorizationToken"])],
    "an account that does not exist": [statement(Principal={"AWS": "999999999999"})],
    "an account that does not exist, by its ARN": [statement(Principal={"AWS": "arn:aws:iam::999999999999:root"})],
    "one that does not exist among others": [statement(Principal={"AWS": [WORKLOAD, "999999999999"]})],
    "an account that does not exist, in a Deny": [
        statement(Effect="Deny", Principal=None, NotPrincipal={"AWS": "999999999999"})
    ],
    "the id of a user": [statement(Principal={"AWS": "AIDACKCEVSQ6C2EXAMPLE"})],
}


@pytest.mark.parametrize("document", WRONG.values(), ids=WRONG)
@pytest.mark.aws("terraform-provider-aws #3924, aws-cdk #24314", "high")
def test_what_is_no_repository_policy_is_refused(ecr: Any, repository: str, document: Any):
    if isinstance(document, list):
        document = {"Version": "2012-10-17", "Statement": document}
    text = document if isinstance(document, str) else json.dumps(document)
    expected = ("InvalidParameterException", 400, NOT_A_POLICY)
    assert refusal(ecr.set_repository_policy, repositoryName=repository, policyText=text) == expected
    assert refusal(ecr.get_repository_policy, repositoryName=repository)[0] == "RepositoryPolicyNotFoundException"


@pytest.mark.aws("botocore's model", "high")
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


def test_the_log_says_how_to_add_an_account_that_does_not_exist(
    ecr: Any, repository: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "labkit")
    text = json.dumps(policies.cross_account("999999999999"))
    assert refusal(ecr.set_repository_policy, repositoryName=repository, policyText=text)[2] == NOT_A_POLICY
    assert "'labkit up --account 999999999999' makes it exist" in caplog.text


def test_an_account_outside_can_be_named_once_it_exists(cloud: Cloud, ecr: Any, repository: str):
    with cloud.embedded.database.write():
        accounts.add(cloud.embedded.database, "999999999999", "outside", cloud.clock.now())
    text = json.dumps(policies.cross_account("999999999999"))
    ecr.set_repository_policy(repositoryName=repository, policyText=text)


@pytest.mark.parametrize("kind", ["role/nobody", "user/nobody", "role/path/admin"])
@pytest.mark.parametrize("account", [REGISTRY, WORKLOAD])
@pytest.mark.aws("terraform-provider-aws #39064, #39190", "high")
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


@pytest.mark.aws("botocore's model: force; the text is not known", "low")
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


# -- Principals are bound to ids -----------------------------------------------------------------------------------

PULLER = f"arn:aws:iam::{WORKLOAD}:role/puller"


def pulls(lab: Lab, cloud: Cloud, repository: str) -> bool:
    """May the role of this name that exists now list the repository's images?"""
    sts = lab.client("workload", "sts")
    got = sts.assume_role(RoleArn=PULLER, RoleSessionName="test")["Credentials"]
    client = cloud.client(session_keys(got), "ecr")
    try:
        client.list_images(registryId=REGISTRY, repositoryName=repository)
    except client.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        return False
    return True


def made(lab: Lab) -> str:
    """The id of a role that may list images wherever it is let in."""
    iam = lab.client("workload", "iam")
    trust = json.dumps(policies.account_trust(WORKLOAD))
    role = iam.create_role(RoleName="puller", AssumeRolePolicyDocument=trust)["Role"]
    allow = {"Effect": "Allow", "Action": "ecr:ListImages", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="puller", PolicyName="p", PolicyDocument=document)
    return str(role["RoleId"])


def deleted(lab: Lab) -> None:
    iam = lab.client("workload", "iam")
    iam.delete_role_policy(RoleName="puller", PolicyName="p")
    iam.delete_role(RoleName="puller")


def admitted(*principals: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [statement(Principal={"AWS": list(principals)}, Action="ecr:ListImages")],
    }


def principal_of(ecr: Any, repository: str) -> Any:
    text = ecr.get_repository_policy(repositoryName=repository)["policyText"]
    assert rewritten(text) == text
    return json.loads(text)["Statement"][0]["Principal"]["AWS"]


@pytest.mark.aws("IAM User Guide, principal element; hackingthe.cloud", "high")
def test_a_role_made_anew_is_not_the_one_that_the_policy_names(lab: Lab, cloud: Cloud, ecr: Any, repository: str):
    first = made(lab)
    lab.allow(repository, admitted(PULLER))
    assert pulls(lab, cloud, repository)
    deleted(lab)
    assert principal_of(ecr, repository) == first
    made(lab)
    assert not pulls(lab, cloud, repository)
    lab.allow(repository, admitted(PULLER, WORKLOAD))
    assert pulls(lab, cloud, repository)
    assert principal_of(ecr, repository) == [PULLER, f"arn:aws:iam::{WORKLOAD}:root"]


def test_a_policy_that_is_gone_is_bound_to_nobody(lab: Lab, cloud: Cloud, ecr: Any, repository: str):
    def bound() -> int:
        return len(cloud.embedded.database.all("SELECT * FROM bound_principal WHERE holder LIKE '%repository%'"))

    made(lab)
    lab.allow(repository, admitted(PULLER))
    assert bound() == 1
    ecr.delete_repository_policy(repositoryName=repository)
    assert bound() == 0
    lab.allow(repository, admitted(PULLER))
    ecr.delete_repository(repositoryName=repository)
    assert bound() == 0
