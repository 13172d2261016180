"""An audit of a large registry from a folder: its time and memory, and those of asking every pair one after the other.

    python tests/benchmarks/audit.py [--repositories N] [--accounts N] [--sample N] [--keep DIR]

The registry is made up by a fixed rule: a tenth of the repositories is open to the whole organization, a fifth to paths
of it, some name a few roles of other accounts, the others name accounts one by one, each policy another text. Of the
pairs a sample is asked one after the other with the same function (``labkit.pull.reach``), as a program would that asks
for each; the time for all pairs is extrapolated from it. Figures are reported, never asserted.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from labkit.diagnosis.audit.reading import estate  # noqa: E402
from labkit.diagnosis.audit.verdicts import Judged, judge  # noqa: E402
from labkit.diagnosis.evidence import folder  # noqa: E402
from labkit.pull import policies  # noqa: E402
from labkit.pull.policies import PULL_ACTIONS  # noqa: E402

REGISTRY, REGION, ORG, ROOT_UNIT = "813835382529", "eu-central-1", "o-madeuplarge", "r-big1"
UNITS = 120


def main() -> None:
    """Make the folder, audit it in a process of its own, ask a sample of pairs here, and print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=1000)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--sample", type=int, default=3000, help="pairs that are asked one after the other")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write the folder there and leave it")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = args.keep or Path(temporary) / "answers"
        print(f"{write(place, args.repositories, args.accounts)} files in {place}", flush=True)
        took = {form: audited(place, form) for form in ("text", "json", "csv", "html")}
        for form, (seconds, processor, mebibytes) in took.items():
            figures = f"{seconds:6.2f} s ({processor:.2f} s of CPU)  {mebibytes:6.0f} MiB"
            print(f"{'labkit audit --offline, ' + form:50} {figures}", flush=True)
        pair = asked_one_by_one(place, args.sample)
    pairs = args.repositories * args.accounts
    print(f"{'one pair after the other':50} {pair * 1000:6.3f} ms a pair, {pair * pairs / 60:,.0f} minutes for all")
    print(f"{'ratio':50} {pair * pairs / took['text'][1]:,.0f} times as long")


def audited(place: Path, form: str) -> tuple[float, float, float]:
    """Seconds, seconds of CPU and MiB that the command takes in a process of its own."""
    command = [sys.executable, "-m", "labkit", "audit", "--offline", str(place)]
    with tempfile.TemporaryDirectory() as home:
        command += {"text": [], "html": ["--html", f"{home}/page.html"]}.get(form, [f"--{form}"])
        program = (
            "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL); "
            "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
            "print(used.ru_utime + used.ru_stime, used.ru_maxrss); sys.exit(code > 1)"
        )
        began = time.perf_counter()
        environment = {"PATH": "/usr/bin:/bin", "LABKIT_HOME": home, "LABKIT_NO_VENV": "1", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", program, *command], capture_output=True, text=True, check=True, env=environment
        )
        processor, kibibytes = done.stdout.split()
        return time.perf_counter() - began, float(processor), int(kibibytes) / 1024


def asked_one_by_one(place: Path, sample: int) -> float:
    """Seconds of CPU for one pair, of a sample drawn by a fixed rule."""
    judged = judge(estate(folder.read(place).answers))
    pairs = list(drawn(judged, sample))
    began = time.process_time()
    for verdict, account in pairs:
        verdict.reach(account)
    return (time.process_time() - began) / len(pairs)


def drawn(judged: Judged, sample: int) -> Iterator[tuple[Any, Any]]:
    """Pairs of a repository and an account, the same every time."""
    chance = random.Random(20261128)
    known = [each for each in judged.verdicts if each.reach]
    for _ in range(sample):
        yield chance.choice(known), chance.choice(judged.asked.real)


def write(place: Path, repositories: int, accounts: int) -> int:
    """The folder of answers; tells how many files it has."""
    place.mkdir(parents=True, exist_ok=True)
    records = list(records_of(repositories, accounts))
    for number, (service, operation, params, answer) in enumerate(records):
        record = {"call": [service, operation, params], "account": REGISTRY, "region": REGION}
        what = "error" if "Code" in answer else "answer"
        (place / f"{number:05}-{operation}.json").write_text(json.dumps({**record, what: answer}))
    return len(records)


def records_of(repositories: int, accounts: int) -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """What the calls of an audit would have answered."""
    units = [f"ou-big1-{number:08}" for number in range(UNITS)]
    numbers = [REGISTRY, *(f"{200_000_000_000 + each * 7_919:012}" for each in range(accounts - 1))]
    places = {number: units[index % UNITS] for index, number in enumerate(numbers)}
    yield "organizations", "describe-organization", {}, {"Organization": {"Id": ORG, "MasterAccountId": "100000000000"}}
    yield "organizations", "list-roots", {}, {"Roots": [{"Id": ROOT_UNIT, "Name": "Root", "PolicyTypes": []}]}
    listed = [
        {"Id": n, "Name": f"a-{n}", "State": "ACTIVE", "Paths": [f"{ORG}/{ROOT_UNIT}/{unit}/{n}/"]}
        for n, unit in places.items()
    ]
    yield "organizations", "list-accounts", {}, {"Accounts": listed}
    named = [{"Id": unit, "Name": f"team-{number}"} for number, unit in enumerate(units)]
    yield (
        "organizations",
        "list-organizational-units-for-parent",
        {"ParentId": ROOT_UNIT},
        {"OrganizationalUnits": named},
    )
    yield "ecr", "get-registry-policy", {}, {"Code": "RegistryPolicyNotFoundException", "Message": "none"}
    yield "lambda", "list-functions", {}, {"Functions": []}
    names = [f"team-{number % UNITS}/app-{number}" for number in range(repositories)]
    described = [
        {
            "repositoryName": n,
            "registryId": REGISTRY,
            "repositoryArn": f"arn:aws:ecr:{REGION}:{REGISTRY}:repository/{n}",
        }
        for n in names
    ]
    yield "ecr", "describe-repositories", {}, {"repositories": described}
    chance = random.Random(1)
    for number, name in enumerate(names):
        about = {"repositoryName": name, "registryId": REGISTRY}
        text = json.dumps(document(number, units, numbers, chance))
        yield "ecr", "get-repository-policy", about, {**about, "policyText": text}
        yield "ecr", "get-lifecycle-policy", about, {**about, "lifecyclePolicyText": LIFECYCLE}
        yield "ecr", "describe-images", about, {"imageDetails": [{**about, **each} for each in images(number)]}


LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 20},
                "action": {"type": "expire"},
            }
        ]
    }
)


def document(number: int, units: list[str], numbers: list[str], chance: random.Random) -> dict[str, Any]:
    """The policy of a repository, by its number."""
    if number % 10 == 0:
        return policies.organization(ORG)
    if number % 5 == 1:
        return policies.organization_paths(*(f"{ORG}/{ROOT_UNIT}/{unit}/*" for unit in chance.sample(units, 3)))
    if number % 5 == 2:
        roles = [f"arn:aws:iam::{account}:role/release" for account in chance.sample(numbers, 4)]
        statement = {"Sid": "Roles", "Effect": "Allow", "Principal": {"AWS": roles}, "Action": list(PULL_ACTIONS)}
        return {"Version": "2012-10-17", "Statement": [statement]}
    return policies.cross_account(*chance.sample(numbers, 1 + number % 12))


def images(number: int) -> Iterator[dict[str, Any]]:
    """Ten images of a repository."""
    for each in range(10):
        yield {
            "imageDigest": f"sha256:{number:032x}{each:032x}",
            "imageTags": [f"1.{each}"],
            "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
            "imagePushedAt": f"2026-{1 + each:02}-01T00:00:00+00:00",
            "imageSizeInBytes": 180_000_000,
        }


if __name__ == "__main__":
    main()
