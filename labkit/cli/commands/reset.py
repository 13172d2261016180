"""Begin anew: what was made in the embedded AWS is thrown away (repositories, images, users, roles, policies,
functions), and the accounts and the organization are as at the first start. Asks before it does so, unless told --yes.

  labkit reset
  labkit reset --yes        in scripts
  labkit reset --all        as if this lab had never been used

What was chosen stays: account numbers, region, organization, engine, base image. So do the snapshots, the base images
that were pulled, the port, and the access keys of the profiles, so that open notebooks go on working. With --all all of
it goes, too. The embedded AWS is up afterwards, even where it was not before.
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit reset``."""
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--all", action="store_true", help="choices, snapshots, base images and access keys go as well")


def run(args: argparse.Namespace) -> int:
    """Reset after a yes; 1 when the answer is no."""
    from labkit.cli.terminal.words import confirmed
    from labkit.embedded.process import client
    from labkit.embedded.state import snapshots
    from labkit.ground.home import home_path, inspect_home

    home = inspect_home(home_path())
    kept = [each.name for each in snapshots.listed(home)]
    what = f"Throw away everything in the embedded AWS of {home.root}"
    if args.all:
        what += ", the choices, the keys" + (f", and the snapshots {', '.join(kept)}" if kept else "")
    if not args.yes and not confirmed(f"{what}? [y/N] "):
        print("Nothing was changed.")
        return 1
    running = client.reset(home.root, everything=args.all)
    if args.all:
        print(f"The lab home {home.root} is as new; {running.where} is up.")
        return 0
    print(f"The embedded AWS of {home.root} is as new, and up. {_stays(kept)}")
    return 0


def _stays(snapshots: list[str]) -> str:
    named = f", the snapshots ({', '.join(snapshots)})" if snapshots else ""
    return (
        f"What was chosen for the lab{named} and the access keys of its profiles are as before; --all renews them, too."
    )
