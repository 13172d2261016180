"""Changes as CloudFormation templates in YAML, one for each account.

Policy variables such as ``${aws:username}`` are literal text there: only ``Fn::Sub`` would replace them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.diagnosis.formats.quoting import commented
from labkit.diagnosis.formats.resource import Asked, Resource
from labkit.diagnosis.formats.stacks import Stack, advice, asked, parameter, stacks
from labkit.diagnosis.formats.yaml import block

if TYPE_CHECKING:
    from labkit.diagnosis.result import Change

_REPOSITORY = "Only the stack that has a repository can give it a policy: by RepositoryPolicyText."


def cloudformation(changes: tuple[Change, ...], region: str) -> str:
    """A template for each account, with ``---`` between them."""
    return "\n---\n".join(map(_template, stacks(changes, region)))


def _template(stack: Stack) -> str:
    said = [line for each in stack.resources.values() for line in (*each.notes, *advice(each), *_owner(each))]
    comments = commented([*dict.fromkeys(said), *stack.told])
    if not stack.resources:
        return comments.rstrip("\n")
    parameters = {name: {"Type": each.type, "Description": each.meaning} for name, each in asked(stack.resources)}
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        **({"Parameters": parameters} if parameters else {}),
        "Resources": {name: _resource(name, each) for name, each in stack.resources.items()},
    }
    return comments + block(template).lstrip("\n")


def _owner(found: Resource) -> list[str]:
    return [_REPOSITORY] if "RepositoryPolicyText" in found.properties else []


def _resource(identifier: str, found: Resource) -> dict[str, Any]:
    """What exists already is kept where a stack goes, which importing asks for."""
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"} if found.exists else {}
    properties = {
        name: {"Ref": parameter(identifier, value)} if isinstance(value, Asked) else value
        for name, value in found.properties.items()
    }
    return {"Type": found.type, **kept, "Properties": properties}
