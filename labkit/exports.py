"""The names that labkit gives to notebooks and programs, and how each is fetched when it is first asked for.

So ``import labkit`` costs nothing and needs nothing that is installed. Nothing inside the package imports from here:
this is the roof, not a floor.

In a notebook the first name also lets IPython draw what has only a text elsewhere (`labkit.show.display`);
``%load_ext labkit`` does the same.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing itself costs more than all the rest of ``import labkit``
if TYPE_CHECKING:
    from typing import Any

EXPORTS: dict[str, str] = {
    "Denied": "labkit.show.denied:Denied",
    "Document": "labkit.show.document:Document",
    "IMAGE_FOLDER": "labkit.lab.article:IMAGE_FOLDER",
    "Lab": "labkit.lab.lab:Lab",
    "LabError": "labkit.errors:LabError",
    "OUTSIDER": "labkit.pull.organization:OUTSIDER",
    "Table": "labkit.show.table:Table",
    "__version__": "labkit.ground:VERSION",
    "access_matrix": "labkit.show.matrix:access_matrix",
    "accounts": "labkit.aws.organizations",
    "can_pull": "labkit.diagnosis.pulling:can_pull",
    "choose": "labkit.lab.choosing:choose",
    "clean_up": "labkit.scenarios:clean_up",
    "current": "labkit.lab.choosing:current",
    "decision_view": "labkit.show.decision_view:decision_view",
    "diagnose": "labkit.remedy.diagnosing:diagnose",
    "exercises": "labkit.exercises",
    "explain": "labkit.diagnosis.explaining:explain",
    "growth": "labkit.growth",
    "lab_form": "labkit.show.form:lab_form",
    "landscape": "labkit.growth.heat_map:landscape",
    "made": "labkit.scenarios:made",
    "named": "labkit.scenarios:named",
    "organization_map": "labkit.show.organization:organization_map",
    "patience": "labkit.aws.propagation:patience",
    "plots": "labkit.show.plots",
    "policies": "labkit.pull.policies",
    "policy_editor": "labkit.show.editor:policy_editor",
    "prepare": "labkit.scenarios:prepare",
    "put_accounts_back": "labkit.scenarios:put_accounts_back",
    "repositories": "labkit.aws.repositories",
    "reset": "labkit.scenarios:reset",
    "roles": "labkit.aws.roles",
    "scenario_steps": "labkit.show.scenario_steps:scenario_steps",
    "scenarios": "labkit.scenarios",
    "scps": "labkit.aws.scps",
    "sessions": "labkit.aws.sessions",
    "what_if": "labkit.show.what_if:what_if",
}
"""From an exported name to where it is: ``module:name``, or a module."""

__all__ = list(EXPORTS)


def __getattr__(name: str) -> Any:
    if name not in EXPORTS:
        raise AttributeError(f"module 'labkit' has no attribute {name!r}")
    from importlib import import_module

    module, _, attribute = EXPORTS[name].partition(":")
    found = import_module(module)
    value = getattr(found, attribute) if attribute else found
    setattr(sys.modules["labkit"], name, value)
    if "IPython" in sys.modules:
        import_module("labkit.show.display").register_where_ipython_runs()
    return value


def __dir__() -> list[str]:
    return sorted({*vars(sys.modules["labkit"]), *EXPORTS})


def load_ipython_extension(shell: Any) -> None:
    """Let this IPython draw decisions; what ``%load_ext labkit`` calls."""
    from importlib import import_module

    import_module("labkit.show.display").register(shell)
