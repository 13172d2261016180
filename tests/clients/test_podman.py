"""podman: logs in, pushes, pulls, is refused; with storage of its own, and only where podman runs at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labkit.pull import policies

from .conftest import READER, WORKLOAD, Done, Layout, Repository, Shop, run


class Podman:
    """podman with storage and logins below one folder."""

    def __init__(self, folder: Path, shop: Shop) -> None:
        self.storage = ["--root", f"{folder}/root", "--runroot", f"{folder}/run", "--storage-driver", "vfs"]
        self.storage += ["--cgroup-manager", "cgroupfs", "--events-backend", "none"]
        self.environment = {"REGISTRY_AUTH_FILE": str(folder / "auth.json"), "TMPDIR": str(folder)}
        self.shop = shop

    def __call__(self, *words: str, stdin: str = "") -> Done:
        return run("podman", *self.storage, *words, stdin=stdin, environment=self.environment)

    def login(self, token: str) -> Done:
        words = ("--tls-verify=false", "--username", "AWS", "--password-stdin", self.shop.address)
        return self("login", *words, stdin=token)


@pytest.fixture
def podman(require: Callable[..., None], shop: Shop) -> Iterator[Podman]:
    require("podman", shutil.which("podman"))
    with tempfile.TemporaryDirectory(prefix="p-") as folder:  # podman takes no long paths
        made = Podman(Path(folder), shop)
        works = made("info")
        require("podman", works.code == 0, f"does not run here: {works.said.strip()[-200:]}")
        assert made.login(shop.token("registry")).said.strip() == "Login Succeeded!"
        yield made
        made("rmi", "--all", "--force")


@pytest.fixture
def loaded(podman: Podman, layout: Layout) -> str:
    """The name of an image in podman's storage."""
    pulled = podman("pull", "--quiet", f"oci:{layout.folder}:image")
    assert pulled.code == 0, pulled.said
    return pulled.said.split()[-1]


@pytest.fixture
def repository(shop: Shop) -> Repository:
    return shop.repository()


def test_an_image_is_pushed_and_pulled(podman: Podman, repository: Repository, loaded: str, tmp_path: Path):
    name = f"{repository.image}:0.0.1"
    pushed = podman("push", "--tls-verify=false", "--digestfile", f"{tmp_path}/digest", loaded, name)
    assert pushed.code == 0, pushed.said
    assert repository.digests == {"0.0.1": (tmp_path / "digest").read_text()}
    assert podman("rmi", "--force", loaded).code == 0
    pulled = podman("pull", "--quiet", "--tls-verify=false", name)
    assert pulled.code == 0, pulled.said
    assert pulled.said.split()[-1] == loaded


def test_who_may_not_reads_why(podman: Podman, shop: Shop, repository: Repository, loaded: str):
    name = f"{repository.image}:1"
    assert podman("push", "--tls-verify=false", loaded, name).code == 0
    denied = repository.denial(WORKLOAD, "BatchGetImage", "resource")
    assert podman.login(shop.token("workload")).code == 0
    refused = podman("pull", "--tls-verify=false", name)
    assert refused.code != 0
    assert f"denied: {denied}" in refused.said
    repository.allow(policies.organization("o-lambdaecrlab"))
    assert podman("pull", "--tls-verify=false", name).code == 0
    assert podman.login(shop.token(shop.reader())).code == 0
    refused = podman("push", "--tls-verify=false", loaded, f"{shop.repository().image}:1")
    assert refused.code != 0
    assert f"denied: User: {READER} is not authorized to perform: ecr:InitiateLayerUpload" in refused.said


def test_a_wrong_token_does_not_log_in(podman: Podman):
    refused = podman.login("made-up")
    assert refused.code != 0
    assert "invalid username/password" in refused.said
