"""Real container clients against the registry of a running embedded AWS.

    shop      the embedded AWS, one per session, with what the tests of every client need

Clients keep what they know in the test's own folder; nothing of the machine's is read or changed.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from labkit.embedded.process import client
from tests.embedded.lab_of_tests import REGION, Lab

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
REGISTRY = f"813835382529.dkr.ecr.{REGION}.amazonaws.com"
EXPIRED = "Your authorization token has expired. Reauthenticate and try again."


@dataclass(frozen=True)
class Done:
    """How a program ended: its exit code, and all that it said."""

    code: int
    said: str


def run(*command: str, stdin: str | bytes = b"", environment: dict[str, str] | None = None) -> Done:
    """Run a program to its end, whatever that is."""
    done = subprocess.run(
        command,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **(environment or {})},
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode())


class Shop:
    """An embedded AWS, and the names by which container clients reach it."""

    def __init__(self, home: Path) -> None:
        self.lab = Lab(home)
        self.ecr = self.lab.client("registry", "ecr")
        self.address = self.lab.running.endpoint.removeprefix("http://")

    def repository(self, **options: Any) -> Repository:
        """A new repository of the registry's account."""
        name = f"repository-{uuid4().hex[:10]}"
        self.ecr.create_repository(repositoryName=name, **options)
        return Repository(self, name)

    def token(self, who: str | Any) -> str:
        """A login token of a profile's administrator, or of a boto3 session."""
        ecr = self.lab.client(who, "ecr") if isinstance(who, str) else self.lab.connect(who, "ecr")
        (data,) = ecr.get_authorization_token()["authorizationData"]
        assert data["proxyEndpoint"] == f"http://{self.address}"
        return base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:")

    def expired_token(self) -> str:
        """A login token that was valid until a second ago."""
        token = self.token("registry")
        fingerprint = hashlib.sha256(token.encode()).hexdigest()
        connection = sqlite3.connect(self.lab.home / "embedded" / "state.sqlite3", isolation_level=None)
        # A century, so that no clock matters.
        changed = connection.execute(
            "UPDATE login_token SET expires = '19' || substr(expires, 3) WHERE fingerprint = ?", (fingerprint,)
        )
        assert changed.rowcount == 1
        connection.close()
        return token

    def reader(self) -> Any:
        """A session of a role in the registry's account that may pull and not push."""
        pull = {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken", "ecr:Batch*", "ecr:Get*"], "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [pull]}
        return self.lab.assume("registry", "ReaderOfImages", inline=document)


@dataclass(frozen=True)
class Repository:
    """A repository of the shop, and what the texts about it say."""

    shop: Shop
    name: str

    @property
    def image(self) -> str:
        """Its name for container clients, without a tag."""
        return f"{self.shop.address}/{REGISTRY}/{self.name}"

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each tag, by ECR's API."""
        ids = self.shop.ecr.list_images(repositoryName=self.name)["imageIds"]
        return {item["imageTag"]: item["imageDigest"] for item in ids if "imageTag" in item}

    def allow(self, document: dict[str, Any]) -> None:
        """Set its policy."""
        self.shop.ecr.set_repository_policy(repositoryName=self.name, policyText=json.dumps(document))

    def denial(self, who: str, action: str, side: str) -> str:
        """The sentence of a denial."""
        return (
            f"User: {who} is not authorized to perform: ecr:{action} on resource: "
            f"arn:aws:ecr:{REGION}:813835382529:repository/{self.name} "
            f"because no {side}-based policy allows the ecr:{action} action"
        )

    def immutable(self, tag: str) -> str:
        """The sentence about a tag that cannot be moved."""
        return (
            f"The image tag '{tag}' already exists in the '{self.name}' repository and cannot be overwritten because "
            "the tag is immutable."
        )

    @property
    def missing(self) -> str:
        """The sentence about a repository of this name that is not there."""
        return f"The repository with name '{self.name}' does not exist in the registry with id '813835382529'"


READER = "arn:aws:sts::813835382529:assumed-role/ReaderOfImages/Test"
WORKLOAD = "arn:aws:iam::592444418872:user/admin"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A running embedded AWS for all tests of clients."""
    home = tmp_path_factory.mktemp("clients") / "home"
    yield Shop(home)
    client.stop(home)


@dataclass(frozen=True)
class Layout:
    """An image of two layers in a folder, as an OCI image layout tagged ``image``."""

    folder: Path
    digest: str

    @property
    def layers(self) -> list[bytes]:
        """Its layers, gzipped."""
        manifest = json.loads(self.blob(self.digest))
        return [self.blob(layer["digest"]) for layer in manifest["layers"]]

    def blob(self, digest: str) -> bytes:
        """One of its blobs."""
        return (self.folder / "blobs" / digest.replace(":", "/")).read_bytes()


def layer_of(name: str, size: int) -> bytes:
    """An uncompressed layer with one file of so many random bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = size
        archive.addfile(member, io.BytesIO(os.urandom(size)))
    return buffer.getvalue()


def _descriptor(folder: Path, content: bytes, media_type: str) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    (folder / "blobs" / "sha256" / digest).write_bytes(content)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def layout_at(folder: Path, *sizes: int) -> Layout:
    """Make an image with layers of these sizes."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "blobs" / "sha256").mkdir(parents=True)
    layers = [layer_of(f"file-{number}", size) for number, size in enumerate(sizes)]
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]}
    config = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/nothing"]}, "rootfs": rootfs}
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": _descriptor(folder, json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
        "layers": [
            _descriptor(folder, gzip.compress(layer, 1), "application/vnd.oci.image.layer.v1.tar+gzip")
            for layer in layers
        ],
    }
    listed = _descriptor(folder, json.dumps(manifest).encode(), OCI_MANIFEST)
    named = {**listed, "annotations": {"org.opencontainers.image.ref.name": "image"}}
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))
    return Layout(folder, listed["digest"])


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A new image of two layers, three megabytes together."""
    return layout_at(tmp_path / "layout", 2_000_000, 1_000_000)
