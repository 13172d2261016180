"""Invoking a function: the lab's runtime against AWS's Runtime Interface Emulator, in one run.

  python -m tests.benchmarks.runtime [--rounds 21] [--calls 300]

Both answer HTTP POSTs with the same handler, the same interpreter and the same awslambdaric, turn by turn. Cold is the
first request to a server that has just begun to listen, warm one of many that follow. Where a Docker engine answers,
the same in containers: the emulator in a container of the stand-in base with a published port, as in the article,
against the container that the embedded AWS starts for an Invoke.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from labkit.docker import building
from labkit.docker.daemon import Daemon, NoEngine, find
from labkit.embedded.services.lambda_.invoke.container_engine import ContainerEngine
from labkit.embedded.services.lambda_.invoke.containers import ContainerProcess
from labkit.image.build.assemble import build
from labkit.image.format.config import ImageConfig
from labkit.image.run.function import RunnableFunction
from labkit.image.run.local import PATH, run_locally
from labkit.image.run.runtime import Sandbox
from tests.engine.emulator import emulator, serving

HANDLER = "def handler(event, context):\n    return event\n"
DOCKERFILE = 'FROM public.ecr.aws/lambda/python:3.12\nCOPY f.py ./\nCMD ["f.handler"]\n'

Ask = Callable[[], object]


def main() -> None:
    """Measure and print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21, help="how many cold starts of each (default: 21)")
    parser.add_argument("--calls", type=int, default=300, help="how many warm calls after each (default: 300)")
    args = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    program = emulator()
    if isinstance(program, str):
        sys.exit(program)
    with tempfile.TemporaryDirectory(prefix="labkit-benchmark-") as name:
        folder = Path(name)
        (folder / "f.py").write_text(HANDLER)
        (folder / "Dockerfile").write_text(DOCKERFILE)
        compare("as a process", partial(theirs, program, folder), partial(ours, folder), args)
        try:
            daemon = find()
        except NoEngine as error:
            report("in a container", f"left out: {error.reason}")
            return
        image, emulated = images(daemon, folder, program)
        both = partial(their_container, daemon, emulated), partial(our_container, daemon, image, folder)
        compare("in a container", *both, args)


def report(name: str, figure: str) -> None:
    """One line."""
    print(f"{name:42} {figure}", flush=True)


def compare(title: str, first: Callable[[], Any], second: Callable[[], Any], args: argparse.Namespace) -> None:
    """Both, turn by turn, and their ratios."""
    cold: tuple[list[float], list[float]] = ([], [])
    warm: tuple[list[float], list[float]] = ([], [])
    for _ in range(args.rounds):
        for number, start in enumerate((first, second)):
            with start() as (began, ask):
                ask()
                cold[number].append(time.perf_counter() - began)
                warm[number].extend(timed(ask) for _ in range(args.calls))
    for name, (their, our) in {"cold": cold, "warm": warm}.items():
        their_ms, our_ms = statistics.median(their) * 1000, statistics.median(our) * 1000
        report(f"{title}, {name}", f"{our_ms:.2f} ms, emulator {their_ms:.2f} ms, ratio {our_ms / their_ms:.2f}")


def timed(ask: Ask) -> float:
    """Seconds that one request takes."""
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def post(port: int) -> bytes:
    """One request as curl makes it; a port that does not answer yet is asked again."""
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("POST", PATH, b"{}")
            body = connection.getresponse().read()
        except (ConnectionError, http.client.HTTPException):
            time.sleep(0.005)
            continue
        finally:
            connection.close()
        assert body == b"{}", body
        return body


@contextmanager
def theirs(program: Path, folder: Path) -> Iterator[tuple[float, Ask]]:
    """The emulator as a process."""
    with serving(program, folder, "f.handler", 60) as port:
        yield time.perf_counter(), partial(post, port)


@contextmanager
def ours(folder: Path) -> Iterator[tuple[float, Ask]]:
    """The lab's trial of the image."""
    with run_locally(build(folder)) as local:
        yield time.perf_counter(), partial(post, int(urlsplit(local.url).port or 0))


def images(daemon: Daemon, folder: Path, program: Path) -> tuple[str, str]:
    """The image with the lab's own emulator or AWS's, built by the engine; the second always has AWS's."""
    image = building.build(daemon, folder, "stand-in", [], silent, silent).id
    (folder / "aws-lambda-rie").write_bytes(program.read_bytes())
    (folder / "aws-lambda-rie").chmod(0o755)
    (folder / "Dockerfile").write_text(f"{DOCKERFILE}COPY aws-lambda-rie /usr/local/bin/aws-lambda-rie\n")
    return image, building.build(daemon, folder, "stand-in", [], silent, silent).id


def silent(*_said: object) -> None:
    """No progress."""


@contextmanager
def their_container(daemon: Daemon, image: str) -> Iterator[tuple[float, Ask]]:
    """The emulator in a container with a published port, from ``docker run`` on."""
    began = time.perf_counter()
    container = daemon.client.containers.run(image, detach=True, ports={"8080/tcp": ("127.0.0.1", None)})
    try:
        container.reload()
        yield began, partial(post, int(container.ports["8080/tcp"][0]["HostPort"]))
    finally:
        container.remove(force=True, v=True)


@contextmanager
def our_container(daemon: Daemon, image: str, folder: Path) -> Iterator[tuple[float, Ask]]:
    """The container that the embedded AWS starts, from the first invocation on."""
    engine = ContainerEngine(daemon.client.api, "Docker", daemon.architecture)
    config = ImageConfig.of({"config": daemon.client.images.get(image).attrs["Config"]})
    (folder / "var/task").mkdir(parents=True, exist_ok=True)  # what is looked at of the unpacked image
    function = RunnableFunction(folder, config, timeout=60, memory=512)
    with Sandbox(function, partial(ContainerProcess, engine, image, folder)) as sandbox:
        yield time.perf_counter(), partial(invoked, sandbox)


def invoked(sandbox: Sandbox) -> None:
    """One invocation without HTTP in front of it, as the embedded AWS makes it."""
    answer = sandbox.invoke(b"{}", log=False)
    assert answer.payload == b"{}", answer


if __name__ == "__main__":
    main()
