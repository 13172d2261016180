"""The embedded AWS beside moto's own server, side by side in one run, and what a start and a run of the lab cost.

    python tests/benchmarks/embedded.py [--rounds N]

moto's server needs packages that the lab does not (Flask); they are put into a temporary folder for the time of the
run. Ratios are ours divided by moto's: below 1.0 the embedded AWS is faster, authentication and authorization
included. Times are reported, never asserted.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import BotoCoreError, ClientError  # noqa: E402

import labkit.embedded.process.client as embedded  # noqa: E402
from labkit.aws import images, repositories, roles  # noqa: E402
from labkit.image import build  # noqa: E402
from labkit.lab.article import IMAGE_FOLDER, SAME_ACCOUNT, TAG  # noqa: E402
from labkit.lab.lab import Lab  # noqa: E402
from labkit.pull import policies  # noqa: E402

CALLS, CREATIONS = 300, 60
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=30)


def main() -> None:
    """Measure and print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="how often each start is measured (default: 7)")
    rounds = parser.parse_args().rounds
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory(prefix="labkit-benchmark-") as name:
        folder = Path(name)
        os.environ["HOME"] = name
        packages = server_packages(folder / "packages")
        starts(folder, packages, rounds)
        calls(folder, packages)
        runs(folder, rounds)
    imports(rounds)


def report(what: str, ours: float, theirs: float | None = None) -> None:
    """One figure in milliseconds, and its ratio where there is something to compare it with."""
    compared = "" if theirs is None else f"   moto_server {theirs * 1000:8.1f} ms   ratio {ours / theirs:.2f}"
    print(f"{what:52} {ours * 1000:8.1f} ms{compared}", flush=True)


def server_packages(target: Path) -> Path:
    """The packages of ``moto[server]`` in a folder of their own."""
    wanted = ["--target", str(target), f"moto[server]=={version('moto')}", f"boto3=={version('boto3')}"]
    installer = [
        shutil.which("uv") or "",
        "pip",
        "install",
        "--quiet",
        "--compile-bytecode",
        "--python",
        sys.executable,
    ]
    if not installer[0]:
        installer = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*installer, *wanted], check=True)
    return target


def sts(endpoint: str, keys: dict[str, str]) -> Any:
    return boto3.client("sts", region_name="eu-central-1", endpoint_url=endpoint, config=ONCE, **keys)


def first_answer(client: Any) -> None:
    """Asks until there is an answer."""
    while True:
        try:
            client.get_caller_identity()
        except (BotoCoreError, ClientError):
            time.sleep(0.005)
        else:
            return


@contextmanager
def moto_server(packages: Path) -> Iterator[str]:
    """moto's own server as a process; yields its endpoint without waiting for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        env={**os.environ, "PYTHONPATH": str(packages)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


ANY_KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


def keys_of(home: Path) -> dict[str, str]:
    """The access key of the workload account's administrator, as boto3's keyword arguments."""
    profiles = configparser.ConfigParser()
    profiles.read(home / "aws" / "credentials")
    return dict(profiles["workload"])


def starts(folder: Path, packages: Path, rounds: int) -> None:
    """From nothing to the first answered call, alternating."""
    ours, theirs = [], []
    sts("http://127.0.0.1:9", ANY_KEYS)  # what boto3 loads once is no part of either start
    for number in range(rounds):
        os.environ.pop("AWS_PROFILE", None)
        began = time.perf_counter()
        with moto_server(packages) as endpoint:
            first_answer(sts(endpoint, ANY_KEYS))
            theirs.append(time.perf_counter() - began)
        home = folder / f"home-{number}"
        began = time.perf_counter()
        running = embedded.ensure(home)
        first_answer(sts(running.endpoint, keys_of(home)))
        ours.append(time.perf_counter() - began)
        embedded.stop(home)
    report("from nothing to the first answered call", statistics.median(ours), statistics.median(theirs))


def median_time(call: Callable[[int], Any], times: int) -> float:
    """Seconds of one call, in the median."""
    taken = []
    for number in range(times):
        began = time.perf_counter()
        call(number)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def creation(lambda_: Any, role: str, image: str) -> Callable[[int], Any]:
    code = {"ImageUri": image}
    return lambda n: lambda_.create_function(FunctionName=f"f{n}", Role=role, PackageType="Image", Code=code)


def calls(folder: Path, packages: Path) -> None:
    """The median of GetCallerIdentity and CreateFunction, one call after another."""
    lab = Lab.embedded(folder / "calls")
    registry = lab.registry
    repositories.ensure(registry.client("ecr"), SAME_ACCOUNT.repository, "benchmark")
    images.push(registry.client("ecr"), SAME_ACCOUNT.repository, TAG, build(IMAGE_FOLDER))
    repositories.set_policy(registry.client("ecr"), SAME_ACCOUNT.repository, policies.same_account())
    role = roles.ensure(registry.client("iam"), "role", policies.lambda_trust(), "benchmark")
    os.environ.pop("AWS_PROFILE", None)
    with moto_server(packages) as endpoint:
        their_sts = sts(endpoint, ANY_KEYS)
        first_answer(their_sts)

        def theirs(service: str) -> Any:
            return boto3.client(service, region_name="eu-central-1", endpoint_url=endpoint, config=ONCE, **ANY_KEYS)

        document = json.dumps(policies.lambda_trust())
        their_role = theirs("iam").create_role(RoleName="role", AssumeRolePolicyDocument=document)["Role"]["Arn"]
        image = lab.image_uri(SAME_ACCOUNT.repository)
        ask = median_time(lambda _n: registry.client("sts").get_caller_identity(), CALLS)
        report("GetCallerIdentity, p50", ask, median_time(lambda _n: their_sts.get_caller_identity(), CALLS))
        create = median_time(creation(registry.client("lambda"), role.arn, image), CREATIONS)
        report("CreateFunction, p50", create, median_time(creation(theirs("lambda"), their_role, image), CREATIONS))
    embedded.stop(folder / "calls")


def labkit(folder: Path, *words: str) -> float:
    """Seconds of one ``labkit …`` in a process of its own."""
    command = "import sys; from labkit.cli.main import main; sys.exit(main(sys.argv[1:]))"
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", command, *words],
        env={**os.environ, "LABKIT_HOME": str(folder / "runs"), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


def runs(folder: Path, rounds: int) -> None:
    """All scenarios from a stopped lab, and on a running one."""
    stopped, running = [], []
    for _ in range(max(3, rounds // 2)):
        stopped.append(labkit(folder, "run"))
        running.append(labkit(folder, "run"))
        labkit(folder, "down")
    report("labkit run, all scenarios, from a stopped lab", statistics.median(stopped))
    report("labkit run, all scenarios, on a running lab", statistics.median(running))


def imports(rounds: int) -> None:
    """What importing costs, each in a process of its own, less an empty process."""

    def median(code: str) -> float:
        def once(_n: int) -> None:
            subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)

        return median_time(once, rounds)

    empty = median("pass")
    for module in ("labkit", "labkit.iam", "labkit.lab.lab"):
        report(f"import {module}", median(f"import {module}") - empty)


if __name__ == "__main__":
    main()
