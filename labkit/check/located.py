"""A statement as the checks see it: its elements as lists of texts with their places.

What has the wrong type is left out here (``labkit.check.structure`` has reported it), so that no check needs to care.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from labkit.check.kinds import DocumentKind
from labkit.check.positions import escape


class LocatedText(NamedTuple):
    """A text of the policy, and its JSON pointer."""

    text: str
    pointer: str


class LocatedPrincipal(NamedTuple):
    """One value of a Principal element: its kind (AWS, Service, …), text and pointer."""

    kind: str
    text: str
    pointer: str

    @property
    def is_everyone(self) -> bool:
        """Whether it is ``"*"`` or ``{"AWS": "*"}``."""
        return self.kind == "AWS" and self.text == "*"


@dataclass(frozen=True, slots=True)
class LocatedCondition:
    """One operator and key of a Condition element.

    ``operator`` is as written; ``name`` is the operator without prefix and ``IfExists``; ``pointer`` is the key's.
    """

    operator: str
    name: str
    quantifier: str
    if_exists: bool
    key: str
    values: tuple[LocatedText, ...]
    pointer: str

    @property
    def lower_key(self) -> str:
        """The key in lower case, as keys are compared."""
        return self.key.lower()

    @property
    def negated(self) -> bool:
        """Whether the operator is a negated one, such as StringNotEquals."""
        return "Not" in self.name

    @property
    def requires(self) -> bool:
        """Whether the condition can only hold when the key is there and has one of the values."""
        return not self.negated and not self.if_exists and self.quantifier != "ForAllValues" and self.name != "Null"

    @property
    def holds_when_absent(self) -> bool:
        """Whether the condition holds for a request without the key; Null asks for just that and is left out."""
        if self.quantifier == "ForAnyValue" or self.name == "Null":
            return False
        return self.negated or self.if_exists or self.quantifier == "ForAllValues"

    @property
    def demands(self) -> bool:
        """Whether the condition only asks that the key is there: Null with false."""
        return self.name == "Null" and {value.text.lower() for value in self.values} == {"false"}


@dataclass(frozen=True)
class LocatedStatement:
    """A statement of a policy of that ``kind``: the ``raw`` object, and the pointer to it."""

    kind: DocumentKind
    version: str
    raw: dict[str, Any]
    pointer: str

    @property
    def allows(self) -> bool:
        """Whether its effect is Allow."""
        return self.raw.get("Effect") == "Allow"

    def at(self, element: str) -> str:
        """The pointer of an element."""
        return f"{self.pointer}/{escape(element)}"

    def values(self, element: str) -> tuple[LocatedText, ...]:
        """The texts of an element that holds one or a list of them."""
        return tuple(texts(self.raw.get(element), self.at(element)))

    @cached_property
    def principals(self) -> tuple[LocatedPrincipal, ...]:
        """The values of Principal; empty where there is none."""
        return tuple(_principals(self.raw.get("Principal"), self.at("Principal")))

    @property
    def all_principals(self) -> tuple[LocatedPrincipal, ...]:
        """The values of Principal and NotPrincipal."""
        return (*self.principals, *_principals(self.raw.get("NotPrincipal"), self.at("NotPrincipal")))

    @property
    def for_everyone(self) -> bool:
        """Whether Principal names everyone."""
        return any(each.is_everyone for each in self.principals)

    @property
    def reaches_services(self) -> bool:
        """Whether it speaks of services that it does not name: Principal is everyone, or there is a NotPrincipal."""
        return self.for_everyone or "NotPrincipal" in self.raw

    @property
    def services(self) -> tuple[str, ...]:
        """The services that Principal names."""
        return tuple(each.text for each in self.principals if each.kind == "Service")

    @property
    def only_services(self) -> bool:
        """Whether Principal names services and nobody else."""
        return bool(self.principals) and all(each.kind == "Service" for each in self.principals)

    @cached_property
    def conditions(self) -> tuple[LocatedCondition, ...]:
        """The entries of Condition, one for each operator and key."""
        return tuple(_conditions(self.raw.get("Condition"), self.at("Condition")))

    @cached_property
    def required_keys(self) -> frozenset[str]:
        """The condition keys, in lower case, without which the statement does not apply."""
        return frozenset(each.lower_key for each in self.conditions if each.requires or each.demands)


def texts(value: Any, pointer: str) -> Iterator[LocatedText]:
    """The texts in a value that is one or a list of them. Numbers, true and false count as their JSON text."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            if (text := as_text(each)) is not None:
                yield LocatedText(text, f"{pointer}/{index}")
    elif (text := as_text(value)) is not None:
        yield LocatedText(text, pointer)


def as_text(value: Any) -> str | None:
    """A JSON scalar as the text that a policy compares, None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _principals(value: Any, pointer: str) -> Iterator[LocatedPrincipal]:
    if value == "*":
        yield LocatedPrincipal("AWS", "*", pointer)
    elif isinstance(value, dict):
        for kind, listed in value.items():
            for text, place in texts(listed, f"{pointer}/{escape(kind)}"):
                yield LocatedPrincipal(kind, text, place)


def _conditions(value: Any, pointer: str) -> Iterator[LocatedCondition]:
    for operator, keys in value.items() if isinstance(value, dict) else ():
        quantifier, _, rest = operator.rpartition(":")
        name = rest.removesuffix("IfExists")
        for key, listed in keys.items() if isinstance(keys, dict) else ():
            place = f"{pointer}/{escape(operator)}/{escape(key)}"
            yield LocatedCondition(operator, name, quantifier, name != rest, key, tuple(texts(listed, place)), place)
