"""Names, login, push and pull through a Docker engine.

The token of GetAuthorizationToken goes along with each call, so nothing is written to the user's Docker configuration
and no login is left behind (Amazon ECR User Guide, "Private registry authentication").
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from labkit.docker.daemon import Daemon, TimeBudget, repository_and_tag
from labkit.docker.streams import EngineError, explained, followed
from labkit.image.transfer import LineReport, Pulled, Pushed
from labkit.pull.uri import ImageUri, is_registry

_DIGEST = re.compile(r"Digest: (sha256:[0-9a-f]{64})")
_PUSHED = re.compile(r"\S+: digest: (sha256:[0-9a-f]{64}) size: \d+")  # both kinds of image store say it so
_SENT = {"Pushed": True, "Layer already exists": False}
_THERE, _COME = "Already exists", "Pull complete"


@dataclass(frozen=True, slots=True)
class Login:
    """What to log in to a registry with. ``front`` stands before ECR names; empty where their host is the registry."""

    front: str
    user: str
    password: str = field(repr=False)

    def name(self, uri: ImageUri | str) -> str:
        """What Docker calls the image of that URI."""
        return f"{self.front}/{uri}" if self.front else str(uri)

    @property
    def auth(self) -> dict[str, str]:
        """As the SDK takes it along with a call."""
        return {"username": self.user, "password": self.password}


def login(ecr: Any) -> Login:
    """Asks ECR for a token of the client's caller. Raises ClientError."""
    data = ecr.get_authorization_token()["authorizationData"][0]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    host = urlsplit(data["proxyEndpoint"]).netloc
    return Login("" if is_registry(host) else host, user, password)


def uri(ecr: Any, repository: str, tag: str) -> ImageUri:
    """The URI of an image in the caller's own registry. Raises ClientError where there is no such repository."""
    found = ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]
    return ImageUri(found["registryId"], ecr.meta.region_name, repository, tag)


def check_reachable(daemon: Daemon, known: Login, budget: TimeBudget) -> None:
    """Raises EngineError where the engine cannot log in at the address in front: it may be on another machine.

    Raises NoEngine where it does not even answer within this budget.
    """
    if known.front:
        log_in = partial(daemon.client.login, known.user, known.password, registry=f"http://{known.front}", reauth=True)
        with explained(f"Docker cannot log in to {known.front}"):
            budget(log_in)


def push(daemon: Daemon, image: str, known: Login, uri: ImageUri, progress: LineReport) -> Pushed:
    """Pushes the engine's image (its id) as ``uri``. Raises EngineError with the registry's words."""
    repository, tag = repository_and_tag(known.name(uri))
    failed, digest, layers = f"Docker cannot push {uri}", "", {}
    with explained(failed):
        daemon.client.images.get(image).tag(repository, tag)
        lines = daemon.client.api.push(repository, tag, stream=True, decode=True, auth_config=known.auth)
    for line in followed(lines, failed):
        status = str(line.get("status", ""))
        if found := _PUSHED.fullmatch(status):
            digest = found[1]
        if "id" in line and (status in _SENT or status.startswith("Mounted from")):
            layers[line["id"]] = _SENT.get(status, False)
            progress(f"{line['id']}: {status}")
    if not digest:
        raise EngineError(failed, "it did not say under which digest")
    return Pushed(digest, sum(layers.values()), len(layers) - sum(layers.values()))


def pull(daemon: Daemon, known: Login, uri: ImageUri, progress: LineReport) -> Pulled:
    """Pulls the image of ``uri`` as ``docker pull`` does: what the engine has already is not downloaded again.

    Raises EngineError with the registry's words.
    """
    repository, tag = repository_and_tag(known.name(uri))
    failed, digest, sizes = f"Docker cannot pull {uri}", "", {}
    with explained(failed):
        lines = daemon.client.api.pull(repository, tag, stream=True, decode=True, auth_config=known.auth)
    for line in followed(lines, failed):
        status, detail = str(line.get("status", "")), line.get("progressDetail") or {}
        if status == "Downloading" and "total" in detail:
            sizes[line["id"]] = int(detail["total"])
        if found := _DIGEST.fullmatch(status):
            digest = found[1]
        if status in (_THERE, _COME):
            progress(f"{line['id']}: {status}")
    with explained(failed):
        image = daemon.client.images.get(f"{repository}:{tag}")
    return Pulled(digest, len(image.attrs["RootFS"]["Layers"]) + 1, sum(sizes.values()))
