"""What Terraform's AWS provider, the SAM CLI and the CDK ask of these services is answered as they expect."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import pytest

from labkit.embedded.http.gateway import operations
from labkit.embedded.protocol.models import SERVICES
from tests.embedded.conftest import Cloud
from tests.embedded.tools.replay import TOOLS, Replay, phases, tool

PHASES = phases()
WAITED_FOR = [each["resource"] for each in tool("terraform")["resources"] if "'until'" in str(each)]


@pytest.mark.parametrize(("name", "resource", "phase"), PHASES.values(), ids=PHASES)
def test_what_a_tool_asks_is_answered_as_it_expects(cloud: Cloud, name: str, resource: str, phase: str):
    listed = next(each["phases"] for each in tool(name)["resources"] if each["resource"] == resource)
    replay = Replay(cloud)
    for each in list(listed)[: list(listed).index(phase) + 1]:
        for call in listed[each]:
            replay.play(call)


@pytest.mark.parametrize("resource", WAITED_FOR)
def test_in_a_realistic_world_terraform_waits_and_gets_there(cloud: Cloud, resource: str):
    listed = next(each["phases"] for each in tool("terraform")["resources"] if each["resource"] == resource)
    replay = Replay(cloud)
    cloud.embedded.apply(replace(cloud.embedded.settings, realistic=True))
    for call in chain(*listed.values()):
        replay.play(call)


@pytest.mark.parametrize("name", TOOLS)
def test_what_is_out_of_reach_is_not_offered(name: str):
    for what in tool(name)["out of reach"]:
        service, _, operation = what.partition(":")
        assert service not in SERVICES or " with " in operation or operation not in operations(service)
