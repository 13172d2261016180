"""What Lambda knows about a function when it starts it, and what becomes of an image's entrypoint in the lab.

Without a container engine the lab has no container: it runs the *handler* that the image names, with the Python that
runs the lab, out of the image's unpacked files. That works for every image whose process would be awslambdaric, AWS's
runtime client: AWS's own base images (``/lambda-entrypoint.sh HANDLER``) and the others as AWS documents them
(``python -m awslambdaric HANDLER``). Anything else is a :class:`Fault`, which an invocation returns as Lambda returns
a bad entrypoint.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from labkit.image.format.config import ImageConfig
from labkit.image.format.errors import ImageError
from labkit.image.run.filesystem import inside

TASK_ROOT = "/var/task"
_AWS_ENTRYPOINT = ["/lambda-entrypoint.sh"]

# The image's values of these name places inside the image, where no process of the lab is.
_PLACES = frozenset({"PATH", "LD_LIBRARY_PATH", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"})
# Windows starts no socket without the one, Python finds no directory for temporary files without the others.
_FROM_HOST = ("SYSTEMROOT", "TEMP", "TMP") if sys.platform == "win32" else ()


class Fault(Exception):  # noqa: N818 - Lambda's word for errors of a function's surroundings
    """A function that cannot be started; ``error_type`` is Lambda's, such as ``Runtime.InvalidEntrypoint``."""

    def __init__(self, error_type: str, message: str, log: str = "") -> None:
        super().__init__(message)
        self.error_type = error_type
        self.log = log


@dataclass(frozen=True)
class RunnableFunction:
    """A function made from an unpacked image. The defaults are those of CreateFunction.

    ``root`` holds the unpacked layers and ``config`` is the image's configuration. ``timeout`` is in seconds,
    ``memory`` in MB (a process is only told it, a container is held to it), ``scratch`` the MB of ``/tmp`` in a
    container. ``environment`` are the function's variables. ``host_environment`` is what the lab adds, such as the
    execution role's credentials and AWS's address; it wins over the function's. ``entrypoint``, ``command`` and
    ``working_directory`` override the image's, as ImageConfig does. ``architecture`` is the function's, in Docker's
    words, where it is known. ``hidden`` are places that a process must not reach, where the system can keep it from
    them (:mod:`labkit.image.run.confinement`). ``engine`` names the container engine that runs the image; where it is
    empty, the lab's own Python runs the handler, under the ``conditions`` that the log is to name, if they are not
    those of a process.
    """

    root: Path
    config: ImageConfig
    name: str = "test_function"
    arn: str = "arn:aws:lambda:us-east-1:012345678912:function:test_function"
    region: str = "us-east-1"
    version: str = "$LATEST"
    timeout: float = 3
    memory: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    host_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    entrypoint: Sequence[str] | None = None
    command: Sequence[str] | None = None
    working_directory: str | None = None
    scratch: int = 512
    architecture: str = ""
    hidden: tuple[Path, ...] = ()
    engine: str = ""
    conditions: str = ""

    @property
    def interpreter(self) -> str:
        """Return what runs the handler, in words, such as ``CPython 3.12.1 of the lab (...)``."""
        if self.engine:
            return f"the image's own, in a container of {self.engine}"
        return ", ".join(filter(None, [interpreter(self.config), self.conditions]))

    @property
    def arguments(self) -> tuple[list[str], list[str]]:
        """Return entrypoint and command: the function's own, where it has them, else the image's."""
        return list(self.entrypoint or self.config.entrypoint), list(self.command or self.config.command)

    def check_architecture(self) -> None:
        """Raise the :class:`Fault` that an image of another architecture than the function's is on Lambda."""
        if self.architecture and self.config.architecture and self.architecture != self.config.architecture:
            program = next(chain(*self.arguments), "")
            raise Fault("Runtime.InvalidEntrypoint", f"fork/exec {program}: exec format error")

    def handler(self) -> str:
        """Return the handler, ``module.function``. Raises :class:`Fault` when the image does not name one."""
        entrypoint, command = self.arguments
        if entrypoint == _AWS_ENTRYPOINT:
            return _only_argument(command)
        if entrypoint[1:3] == ["-m", "awslambdaric"]:
            return _only_argument([*entrypoint[3:], *command])
        raise Fault(
            "Runtime.InvalidEntrypoint",
            f"the entrypoint {entrypoint or command} cannot be run: without Docker the lab runs Python handlers only, "
            'with the entrypoint ["/lambda-entrypoint.sh"] or ["python", "-m", "awslambdaric"] '
            "and the handler as the command",
        )

    def directory(self) -> Path:
        """Return the directory in which the process starts. Raises :class:`Fault` when the image has none."""
        name = self.working_directory or self.config.working_directory or "/"
        path = self._inside(name)
        if not path.is_dir():
            raise Fault("Runtime.InvalidWorkingDir", f"chdir {name}: no such file or directory")
        return path

    def _inside(self, name: str) -> Path:
        try:
            return inside(self.root, name)
        except (OSError, ImageError) as error:  # a name that no file can have, or links in a circle
            reason = getattr(error, "strerror", None) or error
            raise Fault("Runtime.InvalidWorkingDir", f"chdir {name}: {str(reason).lower()}") from None

    def as_in_image(self, text: bytes) -> bytes:
        """Return a traceback or log with the image's own paths, ``/var/task/...``, in place of this machine's."""
        root = str(self.root.resolve()).rstrip(os.sep)  # nothing is left of "/", inside a container
        return text.replace(root.encode(), b"")

    def process_environment(self, handler: str, runtime_api: str, scratch: Path) -> dict[str, str]:
        """Return the whole environment of the process: nothing of the lab's own is in it.

        The image's variables, then the function's, then what Lambda reserves (Lambda Developer Guide, "Defined
        runtime environment variables"), then what the lab adds. ``scratch`` is the process's directory for
        temporary files.
        """
        image = self.config.environment
        task_root = self._inside(image.get("LAMBDA_TASK_ROOT", TASK_ROOT))
        return {
            **{name: os.environ[name] for name in _FROM_HOST if name in os.environ},
            **{name: value for name, value in image.items() if name not in _PLACES},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
            "TMPDIR": str(scratch),
            "PYTHONNOUSERSITE": "1",
            "PYTHONUTF8": "1",
            **self.environment,
            **self._reserved(runtime_api),
            "_HANDLER": handler,
            "LAMBDA_TASK_ROOT": str(task_root),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{_python(self.config)}",
            **self.host_environment,
        }

    def container_environment(self, runtime_api: str) -> dict[str, str]:
        """Return what is added to the image's own variables in a container."""
        return {**self.environment, **self._reserved(runtime_api), **self.host_environment}

    def _reserved(self, runtime_api: str) -> dict[str, str]:
        return {
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": self.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{self.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"lab/[{self.version}]{runtime_api.rpartition(':')[2]}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }


def interpreter(config: ImageConfig) -> str:
    """Return which Python of the lab's runs an image's handler, given the image's configuration."""
    ours = f"{platform.python_implementation()} {platform.python_version()} of the lab"
    base = config.stands_in_for
    named = f"the image's Python {base.rpartition(':')[2]}" if base else "the image's own interpreter"
    return f"{ours} (stand-in for {named})"


def _python(config: ImageConfig) -> str:
    """Return the image's Python version where it is known, else the lab's: awslambdaric adapts to it."""
    base = config.stands_in_for
    return base.rpartition(":")[2] if base else ".".join(platform.python_version_tuple()[:2])


def _only_argument(arguments: list[str]) -> str:
    if len(arguments) == 1:
        return arguments[0]
    raise Fault(
        "Runtime.ExitError",
        "Runtime exited with error: exit status 142",  # what /lambda-entrypoint.sh does
        "entrypoint requires the handler name to be the first argument\n",
    )
