"""The answer to a pull question: the decisions it is made of, in words and as a tree of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labkit.iam import Decision
from labkit.iam.words.explain import allowed, explanation
from labkit.iam.words.outline import Line, outline
from labkit.pull.uri import ImageUri


@dataclass(frozen=True, slots=True)
class PullDecision:
    """Whether Lambda may pull, made of the service's decisions and (cross-account) the caller's, one an action."""

    function_arn: str
    image: ImageUri
    caller: tuple[Decision, ...]
    service: tuple[Decision, ...]

    @property
    def allowed(self) -> bool:
        """Whether every decision allows."""
        return all(decision.allowed for decision in (*self.caller, *self.service))

    @property
    def is_cross_account(self) -> bool:
        """Whether the function and the repository are in different accounts."""
        return bool(self.caller)

    @property
    def denied(self) -> tuple[Decision, ...]:
        """The decisions that refuse, the caller's first."""
        return tuple(decision for decision in (*self.caller, *self.service) if not decision.allowed)

    def sentences(self) -> list[str]:
        """What was asked on whose behalf, and why it was refused, in plain sentences."""
        return [line for who, decisions in self._sides() for line in _side(who, decisions)]

    def to_dict(self) -> dict[str, Any]:
        """The decision as JSON data: decision, caller and service with one decision for each action."""

        def listed(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
            return [{"action": d.request.action, **d.to_dict()} for d in decisions]

        verdict = "allowed" if self.allowed else "denied"
        return {"decision": verdict, "caller": listed(self.caller), "service": listed(self.service)}

    def explanation(self) -> dict[str, Any]:
        """The decision as JSON data with every statement that was looked at: what ``to_dict`` says, and more."""

        def listed(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
            return [{"action": d.request.action, **explanation(d)} for d in decisions]

        return {**self.to_dict(), "caller": listed(self.caller), "service": listed(self.service)}

    @property
    def headline(self) -> str:
        """The decision in one line."""
        verdict, may = ("Allowed", "may") if self.allowed else ("Denied", "may not")
        return f"{verdict}: Lambda {may} pull {self.image} for {self.function_arn}"

    def outline(self) -> Line:
        """The decision as a tree of lines: a branch for the caller and one for Lambda, also where one is not asked."""
        caller = _branch("The caller", self.caller) if self.caller else self._not_asked()
        state, verdict = ("yes", "Allowed") if self.allowed else ("no", "Denied")
        title = self.headline.removeprefix(f"{verdict}: ")
        return Line(state, self.headline, (caller, _branch("Lambda", self.service)), verdict=verdict, title=title)

    def _not_asked(self) -> Line:
        why = (
            f"Function and repository are both in the account {self.image.account}: whoever creates the function there "
            "needs no ECR permission, and Lambda itself is all that is asked."
        )
        text = f"The caller is not asked. {why}"
        return Line("none", text, verdict="not asked", title=f"The caller. {why}")

    def _sides(self) -> list[tuple[str, tuple[Decision, ...]]]:
        sides = (("The caller", self.caller), ("Lambda", self.service))
        return [(who, decisions) for who, decisions in sides if decisions]

    def __repr__(self) -> str:
        return " ".join((f"{self.headline}.", *(line.strip() for line in self.sentences())))


def _named(who: str, decisions: Sequence[Decision]) -> str:
    return f"{who} ({decisions[0].request.principal})"


def _verdict(decisions: Sequence[Decision]) -> str:
    """Whether one side may pull, or which of the two actions it is not allowed to call."""
    refused = " and ".join(decision.request.action for decision in decisions if not decision.allowed)
    return f"{allowed(False)} {refused}" if refused else "may pull"


def _side(who: str, decisions: Sequence[Decision]) -> list[str]:
    refused = [decision for decision in decisions if not decision.allowed]
    reasons = dict.fromkeys(line for decision in refused for line in decision.sentences())
    return [f"{_named(who, decisions)} {_verdict(decisions)}.", *(f"  {line}" for line in reasons)]


def _branch(who: str, decisions: Sequence[Decision]) -> Line:
    """One side as a tree. Where both actions got the same answer for the same reasons, it is shown once."""
    trees = [outline(decision) for decision in decisions]
    state = "yes" if all(decision.allowed for decision in decisions) else "no"
    title = _named(who, decisions)
    side = Line(state, f"{title} {_verdict(decisions)}.", tuple(trees), verdict=_word(decisions), title=title)
    first, *others = (_without(decision.request.action, tree) for decision, tree in zip(decisions, trees, strict=True))
    if any(other != first for other in others):
        return side
    rest = " and ".join(decision.request.action for decision in decisions[1:])
    same = Line("none", f"Shown is {decisions[0].request.action}; the same goes for {rest}.")
    return side._replace(children=(*trees[0].children, same))


def _word(decisions: Sequence[Decision]) -> str:
    return "may pull" if all(decision.allowed for decision in decisions) else "may not pull"


def _without(action: str, line: Line) -> Line:
    """The tree with the name of the action taken out, to compare what was decided about two actions."""
    children = tuple(_without(action, child) for child in line.children)
    text, title, got = (each.replace(action, "…") for each in (line.text, line.title, line.got))
    return line._replace(text=text, title=title, children=children, got=got)
