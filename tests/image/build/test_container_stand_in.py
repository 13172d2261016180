"""The stand-in base with an interpreter inside, looked at without an engine."""

from __future__ import annotations

import io
import json
import platform
import sys
import tarfile
from typing import Any

import pytest

from labkit.errors import LabError
from labkit.image.build import container_stand_in
from labkit.image.build.container_stand_in import needed_libraries
from labkit.image.format.config import ImageConfig

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="containers of Lambda are Linux")

FOR = "public.ecr.aws/lambda/python:3.12"
VERSION = ".".join(platform.python_version_tuple()[:2])


@pytest.fixture(scope="module")
def archive() -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(container_stand_in.make(FOR, "some/name:1")))


@pytest.fixture(scope="module")
def config(archive: tarfile.TarFile) -> dict[str, Any]:
    (manifest,) = json.load(archive.extractfile("manifest.json"))
    assert manifest["RepoTags"] == ["some/name:1"]
    return json.load(archive.extractfile(manifest["Config"]))


@pytest.fixture(scope="module")
def files(archive: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(archive.extractfile("layer.tar").read())) as layer:
        return {member.name: member for member in layer.getmembers()}


def test_its_labels_say_what_it_is_and_it_is_not_the_stand_in_without_an_interpreter(config):
    labels = config["config"]["Labels"]
    assert (labels["labkit.base"], labels["labkit.base.for"]) == ("container-stand-in", FOR)
    assert platform.python_version() in labels["labkit.base.note"]
    assert ImageConfig.of(config).stands_in_for is None


def test_it_is_laid_out_as_awss_image_is(config, files):
    assert config["config"]["Entrypoint"] == ["/lambda-entrypoint.sh"]
    assert config["config"]["WorkingDir"] == "/var/task"
    programs = ["lambda-entrypoint.sh", "var/runtime/bootstrap", "usr/local/bin/aws-lambda-rie", "bin/sh"]
    programs.append(f"var/lang/bin/python{VERSION}")
    assert [name for name in programs if not files[name].mode & 0o111] == []
    assert [name for name in ("var/task", "opt", "tmp") if not files[name].isdir()] == []
    assert files["tmp"].mode == 0o1777
    assert f"var/lang/lib/python{VERSION}/site-packages/awslambdaric/__main__.py" in files
    assert "var/runtime/labkit/image/run/emulator.py" in files


def test_nothing_of_this_machines_packages_and_caches_is_in_it(files):
    packages = {name.split("/")[5] for name in files if "/site-packages/" in name}
    assert {name.partition(".")[0] for name in packages} == {
        "awslambdaric",
        "runtime_client",
        "simplejson",
        "snapshot_restore_py",
    }
    assert [name for name in files if name.endswith(".pyc") or "/test/" in name] == []


def test_every_directory_on_the_way_is_there(files):
    assert [name for name in files if "/" in name and name.rpartition("/")[0] not in files] == []


def test_the_same_machine_makes_the_same_base_and_names_it_the_same(config, archive):
    assert container_stand_in.make(FOR, "some/name:1") == archive.fileobj.getvalue()
    assert (
        container_stand_in.identity(FOR)
        == container_stand_in.identity(FOR)
        != container_stand_in.identity("public.ecr.aws/lambda/python:3.13")
    )


def test_on_a_machine_whose_programs_are_no_linux_programs_it_says_so(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(LabError, match=r"darwin on .* is not a system that Lambda's containers run"):
        container_stand_in.make(FOR, "some/name:1")


def test_the_libraries_of_a_program_are_those_that_the_loader_finds():
    found = needed_libraries([container_stand_in.Path("/bin/sh").resolve()], "")
    assert any(name.startswith("libc.") for name in found)
    assert all(path.is_file() for path in found.values())
    assert any(name.startswith("/lib") for name in found)


def test_without_ldd_it_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LabError, match="no ldd"):
        needed_libraries([container_stand_in.Path("/bin/sh")], "")
