"""One authenticated request to one repository of the registry, and the calls of ECR's API that it amounts to.

A repository is named by the whole ECR name that stands behind the registry's address, so that the repositories of
every account and region live behind one address. Each request is done as the operations of ECR's API that ECR's own
registry does it by, authorized as these: what IAM and the repository policy say of ``ecr:PutImage`` they say of
``docker push``.

Each leaves an event: that of an operation which is done here in parts is noted when it is done (`Visit.done`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from labkit.embedded.protocol.calls import Call, Identity, Origin, ServiceError
from labkit.embedded.protocol.wire import HttpRequest
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.request.execution import authorize, execute
from labkit.embedded.request.recording.recorder import note, refusals_noted
from labkit.embedded.services.ecr.images.image import RepositoryKey
from labkit.embedded.services.ecr.lookup import repository_of
from labkit.embedded.services.ecr.operations import OPERATIONS
from labkit.embedded.services.registry.errors import Refusal
from labkit.pull.regions import REGIONS
from labkit.pull.uri import ImageUri, InvalidImageUri

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

# What events of pulls and pushes show since July 2024 (Amazon ECR User Guide, "Logging Amazon ECR actions").
_SHOWN = "ecr.amazonaws.com"


@dataclass(frozen=True)
class Visit:
    """One request. ``name`` is the repository's name as it was asked for, ``arguments`` the other parts of the path."""

    embedded: Embedded
    identity: Identity
    request: HttpRequest
    request_id: str
    name: str
    arguments: Mapping[str, str]

    @cached_property
    def key(self) -> RepositoryKey:
        """The repository that is meant, whether it exists or not. Raises `Refusal`."""
        return repository_named(self.name, self.embedded.endpoint)

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The parameters behind the question mark; of several with one name the first."""
        found = parse_qs(self.request.query, keep_blank_values=True)
        return {name: values[0] for name, values in found.items()}

    @property
    def record(self) -> RepositoryRecord:
        """The repository. Raises RepositoryNotFoundException."""
        return repository_of(self.embedded, self._call("DescribeRepositories", self.key, {}))

    def may(self, operation: str, key: RepositoryKey) -> bool:
        """Whether the caller may do this to a repository. Nothing is noted of it: nobody has called."""
        try:
            authorize(self.embedded, self._call(operation, key, {}), OPERATIONS[operation])
        except ServiceError:
            return False
        return True

    def allow(self, operation: str) -> Call:
        """Raise AccessDeniedException unless the caller may do this to the repository. Returns the call, not done."""
        call = self._call(operation, self.key, {})
        with refusals_noted(self.embedded, call):
            authorize(self.embedded, call, OPERATIONS[operation])
        return call

    def done(self, call: Call, **params: Any) -> None:
        """Note that what was allowed was done, with these parameters."""
        note(self.embedded, replace(call, params={**call.params, **params}))

    def perform(self, operation: str, **params: Any) -> dict[str, Any]:
        """Do what this operation of ECR's API does, if the caller may; raises its `ServiceError`."""
        return execute(self.embedded, self._call(operation, self.key, params), OPERATIONS[operation])

    def _call(self, operation: str, key: RepositoryKey, params: Mapping[str, Any]) -> Call:
        named = {"registryId": key.account, "repositoryName": key.name, **params}
        origin = replace(Origin.of(self.request), shown_as=_SHOWN)
        return Call(self.identity, "ecr", operation, key.region, named, self.request_id, origin)


def repository_named(name: str, endpoint: str) -> RepositoryKey:
    """The repository that a name in the registry means. Raises `Refusal` for a name that cannot be one."""
    try:
        image = ImageUri.parse(f"{name}:tag")
        if image.region not in REGIONS:
            raise InvalidImageUri(image.region)
    except InvalidImageUri:
        address = endpoint.partition("://")[2]
        example = "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account"
        text = f"'{name}' is not the whole name of an ECR repository, such as {address}/{example}"
        raise Refusal("NAME_UNKNOWN", text, 404) from None
    return RepositoryKey(image.account, image.region, image.repository)
