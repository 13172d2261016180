"""What people save by hand from the aws CLI: recognised by shape and name, and read like what was collected."""

from __future__ import annotations

import json

import pytest

from labkit.diagnosis.asked import Asked
from labkit.diagnosis.evidence import folder
from labkit.diagnosis.evidence.answers import Answer, Answers
from labkit.diagnosis.evidence.gathering import facts_from
from labkit.diagnosis.evidence.texts import sorted_out
from labkit.diagnosis.facts import Document, Layer, NotKnown
from labkit.diagnosis.offline import diagnose_offline
from labkit.errors import UsageError
from labkit.pull import policies

REGISTRY, WORKLOAD = "813835382529", "592444418872"
IMAGE = f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/app:1"
CALLER = f"arn:aws:iam::{WORKLOAD}:role/Deployer"
ROLE = f"arn:aws:iam::{WORKLOAD}:role/lambda-role"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
POLICY_ARN = f"arn:aws:iam::{WORKLOAD}:policy/deploying"
DIGEST = f"sha256:{'a' * 64}"
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": 7},
    "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": DIGEST, "size": 100}],
}
INDEX = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.index.v1+json",
    "manifests": [
        {"digest": DIGEST, "platform": {"architecture": "arm64", "os": "linux"}},
        {"digest": f"sha256:{'b' * 64}", "platform": {"architecture": "unknown", "os": "unknown"}},
    ],
}
ASKED = Asked(image=IMAGE, function="f", function_account=WORKLOAD, caller=CALLER)


def error(code: str, operation: str, message: str = "…") -> str:
    return f"\nAn error occurred ({code}) when calling the {operation} operation: {message}\n"


@pytest.fixture
def save(tmp_path):
    """Writes files into a folder and reads it."""

    def written(**files: object) -> folder.Folder:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (tmp_path / f"{name}.json").write_text(text, "utf-8")
        return folder.read(tmp_path)

    return written


def facts(found: folder.Folder, asked: Asked = ASKED):
    return facts_from(asked, found.answers)


class TestTheRepository:
    def test_its_policy(self, save):
        raw = {"registryId": REGISTRY, "repositoryName": "app", "policyText": json.dumps(policies.same_account())}
        found = facts(save(whatever=raw)).repository_policy
        assert (found.kind, found.account, found.name, found.stored) == ("repository-policy", REGISTRY, "app", True)

    def test_that_of_another_repository_is_none_of_its(self, save):
        raw = {"registryId": REGISTRY, "repositoryName": "other", "policyText": "{}"}
        assert isinstance(facts(save(whatever=raw)).repository_policy, NotKnown)

    @pytest.mark.parametrize(
        ("code", "state"),
        [("RepositoryPolicyNotFoundException", None), ("RepositoryNotFoundException", None)],
    )
    def test_the_refusals_that_say_that_there_is_none(self, save, code, state):
        message = f"… with name 'app' … in the registry with id '{REGISTRY}'"
        assert facts(save(x=error(code, "GetRepositoryPolicy", message))).repository_policy is state

    def test_a_repository_that_is_not_there(self, save):
        message = f"The repository with name 'app' does not exist in the registry with id '{REGISTRY}'"
        found = facts(save(x=error("RepositoryNotFoundException", "DescribeImages", message)))
        assert (found.repository, found.image) == (None, None)

    def test_a_list_of_repositories_shows_which_are_there(self, save):
        listed = {"repositories": [{"repositoryName": "app", "registryId": REGISTRY}]}
        assert facts(save(x=listed)).repository is not None
        listed = {"repositories": [{"repositoryName": "app", "registryId": WORKLOAD}]}
        assert isinstance(facts(save(x=listed)).repository, NotKnown)


class TestTheImage:
    @pytest.mark.parametrize("status", ["ACTIVE", "ARCHIVED"])
    def test_as_describe_images_shows_it(self, save, status):
        detail = {"repositoryName": "app", "imageDigest": DIGEST, "imageTags": ["1"], "imageSizeInBytes": 5}
        found = facts(save(x={"imageDetails": [{**detail, "imageStatus": status}]})).image
        assert (found.digest, found.status, found.size, found.tags) == (DIGEST, status, 5, ("1",))

    def test_a_list_without_it_shows_that_it_is_not_there(self, save):
        assert facts(save(x={"imageDetails": [{"repositoryName": "app", "imageTags": ["2"]}]})).image is None

    def test_a_failure_of_batch_get_image_shows_it_too(self, save):
        failed = {"images": [], "failures": [{"imageId": {"imageTag": "1"}, "failureCode": "ImageNotFound"}]}
        assert facts(save(x=failed)).image is None

    def test_what_docker_prints_of_a_manifest(self, save):
        found = facts(save(x=MANIFEST)).image
        assert (found.media_type, found.size, found.digest) == (MANIFEST["mediaType"], 100, "")
        assert found.layer_media_types == ("application/vnd.oci.image.layer.v1.tar+gzip",)

    def test_what_docker_prints_of_an_index(self, save):
        assert [each.architecture for each in facts(save(x=INDEX)).image.children] == ["arm64", "unknown"]

    def test_what_docker_prints_with_verbose(self, save):
        told = {"digest": DIGEST, "platform": {"architecture": "arm64", "os": "linux"}}
        found = facts(save(x={"Ref": "r", "Descriptor": told, "OCIManifest": MANIFEST})).image
        assert (found.digest, found.architecture) == (DIGEST, "arm64")
        found = facts(save(x=[{"Descriptor": told, "OCIManifest": MANIFEST}] * 2)).image
        assert [each.architecture for each in found.children] == ["arm64", "arm64"]


class TestTheCaller:
    def test_its_policies_one_answer_each(self, save):
        found = facts(
            save(
                a={"AttachedPolicies": [{"PolicyName": "deploying", "PolicyArn": POLICY_ARN}]},
                b={"PolicyNames": ["inline"]},
                c={"RoleName": "Deployer", "PolicyName": "inline", "PolicyDocument": EVERYTHING},
                d={"Policy": {"Arn": POLICY_ARN, "DefaultVersionId": "v2"}},
                e={"PolicyVersion": {"VersionId": "v2", "Document": EVERYTHING, "IsDefaultVersion": True}},
                f={"Role": {"RoleName": "Deployer", "RoleId": "AROAEXAMPLE", "Arn": CALLER}},
            )
        )
        assert [each.name for each in found.identity.documents] == [POLICY_ARN, "inline"]
        assert found.identity.not_known == ()
        assert (found.boundary, found.question.caller.id) == (None, "AROAEXAMPLE")

    def test_an_answer_that_does_not_say_whose_it_is_is_not_taken_for_one_of_two_roles(self, save):
        listed = {"AttachedPolicies": [{"PolicyName": "deploying", "PolicyArn": POLICY_ARN}]}
        both = Asked(image=IMAGE, function="f", function_account=WORKLOAD, caller=CALLER, execution_role=ROLE)
        found = facts(save(**{"list-attached-role-policies": listed}), both)
        assert isinstance(found.identity, NotKnown)
        assert isinstance(found.execution_identity, NotKnown)

    def test_the_files_name_says_whose_it_is(self, save):
        listed = {"AttachedPolicies": [{"PolicyName": "deploying", "PolicyArn": POLICY_ARN}]}
        both = Asked(image=IMAGE, function="f", function_account=WORKLOAD, caller=CALLER, execution_role=ROLE)
        found = facts(save(**{"list-attached-role-policies-Deployer": listed}), both)
        assert isinstance(found.identity, Layer)
        assert isinstance(found.execution_identity, NotKnown)

    def test_one_answer_of_iam_that_holds_all(self, save):
        details = {
            "RoleDetailList": [
                {
                    "RoleName": "Deployer",
                    "RoleId": "AROAEXAMPLE",
                    "Arn": CALLER,
                    "AttachedManagedPolicies": [{"PolicyName": "deploying", "PolicyArn": POLICY_ARN}],
                    "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": EVERYTHING}],
                    "PermissionsBoundary": {"PermissionsBoundaryArn": POLICY_ARN},
                },
                {"RoleName": "lambda-role", "Arn": ROLE, "AssumeRolePolicyDocument": TRUST, "RolePolicyList": []},
            ],
            "UserDetailList": [],
            "GroupDetailList": [],
            "Policies": [
                {
                    "Arn": POLICY_ARN,
                    "DefaultVersionId": "v1",
                    "PolicyVersionList": [{"VersionId": "v1", "Document": EVERYTHING, "IsDefaultVersion": True}],
                }
            ],
        }
        both = Asked(image=IMAGE, function="f", function_account=WORKLOAD, caller=CALLER, execution_role=ROLE)
        found = facts(save(x=details), both)
        assert [each.name for each in found.identity.documents] == [POLICY_ARN, "inline"]
        assert isinstance(found.boundary, Document)
        assert isinstance(found.trust, Document)
        assert found.execution_identity == Layer()

    def test_a_document_that_is_url_encoded(self, save):
        from urllib.parse import quote

        raw = {"RoleName": "Deployer", "PolicyName": "inline", "PolicyDocument": quote(json.dumps(EVERYTHING))}
        found = facts(save(a={"PolicyNames": ["inline"]}, b=raw))
        assert json.loads(found.identity.documents[0].text) == EVERYTHING

    def test_whoever_asked_is_the_caller_where_nobody_says_it(self, save):
        who = {"UserId": "AIDA", "Account": WORKLOAD, "Arn": f"arn:aws:iam::{WORKLOAD}:user/ann"}
        found = facts(save(x=who), Asked(image=IMAGE, function="f", function_account=WORKLOAD))
        assert found.question.caller.arn == who["Arn"]


class TestBarePolicies:
    def test_the_files_name_or_the_documents_form_says_what_they_are(self, save):
        found = save(
            **{
                "repository-policy": policies.same_account(),
                "identity-deployer": EVERYTHING,
                "boundary": EVERYTHING,
                "scp-1-root": EVERYTHING,
                "scp-2-account": EVERYTHING,
                "my-execution-role": EVERYTHING,
                "policy": EVERYTHING,
            }
        )
        texts = sorted_out(found)
        assert {name: [file for file, _ in each] for name, each in texts.documents.items()} == {
            "repository_policy": ["repository-policy.json"],
            "identity": ["identity-deployer.json"],
            "boundary": ["boundary.json"],
            "scp": ["scp-1-root.json", "scp-2-account.json"],
            "execution_identity": ["my-execution-role.json"],
        }
        assert texts.bad == ("policy.json is left out: neither its name nor its form says what it is.",)

    def test_what_else_lies_in_a_folder_is_no_policy_by_the_name_of_its_folder(self, save, tmp_path):
        (tmp_path / "Session Storage").mkdir()
        (tmp_path / "Session Storage" / "LOG").write_text("2026/11/28 Creating DB", "utf-8")
        texts = sorted_out(save(boundary=EVERYTHING))
        assert list(texts.documents) == ["boundary"]
        assert [each.partition(" is left out")[0] for each in texts.bad] == ["Session Storage/LOG"]

    def test_a_folder_of_them_is_enough_for_an_answer(self, save, tmp_path):
        names = {"policy-of-app": policies.cross_account(WORKLOAD), "caller-identity": EVERYTHING}
        save(**names)
        found = diagnose_offline(ASKED, tmp_path)
        assert (found.verdict, found.causes) == ("can", ())

    def test_a_policy_that_is_no_json_is_a_cause(self, save, tmp_path):
        save(**{"repository-policy": '{"Statement": [],}'})
        assert "policy-not-json" in diagnose_offline(ASKED, tmp_path).ids

    def test_a_pasted_error_may_lie_beside_them(self, save, tmp_path):
        message = "Lambda does not have permission to access the ECR image. Check the ECR permissions."
        save(error=error("AccessDeniedException", "CreateFunction", message))
        assert "Lambda does not have permission" in sorted_out(folder.read(tmp_path)).error


class TestBadFiles:
    def test_they_are_named_and_the_rest_is_read(self, save, tmp_path):
        (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")
        (tmp_path / ".hidden").write_text("x", "utf-8")
        raw = {"registryId": REGISTRY, "repositoryName": "app", "policyText": json.dumps(policies.same_account())}
        found = save(good=raw, broken={"call": ["ecr"]}, deep="[" * 100_000)
        assert found.bad == (
            "broken.json is left out: its call is not a list of a service, an operation and its parameters.",
            "picture.png is left out: it is not a text in UTF-8.",
        )
        told = diagnose_offline(ASKED, tmp_path).not_known
        assert {"broken.json", "picture.png", "deep.json"} <= {each.what for each in told}
        assert isinstance(facts(found).repository_policy, Document)

    @pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
    def test_texts_with_a_mark_are_read(self, tmp_path, mark):
        (tmp_path / "x.json").write_text(json.dumps({"repositories": []}), mark)
        assert len(list(folder.read(tmp_path).answers)) == 1

    def test_an_index_of_another_format_is_named(self, save):
        assert save(index={"format": 2}).bad == ("index.json is left out: its format is 2, and this labkit reads 1.",)

    @pytest.mark.parametrize("name", ["nowhere", "."])
    def test_a_folder_that_is_not_there_or_empty_is_wrong_usage(self, tmp_path, name):
        with pytest.raises(UsageError, match=r"There (is no such folder|are no files in it)"):
            folder.read(tmp_path / name)

    def test_without_an_image_there_is_no_question(self, save, tmp_path):
        save(x={"repositories": []})
        with pytest.raises(UsageError, match="It is not known which image this is about"):
            diagnose_offline(Asked(), tmp_path)


def test_what_was_answered_goes_before_what_was_refused():
    call = ("ecr", "get-repository-policy", {"repositoryName": "app"})
    answers = Answers([Answer(*call, error={"Code": "AccessDenied"}), Answer(*call, answer={"policyText": "{}"})])
    assert answers.find(*call).answer == {"policyText": "{}"}
