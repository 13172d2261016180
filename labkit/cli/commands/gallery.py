"""Make a static site of the lab: every notebook and every scenario as a page, for a blog or a file share.

Executes all notebooks on an embedded AWS of its own that begins empty, plays all scenarios, and writes pages that need
no network, no server and no script: what this version of the lab really answers, and the same in every run. Widgets are
drawn as they were. Your own lab is not touched. Takes about a minute.

DIR is made if it is missing. A folder with other content is refused; pages of an earlier gallery are replaced, once
all new ones are made.

  labkit gallery site
  labkit gallery site --redact
"""

from __future__ import annotations

import argparse
from pathlib import Path

from labkit.gallery import REDACTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit gallery``."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder to write the site to")
    group = parser.add_argument_group("redaction", REDACTS)
    group.add_argument("--redact", action="store_true", help="put made-up values in place of the lab's numbers and ids")


def run(args: argparse.Namespace) -> int:
    """Make the gallery; 0 when it is written."""
    from labkit.embedded.state.world import ACCOUNTS
    from labkit.gallery.folder import open_folder
    from labkit.gallery.making import gallery
    from labkit.gallery.redaction import pages, redacted_site, redactor_of_the_lab
    from labkit.ground.processes import stoppable
    from labkit.ground.progress import Progress
    from labkit.ground.project import CONTENT

    folder = open_folder(args.folder, "labkit gallery")
    with stoppable():
        site = gallery(Path(CONTENT), Progress().step)
    if args.redact:
        site = redacted_site(redactor_of_the_lab(pages(site).values(), ACCOUNTS.values()), site)
    first = folder.write(site)
    print(f"The gallery is written: open {first}")
    return 0
