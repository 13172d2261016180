"""Docker: its command line with an engine of the tests' own, and its SDK for Python. What users see, verbatim."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.aws.images import push
from labkit.pull import policies
from tests.embedded.lab_of_tests import image_of

from .conftest import EXPIRED, READER, REGISTRY, WORKLOAD, Done, Repository, Shop, layer_of, run


class Docker:
    """The docker command line with a login of its own."""

    def __init__(self, host: str, folder: Path, shop: Shop) -> None:
        self.environment = {"DOCKER_HOST": host, "DOCKER_CONFIG": str(folder / "docker")}
        self.shop = shop

    def __call__(self, *words: str, stdin: str | bytes = b"") -> Done:
        return run("docker", *words, stdin=stdin, environment=self.environment)

    def login(self, token: str) -> Done:
        return self("login", "--username", "AWS", "--password-stdin", self.shop.address, stdin=token)

    def log_in(self, who: Any) -> None:
        done = self.login(self.shop.token(who))
        assert done.code == 0, done.said
        assert "Login Succeeded" in done.said

    def remember(self, token: str) -> None:
        """Make the token of the last login another one."""
        auth = base64.b64encode(f"AWS:{token}".encode()).decode()
        config = json.dumps({"auths": {self.shop.address: {"auth": auth}}})
        (Path(self.environment["DOCKER_CONFIG"]) / "config.json").write_text(config)

    def image(self, *names: str) -> None:
        """Make an image with one new layer, under each of these names."""
        first, *others = names
        assert self("import", "-", first, stdin=layer_of("file", 1_000_000)).code == 0
        for name in others:
            assert self("tag", first, name).code == 0

    def refused(self, *words: str) -> str:
        done = self(*words)
        assert done.code != 0
        return done.said


@pytest.fixture
def docker(own_engine: str, tmp_path: Path, shop: Shop) -> Docker:
    """docker, not logged in."""
    return Docker(own_engine, tmp_path, shop)


@pytest.fixture
def repository(shop: Shop) -> Repository:
    return shop.repository()


# -- The command line ----------------------------------------------------------------------------------------------


def test_an_image_is_pushed_and_pulled_and_the_second_repository_mounts_its_layers(
    docker: Docker, shop: Shop, repository: Repository
):
    shop.ecr.put_account_setting(name="BLOB_MOUNTING", value="ENABLED")  # off at first, as on AWS
    second = shop.repository()
    names = [f"{each.image}:0.0.1" for each in (repository, second)]
    docker.image(*names)
    docker.log_in("registry")
    pushed = docker("push", names[0])
    assert pushed.code == 0, pushed.said
    digest = repository.digests["0.0.1"]
    assert f"0.0.1: digest: {digest} size: " in pushed.said
    again = docker("push", names[1])
    assert f"Mounted from {REGISTRY}/{repository.name}" in again.said
    assert second.digests == {"0.0.1": digest}
    assert docker("rmi", *names).code == 0
    pulled = docker("pull", names[0])
    assert f"Digest: {digest}" in pulled.said
    assert f"Status: Downloaded newer image for {names[0]}" in pulled.said
    assert docker("pull", f"{second.image}@{digest}").code == 0
    assert digest in docker("manifest", "inspect", "--insecure", "--verbose", names[0]).said


def test_an_image_pushed_through_ecrs_api_is_pulled(docker: Docker, shop: Shop, repository: Repository, tmp_path: Path):
    image = image_of(tmp_path / "image")
    push(shop.ecr, repository.name, "0.0.1", image)
    docker.log_in("registry")
    pulled = docker("pull", f"{repository.image}:0.0.1")
    assert f"Digest: {image.digest}" in pulled.said, pulled.said


def test_who_is_not_logged_in_has_no_credentials(docker: Docker, repository: Repository):
    name = f"{repository.image}:1"
    docker.image(name)
    assert "no basic auth credentials" in docker.refused("push", name)
    where = f"http://{repository.shop.address}/v2/{REGISTRY}/{repository.name}/manifests/2"
    said = docker.refused("pull", f"{repository.image}:2")
    assert said.strip() == f'Error response from daemon: Head "{where}": no basic auth credentials'


def test_a_wrong_token_and_an_expired_one_do_not_log_in(docker: Docker, shop: Shop):
    where = f"http://{shop.address}/v2/"
    for token, status in (("made-up", "401 Unauthorized"), (shop.expired_token(), "403 Forbidden")):
        said = docker.login(token).said
        assert f"Error response from daemon: login attempt to {where} failed with status: {status}" in said


def test_a_token_that_expires_after_the_login_says_so(docker: Docker, shop: Shop, repository: Repository):
    name = f"{repository.image}:1"
    docker.image(name)
    docker.log_in("registry")
    docker.remember(shop.expired_token())
    assert f"denied: {EXPIRED}" in docker.refused("push", name)
    docker.remember("made-up")
    assert "unauthorized: Not Authorized" in docker.refused("push", name)
    assert "Error response from daemon: unauthorized: Not Authorized" in docker.refused("pull", f"{repository.image}:2")


def test_who_may_not_push_reads_why(docker: Docker, shop: Shop, repository: Repository):
    name = f"{repository.image}:1"
    docker.image(name)
    docker.log_in(shop.reader())
    assert f"denied: {repository.denial(READER, 'InitiateLayerUpload', 'identity')}" in docker.refused("push", name)
    docker.log_in("workload")
    assert f"denied: {repository.denial(WORKLOAD, 'InitiateLayerUpload', 'resource')}" in docker.refused("push", name)
    assert repository.digests == {}


def test_the_organizations_policy_decides_who_can_pull(docker: Docker, shop: Shop, repository: Repository):
    name = f"{repository.image}:1"
    docker.image(name)
    docker.log_in("registry")
    assert docker("push", name).code == 0
    docker.log_in("workload")
    assert docker.refused("pull", name).strip() == (
        f"Error response from daemon: pull access denied for {repository.image}, repository does not exist or may "
        f"require 'docker login': denied: {repository.denial(WORKLOAD, 'BatchGetImage', 'resource')}"
    )
    repository.allow(policies.organization("o-lambdaecrlab"))
    assert docker("pull", name).code == 0
    docker.log_in("outsider")
    assert "pull access denied" in docker.refused("pull", name)


def test_what_is_not_there_is_named(docker: Docker, shop: Shop, repository: Repository):
    nope = Repository(shop, "nope")
    docker.image(f"{nope.image}:1")
    docker.log_in("registry")
    assert docker.refused("push", f"{nope.image}:1").splitlines()[-1] == f"name unknown: {nope.missing}"
    said = docker.refused("pull", f"{nope.image}:2").strip()
    assert said == f"Error response from daemon: repository {nope.image} not found: name unknown: {nope.missing}"
    said = docker.refused("pull", f"{repository.image}:9.9").strip()
    assert said == (
        f"Error response from daemon: manifest for {repository.image}:9.9 not found: "
        "manifest unknown: Requested image not found"
    )


def test_an_immutable_tag_stays(docker: Docker, shop: Shop):
    fixed = shop.repository(imageTagMutability="IMMUTABLE")
    docker.log_in("registry")
    docker.image(f"{fixed.image}:1")
    for _ in range(2):
        assert docker("push", f"{fixed.image}:1").code == 0
    docker.image(f"{fixed.image}:1")
    assert docker.refused("push", f"{fixed.image}:1").splitlines()[-1] == f"tag invalid: {fixed.immutable('1')}"


# -- The SDK for Python --------------------------------------------------------------------------------------------


@pytest.fixture
def sdk(require: Callable[..., None], own_engine: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """The SDK's client, not logged in."""
    try:
        import docker as package
    except ImportError:
        package = None
    require("docker-sdk", package)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    made = package.DockerClient(base_url=own_engine, timeout=60)
    yield made
    made.close()


def errors_of(stream: Any) -> list[str]:
    """The errors in what a push says; it never raises."""
    return [line["error"] for line in stream if "error" in line]


def test_the_sdk_logs_in_pushes_and_pulls(sdk: Any, docker: Docker, shop: Shop, repository: Repository):
    name = f"{repository.image}:1"
    docker.image(name)
    assert sdk.login("AWS", shop.token("registry"), registry=shop.address)["Status"] == "Login Succeeded"
    assert errors_of(sdk.images.push(repository.image, "1", stream=True, decode=True)) == []
    digest = repository.digests["1"]
    sdk.images.remove(name)
    assert sdk.images.pull(repository.image, "1").attrs["RepoDigests"] == [f"{repository.image}@{digest}"]
    assert sdk.images.get_registry_data(name).id == digest


def test_the_sdk_is_refused(sdk: Any, docker: Docker, shop: Shop, repository: Repository):
    import docker.errors as errors

    name = f"{repository.image}:1"
    docker.image(name)
    with pytest.raises(errors.APIError, match="401 Unauthorized"):
        sdk.login("AWS", "made-up", registry=shop.address)
    sdk.login("AWS", shop.token("workload"), registry=shop.address, reauth=True)
    (error,) = errors_of(sdk.images.push(repository.image, "1", stream=True, decode=True))
    assert error == f"denied: {repository.denial(WORKLOAD, 'InitiateLayerUpload', 'resource')}"
    with pytest.raises(errors.ImageNotFound, match="pull access denied"):
        sdk.images.pull(repository.image, "1")
