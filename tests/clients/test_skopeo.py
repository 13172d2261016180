"""skopeo: logs in, pushes, pulls, copies, lists, deletes, and is refused, all in ECR's words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.aws.images import push
from labkit.pull import policies
from tests.embedded.lab_of_tests import image_of

from .conftest import EXPIRED, OCI_INDEX, READER, REGISTRY, WORKLOAD, Done, Layout, Repository, Shop, layout_at, run

LOCAL = ("--insecure-policy", "--override-os=linux", "--override-arch=amd64")


class Skopeo:
    """skopeo with a login file of its own."""

    def __init__(self, folder: Path, shop: Shop) -> None:
        self.environment = {"REGISTRY_AUTH_FILE": str(folder / "auth.json")}
        self.address = shop.address

    def __call__(self, *words: str, stdin: str = "") -> Done:
        return run("skopeo", *LOCAL, *words, stdin=stdin, environment=self.environment)

    def login(self, token: str, user: str = "AWS") -> Done:
        words = ("--tls-verify=false", "--username", user, "--password-stdin", self.address)
        return self("login", *words, stdin=token)

    def push(self, layout: Layout, image: str, *options: str) -> Done:
        return self("copy", "--dest-tls-verify=false", *options, f"oci:{layout.folder}:image", f"docker://{image}")

    def pull(self, image: str, into: Path, *options: str) -> Done:
        return self("copy", "--src-tls-verify=false", *options, f"docker://{image}", f"oci:{into}:image")


@pytest.fixture
def skopeo(require: Callable[..., None], tmp_path: Path, shop: Shop) -> Skopeo:
    require("skopeo", shutil.which("skopeo"))
    made = Skopeo(tmp_path, shop)
    assert made.login(shop.token("registry")).said.strip().endswith("Login Succeeded!")
    return made


@pytest.fixture
def repository(shop: Shop) -> Repository:
    return shop.repository()


def test_an_image_is_pushed_pulled_and_the_same_by_every_door(
    skopeo: Skopeo, repository: Repository, layout: Layout, tmp_path: Path
):
    assert skopeo.push(layout, f"{repository.image}:0.0.1").code == 0
    assert repository.digests == {"0.0.1": layout.digest}
    seen = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{repository.image}:0.0.1").said)
    assert (seen["Digest"], seen["RepoTags"]) == (layout.digest, ["0.0.1"])
    assert skopeo.pull(f"{repository.image}:0.0.1", tmp_path / "pulled").code == 0
    pulled = Layout(tmp_path / "pulled", layout.digest)
    assert pulled.layers == layout.layers


def test_an_image_pushed_through_ecrs_api_is_pulled(skopeo: Skopeo, shop: Shop, repository: Repository, tmp_path: Path):
    image = image_of(tmp_path / "image")
    push(shop.ecr, repository.name, "0.0.1", image)
    assert (
        skopeo("copy", "--src-tls-verify=false", f"docker://{repository.image}:0.0.1", f"dir:{tmp_path}/dir").code == 0
    )
    assert (tmp_path / "dir" / "manifest.json").read_bytes() == image.manifest


def test_the_same_image_goes_to_a_second_repository(skopeo: Skopeo, shop: Shop, repository: Repository, layout: Layout):
    second = shop.repository()
    for each in (repository, second):
        assert skopeo.push(layout, f"{each.image}:1").code == 0
    assert second.digests == repository.digests


def test_an_index_is_copied_with_its_images(skopeo: Skopeo, repository: Repository, tmp_path: Path):
    first, second = (layout_at(tmp_path / name, 1000) for name in ("amd64", "arm64"))
    for each in (first, second):
        assert skopeo.push(each, f"{repository.image}:part").code == 0
    parts = [{**json.loads((each.folder / "index.json").read_text())["manifests"][0]} for each in (first, second)]
    for part, architecture in zip(parts, ("amd64", "arm64"), strict=True):
        part["platform"] = {"os": "linux", "architecture": architecture}
        del part["annotations"]
    index = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": parts})
    repository.shop.ecr.put_image(
        repositoryName=repository.name, imageTag="all", imageManifest=index, imageManifestMediaType=OCI_INDEX
    )
    copied = skopeo(
        "copy",
        "--all",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        f"docker://{repository.image}:all",
        f"docker://{repository.image}:again",
    )
    assert copied.code == 0
    assert repository.digests["again"] == repository.digests["all"]


def test_tags_are_listed_and_deleted(skopeo: Skopeo, repository: Repository, layout: Layout):
    for tag in ("2", "1"):
        assert skopeo.push(layout, f"{repository.image}:{tag}").code == 0
    listed = json.loads(skopeo("list-tags", "--tls-verify=false", f"docker://{repository.image}").said)
    assert listed["Tags"] == ["1", "2"]
    assert skopeo("delete", "--tls-verify=false", f"docker://{repository.image}:1").code == 0
    assert repository.digests == {}


# -- Refusals ------------------------------------------------------------------------------------------------------


def test_a_wrong_token_does_not_log_in(skopeo: Skopeo, shop: Shop):
    for token, user in (("made-up", "AWS"), (shop.token("registry"), "admin")):
        refused = skopeo.login(token, user)
        assert refused.code != 0
        assert "invalid username/password" in refused.said


def test_an_expired_token_says_so(skopeo: Skopeo, shop: Shop, repository: Repository, layout: Layout):
    image, credentials = f"{repository.image}:1", f"AWS:{shop.expired_token()}"
    refused = skopeo.push(layout, image, "--dest-creds", credentials)
    assert refused.code != 0  # it asks for a blob by HEAD, whose answer has no words but the status
    assert f"failed to read from destination repository {REGISTRY}/{repository.name}: 403 (Forbidden)" in refused.said
    refused = skopeo("inspect", "--tls-verify=false", "--creds", credentials, f"docker://{image}")
    assert refused.code != 0
    assert f"denied: {EXPIRED}" in refused.said


def test_who_is_not_logged_in_is_refused(skopeo: Skopeo, repository: Repository, layout: Layout):
    refused = skopeo.push(layout, f"{repository.image}:1", "--dest-no-creds")
    assert refused.code != 0
    assert "unauthorized: " in refused.said


def test_who_may_not_push_reads_why(skopeo: Skopeo, shop: Shop, repository: Repository, layout: Layout):
    refused = skopeo.push(layout, f"{repository.image}:1", "--dest-creds", f"AWS:{shop.token(shop.reader())}")
    assert refused.code != 0
    assert f"denied: {repository.denial(READER, 'InitiateLayerUpload', 'identity')}" in refused.said
    assert repository.digests == {}


def test_the_organizations_policy_decides_who_can_pull(
    skopeo: Skopeo, shop: Shop, repository: Repository, layout: Layout, tmp_path: Path
):
    assert skopeo.push(layout, f"{repository.image}:1").code == 0
    image, workload = f"{repository.image}:1", ("--src-creds", f"AWS:{shop.token('workload')}")
    refused = skopeo.pull(image, tmp_path / "pulled", *workload)
    assert refused.code != 0
    assert f"denied: {repository.denial(WORKLOAD, 'BatchGetImage', 'resource')}" in refused.said
    repository.allow(policies.organization("o-lambdaecrlab"))
    assert skopeo.pull(image, tmp_path / "pulled", *workload).code == 0
    for stranger in ("neighbour", "outsider"):
        refused = skopeo.pull(image, tmp_path / "no", "--src-creds", f"AWS:{shop.token(stranger)}")
        assert refused.code != 0
        assert "because no resource-based policy allows the ecr:BatchGetImage action" in refused.said


def test_what_is_not_there_is_named(skopeo: Skopeo, shop: Shop, repository: Repository, layout: Layout):
    nope = Repository(shop, "nope")
    refused = skopeo.push(layout, f"{nope.image}:1")
    assert refused.code != 0
    assert f"name unknown: {nope.missing}" in refused.said
    refused = skopeo("inspect", "--tls-verify=false", f"docker://{repository.image}:9.9")
    assert refused.code != 0
    assert "manifest unknown: Requested image not found" in refused.said


def test_an_immutable_tag_stays(skopeo: Skopeo, shop: Shop, layout: Layout, tmp_path: Path):
    fixed: Any = shop.repository(imageTagMutability="IMMUTABLE")
    for _ in range(2):
        assert skopeo.push(layout, f"{fixed.image}:1").code == 0
    refused = skopeo.push(layout_at(tmp_path / "another", 1000), f"{fixed.image}:1")
    assert refused.code != 0
    assert f"tag invalid: {fixed.immutable('1')}" in refused.said
    assert fixed.digests == {"1": layout.digest}
