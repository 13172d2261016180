"""Whether there is a buildx that can make an index, and what it is asked; with programs that are made up."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labkit.docker import buildx
from labkit.docker.buildx import NoBuildxError
from labkit.docker.daemon import Daemon
from labkit.docker.streams import EngineError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the made-up docker is a shell script")

CONTAINERD = [["driver-type", "io.containerd.snapshotter.v1"]]
CLASSIC = [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]]
VERSION = "echo github.com/docker/buildx v0.17.1 257815a"


def engine(status: list[list[str]] | None) -> Daemon:
    client = SimpleNamespace(info=lambda: {"DriverStatus": status})
    return Daemon(client, "28.0.0", "amd64")


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``docker(script)``: what the command does; its arguments are written to a file."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")

    def make(script: str) -> Path:
        said = tmp_path / "said"
        program = programs / "docker"
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$DOCKER_HOST" "$@" > {said}\n{script}\n')
        program.chmod(0o755)
        return said

    return make


def why(status: list[list[str]] | None) -> str:
    with pytest.raises(NoBuildxError) as error:
        buildx.find(engine(status))
    return str(error.value)


def test_without_docker_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert why(CONTAINERD) == "there is no docker command"


def test_docker_may_have_none(docker: Any):
    docker("echo \"docker: 'buildx' is not a docker command.\" >&2; exit 1")
    assert why(CONTAINERD) == "docker has no buildx here"


@pytest.mark.parametrize("status", [CLASSIC, None])
def test_the_classic_store_keeps_no_index(docker: Any, status: Any):
    docker(VERSION)
    assert why(status) == "this Docker Engine does not keep images in containerd's store, which indexes need"


def test_its_version_is_said(docker: Any):
    docker(VERSION)
    assert buildx.find(engine(CONTAINERD)).title == "docker buildx 0.17.1"


@pytest.mark.parametrize("provenance", [True, False])
def test_it_builds_on_the_same_engine_with_the_switch_and_says_what_it_does(
    docker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provenance: bool
):
    monkeypatch.setenv("DOCKER_HOST", "unix:///somewhere")
    said = docker('echo "#1 [internal] load context"; echo "#2 [1/2] COPY a b" >&2; echo "#2 DONE 0.0s"')
    lines: list[str] = []
    found = buildx.Buildx(engine(CONTAINERD), "docker", "0.17.1")
    found.build(tmp_path, "public", "name:1", provenance=provenance, progress=lines.append)
    host, *words = said.read_text().splitlines()
    assert host == "unix:///somewhere"
    assert words[:4] == ["buildx", "build", "--builder", "default"]
    assert f"--provenance={'true' if provenance else 'false'}" in words
    assert (words[words.index("--tag") + 1], words[-1]) == ("name:1", str(tmp_path))
    assert lines == ["[1/2] COPY a b"]


def test_a_failure_has_its_last_words(docker: Any, tmp_path: Path):
    docker('echo "#1 [1/2] COPY a b"; echo "ERROR: no such file"; echo; exit 1')
    with pytest.raises(EngineError) as error:
        buildx.Buildx(engine(CONTAINERD), "docker", "0").build(
            tmp_path, "public", "name:1", provenance=True, progress=print
        )
    assert str(error.value) == "docker buildx cannot build the image: ERROR: no such file"


def test_a_failure_without_a_word_is_one_too(docker: Any, tmp_path: Path):
    docker("exit 3")
    with pytest.raises(EngineError, match="it ended with exit code 3"):
        buildx.Buildx(engine(CONTAINERD), "docker", "0").build(
            tmp_path, "public", "name:1", provenance=True, progress=print
        )
