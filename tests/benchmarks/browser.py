"""How long a learner waits in a fresh clone until the first denial stands in the browser, and how long the tests take.

The clone makes its own ``.venv``, from whatever the package manager's cache and the network hold, so that part says
more about these than about the lab; it is shown apart. Then notebook 02 is opened from the file browser and run.

    python tests/benchmarks/browser.py            prints all times
    python tests/benchmarks/browser.py --first    without the tests
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from labkit.cli.jupyter import chromium
from tests.browser.jupyter import Lab
from tests.browser.stage import ROOT, running

DENIAL = "Lambda does not have permission to access the ECR image"
_PATIENCE = 300_000  # milliseconds


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="labkit-clone-", ignore_cleanup_errors=True) as folder:
        first_denial(Path(folder))
    if "--first" not in sys.argv:
        began = time.monotonic()
        code = subprocess.run([sys.executable, "-m", "pytest", "tests/browser"], cwd=ROOT).returncode
        print(f"{time.monotonic() - began:6.1f} s  the tests in the browser{'' if code == 0 else ', which FAILED'}")


def first_denial(folder: Path) -> None:
    """Clone, start, open, run, and print when each was done."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    expect.set_options(timeout=_PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.arguments())
        page = browser.new_page()
        began = time.monotonic()
        with running(clone, folder / "lab", sys._base_executable, {}) as stage:
            print(f"{stage.seconds:6.1f} s  until labkit lab has made .venv and says where it is open")
            lab = Lab(page)
            lab.open(stage.url)
            print(f"{time.monotonic() - began:6.1f} s  until the first notebook is shown, with its kernel")
            notebook = lab.open_from_files("02-same-account.ipynb")
            notebook.begin()
            lab.choose("Run", "Run All Cells")
            expect(notebook.panel.locator(".jp-OutputArea-output", has_text=DENIAL).first).to_be_visible()
            print(f"{time.monotonic() - began:6.1f} s  until the first denial is seen")
        browser.close()


if __name__ == "__main__":
    main()
