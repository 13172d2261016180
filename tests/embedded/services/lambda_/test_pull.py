"""Who may pull: the article's three scenarios, both sides of an account boundary, an organization that changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from labkit.embedded.process import client as embedded_client
from labkit.image.format.image import Image
from labkit.pull import policies
from labkit.pull.stored_policy import rewritten
from tests.embedded.lab_of_tests import (
    ACCOUNTS,
    PATIENTLY,
    PULL_DENIED,
    REGISTRY,
    WORKLOAD,
    Lab,
    refusal,
    unique,
)

DENIED = ("AccessDeniedException", 403, PULL_DENIED)
ARTICLE_ADDED = rewritten(policies.lambda_added_policy("eu-central-1", REGISTRY))


@pytest.fixture
def name() -> str:
    return unique("pull")


@pytest.fixture
def uri(lab: Lab, name: str, image: Image) -> str:
    return lab.repository(name, image)


def policy_of(lab: Lab, name: str) -> str | None:
    ecr = lab.client("registry", "ecr")
    try:
        return str(ecr.get_repository_policy(repositoryName=name)["policyText"])
    except ecr.exceptions.RepositoryPolicyNotFoundException:
        return None


def admitted(lab: Lab, profile: str, name: str, uri: str, lambda_: Any = None) -> bool:
    """Whether CreateFunction succeeds; the only other outcome is the refusal of the pull."""
    call = lambda_ or lab.client(profile, "lambda")
    try:
        lab.create(profile, name, uri, lambda_)
    except call.exceptions.ClientError as error:
        said = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert (*said, error.response["Error"]["Message"]) == DENIED
        return False
    lab.client(profile, "lambda").delete_function(FunctionName=name)
    return True


def limited(lab: Lab, role: str, *actions: str) -> Any:
    """Lambda as a role that has AWSLambda_FullAccess and these actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    inline = {"Version": "2012-10-17", "Statement": [statement]} if actions else None
    return lab.connect(lab.assume("registry", role, "AWSLambda_FullAccess", inline=inline), "lambda")


# -- The same account ----------------------------------------------------------------------------------------------


@pytest.mark.aws("the article", "high")
def test_for_a_powerful_caller_lambda_adds_the_policy_that_the_article_found(lab: Lab, name: str, uri: str):
    assert policy_of(lab, name) is None
    lambda_ = lab.active("registry", name, uri)
    assert policy_of(lab, name) == ARTICLE_ADDED
    assert b"Hello from" in lambda_.invoke(FunctionName=name)["Payload"].read()


@pytest.mark.aws("the article", "high")
def test_a_limited_caller_is_refused_then_admitted_by_the_two_action_statement(lab: Lab, name: str, uri: str):
    role = limited(lab, "LimitedLambdaRole")
    assert not admitted(lab, "registry", name, uri, role)
    assert policy_of(lab, name) is None
    lab.allow(name, policies.same_account())
    assert admitted(lab, "registry", name, uri, role)
    assert json.loads(policy_of(lab, name) or "") == policies.same_account()


@pytest.mark.parametrize(
    ("actions", "added"),
    [
        (("ecr:GetRepositoryPolicy",), False),
        (("ecr:SetRepositoryPolicy",), False),
        (("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:GetRepositoryPolicy"), False),
        (("ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"), True),
    ],
    ids=["may read it", "may set it", "may pull and read it", "may read and set it"],
)
@pytest.mark.aws("Lambda Developer Guide, images-create", "high")
def test_the_statement_is_added_if_the_caller_may_read_and_set_the_policy(
    lab: Lab, name: str, uri: str, actions: tuple[str, ...], added: bool
):
    role = limited(lab, "Limited-" + "-".join(action[4:8] + str(len(action)) for action in actions), *actions)
    assert admitted(lab, "registry", name, uri, role) is added
    assert policy_of(lab, name) == (ARTICLE_ADDED if added else None)


def test_the_statement_is_added_to_what_is_there(lab: Lab, name: str, uri: str):
    existing = policies.cross_account(WORKLOAD)
    lab.allow(name, existing)
    assert admitted(lab, "registry", name, uri)
    document = json.loads(policy_of(lab, name) or "")
    assert document["Version"] == existing["Version"]
    assert document["Statement"][:-1] == existing["Statement"]
    assert document["Statement"][-1] == json.loads(ARTICLE_ADDED)["Statement"][0]


def test_functions_created_at_the_same_time_get_the_statement_once(lab: Lab, name: str, uri: str):
    lambda_ = lab.client("registry", "lambda")
    role = lab.role("registry")

    def create(number: int) -> str:
        return str(lab.create("registry", f"{name}-{number}", uri, lambda_, Role=role)["FunctionName"])

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, range(8)))) == 8
    assert policy_of(lab, name) == ARTICLE_ADDED


def test_a_policy_that_suffices_is_left_alone(lab: Lab, name: str, uri: str):
    lab.allow(name, policies.same_account())
    before = policy_of(lab, name)
    assert admitted(lab, "registry", name, uri)
    assert policy_of(lab, name) == before


def test_a_deny_wins_over_the_added_statement(lab: Lab, name: str, uri: str):
    deny = {"Sid": "Never", "Effect": "Deny", "Principal": "*", "Action": "ecr:BatchGetImage"}
    lab.allow(name, {"Version": "2012-10-17", "Statement": [deny]})
    assert not admitted(lab, "registry", name, uri)
    once = policy_of(lab, name) or ""
    assert [each["Sid"] for each in json.loads(once)["Statement"]] == ["Never", "LambdaECRImageRetrievalPolicy"]
    assert not admitted(lab, "registry", name, uri)
    assert policy_of(lab, name) == once


def test_what_would_make_the_policy_too_long_is_not_added(lab: Lab, name: str, uri: str):
    statements = [
        {"Sid": f"{n:03d}" + "x" * 90, "Effect": "Allow", "Principal": "*", "Action": "ecr:ListImages"}
        for n in range(58)
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    assert len(json.dumps(document)) <= 10_240
    lab.allow(name, document)
    assert not admitted(lab, "registry", name, uri)
    assert json.loads(policy_of(lab, name) or "") == json.loads(rewritten(json.dumps(document)))


def test_the_added_statement_stays_when_the_image_turns_out_to_be_missing(lab: Lab, name: str, uri: str):
    missing = uri.replace("0.0.1", "9.9")
    code, _, text = refusal(lab.create, profile="registry", name=name, uri=missing)
    assert (code, text) == (
        "InvalidParameterValueException",
        f"Source image {missing} does not exist. Provide a valid source image.",
    )
    assert policy_of(lab, name) == ARTICLE_ADDED


@pytest.mark.aws("Lambda Developer Guide says otherwise since 2026; no report that the role alone is enough", "low")
def test_permissions_of_the_execution_role_do_not_help(lab: Lab, name: str, uri: str):
    role = lab.role("registry", "ExecutionRoleThatMayPull")
    allow = {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}
    lab.client("registry", "iam").put_role_policy(
        RoleName="ExecutionRoleThatMayPull",
        PolicyName="ecr",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    call = refusal(lab.create, profile="registry", name=name, uri=uri, lambda_=limited(lab, "LimitedTwo"), Role=role)
    assert call == DENIED


# -- Across accounts -----------------------------------------------------------------------------------------------


@pytest.mark.aws("the article", "high")
def test_another_account_is_refused_then_admitted_by_the_articles_policy(lab: Lab, name: str, uri: str):
    assert not admitted(lab, "workload", name, uri)
    assert policy_of(lab, name) is None
    lab.allow(name, policies.cross_account(WORKLOAD))
    lambda_ = lab.active("workload", name, uri)
    answer = lambda_.invoke(FunctionName=name)
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert b"Hello from" in answer["Payload"].read()
    assert not admitted(lab, "development", name, uri)


@pytest.mark.parametrize("number", [0, 1], ids=["the caller's statement", "the service's statement"])
@pytest.mark.aws("the strict reading of Lambda Developer Guide; not measured", "low")
def test_one_of_the_two_statements_is_not_enough(lab: Lab, name: str, uri: str, number: int):
    document = policies.cross_account(WORKLOAD)
    document["Statement"] = [document["Statement"][number]]
    lab.allow(name, document)
    assert not admitted(lab, "workload", name, uri)


@pytest.mark.parametrize(
    ("actions", "may"),
    [
        (("ecr:BatchGetImage",), False),
        (("ecr:GetDownloadUrlForLayer",), False),
        (("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"), True),
    ],
    ids=["manifest only", "layers only", "both"],
)
@pytest.mark.aws("aws-controllers-k8s #1641; AWS Knowledge Center, lambda-ecr-image", "high")
def test_the_callers_own_policies_must_allow_the_pull(
    lab: Lab, name: str, uri: str, actions: tuple[str, ...], may: bool
):
    lab.allow(name, policies.cross_account(WORKLOAD))
    inline = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    who = "Deployer" + "".join(action[4] for action in actions)
    lambda_ = lab.connect(lab.assume("workload", who, "AWSLambda_FullAccess", inline=inline), "lambda")
    assert admitted(lab, "workload", name, uri, lambda_) is may


@pytest.mark.aws("IAM User Guide, condition operators", "high")
def test_string_equals_does_not_expand_the_star_of_a_source_arn(lab: Lab, name: str, uri: str):
    document = policies.cross_account(WORKLOAD)
    service = document["Statement"][1]
    service["Condition"] = {"StringEquals": service["Condition"]["StringLike"]}
    lab.allow(name, document)
    assert not admitted(lab, "workload", name, uri)


@pytest.mark.aws("policies in public code; Lambda Developer Guide", "medium")
def test_the_exact_source_arn_names_one_function(lab: Lab, name: str, uri: str):
    document = policies.cross_account(WORKLOAD)
    exact = f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:{name}"
    document["Statement"][1]["Condition"] = {"StringEquals": {"aws:SourceArn": exact}}
    lab.allow(name, document)
    assert admitted(lab, "workload", name, uri)
    assert not admitted(lab, "workload", f"{name[:50]}-not", uri)


def test_a_missing_repository_of_another_account_is_not_told_from_a_closed_one(lab: Lab, name: str):
    uri = f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/no-such/{name}:0.0.1"
    assert not admitted(lab, "workload", name, uri)


# -- Organizations -------------------------------------------------------------------------------------------------


def who_may(lab: Lab, name: str, uri: str) -> set[str]:
    return {profile for profile in ACCOUNTS if profile != "registry" and admitted(lab, profile, name, uri)}


@pytest.mark.aws("the article", "high")
def test_an_organization_admits_its_accounts_and_a_second_one_when_it_is_added(lab: Lab, name: str, uri: str):
    assert who_may(lab, name, uri) == set()
    lab.allow(name, policies.organization("o-lambdaecrlab"))
    assert who_may(lab, name, uri) == {"workload", "management", "development"}
    lab.allow(name, policies.organization("o-lambdaecrlab", "o-neighbourorg"))
    assert who_may(lab, name, uri) == {"workload", "management", "development", "neighbour"}


PRODUCTION = "o-lambdaecrlab/r-lab1/ou-lab1-workloads/ou-lab1-production/"
PATHS = {
    "the whole organization": (("o-lambdaecrlab/*",), {"workload", "management", "development"}),
    "one unit": ((f"{PRODUCTION}*",), {"workload"}),
    "a unit and what is below": (("o-lambdaecrlab/r-lab1/ou-lab1-workloads/*",), {"workload", "development"}),
    "two paths": ((PRODUCTION, "o-neighbourorg/r-nbr1/"), {"workload", "neighbour"}),
    "a path without its end": ((PRODUCTION.rstrip("/"),), set()),
}


@pytest.mark.parametrize(("patterns", "expected"), PATHS.values(), ids=PATHS)
@pytest.mark.aws("the article", "high")
def test_paths_admit_who_is_inside(lab: Lab, name: str, uri: str, patterns: tuple[str, ...], expected: set[str]):
    lab.allow(name, policies.organization_paths(*patterns))
    assert who_may(lab, name, uri) == expected


@pytest.mark.aws("IAM User Guide, aws:PrincipalOrgID", "high")
def test_the_callers_organization_key_does_not_admit_the_service(lab: Lab, name: str, uri: str):
    document = policies.organization("o-lambdaecrlab")
    document["Statement"][1]["Condition"] = document["Statement"][0]["Condition"]
    lab.allow(name, document)
    assert not admitted(lab, "workload", name, uri)


@pytest.fixture
def own_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab whose organization the test may change."""
    lab = Lab(tmp_path_factory.mktemp("moving") / "lab")
    yield lab
    embedded_client.stop(lab.home)


def test_an_account_that_moves_takes_its_permission_along_at_once(own_lab: Lab, image: Image):
    uri = own_lab.repository("moving", image)
    own_lab.allow("moving", policies.organization_paths(f"{PRODUCTION}*"))
    assert admitted(own_lab, "workload", "f", uri)
    assert not admitted(own_lab, "development", "f", uri)
    move = own_lab.client("management", "organizations").move_account
    production, development = "ou-lab1-production", "ou-lab1-development"
    move(AccountId=WORKLOAD, SourceParentId=production, DestinationParentId=development)
    move(AccountId=ACCOUNTS["development"], SourceParentId=development, DestinationParentId=production)
    assert not admitted(own_lab, "workload", "f", uri)
    assert admitted(own_lab, "development", "f", uri)


def test_updating_the_code_asks_again_and_a_running_function_stays(own_lab: Lab, image: Image):
    uri = own_lab.repository("updating", image)
    own_lab.allow("updating", policies.cross_account(WORKLOAD))
    lambda_ = own_lab.active("workload", "f", uri)
    own_lab.allow("updating", None)
    assert refusal(lambda_.update_function_code, FunctionName="f", ImageUri=uri) == DENIED
    own_lab.client("registry", "ecr").delete_repository(repositoryName="updating", force=True)
    assert b"Hello from" in lambda_.invoke(FunctionName="f")["Payload"].read()
    lambda_.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig=PATIENTLY)


def test_lambda_adds_its_statement_on_an_update_too(own_lab: Lab, image: Image):
    uri = own_lab.repository("readding", image)
    lambda_ = own_lab.active("registry", "f", uri)
    own_lab.allow("readding", None)
    lambda_.update_function_code(FunctionName="f", ImageUri=uri)
    assert policy_of(own_lab, "readding") == ARTICLE_ADDED


def attach(lab: Lab, kind: str, account: str, document: dict[str, Any]) -> None:
    """Attach a policy of the organization to an account."""
    organizations = lab.client("management", "organizations")
    root = organizations.list_roots()["Roots"][0]
    if kind not in {each["Type"] for each in root["PolicyTypes"]}:
        organizations.enable_policy_type(RootId=root["Id"], PolicyType=kind)
    made = organizations.create_policy(Name=kind, Description="", Type=kind, Content=json.dumps(document))
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=account)


@pytest.mark.aws("AWS Organizations User Guide, SCPs", "high")
def test_a_service_control_policy_stops_the_caller(own_lab: Lab, image: Image):
    uri = own_lab.repository("controlled", image)
    own_lab.allow("controlled", policies.cross_account(WORKLOAD))
    assert admitted(own_lab, "workload", "f", uri)
    deny = {"Effect": "Deny", "Action": "ecr:BatchGetImage", "Resource": "*"}
    attach(own_lab, "SERVICE_CONTROL_POLICY", WORKLOAD, {"Version": "2012-10-17", "Statement": [deny]})
    assert not admitted(own_lab, "workload", "f", uri)


@pytest.mark.aws("AWS data perimeter policy examples, RCPs", "high")
def test_a_resource_control_policy_stops_functions_outside_the_organization(own_lab: Lab, image: Image):
    uri = own_lab.repository("controlled", image)
    own_lab.allow("controlled", policies.cross_account(WORKLOAD, ACCOUNTS["neighbour"]))
    assert admitted(own_lab, "neighbour", "f", uri)
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "ecr:*",
        "Resource": "*",
        "Condition": {
            "StringNotEqualsIfExists": {"aws:SourceOrgID": "o-lambdaecrlab"},
            "Null": {"aws:SourceAccount": "false"},
            "Bool": {"aws:PrincipalIsAWSService": "true"},
        },
    }
    attach(own_lab, "RESOURCE_CONTROL_POLICY", REGISTRY, {"Version": "2012-10-17", "Statement": [deny]})
    assert not admitted(own_lab, "neighbour", "f", uri)
    assert admitted(own_lab, "workload", "f", uri)
