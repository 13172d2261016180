"""An account in which there is already what the tools' lists call by name; every test has a copy of it.

role Function      trusts Lambda and may do nothing
repository app     with the images 1 and 2
function made      from the first image, with the versions 1 and 2; its alias live names 1
"""

from __future__ import annotations

import shutil
from pathlib import Path
from unittest.mock import patch

import pytest

from labkit.aws import transport
from labkit.aws.images import push
from labkit.docker.engine_choice import INTERPRETER, VARIABLE
from tests.embedded.conftest import Cloud, MovedClock
from tests.embedded.lab_of_tests import image_of
from tests.embedded.tools.replay import GIVEN


@pytest.fixture(scope="package")
def founded(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab home with that account, copied by the fixture ``cloud``."""
    folder = tmp_path_factory.mktemp("tools")
    shutil.copytree(founded, folder / "home")
    clock = MovedClock()
    with patch("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: clock.now().replace(tzinfo=None)):
        transport.connect_clients()
        cloud = Cloud(folder / "home", clock)
        _stock(cloud, folder)
        cloud.close()
    return folder / "home"


def _stock(cloud: Cloud, folder: Path) -> None:
    iam, ecr, lambda_ = (cloud.client("registry", name) for name in ("iam", "ecr", "lambda"))
    iam.create_role(RoleName="Function", AssumeRolePolicyDocument=GIVEN["trust"])
    for name in ("Deployer", GIVEN["publisher"]):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=GIVEN["trust_of_account"])
    iam.put_role_policy(RoleName=GIVEN["publisher"], PolicyName="default", PolicyDocument=GIVEN["publisher_may"])
    ecr.create_repository(repositoryName="app")
    for tag in "12":
        push(ecr, "app", tag, image_of(folder / tag, f"def handler(event, context):\n    return {tag}\n"))
    request = {"FunctionName": "made", "PackageType": "Image", "Role": GIVEN["role"]}
    lambda_.create_function(**request, Code={"ImageUri": GIVEN["image"]}, Publish=True)
    cloud.embedded.functions.settle()
    lambda_.update_function_configuration(FunctionName="made", Description="again")
    cloud.embedded.functions.settle()
    lambda_.publish_version(FunctionName="made")
    lambda_.create_alias(FunctionName="made", Name="live", FunctionVersion="1")


@pytest.fixture(autouse=True)
def _handlers_run_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, INTERPRETER)
