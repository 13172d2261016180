"""What STS was recorded to answer on AWS, and what the embedded STS answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.embedded import recordings
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.recordings import Recording

ACCOUNT = "813835382529"
RECORDED = recordings.recorded("localstack-sts.json")
TAG = [{"Key": "SessionTag1", "Value": "SessionValue1"}]


def _trust(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Principal": {"AWS": ACCOUNT}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TAGGING = _trust("sts:AssumeRole", "sts:TagSession")


def _get_federation_token(cloud: Cloud, recording: Recording) -> None:
    sts = cloud.client("registry", "sts")
    recording.answer("get-federation-token", sts.get_federation_token, Name="ann", DurationSeconds=3600)


def _assume_role(cloud: Cloud, recording: Recording) -> None:
    iam, sts = cloud.client("registry", "iam"), cloud.client("registry", "sts")
    document = _trust("sts:AssumeRole").replace('["sts:AssumeRole"]', '"sts:AssumeRole"')
    role = recording.answer("create-role", iam.create_role, RoleName="r", AssumeRolePolicyDocument=document)
    recording.answer("role-session-name", lambda: {"RoleSessionName": "me"})  # the name that the test made up
    recording.answer("assume-role", sts.assume_role, RoleArn=role["Role"]["Arn"], RoleSessionName="me")


def _assume_role_tag_validation(cloud: Cloud, recording: Recording) -> None:
    iam, sts = cloud.client("registry", "iam"), cloud.client("registry", "sts")
    role = recording.answer("role-1", iam.create_role, RoleName="r", AssumeRolePolicyDocument=TAGGING)
    names = {"RoleArn": role["Role"]["Arn"], "RoleSessionName": "me"}
    keys = {"TransitiveTagKeys": ["InvalidKey"]}
    recording.answer("invalid-transitive-tag-keys", sts.assume_role, **names, Tags=TAG, **keys)
    sts.assume_role(**names, Tags=TAG, TransitiveTagKeys=["sessiontag1"])
    twice = [*TAG, {"Key": "sessiontag1", "Value": "SessionValue2"}]
    recording.answer("duplicate-tag-keys-different-casing", sts.assume_role, **names, Tags=twice)


def _iam_role_chaining_override_transitive_tags(cloud: Cloud, recording: Recording) -> None:
    iam, sts = cloud.client("registry", "iam"), cloud.client("registry", "sts")
    roles = [
        recording.answer(f"role-{n}", iam.create_role, RoleName=f"r{n}", AssumeRolePolicyDocument=TAGGING)
        for n in (1, 2)
    ]
    policy = TAGGING.replace(f'"Principal": {{"AWS": "{ACCOUNT}"}}', '"Resource": "*"')
    iam.put_role_policy(RoleName="r1", PolicyName="p", PolicyDocument=policy)
    first, second = (role["Role"]["Arn"] for role in roles)
    session = sts.assume_role(RoleArn=first, RoleSessionName="first", Tags=TAG, TransitiveTagKeys=["SessionTag1"])
    chained = cloud.client(session_keys(session["Credentials"]), "sts")
    for name, key in {"": "SessionTag1", "case-ignore-": "sessiontag1"}.items():
        tags = [{"Key": key, "Value": "SessionValue2"}]
        params = {"RoleArn": second, "RoleSessionName": "second", "Tags": tags}
        recording.answer(f"override-transitive-tag-{name}error", chained.assume_role, **params)


def _sts_invalid_parameters(cloud: Cloud, recording: Recording) -> None:
    sts = cloud.client("registry", "sts")
    for name, arn in {
        "malformed-arn": "nothing-valid-in-here",
        "no-partition": "arn::b:::something/test-role",
        "no-service": "arn:a::::something/test-role",
        "not-enough-colons": "arn:a:::something/test-role",
        "no-resource": "arn:a:a::aaaaaaaaaa:",
    }.items():
        recording.answer(name, sts.assume_role, RoleArn=arn, RoleSessionName="Session")
    arn = f"arn:aws:iam::{ACCOUNT}:role/r"
    recording.answer("invalid-session-name", sts.assume_role, RoleArn=arn, RoleSessionName="Session1:2")


PLAYED = {
    "test_get_federation_token": _get_federation_token,
    "test_assume_role": _assume_role,
    "test_assume_role_tag_validation": _assume_role_tag_validation,
    "test_iam_role_chaining_override_transitive_tags": _iam_role_chaining_override_transitive_tags,
    "test_sts_invalid_parameters": _sts_invalid_parameters,
}


@recordings.needed
@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.aws("recorded by LocalStack (localstack-sts.json)", "recorded")
def test_sts_answers_what_was_recorded(cloud: Cloud, name: str) -> None:
    recording = Recording(RECORDED[name])
    play: Any = PLAYED[recordings.function_of(name)]
    play(cloud, recording)
    assert recording.whole()
