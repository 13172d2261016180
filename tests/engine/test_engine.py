"""Building, pushing, pulling and trying the image with a Docker engine."""

from __future__ import annotations

import json
import os
import platform
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import docker
import docker.errors
import pytest

from labkit.aws import repositories
from labkit.cli import main
from labkit.docker import base_images as engine_bases
from labkit.docker import building
from labkit.docker.daemon import HOME_LABEL, Daemon
from labkit.docker.streams import EngineError
from labkit.docker.trial import LocalContainer
from labkit.errors import DockerfileError, LabError
from labkit.ground.home import open_home
from labkit.image.build.base_image import PUBLIC, STAND_IN
from labkit.image.format.config import ImageConfig
from labkit.lab.article import IMAGE_FOLDER, REPOSITORIES
from labkit.lab.engine import open_builder
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.scenarios import SCENARIOS, run

from .conftest import BASE

GREETING = re.compile(r'"Hello from AWS Lambda using Python3\.\d+\.\d+ \(.+\) \[.+\]!"')


def silent(*_said: object) -> None:
    """For those who want no progress."""


@pytest.fixture
def pushed(lab: Lab, image: Any) -> dict[str, Any]:
    """The image in the three repositories: what each push came to."""
    ecr = lab.registry.client("ecr")
    for name in REPOSITORIES:
        repositories.ensure(ecr, name, "engine")
    return {name: lab.engine.push(ecr, name, "0.0.1", image) for name in REPOSITORIES}


@pytest.fixture
def containers(engine: Daemon, home: Path) -> Iterator[Any]:
    """Lists the containers of this lab home, running or not; none may be left."""

    def listed() -> list[Any]:
        return engine.client.containers.list(all=True, filters={"label": f"{HOME_LABEL}={home}"})

    yield listed
    assert listed() == []


# -- Building --------------------------------------------------------------------------------------------------------


def test_each_instruction_is_shown_and_the_image_has_the_names_of_the_three_repositories(lab: Lab, engine: Daemon):
    said: list[str] = []
    image = lab.build_image(progress=said.append)
    assert [line[:10] for line in said] == ["[1/3] FROM", "[2/3] COPY", "[3/3] CMD "]
    front = lab.engine.front
    tags = engine.client.images.get(image.id).tags
    assert {f"{front}/{lab.image_uri(name)}" for name in REPOSITORIES} <= set(tags)
    assert (image.base, image.architecture) == (BASE, engine.architecture)
    assert image.stand_in is ("labkit.base.for" in image.labels)


def test_no_container_of_a_build_is_left(lab: Lab, engine: Daemon, tmp_path: Path):
    before = {each.id for each in engine.client.containers.list(all=True)}
    context(tmp_path, f'CMD ["{tmp_path.name}"]')
    build(engine, tmp_path, lab.base)
    assert {each.id for each in engine.client.containers.list(all=True)} - before == set()


def test_an_image_with_an_interpreter_is_not_taken_for_the_other_stand_in(image: Any, engine: Daemon):
    config = engine.client.images.get(image.id).attrs["Config"]
    assert ImageConfig.of({"config": config}).stands_in_for is None
    assert image.has_interpreter


def test_what_a_program_of_the_build_prints_is_shown_and_its_failure_is_an_error(
    lab: Lab, engine: Daemon, tmp_path: Path
):
    said: list[str] = []
    context(tmp_path, "RUN echo from inside && exit 3")
    with pytest.raises(EngineError, match="returned a non-zero code: 3"):
        building.build(engine, tmp_path, lab.base, [], said.append, silent)
    assert "from inside" in said


def test_a_base_that_cannot_be_pulled_is_one_sentence_that_offers_the_other_ways(engine: Daemon, tmp_path: Path):
    (tmp_path / "Dockerfile").write_text("FROM 127.0.0.1:1/lambda/python:3.12\n")
    with pytest.raises(LabError) as error:
        build(engine, tmp_path, PUBLIC)
    said = str(error.value)
    assert said.startswith("The base image 127.0.0.1:1/lambda/python:3.12 cannot be pulled by Docker: ")
    assert "--base stand-in" in said and "--engine embedded" in said
    assert "\n" not in said


def test_only_awss_python_can_be_stood_in_for(engine: Daemon, tmp_path: Path):
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    with pytest.raises(DockerfileError, match="not for debian:12"):
        build(engine, tmp_path, STAND_IN)


def test_the_stand_in_has_a_name_and_labels_of_its_own(engine: Daemon):
    image = build(engine, IMAGE_FOLDER, STAND_IN)
    assert image.labels["labkit.base"] == "container-stand-in"
    assert image.labels["labkit.base.for"] == BASE
    layers = [line["CreatedBy"] for line in engine.client.images.get(image.id).history()]
    assert f"labkit's stand-in for {BASE}" in layers[-1]


def context(folder: Path, instruction: str) -> None:
    """A folder with a Dockerfile of two lines."""
    (folder / "Dockerfile").write_text(f"FROM {BASE}\n{instruction}\n")


def build(engine: Daemon, folder: Path, base: str) -> Any:
    """An image without names and words."""
    return building.build(engine, folder, base, [], silent, silent)


# -- Pushing and pulling ---------------------------------------------------------------------------------------------


def test_three_pushes_come_to_one_digest_and_each_sends_all_where_no_registry_mounts_layers(
    lab: Lab, pushed: dict[str, Any]
):
    assert len({each.digest for each in pushed.values()}) == 1
    assert [(each.sent, each.present) for each in pushed.values()] == [(len_of(each), 0) for each in pushed.values()]
    for name, push in pushed.items():
        images = lab.registry.client("ecr").describe_images(repositoryName=name)["imageDetails"]
        assert [(each["imageDigest"], each["imageTags"]) for each in images] == [(push.digest, ["0.0.1"])]
        assert images[0]["imageManifestMediaType"] == "application/vnd.docker.distribution.manifest.v2+json"


def len_of(push: Any) -> int:
    return push.sent + push.present


def test_nothing_is_written_to_the_docker_configuration(lab: Lab, pushed: dict[str, Any]):
    assert list(Path(os.environ["DOCKER_CONFIG"]).iterdir()) == []


def test_a_push_to_what_is_not_there_is_an_error(lab: Lab, image: Any):
    ecr = lab.registry.client("ecr")
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException):
        lab.engine.push(ecr, "nope", "1", image)


def test_an_error_in_the_stream_of_a_push_is_an_error(lab: Lab, image: Any, relabelled: Any):
    ecr = lab.registry.client("ecr")
    ecr.create_repository(
        repositoryName="lambda-same-account",
        imageTagMutability="IMMUTABLE",
        tags=[{"Key": "labkit", "Value": "engine"}],
    )
    lab.engine.push(ecr, "lambda-same-account", "1", image)
    with pytest.raises(EngineError) as error:
        lab.engine.push(ecr, "lambda-same-account", "1", relabelled)
    assert error.value.said == (
        "tag invalid: The image tag '1' already exists in the 'lambda-same-account' repository and cannot be "
        "overwritten because the tag is immutable."
    )


@pytest.fixture
def relabelled(engine: Daemon, image: Any) -> Iterator[Any]:
    """The image with one more label, and so another digest."""
    container = engine.client.containers.create(image.id)
    made = container.commit(changes="LABEL another=one")
    container.remove()
    yield building.DockerImage(engine, made.id, image.base, image.architecture, image.labels)
    with suppress(docker.errors.ImageNotFound):
        engine.client.images.remove(made.id, force=True)


def test_the_organizations_policy_decides_whose_docker_may_pull(lab: Lab, pushed: dict[str, Any]):
    name = "lambda-aws-organizations"
    registry, workload = lab.registry.client("ecr"), lab.workload.client("ecr")
    spoken = f"{lab.engine.front}/{lab.image_uri(name)}".removesuffix(":0.0.1")
    with pytest.raises(EngineError) as error:
        lab.engine.pull(workload, lab.registry.account, name, "0.0.1")
    assert error.value.said == (
        f"pull access denied for {spoken}, repository does not exist or may require 'docker login': denied: User: "
        "arn:aws:iam::592444418872:user/admin is not authorized to perform: ecr:BatchGetImage on resource: "
        "arn:aws:ecr:eu-central-1:813835382529:repository/lambda-aws-organizations because no resource-based policy "
        "allows the ecr:BatchGetImage action"
    )
    repositories.set_policy(registry, name, policies.organization(lab.organization_id))
    pulled = lab.engine.pull(workload, lab.registry.account, name, "0.0.1")
    assert pulled.digest == pushed[name].digest
    with pytest.raises(EngineError, match="pull access denied"):
        lab.engine.pull(lab.actor("outsider").client("ecr"), lab.registry.account, name, "0.0.1")


def test_what_docker_has_not_is_pulled_again(lab: Lab, pushed: dict[str, Any], engine: Daemon, relabelled: Any):
    ecr, name = lab.registry.client("ecr"), "lambda-same-account"
    push = lab.engine.push(ecr, name, "2", relabelled)
    engine.client.images.remove(relabelled.id, force=True)
    pulled = lab.engine.pull(ecr, lab.registry.account, name, "2")
    assert pulled.digest == push.digest


# -- Trying ----------------------------------------------------------------------------------------------------------


def test_the_articles_post_is_answered_by_a_container_that_is_gone_afterwards(
    lab: Lab, image: Any, containers: Any, base: str
):
    with lab.engine.run_locally(image) as function:
        assert function.url.endswith("/2015-03-31/functions/function/invocations")
        assert GREETING.fullmatch(urlopen(function.url, data=b"{}").read().decode())
        assert len(containers()) == 1
        if base == STAND_IN:
            assert function.interpreter == (
                f"CPython {platform.python_version()} of the image (linux/{image.architecture})"
            )


def test_an_image_without_python_is_said_to_have_none(lab: Lab, engine: Daemon, containers: Any, tmp_path: Path):
    (tmp_path / "Dockerfile").write_text('FROM scratch\nCOPY Dockerfile /\nCMD ["/nothing"]\n')
    image = build(engine, tmp_path, PUBLIC)
    assert lab.engine.describe(image) == f"linux/{engine.architecture} with no Python inside"
    engine.client.images.remove(image.id)


def test_an_interruption_leaves_no_container(lab: Lab, image: Any, containers: Any):
    with pytest.raises(KeyboardInterrupt), lab.engine.run_locally(image):
        raise KeyboardInterrupt
    assert containers() == []


def test_an_interruption_while_it_starts_leaves_no_container(lab: Lab, image: Any, containers: Any, monkeypatch):
    def interrupted(_self: object) -> None:
        assert len(containers()) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalContainer, "_wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lab.engine.run_locally(image)


def test_a_container_that_ends_at_once_is_an_error_with_its_last_words(
    lab: Lab, engine: Daemon, containers: Any, tmp_path: Path
):
    context(tmp_path, 'CMD ["one", "too many"]')
    with pytest.raises(EngineError, match="entrypoint requires the handler name to be the first argument"):
        lab.engine.run_locally(build(engine, tmp_path, STAND_IN))


def test_a_port_in_use_is_an_error(lab: Lab, image: Any, containers: Any):
    with lab.engine.run_locally(image) as first, pytest.raises(EngineError):
        lab.engine.run_locally(image, first.port)


# -- The lab on Docker -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["same-account", "organization"])
def test_a_scenario_comes_out_as_it_does_without_docker(lab: Lab, image: Any, name: str):
    result = run(lab, SCENARIOS[name], image)
    assert result.ok, json.dumps(result.to_dict(), indent=2)
    assert result.to_dict()["steps"][0]["engine"] == "docker"


# -- What a choice comes to ------------------------------------------------------------------------------------------


def on(reference: str, folder: Path) -> Path:
    """A Dockerfile that stands on an image."""
    path = folder / "Dockerfile"
    path.write_text(f"FROM {reference}\n")
    return path


def test_auto_is_docker_where_the_base_is_present(lab: Lab, image: Any, engine: Daemon, tmp_path: Path):
    engine.client.images.get(image.id).tag("labkit-test/base", "1")
    ecr = lab.registry.client("ecr")
    found = open_builder("auto", None, on("labkit-test/base:1", tmp_path), ecr, lab.home)
    engine.client.images.remove("labkit-test/base:1", noprune=True)
    assert found.sentence == f"Docker Engine {engine.version} (linux/{engine.architecture}) builds, pushes and pulls."


def test_auto_is_docker_where_the_stand_in_is_chosen(lab: Lab, tmp_path: Path):
    dockerfile = on("127.0.0.1:1/base:1", tmp_path)
    assert open_builder("auto", STAND_IN, dockerfile, lab.registry.client("ecr"), lab.home).name == "docker"


def test_auto_is_the_embedded_way_where_the_base_cannot_be_had_and_says_so(lab: Lab, tmp_path: Path):
    ecr = lab.registry.client("ecr")
    found = open_builder("auto", None, on("127.0.0.1:1/base:1", tmp_path), ecr, lab.home)
    assert found.name == "embedded"
    assert found.sentence.startswith(
        "The lab builds, pushes and pulls by itself: Docker cannot pull 127.0.0.1:1/base:1: "
    )


def test_a_registry_that_swallows_questions_is_not_waited_for(engine: Daemon, monkeypatch):
    monkeypatch.setattr(engine_bases, "_LOOK_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent_registry:
        reference = f"127.0.0.1:{silent_registry.getsockname()[1]}/base:1"
        with pytest.raises(EngineError, match=f"Docker cannot pull {reference}: it stopped answering"):
            engine_bases.check_at_hand(engine, reference)
    assert engine_bases.is_present(engine, "labkit-test/none:1") is False  # the engine itself still answers


def test_auto_is_the_embedded_way_where_docker_does_not_reach_the_registry(lab: Lab, tmp_path: Path):
    class Elsewhere:
        """ECR whose registry is where nothing listens."""

        def get_authorization_token(self) -> dict[str, Any]:
            answer = lab.registry.client("ecr").get_authorization_token()
            answer["authorizationData"][0]["proxyEndpoint"] = "http://127.0.0.1:1"
            return answer

    found = open_builder("auto", STAND_IN, on("scratch", tmp_path), Elsewhere(), lab.home)
    assert "Docker cannot log in to 127.0.0.1:1: " in found.sentence


@pytest.fixture
def old_name(lab: Lab, image: Any, engine: Daemon) -> Iterator[str]:
    """An image under the address that the lab's registry had before: one at which nobody listens."""
    name = f"127.0.0.1:1/{lab.image_uri('old')}"
    engine.client.images.get(image.id).tag(*name.rsplit(":", 1))
    noted = open_home(lab.home).front
    noted.write_text("127.0.0.1:1")
    yield name
    noted.unlink()
    for each in (name, f"{lab.engine.front}/{lab.image_uri('old')}"):
        with suppress(docker.errors.ImageNotFound):
            engine.client.images.remove(each, noprune=True)


def test_names_follow_a_registry_that_has_another_address(lab: Lab, image: Any, engine: Daemon, old_name: str):
    ecr = lab.registry.client("ecr")
    open_builder("docker", STAND_IN, IMAGE_FOLDER / "Dockerfile", ecr, lab.home)
    tags = engine.client.images.get(image.id).tags
    assert f"{lab.engine.front}/{lab.image_uri('old')}" in tags
    assert old_name not in tags


def test_names_stay_where_somebody_else_has_the_address_now(lab: Lab, image: Any, engine: Daemon, old_name: str):
    with socket.create_server(("127.0.0.1", 0)) as another_lab:
        address = f"127.0.0.1:{another_lab.getsockname()[1]}"
        name = old_name.replace("127.0.0.1:1", address)
        engine.client.images.get(image.id).tag(*name.rsplit(":", 1))
        open_home(lab.home).front.write_text(address)
        ecr = lab.registry.client("ecr")
        open_builder("docker", STAND_IN, IMAGE_FOLDER / "Dockerfile", ecr, lab.home)
        assert name in engine.client.images.get(image.id).tags
        engine.client.images.remove(name, noprune=True)


def test_status_says_which_engine_answers(home: Path, lab: Lab, engine: Daemon, capsys, monkeypatch):
    monkeypatch.setenv("LABKIT_HOME", str(home))
    assert main.main(["status", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["engine"], facts["because"]) == ("docker", f"{engine.title} answers")


def test_the_command_line_plays_a_scenario_on_docker_and_says_so(
    home: Path, base: str, engine: Daemon, lab: Lab, capsys, monkeypatch
):
    monkeypatch.setenv("LABKIT_HOME", str(home))
    assert main.main(["run", "cross-account", "--engine", "docker", "--base", base, "--json"]) == 0
    said = capsys.readouterr()
    assert "builds, pushes and pulls." in said.err.replace("\n", " ")
    assert re.search(rf"The image is linux/{engine.architecture} with CPython 3\.\d+\.\d+ inside\.", said.err)
    assert json.loads(said.out)[0]["steps"][0]["engine"] == "docker"
