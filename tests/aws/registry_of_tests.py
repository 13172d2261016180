"""A registry that behaves like public.ecr.aws, on loopback, and the content network that it sends its readers to.

Tokens are given to anybody and asked for always; blobs are redirected; faults are set by the test.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from labkit.image.format.manifest import DOCKER, DOCKER_LIST, OCI, OCI_INDEX, Format

NAME = "lambda/python"
REFERENCE = f"public.ecr.aws/{NAME}:3.12"
INDEXES = {DOCKER: DOCKER_LIST, OCI: OCI_INDEX}


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def archive(*members: tuple[str, bytes | str | None]) -> bytes:
    """A tar archive of files (bytes), directories (None) and symbolic links (str)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return out.getvalue()


_LARGE = random.Random(7).randbytes(1 << 20)  # no compression makes it smaller, so it comes in several pieces
LAYERS = (
    archive(
        ("usr/lib/large", _LARGE),
        ("etc", None),
        ("etc/os-release", b"ID=amzn\n"),
        ("opt", None),
        ("opt/old", b"old"),
        ("usr/bin", None),
    ),
    archive(("opt/.wh.old", b""), ("bin", "usr/bin"), ("var/runtime/bootstrap", b"#!"), ("var/task", None)),
)


@dataclass
class Asked:
    """One request: where, and with which headers."""

    path: str
    headers: dict[str, str]


@dataclass
class Registry:
    """What the registry has, what it was asked, and what is wrong with it.

    ``statuses`` are answered first, one a request for a manifest or blob; ``cuts`` are the bytes after which the next
    answers with a blob break off; ``spoiled`` are the digests of blobs that come with another content.
    """

    manifests: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    downloads: list[Asked] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    spoiled: set[str] = field(default_factory=set)
    ranges: bool = True
    token: str = "t0"
    content: str = ""
    url: str = ""

    def add(self, data: bytes) -> dict[str, Any]:
        self.blobs[digest(data)] = data
        return {"size": len(data), "digest": digest(data)}

    def publish(self, tag: str = "3.12", types: Format = DOCKER, architectures: tuple[str, ...] = ("amd64",)) -> None:
        """An index under the tag with one image for each architecture, and an attestation beside them."""
        entries = []
        for architecture in architectures:
            raw = self.image(types, architecture)
            self.manifests[digest(raw)] = raw
            entries.append(entry(types.manifest, raw, "linux", architecture))
        entries.append(entry(types.manifest, b"{}", "unknown", "unknown"))
        index = {"schemaVersion": 2, "mediaType": INDEXES[types], "manifests": entries}
        self.manifests[tag] = json.dumps(index).encode()

    def image(self, types: Format, architecture: str, layer_type: str = "", **changes: Any) -> bytes:
        """The manifest of a base like AWS's, whose config and layers are added."""
        config = {
            "architecture": architecture,
            "os": "linux",
            "config": {
                "Env": ["PATH=/var/lang/bin:/bin", "LAMBDA_TASK_ROOT=/var/task", "LAMBDA_RUNTIME_DIR=/var/runtime"],
                "WorkingDir": "/var/task",
                "Entrypoint": ["/lambda-entrypoint.sh"],
                "Labels": None,
            },
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in LAYERS]},
            "history": [
                {"created_by": "ADD one"},
                {"created_by": "CMD none", "empty_layer": True},
                {"created_by": "two"},
            ],
            **changes,
        }
        kind = layer_type or types.layer
        layers = [{"mediaType": kind, **self.add(gzip.compress(layer, mtime=0))} for layer in LAYERS]
        described = {"mediaType": types.config, **self.add(json.dumps(config).encode())}
        document = {"schemaVersion": 2, "mediaType": types.manifest, "config": described, "layers": layers}
        return json.dumps(document).encode()


def entry(media_type: str, raw: bytes, system: str, architecture: str) -> dict[str, Any]:
    platform = {"os": system, "architecture": architecture}
    return {"mediaType": media_type, "size": len(raw), "digest": digest(raw), "platform": platform}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    registry: Registry

    def log_message(self, *args: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status: int, code: str, message: str, **headers: str) -> None:
        self.answer(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode(), **headers)


class _Front(_Handler):
    def do_GET(self) -> None:
        registry, path = self.registry, urlsplit(self.path)
        registry.asked.append(Asked(self.path, dict(self.headers)))
        if path.path == "/token/":
            query = parse_qs(path.query)
            wanted = query == {"service": ["public.ecr.aws"], "scope": ["aws"]}
            return self.answer(200, json.dumps({"token": registry.token}).encode()) if wanted else self.answer(400)
        if registry.statuses:
            return self.refuse(registry.statuses.pop(0), "TOOMANYREQUESTS", "Rate exceeded")
        given = self.headers.get("Authorization")
        if given is None:
            challenge = f'Bearer realm="{registry.url}/token/",service="public.ecr.aws",scope="aws"'
            return self.refuse(401, "DENIED", "Not Authorized", WWW_Authenticate=challenge)
        if given != f"Bearer {registry.token}":
            return self.refuse(400, "DENIED", "Your Authorization Token is invalid.")
        kind, _, name = path.path.removeprefix(f"/v2/{NAME}/").partition("/")
        if kind == "manifests" and name in registry.manifests:
            return self.answer(200, registry.manifests[name])
        if kind == "blobs" and name in registry.blobs:
            return self.answer(307, Location=f"{registry.content}/{name}?Signature=s")
        return self.refuse(404, "NAME_UNKNOWN", "The repository or tag does not exist")


class _Content(_Handler):
    def do_GET(self) -> None:
        registry, name = self.registry, urlsplit(self.path).path[1:]
        registry.downloads.append(Asked(name, dict(self.headers)))
        data = registry.blobs[name]
        if name in registry.spoiled:
            data = bytes(len(data))
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-")) if registry.ranges else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        cut = registry.cuts.pop(0) if registry.cuts else len(data)
        self.wfile.write(data[start : start + cut])
        self.close_connection = cut < len(data) - start


class _Server(ThreadingHTTPServer):
    def handle_error(self, *args: object) -> None:
        """A reader that goes away in the middle is none."""


@contextmanager
def serving() -> Iterator[Registry]:
    """A registry that answers for the time of the block; ``url`` and ``content`` say where."""
    registry = Registry()
    servers = [
        _Server(("127.0.0.1", 0), type("Handler", (kind,), {"registry": registry})) for kind in (_Front, _Content)
    ]
    registry.url, registry.content = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    threads = [threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    yield registry
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()
