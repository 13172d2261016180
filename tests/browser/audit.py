"""What is looked at in everything that is ours: axe-core's rules, contrast, and whether it fits.

Ours is what stands in a notebook: rendered text and the outputs of cells with their widgets. JupyterLab's menus, bars,
prompts and code editors are JupyterLab's; how wide the code in these is, is ours again. axe-core is the copy in
``axe-playwright-python``, so nothing is fetched.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

from tests.browser.jupyter import PROJECTOR, TALL, Lab, resize

_IN_FRONT = ".jp-NotebookPanel:not(.lm-mod-hidden)"
OURS = f"{_IN_FRONT} .jp-OutputArea-output, {_IN_FRONT} .jp-MarkdownOutput"
CODE = f"{_IN_FRONT} .jp-CodeCell .cm-scroller"
_IN_USE = f"{_IN_FRONT} .jp-mod-active .jp-OutputArea-output"
# JupyterLab's body has no height, and axe-core takes what overflows that for hidden, so that it looks at no contrast.
_A_BODY_WITH_A_HEIGHT = "body { min-height: 100vh }"
_GRAVE = {"serious", "critical"}


def findings(page: Page, *rules: str, include: str = OURS) -> list[str]:
    """Each serious or critical violation of axe-core's rules (or only of ``rules``), with the elements."""
    page.add_style_tag(content=_A_BODY_WITH_A_HEIGHT)
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    response = Axe().run(page, context={"include": [[include]]}, options=options).response
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {node['target']} {node['html'][:200]} {_why(node)}"
        for each in response["violations"]
        if each["impact"] in _GRAVE
        for node in each["nodes"]
    ]


def _why(node: dict[str, Any]) -> str:
    return "; ".join(check["message"] for check in (*node["any"], *node["all"], *node["none"]))


def in_both_themes(lab: Lab) -> list[str]:
    """The findings in the view that is being used, and its contrast in the dark theme; all of it is in sight."""
    resize(lab.page, TALL)
    lab.page.locator(_IN_USE).first.evaluate("(view) => view.scrollIntoView({block: 'center'})")
    found = findings(lab.page, include=_IN_USE)
    with lab.in_the_dark():
        found += findings(lab.page, "color-contrast", include=_IN_USE)
    resize(lab.page, PROJECTOR)
    return found


_OVERFLOWING = """(places) => places
  .flatMap((place) => [place, ...[...place.querySelectorAll("*")].filter(
    (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX))])
  .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
  .map((element) => `${element.scrollWidth} px in ${element.clientWidth} px: ${element.innerText.slice(0, 80)}`)"""


def overflowing(places: Locator) -> list[str]:
    """Those of the places, and of what scrolls by itself in them, in which something is wider than there is room."""
    found: list[str] = places.evaluate_all(_OVERFLOWING)
    return found
