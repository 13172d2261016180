"""ECR within the process of the tests: fresh for every test."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import Lab


class LabHere(Lab):
    """The lab of the tests, in their own process."""

    def __init__(self, cloud: Cloud) -> None:
        self.home = cloud.home.root
        self.cloud = cloud
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, profile: str, service: str) -> Any:
        """A client of the administrator of a profile's account."""
        if (profile, service) not in self._clients:
            self._clients[profile, service] = self.cloud.client(profile, service)
        return self._clients[profile, service]


@pytest.fixture
def lab(cloud: Cloud) -> Lab:
    """The embedded AWS of this test with clients of its profiles."""
    return LabHere(cloud)


@pytest.fixture
def ecr(lab: Lab) -> Any:
    """ECR as the registry account's administrator sees it."""
    return lab.client("registry", "ecr")
