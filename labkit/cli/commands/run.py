"""Play the article's scenarios and show what AWS answers at each step.

Each scenario makes its repository, roles and functions, shows every refusal and every success, and removes what it
made. Without profiles it plays on the embedded AWS; with two profiles on real AWS accounts, where it asks before the
first call that changes anything. What the lab has not made itself is never replaced or deleted.

  labkit run                                           the article's four scenarios, on the embedded AWS
  labkit run cross-account --json                      one of them, as JSON
  labkit run --in-process                              with the embedded AWS within this command
  labkit run --html pages --redact                     as pages for a blog, with made-up account numbers
  labkit run --registry-profile a --workload-profile b on your own two accounts

Scenarios: same-account, cross-account, organization, organization-paths; and provenance, which is played when it is
named: an image that a builder has wrapped into an index is refused, and taken without.

Pages (--html) need no network, no server and no script, and are the same in every run. They replace those of an earlier
run in the same folder; a folder with other content is refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.errors import UsageError
from labkit.gallery import REDACTS

if TYPE_CHECKING:
    from rich.console import Console

    from labkit.gallery.folder import Folder
    from labkit.lab.builder import BuiltImage
    from labkit.lab.lab import Lab
    from labkit.scenarios import Scenario, ScenarioResult


# What engine and base of the image mean for real accounts, said before anything is changed.
_BASES = {
    ("embedded", "public"): "The image is built on AWS's own base image, pulled from public.ecr.aws the first time "
    "(about 200 MB).",
    ("embedded", "stand-in"): "The image is built on the lab's stand-in for AWS's base image, which has no interpreter "
    "inside. Real Lambda creates the functions, but invoking them answers with an error of theirs: that will be shown, "
    "and does not count as a failure. Take --base public for functions that run.",
    (
        "docker",
        "public",
    ): "Docker builds the image on AWS's own base image, which it pulls the first time (about 200 MB).",
    (
        "docker",
        "stand-in",
    ): "Docker builds the image on the lab's stand-in for AWS's base image, made of this machine's "
    "Python. Whether real Lambda runs that is not known. Take --base public for functions that run.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit run``."""
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="which to play (default: the article's four)")
    parser.add_argument("--json", action="store_true", help="print the results as JSON on stdout")
    parser.add_argument("--html", type=Path, metavar="DIR", help="write the results as pages to this folder")
    parser.add_argument("--yes", action="store_true", help="do not ask before changing real accounts")
    parser.add_argument(
        "--base",
        choices=("public", "stand-in"),
        help="what the image is built on: AWS's base image, pulled from public.ecr.aws (default on your own accounts), "
        "or the lab's stand-in for it (default on the embedded AWS without Docker, the only one that can run it)",
    )
    parser.add_argument(
        "--engine",
        choices=("auto", "docker", "embedded"),
        help="who builds, pushes and pulls: a Docker engine, or the lab by itself (default auto: Docker where an "
        "engine answers and has the base image or can pull it)",
    )
    parser.add_argument(
        "--in-process",
        dest="run_as",
        action="store_const",
        const="in-process",
        help="let the embedded AWS run within this command, not as a process of its own",
    )
    real = parser.add_argument_group("on your own AWS accounts")
    real.add_argument("--registry-profile", metavar="NAME", help="the profile of the account with the repositories")
    real.add_argument("--workload-profile", metavar="NAME", help="the profile of the account with the functions")
    real.add_argument("--management-profile", metavar="NAME", help="a profile that may read the organization")
    real.add_argument("--region", help="the region to use (default: the profile's)")
    real.add_argument("--organization-path", metavar="PATTERN", help="the path to grant, such as o-…/r-…/ou-…/*")
    group = parser.add_argument_group("redaction", REDACTS)
    group.add_argument("--redact", action="store_true", help="put made-up values into --json and --html")


def run(args: argparse.Namespace) -> int:
    """Play the scenarios; 0 when every step came out as expected."""
    from rich.console import Console

    from labkit.cli.terminal.steps import summary

    console = Console(stderr=args.json, highlight=False)
    chosen = _chosen(args.scenarios)
    folder = _folder(args)
    lab = _lab(args)
    engine = lab.engine
    if lab.choices.are_real and not args.yes:
        _ask(lab, chosen, console)
    console.print(f"On {lab.where}, region {lab.region}. {engine.sentence}")
    image = _build(lab, console)
    results = _play(lab, chosen, image, console)
    console.print()
    console.print(summary(results))
    for leftover in (text for result in results for text in result.leftovers):
        console.print(f"Not cleaned up: {leftover}", style="red")
    _hand_over(args, folder, lab, image, results, console)
    return 0 if all(result.ok for result in results) else 1


def _folder(args: argparse.Namespace) -> Folder | None:
    """The folder for the pages, looked at before anything is done. Raises UsageError."""
    if args.redact and not (args.json or args.html):
        raise UsageError("--redact changes what --json and --html give: add one of them.")
    if args.html is None:
        return None
    from labkit.gallery.folder import open_folder

    return open_folder(args.html, "labkit run")


def _hand_over(
    args: argparse.Namespace,
    folder: Folder | None,
    lab: Lab,
    image: BuiltImage,
    results: list[ScenarioResult],
    console: Console,
) -> None:
    """Give the results in the forms that were asked for."""
    data, site = [result.to_dict() for result in results], {}
    if folder:
        from labkit.gallery.front import scenarios_site
        from labkit.gallery.played import Played

        site = scenarios_site(Played.on(lab, image, results))
    if args.redact:
        from labkit.diagnosis.redaction import strings
        from labkit.gallery.redaction import pages, redacted_site, redactor_of_the_lab

        accounts = [lab.registry.account, lab.workload.account]
        texts = [*strings(data), *pages(site).values()]
        redactor = redactor_of_the_lab(texts, accounts, lab.profiles.values())
        data, site = redactor.data(data), redacted_site(redactor, site)
    if args.json:
        print(json.dumps(data, indent=2))
    if folder:
        console.print(f"The pages are written: open {folder.write(site)}", soft_wrap=True)


def _chosen(names: Sequence[str]) -> list[Scenario]:
    from labkit.scenarios import ARTICLE, named

    return [named(name) for name in dict.fromkeys(names or ARTICLE)]


def _lab(args: argparse.Namespace) -> Lab:
    from labkit.lab.choices import FIELDS, Choices
    from labkit.lab.lab import Lab

    choices = Choices(**{field.name: getattr(args, field.name) for field in FIELDS if hasattr(args, field.name)})
    if not (choices.registry_profile or choices.workload_profile) and (choices.management_profile or choices.region):
        raise UsageError("--management-profile and --region go with --registry-profile and --workload-profile.")
    return Lab.on_profiles(choices) if choices.are_real else Lab.embedded(choices=choices)


def _ask(lab: Lab, chosen: Sequence[Scenario], console: Console) -> None:
    """Says what will be made where, and asks. Raises UsageError when there is nobody to ask."""
    console.print(f"This creates and removes, in region {lab.region} of {lab.where}:")
    console.print(f"  in the registry account {lab.registry.account} ({lab.registry.arn}):")
    console.print(f"    repositories {', '.join(dict.fromkeys(each.repository for each in chosen))}")
    console.print(f"  in the workload account {lab.workload.account} ({lab.workload.arn}):")
    console.print("    functions, and roles without permissions; the same in the registry account for same-account")
    console.print(_BASES[lab.engine.name, lab.base])
    if not sys.stdin.isatty():
        raise UsageError("There is nobody to ask: give --yes to let the lab change these accounts.")
    if console.input("Go ahead? [y/N] ").strip().lower() not in ("y", "yes"):
        raise UsageError("Nothing was changed.")


def _build(lab: Lab, console: Console) -> BuiltImage:
    from labkit.cli.terminal.pulling import LivePull

    with LivePull(console) as pulling:
        image = lab.build_image(pulling=pulling)
    console.print(f"The image is {lab.engine.describe(image)}.")
    return image


def _play(lab: Lab, chosen: Sequence[Scenario], image: BuiltImage, console: Console) -> list[ScenarioResult]:
    from labkit.cli.terminal.steps import LiveSteps
    from labkit.scenarios import run as play

    live = LiveSteps(console)
    return [play(lab, scenario, image, live, live.progress) for scenario in chosen]
