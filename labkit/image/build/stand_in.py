"""The stand-in for AWS's Python base image, the same on every machine, with nothing inside to run.

``public.ecr.aws/lambda/python:3.12`` holds Amazon Linux, an interpreter and AWS's runtime client. The lab can neither
pull nor rebuild that offline, and does not pretend to: the stand-in has the directories, the configuration and an
entrypoint of the same name, so that an image on it has the shape and the behaviour that a Dockerfile asks for, while
two texts inside and four labels say what it is. The interpreter that runs the lab runs the handler in place of the
image's own, which is why nothing of this machine gets into the image, and why its digest is the same everywhere.

:func:`resolve` is the :data:`~labkit.image.build.base_image.BaseSource` of stand-ins. Lambda creates functions from an
image on a stand-in, but only the embedded one can run them.
"""

from __future__ import annotations

import re
from typing import Any

from labkit.errors import DockerfileError
from labkit.image.build.base_image import CREATED, CREATED_TEXT, BaseImage
from labkit.image.build.layer import Layer, directory, file, pack
from labkit.image.format.config import FOR_LABEL, KIND_LABEL, STAND_IN_KIND, ImageConfig

_REPOSITORY = "public.ecr.aws/lambda/python"
_KNOWN = re.compile(re.escape(_REPOSITORY) + r":(3\.1[0-4])(?:-(x86_64|arm64))?")
_TAG_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}

_OS_RELEASE = """\
NAME="labkit stand-in"
ID=labkit
PRETTY_NAME="labkit's stand-in for {name}"
"""
_ENTRYPOINT = """\
#!/bin/sh
# This image stands on labkit's stand-in for {name}.
# There is no interpreter and no runtime in it: the lab runs the handler with its own Python.
# To run it as a container, build its Dockerfile with Docker on AWS's base image.
echo "labkit: this is a stand-in for {name}; it runs in the lab, not as a container" >&2
exit 1
"""


def resolve(reference: str, architecture: str) -> BaseImage:
    """Return the base that ``FROM reference`` names, for ``architecture`` (amd64 or arm64).

    Known are ``scratch`` and AWS's Python bases 3.10 to 3.14, by their plain tag or with the architecture
    (``3.12-arm64``, which then decides). A dated tag or a digest means one exact image, which cannot be stood in
    for. Raises :class:`DockerfileError` for everything else.
    """
    if reference == "scratch":
        return BaseImage(reference, architecture, False)
    known = _KNOWN.fullmatch(reference)
    if not known:
        raise DockerfileError(
            f"FROM {reference} needs a Docker engine. Without one the lab can stand in only for "
            f"{_REPOSITORY}:3.10 to {_REPOSITORY}:3.14 (and knows scratch)."
        )
    version, in_tag = known.groups()
    name = f"{_REPOSITORY}:{version}"
    layer = _layer(name)
    return BaseImage(
        reference,
        _TAG_ARCHITECTURES.get(in_tag, architecture),
        True,
        (layer.sealed,),
        ImageConfig.of({"config": _config(name, reference)}),
        layer.tree,
        ({"created": CREATED_TEXT, "created_by": f"base of {reference}"},),
    )


def _layer(name: str) -> Layer:
    directories = ["etc", "opt", "var", "var/runtime", "var/task"]
    return pack(
        [
            *map(directory, directories),
            directory("tmp", 0o1777),
            file("etc/os-release", _OS_RELEASE.format(name=name).encode()),
            file("lambda-entrypoint.sh", _ENTRYPOINT.format(name=name).encode(), 0o755),
        ],
        CREATED,
    )


def runtime_settings(language: str) -> dict[str, Any]:
    """Environment, working directory and entrypoint as AWS's Python bases have them; ``language`` is that of LANG."""
    return {
        "Env": [
            f"LANG={language}",
            "TZ=:/etc/localtime",
            "PATH=/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
            "LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
            "/var/task:/var/task/lib:/opt/lib",
            "LAMBDA_TASK_ROOT=/var/task",
            "LAMBDA_RUNTIME_DIR=/var/runtime",
        ],
        "WorkingDir": "/var/task",
        "Entrypoint": ["/lambda-entrypoint.sh"],
    }


def _config(name: str, reference: str) -> dict[str, Any]:
    """Return the configuration of AWS's Python bases, as ``docker inspect`` shows it, with the stand-in's labels."""
    return {
        **runtime_settings("en_US.UTF-8"),
        "Labels": {
            KIND_LABEL: STAND_IN_KIND,
            FOR_LABEL: name,
            "labkit.base.note": "No interpreter inside: the Python that runs the lab runs the handler.",
            "org.opencontainers.image.base.name": reference,
        },
    }
