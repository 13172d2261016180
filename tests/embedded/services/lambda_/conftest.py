"""Functions in an embedded AWS inside the test, from one image, whose handler says which version runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labkit.aws import transport
from labkit.aws.images import push
from labkit.docker.engine_choice import INTERPRETER, VARIABLE
from labkit.image.format.image import Image
from labkit.pull import policies
from tests.embedded.conftest import Cloud
from tests.embedded.lab_of_tests import image_of

HANDLER = """
import os
def handler(event, context):
    return [context.function_version, context.invoked_function_arn, os.environ.get("WORD")]
"""
WEEKS = timedelta(days=29)
DENIED = ("ImageAccessDenied", "The function does not have permission to access the specified image.")
DELETED = ("ImageDeleted", "The function is trying to use a deleted image.")
PENDING = "ERROR: Lambda is initializing your function. It will be ready to invoke shortly."
COUNTING = "import os\ndef handler(event, context):\n    return [{}, os.environ.get('WORD')]\n"


class Functions:
    """The registry account's Lambda, a role and an image there, and what tests do with functions made of them."""

    def __init__(self, cloud: Cloud, image: Image) -> None:
        self.cloud = cloud
        self.ecr, self.iam, self.lambda_ = (cloud.client("registry", name) for name in ("ecr", "iam", "lambda"))
        trust = json.dumps(policies.lambda_trust())
        self.role = self.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self.repository = self.ecr.create_repository(repositoryName="repo")["repository"]["repositoryUri"]
        self.uri = f"{self.repository}:1"
        push(self.ecr, "repo", "1", image)

    def create(self, name: str = "f", **more: Any) -> dict[str, Any]:
        """CreateFunction; it is still Pending."""
        code = {"ImageUri": self.uri}
        request = {"FunctionName": name, "Role": self.role, "PackageType": "Image", "Code": code}
        return dict(self.lambda_.create_function(**{**request, **more}))

    def active(self, name: str = "f", **more: Any) -> dict[str, Any]:
        """CreateFunction; what it answered, once the function is Active."""
        answer = self.create(name, **more)
        self.settle()
        return answer

    def update(self, name: str = "f", **changes: Any) -> dict[str, Any]:
        """UpdateFunctionConfiguration; what it answered, once the update is over."""
        answer = dict(self.lambda_.update_function_configuration(FunctionName=name, **changes))
        self.settle()
        return answer

    def published(self, *words: str, name: str = "f") -> None:
        """Publish a version for each word, which its variable WORD has."""
        for word in words:
            self.update(name, Environment={"Variables": {"WORD": word}})
            self.lambda_.publish_version(FunctionName=name)

    def settle(self) -> None:
        """Wait until everything that was begun is made ready."""
        self.cloud.embedded.functions.settle()

    def invoke(self, name: str = "f", who: Any = None, **more: Any) -> tuple[str, Any]:
        """Invoke; the version that was executed, and what the handler answered."""
        answer = (who or self.lambda_).invoke(FunctionName=name, **more)
        return answer["ExecutedVersion"], json.loads(answer["Payload"].read())


class Place(Functions):
    """A repository ``repo`` with an image in the registry account, and what is done to functions made from it."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.folder = folder
        super().__init__(cloud, self._image(1))

    def push(self, number: int, tag: str = "1") -> None:
        """Push an image whose handler says this number."""
        push(self.ecr, "repo", tag, self._image(number))

    def _image(self, number: int) -> Image:
        return image_of(self.folder / str(number), COUNTING.format(number))

    def later(self, by: timedelta = WEEKS) -> None:
        self.cloud.embedded.move_clock(by)

    def state(self, name: str = "f") -> tuple[Any, ...]:
        """State, its code and reason, LastUpdateStatus, its code and reason."""
        found = self.lambda_.get_function_configuration(FunctionName=name)
        return tuple(
            found.get(f"{member}{end}")
            for member in ("State", "LastUpdateStatus")
            for end in ("", "ReasonCode", "Reason")
        )

    def invoke(self, name: str = "f", **more: Any) -> Any:
        """What the handler answers: its number, and the variable WORD."""
        return json.loads(self.lambda_.invoke(FunctionName=name, **more)["Payload"].read())

    def withdraw(self) -> None:
        self.ecr.delete_repository_policy(repositoryName="repo")

    def allow(self) -> None:
        document = policies.same_account()
        self.ecr.set_repository_policy(repositoryName="repo", policyText=json.dumps(document))

    def delete_image(self) -> None:
        self.ecr.batch_delete_image(repositoryName="repo", imageIds=[{"imageTag": "1"}])

    def archive_image(self) -> None:
        wanted = {"repositoryName": "repo", "imageId": {"imageTag": "1"}, "targetStorageClass": "ARCHIVE"}
        self.ecr.update_image_storage_class(**wanted)

    def delete_repository(self) -> None:
        self.ecr.delete_repository(repositoryName="repo", force=True)


def refused(call: Callable[[], Any]) -> tuple[str, int, str]:
    """Code, status and text of the error that a call gets."""
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


@pytest.fixture(scope="session")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """An image whose handler says which version it is."""
    folder: Path = tmp_path_factory.mktemp("telling")
    return image_of(folder, HANDLER)


@pytest.fixture
def functions(cloud: Cloud, telling: Image, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """A lab whose handlers run in this process."""
    monkeypatch.setenv(VARIABLE, INTERPRETER)
    transport.connect_clients()
    return Functions(cloud, telling)


@pytest.fixture
def place(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    """A lab whose handlers run in this process, and functions to which something happens as time goes on."""
    monkeypatch.setenv(VARIABLE, INTERPRETER)
    transport.connect_clients()
    return Place(cloud, tmp_path / "images")
