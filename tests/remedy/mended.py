"""A repository in the embedded AWS, its diagnosis, and the accounts in which its fix is made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from labkit.aws.images import push
from labkit.diagnosis.asked import Asked
from labkit.diagnosis.result import Diagnosis
from labkit.embedded.state.world import ACCOUNTS
from labkit.image.format.image import Image
from labkit.pull import policies
from labkit.pull.uri import ImageUri
from labkit.remedy.asking import Asker
from labkit.remedy.diagnosing import Source, diagnose_live
from labkit.remedy.reached import ReachedAccounts

REGISTRY, WORKLOAD = ACCOUNTS["registry"], ACCOUNTS["workload"]
REGION, REPOSITORY = "eu-central-1", "app"
URI = f"{REGISTRY}.dkr.ecr.{REGION}.amazonaws.com/{REPOSITORY}:1"
ROLE = f"arn:aws:iam::{WORKLOAD}:role/Execution"


@dataclass
class World:
    """The world of a test, with the image in the repository and the execution role in the workload's account."""

    cloud: Any
    image: Image

    def __post_init__(self) -> None:
        self._clients: dict[tuple[str, str], Any] = {}
        self.ecr.create_repository(repositoryName=REPOSITORY)
        push(self.ecr, REPOSITORY, "1", self.image)
        trust = json.dumps(policies.lambda_trust())
        self.client("workload", "iam").create_role(RoleName="Execution", AssumeRolePolicyDocument=trust)

    @property
    def ecr(self) -> Any:
        """ECR as the registry's administrator sees it."""
        return self.client("registry", "ecr")

    @property
    def home(self) -> Path:
        """The lab home, where --apply keeps what was there."""
        return self.cloud.home.root

    def client(self, profile: str, service: str) -> Any:
        """A client of a profile's administrator."""
        if (profile, service) not in self._clients:
            self._clients[profile, service] = self.cloud.client(profile, service)
        return self._clients[profile, service]

    def allow(self, policy: Any) -> None:
        """Sets the repository's policy; None: it gets none."""
        if policy is not None:
            text = policy if isinstance(policy, str) else json.dumps(policy)
            self.ecr.set_repository_policy(repositoryName=REPOSITORY, policyText=text)

    def policy(self) -> str | None:
        """The repository's policy as ECR shows it."""
        try:
            return str(self.ecr.get_repository_policy(repositoryName=REPOSITORY)["policyText"])
        except self.ecr.exceptions.RepositoryPolicyNotFoundException:
            return None

    def diagnose(self, **asked: Any) -> Diagnosis:
        """The diagnosis of the function f of the workload's account, by live reading."""
        found = {"image": URI, "function": f"arn:aws:lambda:{REGION}:{WORKLOAD}:function:f", "execution_role": ROLE}
        return diagnose_live(Asked(**{**found, **asked}), Source(self.openers, self.now))

    def now(self) -> datetime:
        """The test's time."""
        return self.cloud.clock.now()

    @property
    def openers(self) -> Any:
        """Whoever can be asked, by side."""

        def opener(profile: str) -> Any:
            return lambda region: Asker("", region or REGION, lambda service: self.client(profile, service))

        return {side: opener(side) for side in ("workload", "registry", "management")}

    def accounts(self, *, lab: bool = True) -> ReachedAccounts:
        """The accounts, as those of a lab or of AWS."""

        def pushed(ecr: Any, uri: ImageUri) -> None:
            push(ecr, uri.repository, uri.tag or "", self.image)

        return ReachedAccounts(self.openers, REGION, pushed if lab else None)
