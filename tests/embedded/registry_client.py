"""A container client small enough to see through: the registry at ``/v2/`` as one profile or key sees it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .conftest import Cloud, Response

HOST = "{}.dkr.ecr.{}.amazonaws.com"
REGISTRY = HOST.format("813835382529", "eu-central-1")
REPOSITORY = f"{REGISTRY}/lambda-same-account"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def descriptor(data: bytes, media_type: str) -> dict[str, Any]:
    return {"mediaType": media_type, "size": len(data), "digest": digest_of(data)}


def manifest_of(config: bytes, *layers: bytes, **more: Any) -> bytes:
    content = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": descriptor(config, OCI_CONFIG),
        "layers": [descriptor(layer, OCI_LAYER) for layer in layers],
        **more,
    }
    return json.dumps(content, indent=3).encode()


def index_of(*manifests: bytes, media_type: str = OCI_INDEX) -> bytes:
    listed = [descriptor(manifest, OCI_MANIFEST) for manifest in manifests]
    return json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": listed}).encode()


def basic(token: str, user: str = "AWS") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}


def error_of(response: Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    (error,) = json.loads(response.body)["errors"]
    return response.status, error["code"], error["message"]


class Registry:
    """The registry as seen by a profile's administrator, or by who has these keys; logged in unless told otherwise."""

    def __init__(self, cloud: Cloud, who: str | Mapping[str, str] = "registry", repository: str = REPOSITORY) -> None:
        self.cloud = cloud
        self.repository = repository
        (data,) = cloud.client(who, "ecr").get_authorization_token()["authorizationData"]
        self.token = base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:")

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> Response:
        """A request below ``/v2/``; headers by keyword, with ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.cloud.send(method, f"/v2/{path}", {**basic(self.token), **named}, body)

    def on(self, method: str, path: str, body: bytes = b"", **headers: str) -> Response:
        """A request to the repository."""
        return self.send(method, f"{self.repository}/{path}", body, **headers)

    def at(self, method: str, response: Response, query: str = "", body: bytes = b"", **headers: str) -> Response:
        """A request to where an answer pointed."""
        return self.send(method, response.headers["Location"].removeprefix("/v2/") + query, body, **headers)

    def begin(self) -> Response:
        response = self.on("POST", "blobs/uploads/")
        assert response.status == 202
        return response

    def push_blob(self, data: bytes) -> str:
        digest = digest_of(data)
        response = self.at("PUT", self.begin(), f"?digest={quote(digest)}", data)
        assert (response.status, response.headers["Docker-Content-Digest"]) == (201, digest)
        return digest

    def put(self, reference: str, manifest: bytes, media_type: str = OCI_MANIFEST) -> Response:
        return self.on("PUT", f"manifests/{reference}", manifest, Content_Type=media_type)

    def push(self, tag: str, *layers: bytes, **more: Any) -> bytes:
        """Push an image; returns its manifest."""
        config = b'{"architecture":"amd64","os":"linux"}'
        for blob in (config, *layers):
            self.push_blob(blob)
        manifest = manifest_of(config, *layers, **more)
        response = self.put(tag, manifest)
        assert response.status == 201, response.body
        return manifest
