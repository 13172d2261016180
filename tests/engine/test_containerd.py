"""An engine that keeps images in containerd's store: there an image is known by its manifest, and can be an index.

The first tests are those of the classic store, word by word. Where the machine's own engine is too old for that store,
a newer one is tried (`tests.engine.newer`).
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.aws import functions, roles
from labkit.docker import buildx
from labkit.docker.daemon import Daemon
from labkit.docker.streams import EngineError
from labkit.embedded.services.lambda_.invoke.container_images import name_of
from labkit.image.format.manifest import OCI_INDEX, OCI_MANIFEST
from labkit.lab.article import EXECUTION_ROLE, IMAGE_FOLDER, SAME_ACCOUNT
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.scenarios import SCENARIOS, provenance, run

from . import daemon
from .daemon import Require
from .newer import Newer, newer
from .test_engine import (  # noqa: F401 - tests and fixtures
    containers,
    old_name,
    pushed,
    relabelled,
    test_a_port_in_use_is_an_error,
    test_an_image_with_an_interpreter_is_not_taken_for_the_other_stand_in,
    test_each_instruction_is_shown_and_the_image_has_the_names_of_the_three_repositories,
    test_names_follow_a_registry_that_has_another_address,
    test_no_container_of_a_build_is_left,
    test_nothing_is_written_to_the_docker_configuration,
    test_the_articles_post_is_answered_by_a_container_that_is_gone_afterwards,
    test_what_docker_has_not_is_pulled_again,
)

INDEX = "0.0.1-with-provenance"


@pytest.fixture(scope="session")
def programs(require: Require) -> Newer:
    why = daemon.reason_against()
    require("buildx", not why, why)
    found = newer()
    if isinstance(found, str):
        require("buildx", False, found)
    assert isinstance(found, Newer)
    return found


@pytest.fixture(scope="session")
def docker_host(programs: Newer) -> Iterator[str]:
    """An engine of the tests' own, with containerd's store."""
    with daemon.in_short_folder() as folder, daemon.running(folder, programs.dockerd, containerd=True) as host:
        yield host


@pytest.fixture
def with_buildx(environment: None, programs: Newer) -> Iterator[None]:
    """Makes docker find buildx."""
    plugins = Path(os.environ["DOCKER_CONFIG"]) / "cli-plugins"
    if programs.plugins:
        plugins.symlink_to(programs.plugins)
    yield
    plugins.unlink(missing_ok=True)
    shutil.rmtree(os.environ["DOCKER_CONFIG"])
    Path(os.environ["DOCKER_CONFIG"]).mkdir()


# -- Pushing and pulling ---------------------------------------------------------------------------------------------


def test_three_pushes_come_to_one_digest_by_which_the_engine_knows_the_image(
    lab: Lab,
    image: Any,
    pushed: dict[str, Any],  # noqa: F811
):
    assert {each.digest for each in pushed.values()} == {image.id}
    for name in pushed:
        [found] = lab.registry.client("ecr").describe_images(repositoryName=name)["imageDetails"]
        assert (found["imageDigest"], found["imageManifestMediaType"]) == (image.id, OCI_MANIFEST)


def test_who_may_not_pull_gets_the_status_that_containerd_passes_on(lab: Lab, pushed: dict[str, Any]):  # noqa: F811
    with pytest.raises(EngineError, match="403 Forbidden"):
        lab.engine.pull(lab.workload.client("ecr"), lab.registry.account, "lambda-aws-organizations", "0.0.1")


# -- The lab on this engine ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["same-account", "cross-account", "organization"])
def test_a_scenario_comes_out_as_it_does_without_docker(lab: Lab, image: Any, name: str):
    result = run(lab, SCENARIOS[name], image)
    assert result.ok, json.dumps(result.to_dict(), indent=2)


def test_a_function_runs_in_a_container_and_leaves_no_name_of_its_image(
    lab: Lab,
    pushed: dict[str, Any],  # noqa: F811
    engine: Daemon,
):
    lambda_, uri = lab.registry.client("lambda"), lab.image_uri(SAME_ACCOUNT.repository)
    role = roles.ensure(lab.registry.client("iam"), EXECUTION_ROLE, policies.lambda_trust(), "engine", ())
    functions.create(
        lambda_, SAME_ACCOUNT.function, role.arn, uri, "engine", functions.ARCHITECTURES[engine.architecture], 0
    )
    functions.wait_until_active(lambda_, SAME_ACCOUNT.function)
    answer = lambda_.invoke(FunctionName=SAME_ACCOUNT.function, LogType="Tail")
    assert b"Hello from AWS Lambda using Python3." in answer["Payload"].read()
    log = base64.b64decode(answer["LogResult"]).decode()
    assert log.startswith(f"INIT_START Runtime Version: the image's own, in a container of Docker {engine.version}\n")
    repository, _ = name_of(lab.home, "")
    assert engine.client.images.list(name=repository)
    lambda_.delete_function(FunctionName=SAME_ACCOUNT.function)
    assert engine.client.images.list(name=repository) == []


# -- Provenance by buildx --------------------------------------------------------------------------------------------


def test_what_buildx_makes_with_provenance_is_refused_and_without_it_is_taken(
    lab: Lab, image: Any, with_buildx: None, engine: Daemon
):
    said: list[str] = []
    result = run(lab, SCENARIOS["provenance"], image, progress=said.append)
    assert result.ok, json.dumps(result.to_dict(), indent=2)
    made = [step.facts for step in result.steps if "made_by" in step.facts]
    title = buildx.find(engine).title
    assert [(each["made_by"], each["reason"]) for each in made] == [
        ("buildx", f"Built by {title} with --provenance=true."),
        ("buildx", f"Built by {title} with --provenance=false."),
    ]
    assert any(line.startswith("[2/2] COPY lambda_function.py") for line in said)
    assert any("attestation manifest" in line for line in said)


def test_the_registry_has_an_index_of_the_image_and_its_attestation(
    lab: Lab,
    image: Any,
    pushed: dict[str, Any],  # noqa: F811
    with_buildx: None,
):
    ecr, source = lab.registry.client("ecr"), provenance.PushSource(image, "0.0.1", IMAGE_FOLDER, lab.base)
    made = provenance.push(lab.engine, ecr, "lambda-same-account", INDEX, source, provenance=True)
    [found] = ecr.batch_get_image(repositoryName="lambda-same-account", imageIds=[{"imageTag": INDEX}])["images"]
    assert (found["imageId"]["imageDigest"], found["imageManifestMediaType"]) == (made.digest, OCI_INDEX)
    platforms = [each["platform"]["architecture"] for each in json.loads(found["imageManifest"])["manifests"]]
    assert platforms == [image.architecture, "unknown"]


def test_without_buildx_the_lab_makes_the_index_and_says_why(lab: Lab, image: Any, programs: Newer):
    if programs.plugins is None:
        pytest.skip("docker finds its buildx in any case")
    steps = run(lab, SCENARIOS["provenance"], image).steps
    assert steps[2].facts["made_by"] == "lab"
    assert steps[2].facts["reason"].endswith("since docker has no buildx here.")
    assert steps[3].outcome == "refused"


def test_a_build_that_fails_says_it_in_buildxs_words(lab: Lab, with_buildx: None, engine: Daemon, tmp_path: Path):
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY nothing /\n")
    with pytest.raises(EngineError, match=re.escape("docker buildx cannot build the image: ERROR: ")) as error:
        buildx.find(engine).build(tmp_path, "public", "labkit-test/x:1", provenance=True, progress=print)
    assert '"/nothing": not found' in str(error.value)


def test_interrupted_it_ends_buildx(lab: Lab, with_buildx: None, engine: Daemon):
    def interrupted(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        buildx.find(engine).build(IMAGE_FOLDER, lab.base, "labkit-test/x:1", provenance=True, progress=interrupted)
