"""The stand-in for AWS's Python base that has an interpreter inside: the one that runs the lab.

For machines that cannot pull AWS's. Unlike the lab's other stand-in, which is the same everywhere and has nothing to
run, this one is made of the machine: its interpreter, the libraries that this needs (as the system's own loader finds
them, ``ldd``), AWS's runtime client, and an emulator (`labkit.image.run.emulator`) in the place of AWS's Runtime
Interface Emulator. Its labels say so; it is never AWS's image under another name.

Laid out as AWS's image is: the interpreter in ``/var/lang``, ``/var/runtime/bootstrap``, the emulator in
``/usr/local/bin``, ``/lambda-entrypoint.sh`` and an empty ``/var/task`` (Lambda Developer Guide, "Using an AWS base
image for Python"). Everything is read from this machine, so the image differs between machines and is the same for
every build on one.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from labkit.errors import LabError
from labkit.image.build.base_image import CREATED, CREATED_TEXT
from labkit.image.build.layer import Entry, directory, file, link, pack
from labkit.image.build.stand_in import runtime_settings
from labkit.image.format.config import FOR_LABEL, KIND_LABEL

KIND = "container-stand-in"
"""The value of the label ``labkit.base`` on images that stand on this base: they have an interpreter inside."""

_LABKIT = Path(__file__).parents[2]
_VERSION = ".".join(platform.python_version_tuple()[:2])
_LANG, _LIBRARY = "var/lang", f"var/lang/lib/python{_VERSION}"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_STRIPPED_FROM = 1 << 20

# What ldd says of a library, and of the loader itself.
_FOUND = re.compile(r"^\s+(\S+) => (/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)
_LOADER = re.compile(r"^\s+(/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)

# What of the standard library no handler needs.
_LEFT_OUT = frozenset(
    {"__pycache__", "dist-packages", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "site-packages", "test"}
    | {"tests", "tkinter", "turtledemo", "_tkinter"}
)
_PACKAGES = ("awslambdaric", "simplejson", "snapshot_restore_py", "runtime_client")

_ENTRYPOINT = """\
#!/bin/sh
# The entrypoint of labkit's stand-in: one argument, the handler; where no Runtime API is given, the emulator makes one.
if [ $# -ne 1 ]; then
    echo "entrypoint requires the handler name to be the first argument" >&2
    exit 142
fi
export _HANDLER="$1"
if [ -n "${AWS_LAMBDA_RUNTIME_API}" ]; then
    exec /var/runtime/bootstrap
fi
exec /usr/local/bin/aws-lambda-rie /var/runtime/bootstrap
"""
_BOOTSTRAP = f"""\
#!/bin/sh
export AWS_EXECUTION_ENV="${{AWS_EXECUTION_ENV:-AWS_Lambda_python{_VERSION}}}"
exec /var/lang/bin/python{_VERSION} -m awslambdaric "$_HANDLER"
"""
_EMULATOR = f"""\
#!/bin/sh
# labkit's own emulator: it starts the handler itself, so the bootstrap in its arguments is not needed.
PYTHONPATH=/var/runtime exec /var/lang/bin/python{_VERSION} -P -m labkit.image.run.emulator
"""
_OS_RELEASE = """\
NAME="labkit stand-in"
ID=labkit
PRETTY_NAME="labkit's stand-in for {name}"
"""


def architecture() -> str:
    """Return this machine's architecture as Docker says it, ``amd64`` or ``arm64``; raises LabError for others."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _ARCHITECTURES:
        raise LabError(
            f"The stand-in for AWS's base image is made of this machine's own Python, and {sys.platform} on {machine} "
            "is not a system that Lambda's containers run."
        )
    return _ARCHITECTURES[machine]


def identity(stands_for: str) -> str:
    """Return a name for what :func:`make` would make now, without making it: 12 hexadecimal digits."""
    parts = [stands_for, sys.version, sys._base_executable, *map(str, map(_package, _PACKAGES))]  # type: ignore[attr-defined]
    found = hashlib.sha256("\n".join(parts).encode())
    for entry in sorted(_runtime_of_the_lab(), key=lambda entry: entry.path):
        found.update(entry.content)
    return found.hexdigest()[:12]


def make(stands_for: str, name: str) -> bytes:
    """Make the base that stands for the image ``stands_for``, to be known to the engine as ``name``.

    Returns what ``docker load`` takes (a docker-archive), after about a second. Raises LabError where this machine's
    Python cannot run in a Linux container.
    """
    machine = architecture()
    layer = pack(_with_parents([*_texts(stands_for), *_interpreter(), *_runtime()]), CREATED).archive
    config = {
        "architecture": machine,
        "os": "linux",
        "created": CREATED_TEXT,
        "config": _config(stands_for),
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        "history": [{"created": CREATED_TEXT, "created_by": f"labkit's stand-in for {stands_for}"}],
    }
    return _archive(name, json.dumps(config, sort_keys=True).encode(), layer)


def _config(stands_for: str) -> dict[str, Any]:
    return {
        **runtime_settings("C.UTF-8"),
        "Labels": {
            KIND_LABEL: KIND,
            FOR_LABEL: stands_for,
            "labkit.base.note": f"Made by labkit of the {platform.python_implementation()} "
            f"{platform.python_version()} that ran it; not an image of AWS.",
        },
    }


def _texts(stands_for: str) -> Iterator[Entry]:
    yield from map(directory, ("opt", "var/task"))
    yield directory("tmp", 0o1777)
    yield file("etc/os-release", _OS_RELEASE.format(name=stands_for).encode())
    yield file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    yield file("etc/group", b"root:x:0:\n")
    yield file("lambda-entrypoint.sh", _ENTRYPOINT.encode(), 0o755)
    yield file("var/runtime/bootstrap", _BOOTSTRAP.encode(), 0o755)
    yield file("usr/local/bin/aws-lambda-rie", _EMULATOR.encode(), 0o755)


def _interpreter() -> Iterator[Entry]:
    """The interpreter, its standard library, a shell, and the libraries that these and the runtime client need."""
    interpreter = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]  # outside of any virtual environment
    library = Path(sysconfig.get_path("stdlib"))
    shell = Path("/bin/sh").resolve()
    yield file(f"{_LANG}/bin/python{_VERSION}", _stripped(interpreter), 0o755)
    yield from (link(f"{_LANG}/bin/{name}", f"python{_VERSION}") for name in ("python", "python3"))
    yield from _tree(library, _LIBRARY)
    yield file("bin/sh", shell.read_bytes(), 0o755)
    modules = [*library.glob("lib-dynload/*.so"), *(path for path in _package_files() if path.suffix == ".so")]
    folder = str(sysconfig.get_config_var("LIBDIR"))
    for name, path in needed_libraries([interpreter, shell, *filter(_wanted, modules)], folder).items():
        place = f"{_LANG}/lib" if name.startswith("libpython") else "lib64"
        yield file(name.removeprefix("/") if "/" in name else f"{place}/{name}", _stripped(path), 0o755)


def needed_libraries(programs: Iterable[Path], folder: str) -> dict[str, Path]:
    """Return where the libraries of ``programs`` lie on this machine, by the name under which they are asked for.

    The loader's name is its absolute path, the others are plain names; ``folder`` is searched first. Raises LabError
    where the machine has no ``ldd``, which is everywhere but on Linux.
    """
    environment = {**os.environ, "LD_LIBRARY_PATH": folder}
    command = ["ldd", *map(str, programs)]
    try:
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        raise LabError("There is no ldd on this machine, which finds the libraries of the interpreter.") from None
    found = {name: Path(path) for name, path in _FOUND.findall(said)}
    return found | {path: Path(path) for path in _LOADER.findall(said)}


def _runtime() -> Iterator[Entry]:
    """AWS's runtime client where the interpreter finds it, and the part of the lab that is the emulator."""
    for name in _PACKAGES:
        path = _package(name)
        target = f"{_LIBRARY}/site-packages/{path.name}"
        if path.is_dir():
            yield from _tree(path, target)
        else:
            yield file(target, _content(path))
    yield from _runtime_of_the_lab()


def _runtime_of_the_lab() -> Iterator[Entry]:
    """The floor of images with all that is below it; the roof, ``labkit/__init__.py``, stays empty there."""
    yield file("var/runtime/labkit/__init__.py", b"")
    yield file("var/runtime/labkit/errors.py", (_LABKIT / "errors.py").read_bytes())
    for floor in ("ground", "image"):
        yield from _tree(_LABKIT / floor, f"var/runtime/labkit/{floor}")


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise LabError(f"The package {name} is not installed; labkit lab installs it.")
    origin = Path(found.origin)
    return origin.parent if found.submodule_search_locations else origin


def _package_files() -> Iterator[Path]:
    for path in map(_package, _PACKAGES):
        yield from path.rglob("*") if path.is_dir() else [path]


def _tree(folder: Path, target: str) -> Iterator[Entry]:
    for path in sorted(folder.iterdir()):
        if not _wanted(path):
            continue
        if path.is_dir():
            yield from _tree(path, f"{target}/{path.name}")
        elif path.is_file():
            yield file(f"{target}/{path.name}", _content(path), 0o755 if path.suffix == ".so" else 0o644)


def _wanted(path: Path) -> bool:
    left_out = path.name.partition(".")[0] in _LEFT_OUT or path.name.startswith(("_test", "config-"))
    return not left_out and path.suffix not in (".a", ".pyc")


def _content(path: Path) -> bytes:
    return _stripped(path) if path.suffix == ".so" else path.read_bytes()


def _stripped(path: Path) -> bytes:
    """The program without its symbols, where binutils is there and it is worth the time."""
    program = shutil.which("strip")
    if program is None or path.stat().st_size < _STRIPPED_FROM:
        return path.read_bytes()
    with tempfile.TemporaryDirectory(prefix="labkit-") as folder:
        smaller = Path(folder) / "stripped"
        done = subprocess.run([program, "--strip-unneeded", "-o", smaller, path], capture_output=True, check=False)
        return smaller.read_bytes() if done.returncode == 0 else path.read_bytes()


def _with_parents(entries: list[Entry]) -> list[Entry]:
    given = {entry.path for entry in entries}
    parents = {str(parent) for entry in entries for parent in PurePosixPath(entry.path).parents} - given - {"."}
    return [*entries, *map(directory, parents)]


def _archive(name: str, config: bytes, layer: bytes) -> bytes:
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        parts = {"config.json": config, "layer.tar": layer, "manifest.json": json.dumps(manifest).encode()}
        for part, content in parts.items():
            info = tarfile.TarInfo(part)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()
