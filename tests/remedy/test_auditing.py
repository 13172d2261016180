"""An audit of live accounts: the embedded AWS is asked through boto3, in the process of the test."""

from __future__ import annotations

import io
import json
import time
from itertools import count
from pathlib import Path
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.retries import bucket

from labkit.aws import transport
from labkit.aws.images import push
from labkit.diagnosis.audit.reading import estate
from labkit.diagnosis.audit.report import Report, audit
from labkit.diagnosis.evidence import folder
from labkit.diagnosis.evidence.answers import Answers
from labkit.pull import policies
from labkit.remedy.asking import PATIENT, Asker, Call, ask
from labkit.remedy.auditing import Accounts, collect
from tests.embedded.conftest import REGION, Cloud
from tests.embedded.lab_of_tests import ROLE, image_of

REGISTRY, WORKLOAD = "813835382529", "592444418872"


def asker(cloud: Cloud, profile: str, account: str) -> Asker:
    return Asker(account, REGION, lambda service: cloud.client(profile, service))


def accounts(cloud: Cloud) -> Accounts:
    return Accounts(
        asker(cloud, "registry", REGISTRY),
        asker(cloud, "management", cloud.embedded.settings.accounts["management"]),
        (asker(cloud, "workload", WORKLOAD),),
    )


def report(cloud: Cloud, who: Accounts | None = None) -> Report:
    return audit(estate(Answers(collect(who or accounts(cloud)))), cloud.clock.now())


def repository(cloud: Cloud, name: str, document: dict[str, Any] | None) -> None:
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName=name)
    if document is not None:
        ecr.set_repository_policy(repositoryName=name, policyText=json.dumps(document))


def test_a_registry_is_read_and_judged(cloud):
    repository(cloud, "shared", policies.cross_account(WORKLOAD))
    repository(cloud, "alone", None)
    found = report(cloud)
    rows = {row.name: row for row in found.rows}
    assert set(rows) == {"shared", "alone"}
    assert rows["shared"].totals.create == (1, 0)
    assert rows["alone"].totals.create == (0, 0)
    assert [each.rule.id for each in found.findings] == ["no-lambda-statement"]
    assert not [each for each in found.not_known if "functions" not in each.why]


def reader(cloud: Cloud, *actions: str, denied: str = "none:None") -> Asker:
    """A user of the registry's account who may do these things alone."""
    iam = cloud.client("registry", "iam")
    iam.create_user(UserName="auditor")
    statements = [
        {"Effect": "Allow", "Action": list(actions), "Resource": "*"},
        {"Effect": "Deny", "Action": denied, "Resource": "*"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName="auditor", PolicyName="read", PolicyDocument=document)
    key = iam.create_access_key(UserName="auditor")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    cloud.clock.move(minutes=1)  # until the new key is known
    return Asker(REGISTRY, REGION, lambda service: cloud.client(keys, service))


def test_what_may_not_be_read_is_listed_and_the_rest_is_judged(cloud):
    repository(cloud, "shared", policies.cross_account(WORKLOAD))
    found = report(cloud, Accounts(reader(cloud, "ecr:*", denied="ecr:GetRepositoryPolicy")))
    assert [(row.name, row.cells) for row in found.rows] == [("shared", None)]
    reasons = {each.what: each.why for each in found.not_known}
    assert reasons["the repository policy of shared"].endswith("is not allowed to call ecr:GetRepositoryPolicy")
    assert "the organization" in reasons
    assert f"the functions of {REGISTRY}" in reasons


def test_the_images_that_functions_use_are_known_with_a_profile_of_theirs(cloud, tmp_path):
    repository(cloud, "shared", policies.cross_account(WORKLOAD))
    uri, digest = pushed(cloud, tmp_path, "shared")
    trust = json.dumps(policies.lambda_trust())
    role = cloud.client("workload", "iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    cloud.clock.move(minutes=1)  # until Lambda can assume it
    cloud.client("workload", "lambda").create_function(
        FunctionName="f", PackageType="Image", Code={"ImageUri": uri}, Role=role
    )
    assert found_in(cloud) == set()
    cloud.client("registry", "ecr").batch_delete_image(repositoryName="shared", imageIds=[{"imageDigest": digest}])
    assert found_in(cloud) == {"in-use-missing"}
    cloud.client("registry", "ecr").delete_repository_policy(repositoryName="shared")
    assert "function-locked-out" in found_in(cloud)


def pushed(cloud: Cloud, place: Path, name: str) -> tuple[str, str]:
    """The URI by tag and the digest of an image that was pushed."""
    ecr = cloud.client("registry", "ecr")
    digest = push(ecr, name, "1", image_of(place / "image")).digest
    return f"{REGISTRY}.dkr.ecr.{REGION}.amazonaws.com/{name}:1", digest


def found_in(cloud: Cloud) -> set[str]:
    return {each.rule.id for each in report(cloud).findings if each.rule.severity == "error"}


def test_a_folder_that_was_kept_gives_the_same_report(cloud, tmp_path):
    repository(cloud, "shared", policies.cross_account(WORKLOAD))
    answers = list(collect(accounts(cloud)))
    folder.write(tmp_path / "kept", answers, {}, cloud.clock.now())
    kept = folder.read(tmp_path / "kept")
    assert audit(estate(kept.answers), cloud.clock.now()) == audit(estate(Answers(answers)), cloud.clock.now())


class Throttled:
    """A transport that answers the first calls with a refusal for having asked too fast, then as AWS does."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals

    def __call__(self, request: Any, **_: Any) -> AWSResponse | None:
        if not self.refusals:
            return transport.answer(request)
        self.refusals -= 1
        body = Body(b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')
        return AWSResponse(request.url, 400, HeadersDict(), body)


class Body(io.BytesIO):
    """A body as botocore reads one."""

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.read()


def test_when_aws_asks_for_fewer_calls_the_reader_waits_and_asks_again(cloud, monkeypatch):
    repository(cloud, "shared", None)
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    hours = count(step=3600)  # the rate at which botocore asks again is measured by a clock that runs fast
    monkeypatch.setattr(bucket.Clock, "current_time", lambda _clock: float(next(hours)))
    made = botocore.session.Session().create_client(
        "ecr", REGION, endpoint_url=cloud.embedded.endpoint, config=PATIENT, **cloud.keys("registry")
    )
    made.meta.events.register_first("before-send", Throttled(5))
    answer = ask(Asker(REGISTRY, REGION, lambda _service: made), Call("ecr", "describe-repositories"))
    assert [each["repositoryName"] for each in answer.answer["repositories"]] == ["shared"]
    assert len(waits) == 5
