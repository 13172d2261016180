"""From a Dockerfile and its folder to an image that can be pushed, without Docker.

The result is what ``docker build --provenance=false`` followed by ``docker push`` puts into a registry: one manifest
in the base's format (Docker's v2, schema 2, on the stand-in), a config and gzipped layers. The same files on the same
base give the same bytes on every machine and every Python, so an image's digest can be compared across labs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from labkit.errors import DockerfileError
from labkit.image.build import dockerfile as dockerfiles
from labkit.image.build.base_image import ARCHITECTURES, CREATED_TEXT, BaseImage, BaseSource
from labkit.image.build.build_context import BuildContext
from labkit.image.build.dockerfile import Instruction
from labkit.image.build.expansion import expand, split
from labkit.image.build.stage import Stage
from labkit.image.build.stand_in import resolve
from labkit.image.format.image import Image
from labkit.image.format.manifest import Descriptor, digest


def build(
    context: Path,
    dockerfile: Path | None = None,
    architecture: str = "amd64",
    on_step: Callable[[str], None] | None = None,
    base: BaseSource | None = None,
) -> Image:
    """Assemble the image of the folder ``context``.

    ``dockerfile`` is ``context/Dockerfile`` unless given; ``architecture`` is amd64 or arm64, unless FROM says so;
    ``on_step`` is called with a line such as ``[2/3] COPY lambda_function.py ${LAMBDA_TASK_ROOT}`` before each
    instruction. ``base`` finds what FROM names; by default AWS's base images are stood in for. Raises
    :class:`DockerfileError` for whatever cannot be built, and what ``base`` raises.
    """
    if architecture not in ARCHITECTURES:
        raise DockerfileError(f"The architecture {architecture} is not one of {', '.join(ARCHITECTURES)}.")
    if not context.is_dir():
        raise DockerfileError(f"There is no folder {context}; name the one that holds the Dockerfile.")
    instructions = dockerfiles.read(dockerfile or context / "Dockerfile")
    steps = [instruction for instruction in instructions if instruction.name != "ARG"]
    stage: Stage | None = None
    variables = _platform(architecture)
    for instruction in instructions:
        if on_step and instruction in steps:
            on_step(f"[{steps.index(instruction) + 1}/{len(steps)}] {instruction.name} {instruction.text}")
        if stage:
            stage.apply(instruction)
        elif instruction.name == "ARG":
            variables |= _global_args(instruction, variables)
        else:
            found = _base(instruction, variables, architecture, base or resolve)
            stage = Stage(found, BuildContext(context), variables | _platform(found.architecture))
    assert stage  # noqa: S101 - the parser refuses a Dockerfile without FROM
    return _image(stage)


def _platform(architecture: str) -> dict[str, str]:
    """Return the variables that are there without an ARG ("Automatic platform ARGs in the global scope")."""
    return {"TARGETPLATFORM": f"linux/{architecture}", "TARGETOS": "linux", "TARGETARCH": architecture}


def _global_args(instruction: Instruction, variables: Mapping[str, str]) -> dict[str, str]:
    try:
        pairs = [word.partition("=") for word in split(instruction.text, instruction.escape)]
        return {name: expand(default, variables, instruction.escape) for name, _, default in pairs}
    except ValueError as error:
        raise instruction.error(f"cannot be read: {error}.") from error


def _base(instruction: Instruction, variables: Mapping[str, str], architecture: str, source: BaseSource) -> BaseImage:
    words = instruction.text.split()
    if len(words) not in (1, 3) or (len(words) == 3 and words[1].lower() != "as"):
        raise instruction.error("must be followed by one image; check the line.")
    try:
        reference = expand(words[0], variables, instruction.escape)
        platform = expand(instruction.flags.get("platform", ""), variables, instruction.escape)
    except ValueError as error:
        raise instruction.error(f"cannot be read: {error}.") from error
    if platform:
        system, _, architecture = platform.partition("/")
        if system != "linux" or architecture not in ARCHITECTURES:
            raise instruction.error(f"--platform={platform} is not linux/amd64 or linux/arm64, all that Lambda runs.")
    try:
        return source(reference, architecture)
    except DockerfileError as error:
        raise DockerfileError(f"Dockerfile line {instruction.line}: {error}") from None


def _image(stage: Stage) -> Image:
    config, types = _json(_config(stage)), stage.base.format
    blobs = {digest(config): config} | {layer.digest: layer.blob for layer in stage.layers}
    document = {
        "schemaVersion": 2,
        "mediaType": types.manifest,
        "config": Descriptor(types.config, len(config), digest(config)).to_dict(),
        "layers": [Descriptor(types.layer, layer.size, layer.digest).to_dict() for layer in stage.layers],
    }
    manifest = json.dumps(document, indent=3).encode()
    return Image(manifest, types.manifest, blobs, stage.base.reference, stage.base.stand_in)


def _config(stage: Stage) -> dict[str, Any]:
    return {
        "architecture": stage.base.architecture,
        "os": "linux",
        "created": CREATED_TEXT,
        "config": stage.config,
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in stage.layers]},
        "history": [*stage.base.history, *({"created": CREATED_TEXT, **step} for step in stage.history)],
    }


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
