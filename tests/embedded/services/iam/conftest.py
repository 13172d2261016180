"""Who is there when tests of IAM begin."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.services.iam.common import NEW_ROLE


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    """IAM as the registry account's administrator sees it."""
    return cloud.client("registry", "iam")


@pytest.fixture
def peopled(iam: Any) -> Any:
    """An account with a user, two groups, a role and an instance profile."""
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="builders")
    iam.create_group(GroupName="others")
    iam.create_role(RoleName="R", **NEW_ROLE)
    iam.create_instance_profile(InstanceProfileName="P")
    return iam
