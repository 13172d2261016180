"""The policy engine: decisions a second beside a package for Node.js, an organization-sized question, the import.

    python tests/benchmarks/engine.py [--seconds N]

The question is the article's cross-account policy with an identity policy, asked by the caller. The other package is
@cloud-copilot/iam-simulate (AGPL): it is installed into a temporary folder and run there as a program of its own, for
comparison only; where npm or the network is missing it is left out with the reason. Ratios are ours divided by its:
above 1.0 this engine is faster. Figures are reported, never asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from labkit.iam import Decision, Policies, Policy, Principal, Request, evaluate  # noqa: E402
from labkit.pull import policies  # noqa: E402
from labkit.pull.admission import GuardedRepository, accounts_of, admits, who_can_pull  # noqa: E402
from labkit.pull.organization import Account, Organization, Unit  # noqa: E402

PACKAGE = "@cloud-copilot/iam-simulate@0.1.173"
CALLER = "arn:aws:iam::592444418872:role/Deployer"
REGISTRY, ACTION = "813835382529", "ecr:BatchGetImage"
REPOSITORY = f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/lambda-another-account"
CONTEXT = {"aws:PrincipalArn": CALLER, "aws:PrincipalOrgID": "o-lambdaecrlab"}
IDENTITY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": list(policies.PULL_ACTIONS),
            "Resource": f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/*",
        },
    ],
}
RESOURCE = policies.cross_account("592444418872")


def main() -> None:
    """Measure and print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each rate is measured (default: 3)")
    seconds = parser.parse_args().seconds
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    wall, cpu = importing()
    report("importing labkit.iam", f"{wall:.1f} ms ({cpu:.1f} ms of CPU; medians of 11)")
    ours = rates(seconds)
    for name, rate in ours.items():
        report(name, f"{rate:,.0f} decisions a second")
    compare(ours, seconds)
    organization()


def report(name: str, figure: str) -> None:
    """One line."""
    print(f"{name:58} {figure}", flush=True)


def importing() -> tuple[float, float]:
    """Milliseconds, and of CPU, that the import takes in a fresh Python."""
    program = (
        "from time import perf_counter as wall, process_time as cpu; w, c = wall(), cpu(); import labkit.iam; "
        "print((wall() - w) * 1000, (cpu() - c) * 1000)"
    )
    command = [sys.executable, "-c", program]
    runs = [subprocess.check_output(command, cwd=ROOT, text=True).split() for _ in range(11)]
    return statistics.median(float(run[0]) for run in runs), statistics.median(float(run[1]) for run in runs)


def rates(seconds: float) -> dict[str, float]:
    """Decisions a second of this engine, in four ways of asking."""
    bundle = Policies(identity=[Policy.parse(IDENTITY)], resource=Policy.parse(RESOURCE))
    who, fixed = Principal.aws(CALLER), Request(Principal.aws(CALLER), ACTION, REPOSITORY, REGISTRY, CONTEXT)
    assert evaluate(fixed, bundle).allowed
    numbers = iter(range(sys.maxsize))

    def new() -> Decision:
        return evaluate(Request(who, ACTION, REPOSITORY, REGISTRY, CONTEXT), bundle)

    def never_asked_before() -> Decision:
        return evaluate(Request(who, ACTION, f"{REPOSITORY}-{next(numbers)}", REGISTRY, CONTEXT), bundle)

    return {
        "matches kept, the same request": rate(lambda: evaluate(fixed, bundle), seconds),
        "matches kept, a new request each time": rate(new, seconds),
        "matches kept, another resource each time": rate(never_asked_before, seconds),
        "text rendered (to_dict)": rate(lambda: evaluate(fixed, bundle).to_dict(), seconds),
    }


def rate(ask: Callable[[], object], seconds: float) -> float:
    """How often a second ``ask`` can be called."""
    start, count = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < seconds:
        for _ in range(200):
            ask()
        count += 200
    return count / elapsed


DRIVER = """
import { runSimulation } from '@cloud-copilot/iam-simulate'
const { simulation, seconds } = JSON.parse(process.argv[2])
let last
for (let i = 0; i < 200; i++) last = await runSimulation(simulation, {})
let count = 0
const start = performance.now()
let elapsed = 0
while ((elapsed = (performance.now() - start) / 1000) < seconds) {
  for (let i = 0; i < 50; i++) last = await runSimulation(simulation, {})
  count += 50
}
console.log(JSON.stringify({ rate: count / elapsed, answer: JSON.stringify(last) }))
"""


def compare(ours: dict[str, float], seconds: float) -> None:
    """The other package's rate for the same question, and the ratios."""
    with tempfile.TemporaryDirectory(prefix="labkit-benchmark-") as name:
        theirs, answer = other_package(Path(name), seconds)
    if theirs is None:
        report(PACKAGE, f"left out: {answer}")
        return
    report(f"{PACKAGE}, runSimulation", f"{theirs:,.0f} decisions a second")
    for name, own in ours.items():
        report(f"  {name}, as a ratio", f"{own / theirs:.1f}")


def other_package(folder: Path, seconds: float) -> tuple[float | None, str]:
    """Its rate and answer; without a rate, why there is none."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        return None, "npm is not installed"
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    (folder / "driver.mjs").write_text(DRIVER)
    installed = subprocess.run([npm, "install", "--no-audit", "--no-fund", PACKAGE], cwd=folder, capture_output=True)
    if installed.returncode:
        return None, "npm could not install it"
    simulation = {
        "request": {
            "principal": CALLER,
            "action": ACTION,
            "resource": {"resource": REPOSITORY, "accountId": REGISTRY},
            "contextVariables": CONTEXT,
        },
        "identityPolicies": [{"name": "identity", "policy": IDENTITY}],
        "resourcePolicy": RESOURCE,
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
    }
    argument = json.dumps({"simulation": simulation, "seconds": seconds})
    ran = subprocess.run([node, "driver.mjs", argument], cwd=folder, capture_output=True, text=True)
    if ran.returncode:
        return None, f"it failed: {ran.stderr.strip().splitlines()[-1]}"
    found = json.loads(ran.stdout)
    assert "Allowed" in found["answer"], found["answer"]
    return found["rate"], found["answer"]


def organization(accounts: int = 10_000, repositories: int = 1_000, sampled: int = 2_000) -> None:
    """Who can pull what, in a large organization; a sample is compared with asking for each pair."""
    rng = random.Random(1)
    units = [Unit("r-lab1", "Root", None)]
    for number in range(300):
        units.append(Unit(f"ou-lab1-{number:08d}", f"unit {number}", rng.choice(units).id))
    numbers = [f"{100_000_000_000 + 7919 * i}" for i in range(accounts)]
    members = tuple(Account(number, number, rng.choice(units).id) for number in numbers)
    org = Organization("o-lambdaecrlab", numbers[0], tuple(units), members)
    kinds: tuple[Callable[[], dict], ...] = (
        policies.same_account,
        lambda: policies.cross_account(*rng.sample(numbers, 3)),
        lambda: policies.organization(rng.choice(["o-lambdaecrlab", "o-neighbourorg"])),
        lambda: policies.organization_paths(*(org.path(rng.choice(units).id) + end for end in ("*", ""))),
    )
    asked = [
        GuardedRepository(rng.choice(numbers), "eu-central-1", f"r{i}", Policy.parse(kinds[i % len(kinds)]()))
        for i in range(repositories)
    ]
    start, cpu = time.perf_counter(), time.process_time()
    askers = accounts_of(org)
    answers = list(who_can_pull(asked, askers))
    pairs = sum(sum(1 for _ in answer.accounts()) for answer in answers)
    took, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for answer in rng.sample(answers, sampled // 20):
        can = set(answer.accounts())
        for member in rng.sample(askers, 20):
            assert admits(answer.repository, member) is (member.account in can)
    report(
        f"{accounts:,} accounts x {repositories:,} repositories", f"{took:.2f} s ({cpu:.2f} s of CPU), {peak:.0f} MiB"
    )
    report(f"  of which may pull; {sampled:,} sampled pairs agree", f"{pairs:,}")


if __name__ == "__main__":
    main()
