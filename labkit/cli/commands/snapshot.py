"""Keep the state of the embedded AWS under a name, and go back to it: a starting point of a class, or before something
risky. A snapshot has everything that was made (accounts, organizations, users, roles, policies, repositories with their
images, functions) and the settings of the world. It takes little room: images are shared with the lab.

  labkit snapshot save start          keeps the present state as "start"; the lab may be up or not
  labkit snapshot list                what there is: date, size, what is in it
  labkit snapshot load start          puts it in the place of the present state; asks before, unless told --yes
  labkit snapshot delete start

Loading throws away what was made since, and leaves choices and the other snapshots as they are. The profiles keep their
access keys, so that open notebooks go on working. The embedded AWS is up afterwards, even where it was not before.

A snapshot belongs to the lab home; it is refused, and nothing is changed, when it is damaged or was made by a newer
version of labkit. Exits with 1 then, and with 2 for a name that there is not, or that cannot be one.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.embedded.state.snapshots import Snapshot


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit snapshot``."""
    actions = parser.add_subparsers(metavar="save|load|list|delete", required=True)
    save = actions.add_parser("save", help="keep the present state under a name")
    save.add_argument("name", metavar="NAME", help="letters, digits, dots, dashes and underscores")
    save.set_defaults(act=_save)
    load = actions.add_parser("load", help="put a snapshot in the place of the present state")
    load.add_argument("name", metavar="NAME")
    load.add_argument("--yes", action="store_true", help="do not ask")
    load.set_defaults(act=_load)
    listed = actions.add_parser("list", help="show the snapshots of this lab home")
    listed.add_argument("--json", action="store_true", help="print a JSON list")
    listed.set_defaults(act=_list)
    delete = actions.add_parser("delete", help="forget a snapshot")
    delete.add_argument("name", metavar="NAME")
    delete.set_defaults(act=_delete)


def run(args: argparse.Namespace) -> int:
    """Do what was asked for; 1 when the answer to the question is no."""
    code: int = args.act(args)
    return code


def _save(args: argparse.Namespace) -> int:
    from labkit.cli.terminal.words import in_words
    from labkit.embedded.process import client

    made = client.save_snapshot(None, args.name)
    print(f"The snapshot {made.name} is kept: {in_words(made.contents)}.")
    return 0


def _load(args: argparse.Namespace) -> int:
    from labkit.cli.terminal.words import confirmed, in_words
    from labkit.embedded.process import client
    from labkit.embedded.state import snapshots
    from labkit.ground.home import home_path, inspect_home

    home = inspect_home(home_path())
    wanted = snapshots.find(home, args.name)
    wanted.check()
    print(f"The snapshot {wanted.name} of {wanted.created} has {in_words(wanted.contents)}.")
    present = client.present_contents()
    now = f": {in_words(present)}" if present else ""
    print(f"It takes the place of everything in the embedded AWS of {home.root}{now}.")
    if not args.yes and not confirmed("Load it? [y/N] "):
        print("Nothing was changed.")
        return 1
    running = client.load_snapshot(None, args.name)
    print(f"The snapshot {wanted.name} is loaded: {running.where} is up with it.")
    return 0


def _list(args: argparse.Namespace) -> int:
    from labkit.embedded.state import snapshots
    from labkit.ground.home import home_path, inspect_home

    found = snapshots.listed(inspect_home(home_path()))
    if args.json:
        print(json.dumps([_facts(each) for each in found], indent=2))
    elif not found:
        print("There is no snapshot yet. Make one: labkit snapshot save NAME")
    else:
        _show(found)
    return 0


def _facts(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "name": snapshot.name,
        "created": snapshot.created,
        "size": snapshot.size,
        "schema": snapshot.schema,
        "version": snapshot.version,
        "contents": dict(snapshot.contents),
    }


def _show(found: list[Snapshot]) -> None:
    from rich.console import Console
    from rich.table import Table

    from labkit.cli.terminal.words import in_words, size_in_words

    table = Table(box=None)
    for title in ("name", "made", "size", "with"):
        table.add_column(title, justify="right" if title == "size" else "left")
    for each in found:
        table.add_row(each.name, each.created, size_in_words(each.size), in_words(each.contents))
    Console(highlight=False, soft_wrap=True).print(table)


def _delete(args: argparse.Namespace) -> int:
    from labkit.embedded.state import snapshots
    from labkit.ground.home import home_path, inspect_home

    snapshots.delete(inspect_home(home_path()), args.name)
    print(f"The snapshot {args.name} is deleted.")
    return 0
