"""One compiled statement: whom it is for, what it lists, under which conditions, and what it says.

Compiled once, by ``labkit.iam.document``, and asked for every request: the statement holds patterns, not texts.

Source: IAM User Guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from labkit.iam.conditions import Condition
from labkit.iam.parts import Outcome, Part, asks_unknown, resolved, variables_of
from labkit.iam.patterns import Context, Pattern
from labkit.iam.principals import PrincipalEntry, Specificity, allowed_besides, denied_besides, specificity
from labkit.iam.request import Principal

Effect = Literal["Allow", "Deny"]
"""What can stand in a statement's Effect element."""


class Element(NamedTuple):
    """Action or Resource, or its Not form: what it lists, compiled.

    ``negated`` marks the Not form; ``wanted`` is the list as text, ``variables`` are the keys that stand in it.
    """

    name: str
    patterns: tuple[Pattern, ...]
    negated: bool
    wanted: tuple[str, ...]
    variables: tuple[str, ...]

    @classmethod
    def compile(cls, name: str, values: tuple[str, ...], style: str, *, variables: bool) -> Element:
        """Compiles what an element lists; ``style`` as in ``labkit.iam.patterns``."""
        patterns = tuple(Pattern.compile(value, style, variables=variables) for value in values)
        return cls(name, patterns, name.startswith("Not"), values, variables_of(patterns))

    def __repr__(self) -> str:
        return f"<{self.name} {[pattern.text for pattern in self.patterns]}>"

    def part(self, value: str, context: Context, allows: bool = True) -> Part:
        """Compares the request's action or resource with what is listed; ``allows``: in an Allow."""
        listed = any(pattern.matches(value, context) for pattern in self.patterns)
        if not self.variables:
            return Part(self.name, listed != self.negated, self.wanted, value)
        texts = resolved(self.patterns, context)
        if not listed and asks_unknown(self.variables, context):
            return Part(self.name, not allows, self.wanted, value, outcome=Outcome.UNKNOWN, resolved=texts)
        return Part(self.name, listed != self.negated, self.wanted, value, resolved=texts)


class Statement:
    """One compiled statement.

    ``index`` counts from 0. ``principal`` and ``resource`` are None where the statement has none: identity policies
    have no Principal, ECR repository policies no Resource. ``keys`` are the condition keys that it looks at, in lower
    case, ``variables`` those that stand in it as policy variables. ``remembered`` is for ``labkit.iam.match``.
    """

    __slots__ = (
        "action",
        "conditions",
        "effect",
        "index",
        "keys",
        "not_principal",
        "policy",
        "principal",
        "remembered",
        "resource",
        "sid",
        "variables",
    )

    def __init__(
        self,
        index: int,
        sid: str,
        effect: Effect,
        principal: tuple[PrincipalEntry, ...] | None,
        not_principal: bool,
        action: Element,
        resource: Element | None,
        conditions: tuple[Condition, ...],
        policy: str,
    ) -> None:
        self.index = index
        self.sid = sid
        self.effect = effect
        self.principal = principal
        self.not_principal = not_principal
        self.action = action
        self.resource = resource
        self.conditions = conditions
        self.policy = policy
        patterns = [*(resource.patterns if resource else ()), *(each for c in conditions for each in c.patterns)]
        self.variables = variables_of(patterns)
        self.keys = tuple(dict.fromkeys([*(condition.lower_key for condition in conditions), *self.variables]))
        self.remembered: dict[tuple[object, ...], Any] = {}

    def __repr__(self) -> str:
        return f"<Statement {self.label}: {self.effect}>"

    def compare_principal(self, who: Principal, bounded: bool = False) -> tuple[Specificity, Part]:
        """Compares the Principal (or NotPrincipal) element, which must be there, with who asks.

        ``bounded``: who asks has a permissions boundary.
        """
        entries = self.principal or ()
        wanted = tuple(str(entry) for entry in entries)
        if not self.not_principal:
            closeness = specificity(entries, who)
        else:
            closeness = allowed_besides(entries, who) if self.allows else denied_besides(entries, who, bounded)
        element = "NotPrincipal" if self.not_principal else "Principal"
        return closeness, Part(element, closeness > Specificity.NONE, wanted, str(who))

    def under(self, conditions: tuple[Condition, ...]) -> Statement:
        """The same statement under other conditions."""
        whom = (self.principal, self.not_principal)
        return Statement(self.index, self.sid, self.effect, *whom, self.action, self.resource, conditions, self.policy)

    @property
    def allows(self) -> bool:
        """Whether the effect is Allow."""
        return self.effect == "Allow"

    @property
    def label(self) -> str:
        """How to speak of the statement: its Sid, or its number (counting from 1) and its policy's name."""
        return self.sid or f"statement {self.index + 1}" + (f" of {self.policy}" if self.policy else "")
