"""From saved answers of AWS to an estate, whether they were collected or saved by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labkit.diagnosis.audit.estate import Estate, Organization
from labkit.diagnosis.audit.reading import estate
from labkit.diagnosis.audit.report import audit
from labkit.diagnosis.audit.shown import sarif
from labkit.diagnosis.audit.shown.page import page
from labkit.diagnosis.evidence import folder
from labkit.diagnosis.evidence.answers import Answer, Answers
from labkit.diagnosis.facts import NotKnown
from labkit.errors import UsageError
from tests.diagnosis.audit.estates import HOME, MANAGEMENT, MEMBER, NOW, ORG, REGION, ROOT, TEAM, text

DENIED = {"Code": "AccessDeniedException", "Message": "User: x is not authorized to perform: ecr:GetRegistryPolicy"}
NONE = {"Code": "RepositoryPolicyNotFoundException", "Message": "none"}
POLICY = text({"Effect": "Allow", "Principal": "*", "Action": "ecr:*"})


def answer(service: str, operation: str, params: Any = None, account: str = HOME, **what: Any) -> Answer:
    return Answer(service, operation, params or {}, account, REGION, **what)


def described(*names: str, account: str = HOME, region: str = REGION) -> Answer:
    listed = [
        {"repositoryName": n, "registryId": account, "repositoryArn": f"arn:aws:ecr:{region}:{account}:repository/{n}"}
        for n in names
    ]
    return Answer("ecr", "describe-repositories", {}, account, region, {"repositories": listed})


def of(*answers: Answer, **which: str) -> Estate:
    return estate(Answers(answers), **which)


def test_policies_images_and_lifecycles_are_found_for_each_repository():
    about = {"repositoryName": "app"}
    image = {"imageDigest": "sha256:1", "imageTags": ["1"], "imagePushedAt": 1764331200, "imageStatus": "ARCHIVED"}
    found = of(
        described("app", "bare"),
        answer("ecr", "get-repository-policy", about, answer={**about, "policyText": POLICY}),
        answer("ecr", "get-repository-policy", {"repositoryName": "bare"}, error=NONE),
        answer("ecr", "get-lifecycle-policy", about, answer={**about, "lifecyclePolicyText": "{}"}),
        answer("ecr", "describe-images", about, answer={"imageDetails": [image]}),
    )
    app, bare = found.registry.repositories
    assert (app.name, app.policy, app.lifecycle) == ("app", POLICY, "{}")
    assert [(each.digest, each.tags, each.status, each.pushed.year) for each in app.images] == [
        ("sha256:1", ("1",), "ARCHIVED", 2025)
    ]
    assert bare.policy is None
    assert isinstance(bare.lifecycle, NotKnown)
    assert isinstance(bare.images, NotKnown)


def test_what_was_refused_or_not_asked_is_not_known():
    found = of(described("app"), answer("ecr", "get-registry-policy", error=DENIED))
    assert found.registry.policy.why == "x is not allowed to call ecr:GetRegistryPolicy"
    assert found.registry.repositories[0].policy.why == "it was not collected"
    assert isinstance(found.organization, NotKnown)


def test_a_list_of_repositories_that_was_refused_leaves_those_of_which_something_was_saved():
    refused = answer("ecr", "describe-repositories", error=DENIED)
    about = {"repositoryName": "app", "registryId": HOME}
    policy = answer("ecr", "get-repository-policy", about, answer={**about, "policyText": POLICY})
    assert [each.name for each in of(refused, policy).registry.repositories] == ["app"]
    assert isinstance(of(refused).registry.repositories, NotKnown)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ((), "Nothing in it tells of a registry"),
        ((described("a"), described("b", account=MEMBER)), "several registries"),
        ((described("a"), described("b", region="us-east-1")), "several registries"),
        ((Answer("ecr", "get-registry-policy", {}, HOME, "", {"registryId": HOME, "policyText": "{}"}),), "--region"),
    ],
)
def test_one_registry_must_be_meant(answers, words):
    with pytest.raises(UsageError, match=words):
        of(*answers)


def test_one_of_several_registries_is_chosen():
    both = (described("a"), described("b", region="us-east-1"), described("c", account=MEMBER))
    chosen = of(*both, account=HOME, region="us-east-1").registry
    assert ([each.name for each in chosen.repositories], chosen.region) == (["b"], "us-east-1")


ORGANIZATION = answer(
    "organizations", "describe-organization", answer={"Organization": {"Id": ORG, "MasterAccountId": MANAGEMENT}}
)


def member(number: str, **told: Any) -> dict[str, Any]:
    return {"Id": number, "Name": "name", "Arn": f"arn:aws:organizations::{MANAGEMENT}:account/{ORG}/{number}", **told}


def placed(*answers: Answer) -> Organization:
    found = of(described("app"), *answers).organization
    assert isinstance(found, Organization)
    return found


def test_accounts_have_state_and_place_by_list_accounts():
    listed = [member(MEMBER, State="CLOSED", Paths=[f"{ORG}/{ROOT}/{TEAM}/{MEMBER}/"]), member(HOME, Status="ACTIVE")]
    found = placed(ORGANIZATION, answer("organizations", "list-accounts", answer={"Accounts": listed}))
    assert [(each.account, each.state, each.path) for each in found.members] == [
        (MEMBER, "CLOSED", f"{ORG}/{ROOT}/{TEAM}/"),
        (HOME, "ACTIVE", ""),
    ]
    assert found.members[0].is_closed


def test_accounts_have_their_place_by_the_unit_that_lists_them():
    units = {"OrganizationalUnits": [{"Id": TEAM, "Name": "team"}]}
    found = placed(
        ORGANIZATION,
        answer("organizations", "list-roots", answer={"Roots": [{"Id": ROOT, "Name": "Root"}]}),
        answer("organizations", "list-organizational-units-for-parent", {"ParentId": ROOT}, answer=units),
        answer("organizations", "list-accounts-for-parent", {"ParentId": TEAM}, answer={"Accounts": [member(MEMBER)]}),
    )
    assert found.members[0].path == f"{ORG}/{ROOT}/{TEAM}/"
    assert found.units == {ROOT: "Root", TEAM: "team"}


def test_the_accounts_alone_tell_which_organization_it_is():
    found = placed(answer("organizations", "list-accounts", answer={"Accounts": [member(MEMBER)]}))
    assert (found.id, found.management) == (ORG, MANAGEMENT)


def test_an_account_in_no_organization_is_in_none():
    refused = {"Code": "AWSOrganizationsNotInUseException", "Message": "none"}
    alone = answer("organizations", "describe-organization", error=refused)
    assert of(described("app"), alone).organization is None


def policies_of(kind: str, enabled: bool = True) -> list[Answer]:
    types = [{"Type": kind, "Status": "ENABLED"}] if enabled else []
    summary = {"Id": "p-1", "Name": "guard", "Type": kind}
    content = json.dumps({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
    described_policy = {"Policy": {"PolicySummary": summary, "Content": content}}
    return [
        ORGANIZATION,
        answer("organizations", "list-roots", answer={"Roots": [{"Id": ROOT, "Name": "Root", "PolicyTypes": types}]}),
        answer("organizations", "describe-policy", {"PolicyId": "p-1"}, answer=described_policy),
        answer(
            "organizations", "list-targets-for-policy", {"PolicyId": "p-1"}, answer={"Targets": [{"TargetId": TEAM}]}
        ),
    ]


@pytest.mark.parametrize(("kind", "field"), [("SERVICE_CONTROL_POLICY", "scp"), ("RESOURCE_CONTROL_POLICY", "rcp")])
def test_guard_rails_are_found_by_their_targets(kind, field):
    found = placed(*policies_of(kind))
    assert [policy.name for policy in getattr(found, field)[TEAM]] == ["guard"]
    assert getattr(found, {"scp": "rcp", "rcp": "scp"}[field]) is None
    assert getattr(placed(*policies_of(kind, enabled=False)), field) is None


def test_guard_rails_that_were_not_read_are_not_known():
    assert isinstance(placed(ORGANIZATION).scp, NotKnown)


URI = f"{HOME}.dkr.ecr.{REGION}.amazonaws.com/app"
ARN = f"arn:aws:lambda:{REGION}:{MEMBER}:function:f"


def function(**configuration: Any) -> dict[str, Any]:
    return {"FunctionArn": ARN, "PackageType": "Image", "CodeSha256": "a" * 64, **configuration}


def test_functions_tell_which_images_are_in_use():
    code = {"ImageUri": f"{URI}:1", "ResolvedImageUri": f"{URI}@sha256:{'b' * 64}"}
    got = answer("lambda", "get-function", account=MEMBER, answer={"Configuration": function(), "Code": code})
    listed = [function(FunctionArn=f"{ARN}:$LATEST"), function(FunctionArn=f"{ARN}:1"), {"FunctionArn": f"{ARN}2"}]
    lists = answer("lambda", "list-functions", account=MEMBER, answer={"Functions": listed})
    found = of(described("app"), got, lists)
    assert [(use.function, use.digest[7:8], use.repository.rpartition("/")[2]) for use in found.uses] == [
        (ARN, "b", "app"),
        (f"{ARN}:1", "a", ""),
    ]
    assert found.functions_of == {MEMBER}


def test_functions_that_could_not_be_listed_are_not_known():
    refused = answer("lambda", "list-functions", account=MEMBER, error={"Code": "AccessDenied", "Message": ""})
    found = of(described("app"), refused)
    assert [each.what for each in found.not_known] == [f"the functions of {MEMBER}"]
    assert found.functions_of == frozenset()


def test_a_folder_saved_by_hand_is_read(tmp_path: Path):
    (tmp_path / "repositories.json").write_text(json.dumps(described("app").answer))
    saved = {"registryId": HOME, "repositoryName": "app", "policyText": POLICY}
    (tmp_path / "policy.json").write_text(json.dumps(saved), "utf-16")
    (tmp_path / "accounts.json").write_text(json.dumps({"Accounts": [member(MEMBER, State="ACTIVE")]}))
    (tmp_path / "half.json").write_text("{")
    found = estate(folder.read(tmp_path).answers)
    assert found.registry.repositories[0].policy == POLICY
    assert found.organization.id == ORG


@pytest.mark.parametrize("odd", [None, 1, True, "x", [None, 3, {"a": 1}], {"a": {}}, "\ud800"], ids=repr)
def test_answers_of_other_shapes_are_passed_over(odd):
    about = {"repositoryName": "app"}
    found = of(
        described("app"),
        ORGANIZATION,
        answer("organizations", "list-roots", answer={"Roots": [{"Id": ROOT, "PolicyTypes": odd}, odd]}),
        answer(
            "organizations", "list-accounts", answer={"Accounts": [{"Id": MEMBER, "Paths": odd, "State": odd}, odd]}
        ),
        answer("organizations", "describe-policy", {"PolicyId": "p-1"}, answer={"Policy": odd}),
        answer("organizations", "list-targets-for-policy", {"PolicyId": "p-1"}, answer={"Targets": odd}),
        answer("ecr", "describe-images", about, answer={"imageDetails": [{"imageDigest": "d", "imageTags": odd}, odd]}),
        answer("ecr", "get-repository-policy", about, answer={"policyText": odd}),
        answer("ecr", "get-lifecycle-policy", about, answer={"lifecyclePolicyText": odd}),
        answer("lambda", "get-function", answer={"Configuration": odd, "Code": odd}),
        answer("lambda", "list-functions", answer={"Functions": [{"FunctionArn": odd, "CodeSha256": odd}, odd]}),
    )
    result = audit(found, NOW)
    assert [row.name for row in result.rows] == ["app"]
    assert page(result).encode()
    assert json.dumps(sarif(result, "answers"))
