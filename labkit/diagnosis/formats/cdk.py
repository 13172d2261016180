"""Changes as a stack of the AWS CDK in Python or TypeScript, one class for each account.

The constructs are those that CloudFormation's resources are (Cfn…), which take a policy as it is. A construct of a
higher level that only refers to a repository cannot change it: ``addToResourcePolicy`` of an imported one does nothing.

Source: AWS CDK API reference, aws-ecr ``Repository.fromRepositoryName`` and ``CfnRepository``; AWS CDK Developer Guide,
"Escape hatches".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from labkit.diagnosis.formats.quoting import PYTHON, TYPESCRIPT, Notation, commented, literal, quoted
from labkit.diagnosis.formats.resource import Asked, Resource
from labkit.diagnosis.formats.stacks import Stack, advice, asked, parameter, snake, stacks

if TYPE_CHECKING:
    from labkit.diagnosis.result import Change

_POLICY = "RepositoryPolicyText"


def cdk_python(changes: tuple[Change, ...], region: str) -> str:
    """A Python module with a stack for each account."""
    return _Python().program(stacks(changes, region))


def cdk_typescript(changes: tuple[Change, ...], region: str) -> str:
    """A TypeScript module with a stack for each account."""
    return _TypeScript().program(stacks(changes, region))


class _Language(ABC):
    """How one of the CDK's languages writes stacks."""

    notation: Notation
    mark: str
    indent: str
    repository: str
    higher: str

    def program(self, found: Sequence[Stack]) -> str:
        """Imports and classes; comments alone where nothing is a resource."""
        told = commented([line for each in found for line in each.told], self.mark)
        full = [each for each in found if each.resources]
        if not full:
            return told.rstrip("\n")
        resources = [each for stack in full for each in stack.resources.values()]
        names = {"Stack", *(("RemovalPolicy",) if any(each.exists for each in resources) else ())}
        if any(True for stack in full for _ in asked(stack.resources)):
            names.add("CfnParameter")
        services = {each.type.split("::")[1].lower() for each in resources}
        head = commented([line for each in resources for line in each.notes], self.mark)
        return head + told + self.imports(names, sorted(services)) + "".join(map(self._class, full)).rstrip("\n")

    def _class(self, stack: Stack) -> str:
        inside = ""
        for name, value in asked(stack.resources):
            inside += self.parameter(name, value)
        for identifier, each in stack.resources.items():
            said = [*advice(each), *([self.repository, self.higher] if _POLICY in each.properties else [])]
            inside += commented(said, self.mark, self.indent) + self._construct(identifier, each)
        return self.stack(f"Account{stack.account}Stack" if stack.account else "PolicyStack", inside)

    def _construct(self, identifier: str, found: Resource) -> str:
        _, service, kind = found.type.split("::")
        properties = ((name, self._value(identifier, value)) for name, value in found.properties.items())
        return self.construct(f"{service.lower()}.Cfn{kind}", quoted(identifier), properties, found.exists)

    def _value(self, identifier: str, value: Any) -> str:
        if isinstance(value, Asked):
            return self.given(parameter(identifier, value))
        return literal(value, self.notation, self.indent + self.notation.indent)

    @abstractmethod
    def imports(self, names: Iterable[str], services: Iterable[str]) -> str:
        """What is imported from the CDK: names, and modules of services."""

    @abstractmethod
    def stack(self, name: str, inside: str) -> str:
        """The class of a stack."""

    @abstractmethod
    def construct(self, kind: str, identifier: str, properties: Iterable[tuple[str, str]], exists: bool) -> str:
        """A construct; one that exists already is kept where the stack goes."""

    @abstractmethod
    def parameter(self, name: str, value: Asked) -> str:
        """A parameter of the stack."""

    @abstractmethod
    def given(self, name: str) -> str:
        """The value of a parameter."""


class _Python(_Language):
    notation, mark, indent = PYTHON, "#", " " * 8
    repository = (
        "It belongs in the stack that has the repository; add_to_resource_policy of an imported one does nothing."
    )
    higher = "With an ecr.Repository there: repository.node.default_child.repository_policy_text = the policy below."

    def imports(self, names: Iterable[str], services: Iterable[str]) -> str:
        modules = "".join(f"from aws_cdk import aws_{each} as {each}\n" for each in services)
        return f"from aws_cdk import {', '.join(sorted(names))}\n{modules}from constructs import Construct\n"

    def stack(self, name: str, inside: str) -> str:
        return (
            f"\n\nclass {name}(Stack):\n"
            "    def __init__(self, scope: Construct, id: str, **kwargs) -> None:\n"
            f"        super().__init__(scope, id, **kwargs)\n{inside}"
        )

    def construct(self, kind: str, identifier: str, properties: Iterable[tuple[str, str]], exists: bool) -> str:
        lines = "".join(f"            {snake(name)}={value},\n" for name, value in properties)
        kept = ".apply_removal_policy(RemovalPolicy.RETAIN)" if exists else ""
        return f"        {kind}(\n            self,\n            {identifier},\n{lines}        ){kept}\n"

    def parameter(self, name: str, value: Asked) -> str:
        told = f"type={quoted(value.type)}, description={quoted(value.meaning)}"
        return f"        {snake(name)} = CfnParameter(self, {quoted(name)}, {told})\n"

    def given(self, name: str) -> str:
        return f"{snake(name)}.value_as_string"


class _TypeScript(_Language):
    notation, mark, indent = TYPESCRIPT, "//", " " * 4
    repository = "It belongs in the stack that has the repository; addToResourcePolicy of an imported one does nothing."
    higher = (
        "With an ecr.Repository there: (repository.node.defaultChild as ecr.CfnRepository).repositoryPolicyText = …"
    )

    def imports(self, names: Iterable[str], services: Iterable[str]) -> str:
        modules = (f"aws_{each} as {each}" for each in services)
        inside = ", ".join((*sorted({*names, "StackProps"}), *modules))
        return f'import {{ {inside} }} from "aws-cdk-lib";\nimport {{ Construct }} from "constructs";\n'

    def stack(self, name: str, inside: str) -> str:
        return (
            f"\nexport class {name} extends Stack {{\n"
            "  constructor(scope: Construct, id: string, props?: StackProps) {\n"
            f"    super(scope, id, props);\n{inside}  }}\n}}\n"
        )

    def construct(self, kind: str, identifier: str, properties: Iterable[tuple[str, str]], exists: bool) -> str:
        lines = "".join(f"      {_lower(name)}: {value},\n" for name, value in properties)
        kept = ".applyRemovalPolicy(RemovalPolicy.RETAIN)" if exists else ""
        return f"    new {kind}(this, {identifier}, {{\n{lines}    }}){kept};\n"

    def parameter(self, name: str, value: Asked) -> str:
        told = f"type: {quoted(value.type)}, description: {quoted(value.meaning)}"
        return f"    const {_lower(name)} = new CfnParameter(this, {quoted(name)}, {{ {told} }});\n"

    def given(self, name: str) -> str:
        return f"{_lower(name)}.valueAsString"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
