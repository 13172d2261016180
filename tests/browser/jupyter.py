"""JupyterLab as its user sees it: menus, the file browser, a notebook's cells. Driven by mouse and keyboard only.

Everything waits for what is shown: a prompt with a number is a cell that has run, an idle kernel says that it is idle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, ViewportSize, expect

PROJECTOR: ViewportSize = {"width": 1280, "height": 720}
TWICE_AS_LARGE: ViewportSize = {"width": 640, "height": 360}  # what is left of it at 200 %
TALL: ViewportSize = {"width": 1280, "height": 2000}  # to have a whole view in sight
KERNEL = "Lab (Python 3)"
_CURTAIN = "#jupyterlab-splash"
_RUN = re.compile(r"^\[\d+\]:$")
_ALL_CELLS_STAND_THERE = r"""() => {
  const position = /Cell \d+\/(\d+)/.exec(document.querySelector("#jp-bottom-panel").innerText);
  const cells = document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell");
  return position !== null && cells.length === Number(position[1]);
}"""
_ERROR = ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']"  # errors are drawn as that, too


class Lab:
    """The whole window."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> Notebook:
        """Go to an address and wait until its notebook is there with its kernel."""
        self.page.goto(url)
        self.page.locator(_CURTAIN).wait_for(state="detached")
        return self.notebook

    @property
    def notebook(self) -> Notebook:
        """The notebook in front, ready to run."""
        notebook = Notebook(self)
        expect(notebook.panel).to_have_count(1)
        notebook.is_ready()
        return notebook

    def choose(self, *entries: str) -> None:
        """Choose from the menu bar, such as ``choose("Run", "Run All Cells")``."""
        self.page.get_by_role("menubar").get_by_role("menuitem", name=entries[0], exact=True).click()
        for entry in entries[1:]:
            label = self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(rf"^{re.escape(entry)}…?$"))
            self.page.locator(".lm-Menu-item").filter(has=label).click()

    def open_from_files(self, name: str) -> Notebook:
        """Double-click a notebook in the file browser."""
        self.page.locator(".jp-DirListing-item", has_text=name).dblclick()
        expect(self.page.locator(".lm-TabBar-tab.lm-mod-current", has_text=name)).to_be_visible()
        return self.notebook

    def refresh_files(self) -> None:
        """Let the file browser look again."""
        self.page.get_by_role("button", name="Refresh the file browser.").click()

    def accept(self) -> None:
        """Press the button of the dialog that stands there."""
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        expect(self.page.locator(".jp-Dialog")).to_have_count(0)

    @contextmanager
    def in_the_dark(self) -> Iterator[None]:
        """Choose the dark theme for a while."""
        self._theme("JupyterLab Dark")
        try:
            yield
        finally:
            self._theme("JupyterLab Light")

    def _theme(self, name: str) -> None:
        self.choose("Settings", "Theme", name)
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", name)
        self.page.locator(_CURTAIN).wait_for(state="detached")  # while it hides a text, axe-core has no view on it

    @contextmanager
    def twice_as_large(self) -> Iterator[None]:
        """Zoom to 200 % for a while, which leaves half of the projector's size; the file browser is hidden there."""
        self.page.keyboard.press("Control+b")
        resize(self.page, TWICE_AS_LARGE)
        try:
            yield
        finally:
            resize(self.page, PROJECTOR)
            self.page.keyboard.press("Control+b")


_IS_LAID_OUT = """(size) => {
  const {right, bottom} = document.querySelector("#jp-bottom-panel").getBoundingClientRect();
  return Math.round(right) === size.width && Math.round(bottom) === size.height;
}"""


def resize(page: Page, size: ViewportSize) -> None:
    """Make the window so large, and wait until JupyterLab fills it: it lays itself out some time later."""
    page.set_viewport_size(size)
    page.wait_for_function(_IS_LAID_OUT, arg=size)


class Notebook:
    """The notebook in front."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.page = lab.page
        self.panel = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        self.cells = self.panel.locator(".jp-Notebook .jp-Cell")

    def is_ready(self) -> None:
        """Wait until all its cells stand there, and a kernel that does nothing."""
        expect(self.panel.locator(".jp-Toolbar-kernelName")).to_have_text(KERNEL)
        self.is_idle()
        self.page.wait_for_function(_ALL_CELLS_STAND_THERE)

    def is_idle(self) -> None:
        """Wait until its kernel does nothing."""
        expect(self.panel.locator(".jp-Notebook-ExecutionIndicator")).to_have_attribute("data-status", "idle")

    def begin(self) -> None:
        """Clear what was stored, so that every output and every number is one of now."""
        self.lab.choose("Edit", "Clear Outputs of All Cells")
        expect(self.panel.locator(".jp-OutputArea-child")).to_have_count(0)

    def select(self, number: int) -> None:
        """Select a cell by pressing what stands at its left."""
        cell = self.cells.nth(number)
        cell.scroll_into_view_if_needed()
        cell.locator(".jp-InputPrompt").first.click()
        expect(cell).to_have_class(re.compile("jp-mod-active"))

    def code_cells(self, end: int | None = None) -> list[Cell]:
        """The cells with code, those before the cell with the number ``end`` or all."""
        cells = [Cell(place, number) for number, place in enumerate(self.cells.all()[:end])]
        return [cell for cell in cells if cell.is_code]

    def run_cell_by_cell(self, first: int = 0) -> Iterator[Cell]:
        """Shift+Enter from the ``first`` cell to the last; yields each code cell after it has run."""
        self.select(first)
        last = self.cells.count() - 1
        for number in range(first, last + 1):
            cell = Cell(self.cells.nth(number), number)
            expect(cell.place).to_have_class(re.compile("jp-mod-active"))
            self.page.keyboard.press("Control+Enter" if number == last else "Shift+Enter")  # the latter adds a cell
            if cell.is_code:
                cell.has_run()
                yield cell

    def restart_and_run_up_to(self, number: int) -> None:
        """Select a cell, choose *Restart Kernel and Run up to Selected Cell*, and wait until those before it have run.

        The menu clears no output and no number, so that is done before. The numbers of a new kernel begin with 1.
        """
        self.begin()
        self.select(number)
        self.lab.choose("Kernel", "Restart Kernel and Run up to Selected Cell")
        self.lab.accept()
        for count, cell in enumerate(self.code_cells(number), start=1):
            cell.has_run(count)

    def run_all(self) -> None:
        """Choose *Run All Cells*, and wait for one code cell after the other; each must go well."""
        self.lab.choose("Run", "Run All Cells")
        for cell in self.code_cells():
            cell.has_run()
            assert cell.error == ""

    def shown(self) -> str:
        """What stands below all its cells, as text."""
        return "\n".join(self.panel.locator(".jp-OutputArea-output").all_inner_texts())

    def errors(self) -> list[str]:
        """What stands in red below the cells."""
        return self.panel.locator(_ERROR).all_inner_texts()

    def close(self) -> None:
        """Save it, close it and end its kernel."""
        tab = self.page.locator("#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current")
        title = tab.inner_text()
        self.page.keyboard.press("Control+s")
        self.lab.choose("File", "Close and Shut Down Notebook")
        self.lab.accept()
        expect(tab).not_to_have_text(title)


class Cell:
    """One cell of a notebook."""

    def __init__(self, place: Locator, number: int) -> None:
        self.place = place
        self.number = number  # counted from 0, all cells of the notebook

    @property
    def is_code(self) -> bool:
        """Whether it can be run."""
        return "jp-CodeCell" in (self.place.get_attribute("class") or "")

    def has_run(self, count: int | None = None) -> None:
        """Wait until it has a number, or this one."""
        expect(self.place.locator(".jp-InputPrompt").first).to_have_text(_RUN if count is None else f"[{count}]:")

    @property
    def source(self) -> str:
        """The code in it."""
        return self.place.locator(".cm-content").inner_text()

    @property
    def outputs(self) -> Locator:
        """What stands below it."""
        return self.place.locator(".jp-OutputArea-output")

    @property
    def decisions(self) -> Locator:
        """The decisions that are drawn in it."""
        return self.outputs.locator(".labkit-sides")

    @property
    def plots(self) -> Locator:
        """The plots in it."""
        return self.outputs.locator("img")

    @property
    def text(self) -> str:
        """What stands below it, as text."""
        return "\n".join(self.outputs.all_inner_texts())

    @property
    def error(self) -> str:
        """The error below it; empty where it has gone well."""
        return "\n".join(self.place.locator(_ERROR).all_inner_texts())
