"""A Docker engine that is made up: its client, which remembers, and a finder, which counts."""

from __future__ import annotations

import io
import json
import platform
import tarfile
import threading
from types import SimpleNamespace
from typing import Any

import docker.errors

from labkit.docker.daemon import Daemon, NoEngine, TimeBudget


class MadeUp:
    """An engine's client that remembers; ``known`` are the names of its images, ``there`` the labels of its containers.

    It fails while it is ``broken``, and at the question ``hangs_at`` it hangs until it is ``over``.
    """

    def __init__(self, **about: Any) -> None:
        self.about = {"Name": platform.node(), "OperatingSystem": "Linux", "SecurityOptions": [], **about}
        self.timeout = 0.0
        self.known: set[str] = set()
        self.loaded: list[bytes] = []
        self.there: dict[str, dict[str, str]] = {}
        self.broken = False
        self.hangs_at = ""
        self.over = threading.Event()

    def _hang_at(self, question: str) -> None:
        if question == self.hangs_at:
            self.over.wait()

    def info(self) -> dict[str, Any]:
        self._hang_at("info")
        return self.about

    def inspect_image(self, name: str) -> None:
        self._hang_at("inspect_image")
        if self.broken:
            raise docker.errors.APIError("the disk is full")
        if name not in self.known:
            raise docker.errors.ImageNotFound(name)

    def tag(self, image: str, repository: str, tag: str) -> None:
        self.inspect_image(image)
        self.known.add(f"{repository}:{tag}")

    def load_image(self, pieces: Any) -> list[Any]:
        self.loaded.append(b"".join(pieces))
        with tarfile.open(fileobj=io.BytesIO(self.loaded[-1])) as archive:
            self.known.update(json.load(archive.extractfile("manifest.json") or io.BytesIO())[0]["RepoTags"])
        return []

    def images(self, repository: str) -> list[dict[str, Any]]:
        return [{"RepoTags": [name]} for name in self.known if name.startswith(repository)]

    def remove_image(self, name: str) -> None:
        self.known.remove(name)

    def containers(self, all: bool, filters: dict[str, str]) -> list[dict[str, Any]]:
        assert all
        self._hang_at("containers")
        name, _, value = filters["label"].partition("=")
        return [{"Id": each, "Labels": labels} for each, labels in self.there.items() if labels.get(name) == value]

    def remove_container(self, name: str, force: bool, v: bool) -> None:
        assert force and v
        self._hang_at("remove_container")
        if self.broken:
            raise docker.errors.APIError("the device is busy")
        del self.there[name]


class Found:
    """Finds the made-up engine, and counts how often it was looked for."""

    def __init__(self, client: MadeUp | None, architecture: str = "amd64") -> None:
        self.client, self.architecture, self.asked = client, architecture, 0

    def __call__(self, _budget: TimeBudget) -> Daemon:
        self.asked += 1
        if self.client is None:
            raise NoEngine("nowhere")
        return Daemon(SimpleNamespace(api=self.client), "28.0", self.architecture)
