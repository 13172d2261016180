"""AWS's base image without a Docker engine: pulled over the registry's API, kept, and built on."""

from __future__ import annotations

import errno
import gzip
import io
import json
import re
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from labkit.aws.public_registry import Incoming
from labkit.errors import DockerfileError, LabError
from labkit.image.build.assemble import build
from labkit.image.format.manifest import DOCKER, OCI
from labkit.image.run.filesystem import unpack
from labkit.image.run.local import run_locally
from labkit.lab.article import IMAGE_FOLDER
from tests.aws.registry_of_tests import LAYERS, NAME, REFERENCE, digest
from tests.image.archives import document_of

STORED = [digest(gzip.compress(layer, mtime=0)) for layer in LAYERS]


def kept(folder: Path) -> set[str]:
    """The names under which blobs are kept, whole or not."""
    return {path.name for path in (folder / "sha256").iterdir()}


def whole(folder: Path) -> set[str]:
    return {f"sha256:{name}" for name in kept(folder) if not name.endswith(".partial")}


def refusal(pull, reference: str = REFERENCE, architecture: str = "amd64") -> str:
    """The sentence with which a pull fails; it always says how to go on."""
    with pytest.raises(LabError) as caught:
        pull(reference, architecture)
    sentence = str(caught.value)
    assert sentence.startswith(f"The base image {reference} ")
    assert "--base stand-in" in sentence
    return sentence


# What is built


def test_the_articles_image_stands_on_the_layers_that_were_pulled(bases, folder):
    image = build(IMAGE_FOLDER, base=bases())
    assert (image.stand_in, image.base, image.architecture) == (False, "public.ecr.aws/lambda/python:3.12", "amd64")
    assert [layer.digest for layer in image.parsed.layers][:2] == STORED
    assert [Path(layer).read_bytes() for layer in image.layers[:2]] == [gzip.compress(x, mtime=0) for x in LAYERS]
    assert all(isinstance(layer, Path) and folder in layer.parents for layer in image.layers[:2])
    assert document_of(image)["config"]["Entrypoint"] == ["/lambda-entrypoint.sh"]
    assert document_of(image)["config"]["Cmd"] == ["lambda_function.handler"]


def test_the_handler_goes_into_the_directory_that_the_base_has_and_nothing_else_does(bases, tmp_path):
    image = build(IMAGE_FOLDER, base=bases())
    with tarfile.open(fileobj=io.BytesIO(image.layers[2])) as archive:
        assert archive.getnames() == ["var/task/lambda_function.py"]
    unpack(image.layers, tmp_path / "root")
    assert (tmp_path / "root/var/task/lambda_function.py").is_file()
    assert not (tmp_path / "root/opt/old").exists()


def test_the_config_names_every_layer_and_keeps_the_bases_history(bases):
    image = build(IMAGE_FOLDER, base=bases())
    assert document_of(image)["rootfs"]["diff_ids"][:2] == [digest(layer) for layer in LAYERS]
    history = document_of(image)["history"]
    assert [step["created_by"] for step in history[:3]] == ["ADD one", "CMD none", "two"]
    assert sum(not step.get("empty_layer", False) for step in history) == len(image.layers) == 3


@pytest.mark.parametrize("types", [DOCKER, OCI])
def test_the_image_keeps_to_the_media_types_of_its_base(registry, bases, types):
    registry.publish(types=types)
    image = build(IMAGE_FOLDER, base=bases())
    assert image.media_type == types.manifest
    assert image.parsed.config.media_type == types.config
    assert {layer.media_type for layer in image.parsed.layers} == {types.layer}


def test_the_same_base_gives_the_same_digest(bases):
    assert build(IMAGE_FOLDER, base=bases()).digest == build(IMAGE_FOLDER, base=bases()).digest


def test_an_entrypoint_of_ones_own_drops_the_command_of_the_base(registry, bases, tmp_path):
    registry.manifests["own"] = registry.image(
        DOCKER, "amd64", config={"Cmd": ["old"]}, history=[{"created_by": "CMD x"}]
    )
    (tmp_path / "Dockerfile").write_text(f'FROM public.ecr.aws/{NAME}:own\nENTRYPOINT ["mine"]\n')
    assert "Cmd" not in build(tmp_path, base=bases()).config.settings


def test_the_image_of_the_other_architecture_is_found_in_the_index(registry, bases):
    registry.publish(architectures=("amd64", "arm64"))
    assert bases()(REFERENCE, "arm64").architecture == "arm64"


def test_a_tag_of_one_image_has_the_architecture_of_that(registry, bases):
    registry.manifests["3.12-arm64"] = registry.image(DOCKER, "arm64")
    assert bases()(f"{REFERENCE}-arm64", "amd64").architecture == "arm64"


def test_an_image_on_a_real_base_is_tried_with_the_labs_python_and_says_so(bases):
    with run_locally(build(IMAGE_FOLDER, base=bases())) as function:
        assert json.loads(function.invoke().payload) == f"Hello from AWS Lambda using Python{sys.version}!"
        assert function.interpreter.endswith("of the lab (stand-in for the image's own interpreter)")


def test_scratch_is_not_asked_for(registry, bases):
    assert bases()("scratch", "amd64").layers == ()
    assert registry.asked == []


@pytest.mark.parametrize(
    "reference", ["python:3.12", "ghcr.io/a/b:1", "public.ecr.aws/Lambda:1", "public.ecr.aws/a:/x"]
)
def test_other_registries_need_a_docker_engine(registry, bases, reference):
    with pytest.raises(DockerfileError, match="needs a Docker engine"):
        bases()(reference, "amd64")
    assert registry.asked == []


# How it is asked for


def test_a_token_is_asked_for_when_the_registry_wants_one_and_used_from_then_on(registry, bases):
    bases()(REFERENCE, "amd64")
    given = [asked.headers.get("Authorization") for asked in registry.asked]
    assert given[:3] == [None, None, "Bearer t0"]
    assert registry.asked[1].path == "/token/?service=public.ecr.aws&scope=aws"
    assert set(given[2:]) == {"Bearer t0"}


def test_the_token_is_not_shown_to_the_content_network(registry, bases):
    bases()(REFERENCE, "amd64")
    assert len(registry.downloads) == 3
    assert all("Authorization" not in asked.headers for asked in registry.downloads)


def test_passwords_of_a_netrc_are_left_alone(registry, bases, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    bases()(REFERENCE, "amd64")
    assert all("Basic" not in asked.headers.get("Authorization", "") for asked in registry.asked)


def test_a_token_that_has_expired_is_replaced(registry, bases):
    def expire(done: int, total: int) -> None:
        registry.token = "t1"

    bases(progress=expire)(REFERENCE, "amd64")
    assert "Bearer t1" in [asked.headers.get("Authorization") for asked in registry.asked]


def test_what_is_there_is_not_pulled_again(registry, bases):
    first = bases()(REFERENCE, "amd64")
    registry.downloads.clear()
    assert bases()(REFERENCE, "amd64") == first
    assert registry.downloads == []


def test_a_digest_that_is_there_needs_no_registry(registry, bases):
    name = next(name for name in registry.manifests if name.startswith("sha256:"))
    first = bases()(f"public.ecr.aws/{NAME}@{name}", "amd64")
    registry.asked.clear()
    assert bases()(f"public.ecr.aws/{NAME}@{name}", "amd64") == first
    assert registry.asked == []


def test_two_who_pull_at_once_fetch_it_once(registry, bases):
    found = []
    threads = [threading.Thread(target=lambda: found.append(bases()(REFERENCE, "amd64"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and all(base == found[0] for base in found)
    assert len(registry.downloads) == 3


def test_progress_tells_bytes_of_the_layers_and_ends_with_all(registry, bases):
    told = []
    bases(progress=lambda done, total: told.append((done, total)))(REFERENCE, "amd64")
    total = sum(len(registry.blobs[name]) for name in STORED)
    assert told[-1] == (total, total)
    assert told == sorted(told) and len(told) > 4


# What may go wrong by itself


def test_a_blob_that_breaks_off_is_taken_up_where_it_broke_off(registry, bases, pauses):
    registry.cuts = [10_000, 300_000, 300_000]  # the config is whole, then the first layer comes in three parts
    bases()(REFERENCE, "amd64")
    ranges = [asked.headers.get("Range") for asked in registry.downloads if asked.path == STORED[0]]
    assert ranges == [None, "bytes=262144-", "bytes=524288-"]  # what was written, in pieces of 256 KiB
    assert pauses == [0.5, 0.5]  # each time it came further


def test_a_registry_that_knows_no_ranges_sends_it_all_again(registry, bases, folder):
    registry.ranges, registry.cuts = False, [10_000, 300_000]
    bases()(REFERENCE, "amd64")
    assert set(STORED) <= whole(folder)


def test_what_a_killed_process_left_is_the_beginning(registry, bases, folder):
    (folder / "sha256").mkdir(parents=True)
    (folder / "sha256" / f"{STORED[0][7:]}.partial").write_bytes(registry.blobs[STORED[0]][:60])
    bases()(REFERENCE, "amd64")
    assert [asked.headers.get("Range") for asked in registry.downloads if asked.path == STORED[0]] == ["bytes=60-"]
    assert not any(name.endswith(".partial") for name in kept(folder))


@pytest.mark.parametrize("left", [b"rubbish", bytes(3_000_000)])
def test_rubbish_that_was_left_is_thrown_away(registry, bases, folder, left):
    (folder / "sha256").mkdir(parents=True)
    (folder / "sha256" / f"{STORED[0][7:]}.partial").write_bytes(left)
    base = bases()(REFERENCE, "amd64")
    assert Path(base.layers[0].blob).read_bytes() == registry.blobs[STORED[0]]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_registry_in_trouble_is_asked_again_later(registry, bases, pauses, status):
    registry.statuses = [status, status]
    bases()(REFERENCE, "amd64")
    assert pauses == [0.5, 1.0]


# What goes wrong for good


def test_a_registry_that_throttles_on_and_on_is_named(registry, bases, pauses):
    registry.statuses = [429] * 100
    assert "too many anonymous requests" in refusal(bases())
    assert pauses == [0.5, 1.0, 2.0, 4.0]


def test_a_connection_that_always_breaks_off_is_given_up_and_counts_for_nothing(registry, bases, folder):
    registry.cuts = [10_000] + [0] * 20
    assert "keeps breaking off" in refusal(bases())
    assert whole(folder).isdisjoint(STORED)


def test_a_wrong_digest_is_refused_and_nothing_of_it_is_kept(registry, bases, folder):
    registry.spoiled = {STORED[1]}
    assert f"sent for {STORED[1]} has another digest" in refusal(bases())
    assert STORED[1] not in whole(folder)
    assert (folder / "sha256" / f"{STORED[1][7:]}.partial").read_bytes() == b""


def test_a_manifest_with_another_digest_is_refused(registry, bases):
    name = next(name for name in registry.manifests if name.startswith("sha256:"))
    registry.manifests[name] += b" "
    assert "has another digest" in refusal(bases())


def test_a_platform_that_is_not_there_is_named(bases):
    assert "no image for linux/arm64" in refusal(bases(), architecture="arm64")


def test_an_unknown_tag_is_named(bases):
    assert "check the name and the tag" in refusal(bases(), f"public.ecr.aws/{NAME}:9.9")


def test_an_answer_of_another_kind_is_told_with_the_registrys_reason(registry, bases):
    registry.statuses = [403]
    assert "HTTP 403: Rate exceeded. Try again" in refusal(bases())


@pytest.mark.parametrize("raw", [b"<html>", b"{}", b'{"schemaVersion": 2, "mediaType": "x/y"}'])
def test_what_is_no_manifest_is_refused(registry, bases, raw):
    registry.manifests["3.12"] = raw
    assert "cannot be pulled: The image manifest" in refusal(bases())


@pytest.mark.parametrize("changes", [{"architecture": "s390x"}, {"os": "windows"}, {"rootfs": {"diff_ids": []}}])
def test_an_image_that_lambda_cannot_run_is_refused(registry, bases, changes):
    raw = registry.image(DOCKER, "amd64")
    config = json.loads(registry.blobs[json.loads(raw)["config"]["digest"]]) | changes
    document = json.loads(raw) | {"config": {"mediaType": DOCKER.config, **registry.add(json.dumps(config).encode())}}
    registry.manifests["3.12"] = json.dumps(document).encode()
    assert "not an image that Lambda can run" in refusal(bases())


def test_a_layer_that_lambda_does_not_take_is_refused_before_it_is_pulled(registry, bases, folder):
    registry.manifests["3.12"] = registry.image(OCI, "amd64", "application/vnd.oci.image.layer.v1.tar+zstd")
    assert "tar+zstd, which Lambda does not take" in refusal(bases())
    assert whole(folder).isdisjoint(STORED)


def test_without_a_network_the_host_is_named_at_once(bases, pauses):
    assert re.search(
        r"127.0.0.1:\d+ cannot be reached \(is there a network\?\)\. Try", refusal(bases("http://127.0.0.1:1"))
    )
    assert pauses == []


def test_a_certificate_that_cannot_be_verified_is_not_accepted(registry, bases):
    assert "certificate of 127.0.0.1" in refusal(bases(registry.url.replace("http:", "https:")))
    assert registry.asked == []


def test_plain_http_leads_to_this_machine_only(registry, bases):
    assert "without https" in refusal(bases("http://public.ecr.aws"))
    registry.content = "http://content.example"
    assert "without https" in refusal(bases())


def test_a_full_disk_is_named_and_nothing_counts_as_whole(bases, folder, monkeypatch):
    def full(incoming: Incoming, piece: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Incoming, "add", full)
    assert "does not fit on the disk" in refusal(bases())
    assert whole(folder).isdisjoint(STORED)


def test_a_folder_that_cannot_be_written_is_named(bases, folder):
    folder.parent.mkdir()
    folder.write_text("a file")
    assert "cannot be kept in" in refusal(bases())
