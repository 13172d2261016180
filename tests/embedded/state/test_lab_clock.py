"""The lab's clock: what moves it, what goes by it, and what goes by the machine's all the same."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from labkit.embedded.process import client, here
from labkit.embedded.state.lab_clock import FARTHEST, span
from labkit.errors import UsageError
from tests.embedded.conftest import Cloud, MovedClock, session_keys
from tests.embedded.lab_of_tests import image_of, push

ROLE = "arn:aws:iam::592444418872:role/visitor"
TRUST = (
    '{"Version": "2012-10-17", "Statement": '
    '{"Effect": "Allow", "Principal": {"AWS": "592444418872"}, "Action": "sts:AssumeRole"}}'
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("+30d", timedelta(days=30)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(weeks=2)),
        ("2h", timedelta(hours=2)),
        ("45m", timedelta(minutes=45)),
        ("90s", timedelta(seconds=90)),
        (" +1d12h30m ", timedelta(days=1, hours=12, minutes=30)),
    ],
)
def test_a_span_is_written_in_weeks_days_hours_minutes_and_seconds(text: str, meant: timedelta) -> None:
    assert span(text) == meant


@pytest.mark.parametrize("text", ["", "+", "30", "d", "1h2d", "3 days", "+1.5h", "١d", "1d\n2h", "now!"])
def test_what_is_no_span_is_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no time to move the clock by: use \+30d, 2h"):
        span(text)


def test_the_clock_only_moves_forward() -> None:
    with pytest.raises(UsageError, match="The lab's clock only moves forward"):
        span("-3d")


def test_dates_in_answers_follow_the_labs_clock_while_requests_are_signed_by_the_machines(
    cloud: Cloud, clock: MovedClock
) -> None:
    cloud.embedded.move_clock(timedelta(days=30))
    made = cloud.client("registry", "ecr").create_repository(repositoryName="later")
    assert made["repository"]["createdAt"] == clock.now() + timedelta(days=30)


def test_temporary_credentials_end_by_the_labs_clock(cloud: Cloud) -> None:
    cloud.client("workload", "iam").create_role(RoleName="visitor", AssumeRolePolicyDocument=TRUST)
    given = cloud.client("workload", "sts").assume_role(RoleArn=ROLE, RoleSessionName="guest")["Credentials"]
    sts = cloud.client(session_keys(given), "sts")
    cloud.embedded.move_clock(timedelta(minutes=59))
    sts.get_caller_identity()
    cloud.embedded.move_clock(timedelta(minutes=1))
    with pytest.raises(ClientError, match="ExpiredToken"):
        sts.get_caller_identity()


def test_what_has_expired_stays_so_when_the_clock_is_set_back(cloud: Cloud) -> None:
    cloud.client("workload", "iam").create_role(RoleName="visitor", AssumeRolePolicyDocument=TRUST)
    assume = cloud.client("workload", "sts").assume_role
    early = cloud.client(session_keys(assume(RoleArn=ROLE, RoleSessionName="early")["Credentials"]), "sts")
    cloud.embedded.move_clock(timedelta(minutes=30))
    late = cloud.client(session_keys(assume(RoleArn=ROLE, RoleSessionName="late")["Credentials"]), "sts")
    cloud.embedded.move_clock(timedelta(minutes=30))
    cloud.embedded.move_clock(None)
    with pytest.raises(ClientError, match="ExpiredToken"):
        early.get_caller_identity()
    assert late.get_caller_identity()["Arn"].endswith("/late")


def test_a_presigned_request_ends_by_the_machines_clock_which_has_dated_it(cloud: Cloud, clock: MovedClock) -> None:
    sts = cloud.client("workload", "sts")
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60).removeprefix(cloud.embedded.endpoint)
    cloud.embedded.move_clock(timedelta(days=1))
    assert cloud.send("POST", url, {"Host": cloud.served.address}).status == 200
    clock.move(seconds=61)
    assert cloud.send("POST", url, {"Host": cloud.served.address}).status == 403


def test_a_download_url_which_the_lab_has_dated_ends_by_the_labs_clock(cloud: Cloud, tmp_path: Path) -> None:
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName="repo")
    push(ecr, "repo", "1", image_of(tmp_path))
    image = ecr.batch_get_image(repositoryName="repo", imageIds=[{"imageTag": "1"}])["images"][0]
    layer = json.loads(image["imageManifest"])["layers"][0]["digest"]
    url = ecr.get_download_url_for_layer(repositoryName="repo", layerDigest=layer)["downloadUrl"]
    target, host = url.removeprefix(cloud.embedded.endpoint), {"Host": cloud.served.address}
    assert cloud.send("GET", target, host).status == 200
    cloud.embedded.move_clock(timedelta(days=1))
    assert cloud.send("GET", target, host).status == 403
    cloud.embedded.move_clock(None)
    assert cloud.send("GET", target, host).status == 403, "it stays ended"


def test_the_move_outlives_a_restart_and_now_undoes_it(cloud: Cloud, clock: MovedClock) -> None:
    assert client.move_clock(cloud.home.root, "+1d12h").words == "1 d 12 h ahead of this machine"
    assert client.move_clock(cloud.home.root, "+1d").ahead == timedelta(days=2, hours=12)
    here.stop(cloud.home)
    assert client.clock(cloud.home.root).ahead == timedelta(days=2, hours=12)
    here.start(cloud.home, clock)
    assert client.clock(cloud.home.root).now == clock.now() + timedelta(days=2, hours=12)
    assert client.move_clock(cloud.home.root, "now").words == "the time of this machine"
    assert client.clock(cloud.home.root).now == clock.now()


def test_a_move_too_far_changes_nothing(cloud: Cloud) -> None:
    client.move_clock(cloud.home.root, f"{FARTHEST.days}d")
    for text in ("1s", "9999999999999999999d"):
        with pytest.raises(UsageError, match="at most 36500 days ahead"):
            client.move_clock(cloud.home.root, text)
    assert client.clock(cloud.home.root).ahead == FARTHEST
    cloud.client("registry", "ecr").create_repository(repositoryName="far-away")
