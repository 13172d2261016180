"""What people see: steps, decisions, the organization, as text, HTML and widgets. Nothing is decided here."""

from labkit.show.decision_view import DecisionView, decision_view
from labkit.show.denied import Denied
from labkit.show.document import Document
from labkit.show.editor.model import PolicyEditor, policy_editor
from labkit.show.form.model import LabForm, lab_form
from labkit.show.matrix.model import AccessMatrix, access_matrix
from labkit.show.organization.model import OrganizationMap, organization_map
from labkit.show.scenario_steps.model import ScenarioSteps, scenario_steps
from labkit.show.table import Table
from labkit.show.what_if.model import WhatIf, what_if

__all__ = [
    "AccessMatrix",
    "DecisionView",
    "Denied",
    "Document",
    "LabForm",
    "OrganizationMap",
    "PolicyEditor",
    "ScenarioSteps",
    "Table",
    "WhatIf",
    "access_matrix",
    "decision_view",
    "lab_form",
    "organization_map",
    "policy_editor",
    "scenario_steps",
    "what_if",
]
