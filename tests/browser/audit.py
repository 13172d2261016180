"""What is looked at in everything that is ours: axe-core's rules, contrast, and whether it fits.

Ours is what stands in a notebook: rendered text and the outputs of cells with their widgets. JupyterLab's menus, bars,
prompts and code editors are JupyterLab's. axe-core is the copy in ``axe-playwright-python``, so nothing is fetched.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

_IN_FRONT = ".jp-NotebookPanel:not(.lm-mod-hidden)"
OURS = f"{_IN_FRONT} .jp-OutputArea-output, {_IN_FRONT} .jp-MarkdownOutput"
_GRAVE = {"serious", "critical"}


def findings(page: Page, *rules: str, include: str = OURS) -> list[str]:
    """Each serious or critical violation of axe-core's rules (or only of ``rules``), with the elements."""
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


_OVERFLOWING = """(elements) => elements
  .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
  .map((element) => `${element.scrollWidth} px in ${element.clientWidth} px: ${element.innerText.slice(0, 80)}`)"""


def overflowing(places: Locator) -> list[str]:
    """Those of the places in which something is wider than the place is."""
    found: list[str] = places.evaluate_all(_OVERFLOWING)
    return found
