"""A change as infrastructure code sees it: a resource with its properties, as Terraform or CloudFormation name it.

What the change does not say, and the resource cannot do without, is an `Asked`: whoever uses the code gives it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from itertools import chain, count
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.diagnosis import facts as f
from labkit.diagnosis.formats.notes import CALL, SESSION
from labkit.diagnosis.formats.quoting import json_text
from labkit.diagnosis.formats.shell import command
from labkit.diagnosis.writing import holder, managed_arn, organization_policy_id
from labkit.iam import arn as arns

if TYPE_CHECKING:
    from labkit.diagnosis.result import Change

CREATE_REPOSITORY, CREATE_ROLE = "ecr create-repository", "iam create-role"


class Asked(NamedTuple):
    """A value that is not known here: what it is called, its CloudFormation type, and what it is."""

    name: str
    type: str
    meaning: str


class Resource(NamedTuple):
    """A resource: its type, what it is called in code before it is made a name of the language, and its properties.

    ``exists``: AWS has it already, so that code which does not manage it yet has to import it, by ``id``; ``changed``
    is then the property that changes (empty: there are no others). ``notes`` say what is changed, and whose it is.
    """

    type: str
    name: str
    properties: Mapping[str, Any]
    exists: bool = False
    id: str = ""
    changed: str = ""
    notes: tuple[str, ...] = ()

    @property
    def advice(self) -> list[str]:
        """What is to be kept of a resource that is there."""
        keep = f"Keep what else your code says of this resource: only {self.changed} changes."
        return [keep] if self.exists and self.changed else []


def key(change: Change) -> str:
    """The row of a change in a table of resources: its kind, or of a call service and operation."""
    return change.kind if change.call is None else f"{change.call[0]} {change.call[1]}"


def document(change: Change) -> Any:
    """The policy that will be."""
    return json.loads(change.after)


def told(change: Change, region: str) -> list[str]:
    """The lines for a change that is no resource: a session policy with its text, a call with its command."""
    if change.kind == f.SESSION_POLICY:
        return [SESSION, *json_text(change.after).splitlines()]
    return [CALL, *command(change, region).splitlines()]


def parameters(change: Change) -> Mapping[str, Any]:
    """The parameters of a call; empty for a document."""
    return change.call[2] if change.call else {}


def path_and_name(change: Change) -> tuple[str, str]:
    """The path (``/`` where none is known) and the name of a managed policy or a role."""
    arn = arns.split(managed_arn(change)) if change.kind != f.TRUST_POLICY else _role(change)
    path = arn.resource_id.rpartition("/")[0] if arn else ""
    name = arn.name if arn else holder(change)[1]
    return f"/{path}/" if path else "/", name


def _role(change: Change) -> arns.Arn | None:
    return arns.split(change.attached_to) or arns.split(change.name)


def name_of_organization_policy(change: Change) -> str | Asked:
    """The name of an SCP or RCP, which is another thing than its id."""
    if organization_policy_id(change.name) is None:
        return change.name
    return Asked("Name", "String", f"the name of the policy {change.name}")


ORGANIZATION_TYPES = {f.SCP: "SERVICE_CONTROL_POLICY", f.RCP: "RESOURCE_CONTROL_POLICY"}


def words_of(name: str) -> list[str]:
    """The parts of a name that any language takes within a name: letters and digits of ASCII."""
    return re.findall(r"[A-Za-z0-9]+", name.rpartition(":")[2])


def distinct(name: str, taken: Container[str]) -> str:
    """The name, with a number where it is taken."""
    names = chain((name,), (f"{name}{number}" for number in count(2)))
    return next(each for each in names if each not in taken)
