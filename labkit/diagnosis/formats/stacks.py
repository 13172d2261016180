"""Changes as CloudFormation, and as the CDK in Python and TypeScript: a template or a stack for each account.

The CDK's constructs are the ones that mirror CloudFormation (``CfnRepository``), so that the policy is the document
that was proved, to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from labkit.diagnosis.formats.literals import PYTHON, TYPESCRIPT, comment, yaml
from labkit.diagnosis.formats.resources import NOTES, Resource, resource
from labkit.diagnosis.formats.shell import command

if TYPE_CHECKING:  # a diagnosis puts itself into words with this, and stands above it
    from labkit.diagnosis.result import Change

_FIRST = "2010-09-09"


def cloudformation(changes: Sequence[Change], region: str = "") -> str:
    """A template in YAML for each account, with ``---`` between them; what no resource says is a comment."""
    return "---\n".join(_template(account, each, region) for account, each in _by_account(changes))


def _template(account: str, changes: Sequence[Change], region: str) -> str:
    found = [(change, resource(change)) for change in changes]
    said = [comment(f"For account {account}." if account else "For the account that owns it.", "#")]
    said += [comment(note, "#") for note in dict.fromkeys(each.note for _, each in found if each and each.note)]
    said += [comment(_call(change, region), "#") for change, each in found if each is None]
    resources = {each.logical_id: {"Type": each.type, "Properties": dict(each.properties)} for _, each in found if each}
    body = yaml({"AWSTemplateFormatVersion": _FIRST, "Resources": resources}) + "\n" if resources else ""
    return "\n".join(said) + "\n" + body


def _call(change: Change, region: str) -> str:
    return f"{NOTES[change.kind]}\n{command(change, region)}"


def _by_account(changes: Sequence[Change]) -> Iterator[tuple[str, list[Change]]]:
    for account in dict.fromkeys(change.account for change in changes):
        yield account, [change for change in changes if change.account == account]


def cdk_python(changes: Sequence[Change], region: str = "") -> str:
    """A module with a stack for each account."""
    stacks = [_python_stack(account, each, region) for account, each in _by_account(changes)]
    modules = [f"from aws_cdk import {_module(each)} as {_alias(each)}" for each in _types(changes)]
    return "\n".join(["from aws_cdk import Stack", *modules, "from constructs import Construct", "", "", *stacks])


def _python_stack(account: str, changes: Sequence[Change], region: str) -> str:
    head = (
        f"class LambdaPull{account}(Stack):\n"
        "    def __init__(self, scope: Construct, construct_id: str, **kwargs) -> None:\n"
        "        super().__init__(scope, construct_id, **kwargs)\n"
    )
    return head + "".join(_lines(changes, region, "#", " " * 8, _python)) + "\n"


def _python(each: Resource) -> str:
    properties = "".join(
        f"            {_snake(name)}={PYTHON.written(value, ' ' * 12)},\n" for name, value in each.properties.items()
    )
    return (
        f"        {_alias(each.type)}.{_construct(each.type)}(\n            self,\n            "
        f'"{each.logical_id}",\n{properties}        )\n'
    )


def cdk_typescript(changes: Sequence[Change], region: str = "") -> str:
    """A module with a stack for each account."""
    modules = [
        f"import * as {_alias(each)} from 'aws-cdk-lib/{_module(each).replace('_', '-')}';" for each in _types(changes)
    ]
    head = ["import { Stack, StackProps } from 'aws-cdk-lib';", *modules, "import { Construct } from 'constructs';", ""]
    stacks = [_typescript_stack(account, each, region) for account, each in _by_account(changes)]
    return "\n".join([*head, *stacks])


def _typescript_stack(account: str, changes: Sequence[Change], region: str) -> str:
    head = (
        f"export class LambdaPull{account} extends Stack {{\n"
        "  constructor(scope: Construct, id: string, props?: StackProps) {\n"
        "    super(scope, id, props);\n"
    )
    return head + "".join(_lines(changes, region, "//", " " * 4, _typescript)) + "  }\n}\n"


def _typescript(each: Resource) -> str:
    properties = {name[:1].lower() + name[1:]: value for name, value in each.properties.items()}
    written = TYPESCRIPT.written(properties, " " * 4)
    return f"    new {_alias(each.type)}.{_construct(each.type)}(this, '{each.logical_id}', {written});\n"


def _lines(
    changes: Sequence[Change], region: str, mark: str, indent: str, write: Callable[[Resource], str]
) -> Iterator[str]:
    for change in changes:
        found = resource(change)
        said = found.note if found is not None else _call(change, region)
        yield comment(said, mark, indent) + "\n" if said else ""
        yield write(found) if found is not None else ""


def _types(changes: Sequence[Change]) -> list[str]:
    """The types of the resources, one for each service, in the order of the alphabet."""
    types = [found.type for change in changes if (found := resource(change)) is not None]
    return sorted({_module(each): each for each in types}.values(), key=_module)


def _module(type_: str) -> str:
    return f"aws_{type_.split('::')[1].lower()}"


def _alias(type_: str) -> str:
    return type_.split("::")[1].lower()


def _construct(type_: str) -> str:
    return f"Cfn{type_.split('::')[2]}"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
