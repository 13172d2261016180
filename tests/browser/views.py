"""Widgets as their user finds them: by the words on a button, the label of a field, what is said after a press."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from tests.browser.jupyter import Lab

_MOST_TABS = 60


class Widget:
    """What one cell shows."""

    def __init__(self, place: Locator) -> None:
        self.place = place
        self.page = place.page

    def button(self, words: str) -> Locator:
        """The button with these words on it."""
        return self.place.get_by_role("button", name=words)

    def field(self, label: str) -> Locator:
        """The field, menu or check box with this label."""
        return self.place.get_by_label(label, exact=True)

    def row_of(self, label: str) -> Locator:
        """The field with what stands beside it."""
        return self.place.locator(".widget-box").filter(has=self.page.get_by_label(label, exact=True)).last

    @property
    def summaries(self) -> Locator:
        """The lines that can be opened, of those that are seen."""
        return self.place.locator("summary:visible")

    @property
    def opened(self) -> Locator:
        """What is open."""
        return self.place.locator("details[open]")

    def says(self, words: str) -> None:
        """Wait until these words stand in it."""
        expect(self.place).to_contain_text(words)

    def refuses(self) -> None:
        """Wait until it is said that what was pressed has not been done."""
        expect(self.place.locator("p[role=status]", has_text="✗")).to_be_visible()

    def decides(self, verdict: str) -> None:
        """Wait until the decision that is drawn has this verdict: ``allowed`` or ``denied``."""
        expect(self.place.locator(".labkit-whole .labkit-badge:visible")).to_contain_text(verdict, ignore_case=True)


class Mouse:
    """Uses a widget with the mouse, and the keyboard only to write."""

    def press(self, target: Locator) -> None:
        """Press a button, a line or a check box."""
        target.click()

    def write(self, target: Locator, text: str) -> None:
        """Write into a field, in place of what stands there."""
        target.click()
        _replace(target, text)


class Keyboard:
    """Uses a widget with the keyboard alone: Tab goes to where something is done."""

    def press(self, target: Locator) -> None:
        """Go there and press the space bar, which presses buttons, opens lines and ticks boxes."""
        _go_to(target)
        target.page.keyboard.press("Space")

    def write(self, target: Locator, text: str) -> None:
        """Go there and write in place of what stands there."""
        _go_to(target)
        _replace(target, text)


HANDS: dict[str, Callable[[], Mouse | Keyboard]] = {"mouse": Mouse, "keyboard": Keyboard}


@dataclass(frozen=True)
class Chosen:
    """Accounts and an organization that are not the article's."""

    registry: str
    workload: str
    organization: str

    def write_into(self, form: Widget, hand: Mouse | Keyboard) -> None:
        """Write them into the form and press its button."""
        hand.write(form.field("Registry account"), self.registry)
        hand.write(form.field("Workload account"), self.workload)
        hand.write(form.field("Organization"), self.organization)
        hand.press(form.button("Use these"))
        form.says(f"registry {self.registry}, workload {self.workload}")


def form_of(lab: Lab) -> Widget:
    """The form, shown by running notebook 00 from its top."""
    notebook = lab.open_from_files("00-start-here.ipynb")
    notebook.begin()
    for cell in notebook.run_cell_by_cell():
        if cell.place.get_by_role("button", name="Use these").count():
            return Widget(cell.outputs.last)
    raise AssertionError("notebook 00 shows no form")


def _replace(target: Locator, text: str) -> None:
    target.page.keyboard.press("Control+a")
    target.page.keyboard.press("Delete")
    target.page.keyboard.insert_text(text)


def _go_to(target: Locator) -> None:
    """Press Tab, or Shift+Tab where the target lies before, until it has the focus."""
    expect(target).to_be_visible()
    key = "Shift+Tab" if target.evaluate(_LIES_BEFORE) else "Tab"
    for _ in range(_MOST_TABS):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        target.page.keyboard.press(key)
    raise AssertionError(f"{key} does not come to {target}")


_LIES_BEFORE = "(element) => !!(element.compareDocumentPosition(document.activeElement) & 4)"  # active is following
