"""What a function runs in, with an engine that is made up: choosing, images, conditions."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labkit.docker import daemon
from labkit.docker.daemon import HOME_LABEL
from labkit.embedded.services.lambda_.invoke.container_engine import EngineFinder, unreachable
from labkit.embedded.services.lambda_.invoke.container_images import keep_only, provide
from labkit.embedded.services.lambda_.invoke.containers import FUNCTION_LABEL, RUN_LABEL, conditions, user_of_containers
from labkit.embedded.services.lambda_.invoke.runners import Runners
from labkit.embedded.state.blobs import BlobStore
from labkit.ground.home import open_home
from labkit.image.format.config import FOR_LABEL, KIND_LABEL, ImageConfig
from labkit.image.format.manifest import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, digest
from labkit.image.run.function import Fault, RunnableFunction
from labkit.lab.choices import Choices
from tests.embedded.conftest import MovedClock
from tests.embedded.made_up_engine import Found, MadeUp

IMAGE = ImageConfig("amd64", command=("f.handler",))
STAND_IN = ImageConfig("amd64", labels={KIND_LABEL: "stand-in", FOR_LABEL: "python:3.12"})


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the environment decides, as for a reader."""
    monkeypatch.delenv("LABKIT_ENGINE")


@pytest.fixture
def client() -> Iterator[MadeUp]:
    client = MadeUp()
    yield client
    client.over.set()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs", MovedClock().now)


@pytest.fixture
def image(blobs: BlobStore) -> str:
    """The digest of an image in the store."""
    parts = {OCI_CONFIG: b'{"architecture": "amd64"}', OCI_LAYER: b"not really a layer"}
    listed = [{"mediaType": kind, "size": len(content), "digest": digest(content)} for kind, content in parts.items()]
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": listed[0], "layers": listed[1:]}
    for content in (*parts.values(), raw := json.dumps(manifest).encode()):
        blobs.put(content)
    return digest(raw)


@pytest.fixture
def runners(tmp_path: Path, client: MadeUp) -> Runners:
    return Runners(open_home(tmp_path / "home"), EngineFinder(Found(client)))


# -- Looking for an engine -------------------------------------------------------------------------------------------


def test_an_engine_is_looked_for_when_it_is_needed_and_only_once(client: MadeUp):
    found = Found(client)
    engines = EngineFinder(found)
    assert found.asked == 0
    first, second = engines.find(), engines.find()
    assert first is second is not None
    assert (found.asked, first.name, first.architecture) == (1, "Docker 28.0", "amd64")


def test_one_that_does_not_answer_is_asked_for_again_after_a_while():
    now, found = [0.0], Found(None)
    engines = EngineFinder(found, lambda: now[0])
    for now[0] in (0, 29, 30, 31):
        assert engines.find() is None
    assert found.asked == 2


def test_one_that_fails_afterwards_is_asked_for_again_after_a_while(client: MadeUp):
    now, found = [0.0], Found(client)
    engines = EngineFinder(found, lambda: now[0])
    assert engines.find()
    engines.forget()
    assert engines.find() is None
    now[0] = 30
    assert engines.find()


@pytest.mark.parametrize(
    ("chosen", "variable", "expected"),
    [
        (None, None, True),
        ("auto", None, True),
        ("docker", "embedded", True),
        ("embedded", None, False),
        (None, "embedded", False),
    ],
)
def test_what_is_chosen_decides_whether_an_engine_is_asked_for_at_all(
    tmp_path: Path,
    blobs: BlobStore,
    image: str,
    client: MadeUp,
    monkeypatch: pytest.MonkeyPatch,
    chosen: str | None,
    variable: str | None,
    expected: bool,
):
    if variable:
        monkeypatch.setenv("LABKIT_ENGINE", variable)
    found, home = Found(client), open_home(tmp_path / "home")
    Choices(engine=chosen).write(home.root)
    assert (Runners(home, EngineFinder(found)).container(IMAGE, image, blobs) is not None) is expected
    assert found.asked == expected


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"Name": "another"}, "another machine"),
        ({"OperatingSystem": "Docker Desktop"}, "another machine"),
        ({"SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]}, "rootless"),
    ],
)
def test_an_engine_whose_containers_cannot_reach_the_loopback_is_not_used(about: dict[str, Any], says: str):
    client = MadeUp(**about)
    assert says in unreachable(client.info(), system="linux")
    assert EngineFinder(Found(client)).find() is None


def test_elsewhere_than_on_linux_the_engine_is_in_a_virtual_machine(client: MadeUp):
    assert unreachable(client.info(), system="linux") == ""
    assert "another machine" in unreachable(client.info(), system="darwin")


# -- Choosing --------------------------------------------------------------------------------------------------------


def test_an_image_with_an_interpreter_runs_in_a_container(runners: Runners, blobs: BlobStore, image: str):
    start, engine = runners.container(IMAGE, image, blobs) or (None, "")
    assert start is not None
    assert engine == "Docker 28.0"


def test_the_labs_stand_in_does_not_even_ask_for_an_engine(tmp_path: Path, blobs: BlobStore, client: MadeUp):
    found = Found(client)
    runners = Runners(open_home(tmp_path / "home"), EngineFinder(found))
    assert runners.container(STAND_IN, "sha256:0", blobs) is None
    assert found.asked == 0


@pytest.mark.parametrize("found", [Found(None), Found(MadeUp(), "arm64")], ids=["no engine", "another architecture"])
def test_without_an_engine_for_the_image_it_runs_as_a_process(
    tmp_path: Path, blobs: BlobStore, image: str, found: Found
):
    home = open_home(tmp_path / "home")
    assert Runners(home, EngineFinder(found)).container(IMAGE, image, blobs) is None
    assert not home.containers.exists()


def test_an_image_that_nobody_has_any_more_runs_as_a_process(runners: Runners, blobs: BlobStore):
    assert runners.container(IMAGE, f"sha256:{'0' * 64}", blobs) is None


@pytest.mark.parametrize("question", ["info", "inspect_image"])
def test_where_the_engine_hangs_it_runs_as_a_process_and_the_log_says_so(
    runners: Runners,
    blobs: BlobStore,
    image: str,
    client: MadeUp,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    question: str,
):
    monkeypatch.setattr(daemon, "SECONDS", 0.05)
    client.hangs_at = question
    assert runners.container(IMAGE, image, blobs) is None
    assert "it did not answer within 0.05 seconds" in caplog.text


def test_where_the_engine_fails_it_runs_as_a_process(runners: Runners, blobs: BlobStore, image: str, client: MadeUp):
    client.broken = True
    assert runners.container(IMAGE, image, blobs) is None


# -- Images ----------------------------------------------------------------------------------------------------------


def test_an_image_that_the_engine_has_is_only_given_a_name(
    tmp_path: Path, blobs: BlobStore, image: str, client: MadeUp
):
    client.known.add(digest(b'{"architecture": "amd64"}'))
    name = provide(client, tmp_path, image, blobs)
    assert name in client.known
    assert name.startswith("labkit-functions/")
    assert client.loaded == []


def test_the_containerd_store_knows_an_image_by_its_manifest(
    tmp_path: Path, blobs: BlobStore, image: str, client: MadeUp
):
    client.known.add(image)
    assert provide(client, tmp_path, image, blobs) in client.known
    assert client.loaded == []


def test_an_image_that_the_engine_does_not_have_is_loaded_as_it_was_pushed(
    tmp_path: Path, blobs: BlobStore, image: str, client: MadeUp
):
    name = provide(client, tmp_path, image, blobs)
    with tarfile.open(fileobj=io.BytesIO(client.loaded[0])) as archive:
        contents = {each.name: archive.extractfile(each).read() for each in archive.getmembers()}
    [about] = json.loads(contents.pop("manifest.json"))
    assert about["RepoTags"] == [name]
    assert contents[about["Layers"][0]] == b"not really a layer"
    assert all(hashlib.sha256(content).hexdigest() == name for name, content in contents.items())
    assert provide(client, tmp_path, image, blobs) == name
    assert len(client.loaded) == 1


def test_only_names_of_this_home_are_forgotten(tmp_path: Path, blobs: BlobStore, image: str, client: MadeUp):
    name = provide(client, tmp_path / "one", image, blobs)
    other = provide(client, tmp_path / "two", image, blobs)
    keep_only(client, tmp_path / "one", [image])
    assert {name, other} <= client.known
    keep_only(client, tmp_path / "one", [])
    assert client.known == {other}


# -- Containers ------------------------------------------------------------------------------------------------------


def test_a_home_remembers_that_it_may_have_containers(
    tmp_path: Path, runners: Runners, blobs: BlobStore, image: str, client: MadeUp
):
    home = open_home(tmp_path / "home")
    runners.container(IMAGE, image, blobs)
    assert home.containers.exists()
    client.there = {"left": {HOME_LABEL: str(home.root), FUNCTION_LABEL: "arn", RUN_LABEL: "this one"}}
    runners.close()
    assert client.there == {}
    assert client.known == set()
    assert not home.containers.exists()


def test_a_container_has_lambdas_limits_and_no_privileges(tmp_path: Path):
    given = conditions(RunnableFunction(tmp_path, ImageConfig(), memory=256, scratch=1024))
    assert (given["mem_limit"], given["memswap_limit"]) == ("256m", "256m")
    assert given["tmpfs"] == {"/tmp": "size=1024m,mode=1777,exec"}
    assert given["read_only"] is True
    assert given["cap_drop"] == ["ALL"]
    assert given["security_opt"] == ["no-new-privileges"]
    assert "privileged" not in given
    assert 0 not in user_of_containers()


def test_an_image_of_another_architecture_than_its_function_cannot_be_executed(tmp_path: Path):
    config = ImageConfig("arm64", entrypoint=("/lambda-entrypoint.sh",), command=("f.handler",))
    with pytest.raises(Fault, match=r"^fork/exec /lambda-entrypoint\.sh: exec format error$") as caught:
        RunnableFunction(tmp_path, config, architecture="amd64").check_architecture()
    assert caught.value.error_type == "Runtime.InvalidEntrypoint"
    RunnableFunction(tmp_path, config, architecture="arm64").check_architecture()
    RunnableFunction(tmp_path, replace(config, architecture="")).check_architecture()
