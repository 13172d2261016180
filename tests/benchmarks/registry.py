"""The registry of the embedded AWS beside Debian's docker-registry: pushes and pulls of one image, in turns.

    python tests/benchmarks/registry.py [--rounds N] [--megabytes N] [--gibibytes N]

An image of 300 MB that cannot be compressed, in three layers, goes to each registry and back by skopeo, and by docker
with an engine of the benchmark's own where one can be started (root, dockerd). Both registries are new in every round,
so that nothing is there already. Ratios are our throughput divided by theirs: above 1.0 the embedded AWS is faster,
authorization and verified digests included. Last, the embedded AWS's most memory while 2 GiB are pushed and pulled.
Figures are reported, never asserted.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import boto3  # noqa: E402

import labkit.embedded.process.client as embedded  # noqa: E402
from tests.engine import daemon  # noqa: E402

MB = 10**6
ECR = "813835382529.dkr.ecr.eu-central-1.amazonaws.com"


class Registry(NamedTuple):
    """A registry that has just been started: the name to push to, and how to log in, if one has to."""

    image: str
    token: str | None
    pid: int


def main() -> None:
    """Measure and print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each transfer is measured (default: 3)")
    parser.add_argument("--megabytes", type=int, default=300, help="the image's size (default: 300)")
    parser.add_argument("--gibibytes", type=float, default=2.0, help="what is pushed for peak memory (default: 2)")
    arguments = parser.parse_args()
    why = daemon.reason_against()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="labkit-benchmark-") as name:
        folder = Path(name)
        os.environ["HOME"] = name
        measure_skopeo(folder, arguments.megabytes * MB, arguments.rounds)
        if why:
            print(f"docker is left out: it {why}.")
        else:
            with daemon.in_short_folder() as place, daemon.running(place) as host:
                measure_docker(host, folder, arguments.megabytes * MB, arguments.rounds)
        measure_memory(folder, int(arguments.gibibytes * (1 << 30)))


# -- Registries ----------------------------------------------------------------------------------------------------


@contextmanager
def ours(folder: Path) -> Iterator[Registry]:
    """A new embedded AWS with one repository."""
    home = Path(tempfile.mkdtemp(dir=folder)) / "home"
    running = embedded.ensure(home)
    embedded.use_profiles(running)
    ecr = boto3.Session(profile_name="registry").client("ecr")
    ecr.create_repository(repositoryName="image")
    (data,) = ecr.get_authorization_token()["authorizationData"]
    token = base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:")
    yield Registry(f"{running.endpoint.removeprefix('http://')}/{ECR}/image:1", token, running.pid)
    embedded.stop(home)
    shutil.rmtree(home.parent)


@contextmanager
def theirs(folder: Path) -> Iterator[Registry]:
    """A new docker-registry that stores on disk and asks for no login."""
    data = Path(tempfile.mkdtemp(dir=folder))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(data / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
        "log": {"level": "error", "accesslog": {"disabled": True}},
    }
    (data / "config.yml").write_text(json.dumps(settings))
    # A session of its own, as the embedded AWS has one: schedulers share the processors out by session.
    command = ["docker-registry", "serve", str(data / "config.yml")]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, start_new_session=True, **quiet)
    _wait_for(f"http://127.0.0.1:{port}/v2/", process)
    yield Registry(f"127.0.0.1:{port}/image:1", None, process.pid)
    process.terminate()
    process.wait()
    shutil.rmtree(data)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.URLError:
            time.sleep(0.01)
        else:
            return
    raise SystemExit("docker-registry did not start.")


# -- Transfers -----------------------------------------------------------------------------------------------------


def timed(*command: str, **options: Any) -> float:
    """Seconds that a program takes."""
    began = time.perf_counter()
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout.decode()}")
    return time.perf_counter() - began


def compare(
    client: str, folder: Path, size: int, rounds: int, transfer: Callable[[Registry], tuple[float, float]]
) -> None:
    """Push and pull in turns, and report."""
    taken: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": []}
    for number in range(rounds):
        order = [("ours", ours), ("theirs", theirs)]
        for name, start in order if number % 2 else reversed(order):
            with start(folder) as registry:
                taken[name].append(transfer(registry))
    for place, what in enumerate(("push", "pull")):
        mine, other = (statistics.median(times[place] for times in taken[name]) for name in ("ours", "theirs"))
        print(
            f"{client} {what:34} {size / MB / mine:8.1f} MB/s   docker-registry {size / MB / other:8.1f} MB/s   "
            f"ratio {other / mine:.2f}",
            flush=True,
        )


def measure_skopeo(folder: Path, size: int, rounds: int) -> None:
    """skopeo, between an image in a folder and the registry."""
    layout = layout_of(folder / "layout", size, 3)

    def transfer(registry: Registry) -> tuple[float, float]:
        back = folder / "back"
        pushed, pulled = skopeo(registry, "dest", layout), skopeo(registry, "src", back)
        shutil.rmtree(back)
        return pushed, pulled

    compare("skopeo", folder, size, rounds, transfer)
    shutil.rmtree(layout)


def skopeo(registry: Registry, side: str, place: Path) -> float:
    """Push (``dest``) or pull (``src``) as it is."""
    options = [f"--{side}-tls-verify=false", "--preserve-digests", "--insecure-policy"]
    options += [f"--{side}-creds=AWS:{registry.token}"] if registry.token else []
    ends = (f"oci:{place}:image", f"docker://{registry.image}")
    return timed("skopeo", "copy", "--quiet", *options, *(ends if side == "dest" else reversed(ends)))


def measure_docker(host: str, folder: Path, size: int, rounds: int) -> None:
    """docker, between its engine and the registry; the engine compresses what it pushes."""
    environment = {**os.environ, "DOCKER_HOST": host, "DOCKER_CONFIG": str(folder / "docker"), "DOCKER_BUILDKIT": "0"}
    source = folder / "source"
    source.mkdir()
    for number in range(3):
        random_file(source / f"file-{number}", size // 3)
    copies = "".join(f"COPY file-{number} /\n" for number in range(3))
    (source / "Dockerfile").write_text(f"FROM scratch\n{copies}")
    timed("docker", "build", "--quiet", "--tag", "image", str(source), env=environment)

    def transfer(registry: Registry) -> tuple[float, float]:
        if registry.token:
            login = ["docker", "login", "--username", "AWS", "--password-stdin", registry.image.partition("/")[0]]
            timed(*login, input=registry.token.encode(), env=environment)
        timed("docker", "tag", "image", registry.image, env=environment)
        pushed = timed("docker", "push", "--quiet", registry.image, env=environment)
        timed("docker", "image", "prune", "--all", "--force", env=environment)
        pulled = timed("docker", "pull", "--quiet", registry.image, env=environment)
        timed("docker", "tag", registry.image, "image", env=environment)
        return pushed, pulled

    compare("docker", folder, size, rounds, transfer)
    shutil.rmtree(source)


def measure_memory(folder: Path, size: int) -> None:
    """The most memory of the embedded AWS, before and after so many bytes were pushed and pulled."""
    layout = layout_of(folder / "large", size, 2)
    with ours(folder) as registry:
        before = peak(registry.pid)
        for side, what in (("dest", "pushed"), ("src", "pulled")):
            place = layout if side == "dest" else folder / "back"
            seconds = skopeo(registry, side, place)
            print(
                f"peak memory after {size / (1 << 30):.1f} GiB were {what:13} {peak(registry.pid):8.1f} MiB"
                f"   before {before:8.1f} MiB   {size / MB / seconds:.1f} MB/s",
                flush=True,
            )


def peak(pid: int) -> float:
    """The most memory that a process has had, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


# -- Images --------------------------------------------------------------------------------------------------------


def random_file(path: Path, size: int) -> None:
    """A file that cannot be compressed."""
    with path.open("wb") as file:
        for first in range(0, size, MB):
            file.write(os.urandom(min(MB, size - first)))


def layout_of(folder: Path, size: int, layers: int) -> Path:
    """An image of so many layers in an OCI image layout, made file by file."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    listed = []
    for _ in range(layers):
        random_file(folder / "file", size // layers)
        with tarfile.open(folder / "layer", "w") as archive:
            archive.add(folder / "file", "file")
        listed.append(stored(blobs, folder / "layer", "application/vnd.oci.image.layer.v1.tar"))
        (folder / "file").unlink()
    rootfs = {"type": "layers", "diff_ids": [layer["digest"] for layer in listed]}
    kind = "application/vnd.oci.image.{}.v1+json"
    config = write(folder, {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs})
    parts = {"config": stored(blobs, config, kind.format("config")), "layers": listed}
    manifest = write(folder, {"schemaVersion": 2, "mediaType": kind.format("manifest"), **parts})
    named = {"annotations": {"org.opencontainers.image.ref.name": "image"}}
    index = {"schemaVersion": 2, "manifests": [{**stored(blobs, manifest, kind.format("manifest")), **named}]}
    write(folder, index).rename(folder / "index.json")
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder


def write(folder: Path, content: dict[str, Any]) -> Path:
    """A JSON file that is going to be moved."""
    path = folder / "document"
    path.write_text(json.dumps(content))
    return path


def stored(blobs: Path, path: Path, media_type: str) -> dict[str, Any]:
    """Move a file to its place by content; returns its descriptor."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    path.rename(blobs / digest)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}


if __name__ == "__main__":
    main()
