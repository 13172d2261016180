"""Functions where the world is realistic: what lasts on AWS lasts here, by the lab's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from labkit.embedded.process import client, here
from labkit.embedded.services.lambda_.invoke.code import CodeFailure
from tests.embedded.conftest import MovedClock
from tests.embedded.lab_of_tests import REGISTRY
from tests.embedded.services.lambda_.conftest import DENIED, PENDING, Place, refused


@pytest.fixture
def slow(place: Place) -> Place:
    client.let_time_pass(place.cloud.home.root, True, {"propagation": 0, "race": 0})
    return place


FOLLOWING: list[Callable[[Any], Any]] = [
    lambda it: it.update_function_configuration(FunctionName="f", MemorySize=256),
    lambda it: it.update_function_code(
        FunctionName="f", ImageUri=f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/repo:1"
    ),
    lambda it: it.tag_resource(Resource=f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:f", Tags={"a": "b"}),
]
CONFLICT = "The operation cannot be performed at this time. "
IS_PENDING = f"{CONFLICT}The function is currently in the following state: Pending"
IN_PROGRESS = f"{CONFLICT}An update is in progress for resource: arn:aws:lambda:eu-central-1:{REGISTRY}:function:f"


@pytest.mark.aws("remotion #1186, lithops #877", "medium")
def test_what_follows_a_creation_without_waiting_is_refused(slow: Place):
    assert slow.create()["State"] == "Pending"
    slow.settle()
    for call in [*FOLLOWING, lambda it: it.invoke(FunctionName="f")] * 5:
        assert refused(lambda call=call: call(slow.lambda_)) == ("ResourceConflictException", 409, IS_PENDING)
    slow.later(timedelta(seconds=4))
    assert slow.state()[:2] == ("Pending", "Creating")
    slow.later(timedelta(seconds=1))
    assert slow.state()[:2] == ("Active", None)
    assert slow.invoke() == [1, None]


@pytest.mark.aws("recorded by LocalStack", "recorded")
def test_what_follows_an_update_without_waiting_is_refused_and_the_old_code_and_configuration_serve(slow: Place):
    """Recorded: test_lambda_concurrent_code_updates."""
    slow.create()
    slow.later(timedelta(seconds=5))
    slow.push(2)
    environment = {"Variables": {"WORD": "new"}}
    slow.lambda_.update_function_code(FunctionName="f", ImageUri=f"{slow.repository}:1")
    slow.settle()
    for call in FOLLOWING * 7:
        assert refused(lambda call=call: call(slow.lambda_)) == ("ResourceConflictException", 409, IN_PROGRESS)
    assert slow.invoke() == [1, None]
    slow.later(timedelta(seconds=5))
    assert slow.invoke() == [2, None]
    slow.lambda_.update_function_configuration(FunctionName="f", Environment=environment)
    assert slow.invoke() == [2, None]
    slow.later(timedelta(seconds=5))
    assert slow.invoke() == [2, "new"]


def test_restoring_lasts_and_what_has_happened_until_its_end_decides(slow: Place):
    slow.create()
    slow.later(timedelta(seconds=5))
    slow.later()
    for _ in range(2):
        assert refused(slow.invoke) == ("CodeArtifactUserPendingException", 409, PENDING)
        assert slow.state()[:2] == ("Pending", "Restoring")
    slow.withdraw()
    slow.later(timedelta(seconds=40))
    assert slow.state()[:3] == ("Inactive", *DENIED)


def test_a_new_function_whose_image_cannot_be_used_fails_when_it_would_be_active(slow: Place):
    """Created, then State Failed; StateReasonCode InvalidImage."""
    broken = CodeFailure("InvalidImage", "SizeLimitExceeded: Uncompressed container image size exceeds 10 GiB limit")
    with patch.object(slow.cloud.embedded.functions.code, "prepare", side_effect=broken):
        slow.create()
        slow.settle()
        slow.later(timedelta(seconds=4))
        assert slow.state()[0] == "Pending"
        slow.later(timedelta(seconds=1))
    assert slow.state()[:3] == ("Failed", broken.code, broken.reason)


@pytest.mark.parametrize("after", ["now", "not realistic"])
def test_what_is_waited_for_is_over_when_the_clock_is_set_back_or_the_world_is_quick_again(slow: Place, after: str):
    slow.later(timedelta(days=30))
    slow.create()
    slow.settle()
    root = slow.cloud.home.root
    if after == "now":
        client.move_clock(root, "now")
    else:
        client.let_time_pass(root, False)
    slow.settle()
    assert slow.state()[0] == "Active"


def test_what_is_waited_for_is_waited_for_after_a_restart(slow: Place, clock: MovedClock):
    slow.create()
    here.stop(slow.cloud.home)
    served = here.start(slow.cloud.home, clock)
    slow.cloud.embedded, slow.cloud.served = served.embedded, served
    again = slow.cloud.client("registry", "lambda")
    again.get_function(FunctionName="f")
    served.embedded.functions.settle()
    assert again.get_function_configuration(FunctionName="f")["State"] == "Pending"
    clock.move(seconds=5)
    served.embedded.catch_up()
    served.embedded.functions.settle()
    assert again.get_function_configuration(FunctionName="f")["State"] == "Active"


@pytest.mark.parametrize("begin", ["create", "update"])
def test_boto3s_waiters_wait_while_time_passes(slow: Place, clock: MovedClock, begin: str):
    with patch("botocore.waiter.time.sleep", lambda seconds: clock.move(seconds=seconds)):
        slow.create()
        slow.lambda_.get_waiter("function_active_v2").wait(FunctionName="f")
        if begin == "update":
            slow.lambda_.update_function_configuration(FunctionName="f", MemorySize=256)
            slow.lambda_.get_waiter("function_updated_v2").wait(FunctionName="f")
    assert slow.state()[0] == "Active"


def test_a_function_can_be_deleted_while_it_is_pending(slow: Place):
    slow.create()
    slow.lambda_.delete_function(FunctionName="f")
    slow.later(timedelta(seconds=5))
    assert refused(slow.state)[0] == "ResourceNotFoundException"
