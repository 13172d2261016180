"""What ``docker buildx build`` pushes where provenance is not turned off: an index in place of an image.

BuildKit adds an attestation that says how the image was made: a manifest of its own, for the platform
``unknown/unknown``, with an in-toto statement as its layer; so that one tag can mean both, an OCI index lists the image
and the attestation (BuildKit, "Attestation storage"). A registry stores it, and Lambda refuses it: it takes one image,
not an index. ``--provenance=false`` leaves the attestation away, and with it the index.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.image.format.manifest import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, Descriptor, digest

_STATEMENT = "application/vnd.in-toto+json"
_PREDICATE = "https://slsa.dev/provenance/v0.2"


@dataclass(frozen=True)
class Provenance:
    """An image's index with an attestation: what is pushed before it, and the index itself.

    ``blobs`` are the attestation's configuration and statement by their digests, ``attestation`` its manifest.
    """

    index: bytes
    attestation: bytes
    blobs: Mapping[str, bytes]


def with_provenance(manifest: bytes, media_type: str, architecture: str) -> Provenance:
    """Return the index of one image, given its manifest, its media type and its architecture (amd64 or arm64)."""
    image = Descriptor(media_type, len(manifest), digest(manifest))
    statement = _json(_statement(image.digest))
    config = _json(_config(digest(statement)))
    layer = {**Descriptor(_STATEMENT, len(statement), digest(statement)).to_dict(), "annotations": _ABOUT}
    attestation = _json(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": Descriptor(OCI_CONFIG, len(config), digest(config)).to_dict(),
            "layers": [layer],
        }
    )
    listed = [
        {**image.to_dict(), "platform": {"architecture": architecture, "os": "linux"}},
        {
            **Descriptor(OCI_MANIFEST, len(attestation), digest(attestation)).to_dict(),
            "annotations": {
                "vnd.docker.reference.digest": image.digest,
                "vnd.docker.reference.type": "attestation-manifest",
            },
            "platform": {"architecture": "unknown", "os": "unknown"},
        },
    ]
    index = _json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed})
    return Provenance(index, attestation, {digest(config): config, digest(statement): statement})


_ABOUT = {"in-toto.io/predicate-type": _PREDICATE}


def _statement(of: str) -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": _PREDICATE,
        "subject": [{"name": "_", "digest": {"sha256": of.removeprefix("sha256:")}}],
        "predicate": {"builder": {"id": ""}, "buildType": "https://mobyproject.org/buildkit@v1"},
    }


def _config(layer: str) -> dict[str, Any]:
    return {
        "architecture": "unknown",
        "os": "unknown",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [layer]},
    }


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, indent=2).encode()
