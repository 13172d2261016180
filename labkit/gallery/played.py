"""The pages of scenarios that were played: each step with who did it, what came of it, and the evidence.

Made of the ScenarioResults that ``labkit run --json`` prints. ``_FACTS`` is the table of what a step may report and how
that is shown; a fact without a row is not shown. Digests are shown where the lab has built the image by itself: those
are the same on every machine, whereas an engine's differ with each build.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import JsonLexer

from labkit.docker.engine_choice import EMBEDDED
from labkit.gallery.page import Link, Page, anchor
from labkit.lab.lab import Lab
from labkit.scenarios import ScenarioResult, StepResult
from labkit.scenarios.evidence import MARKS, kind
from labkit.scenarios.model import DENIED, REFUSED, SKIPPED
from labkit.show.display import html_of
from labkit.show.document import layout

_STOPPED = (DENIED, REFUSED)


@dataclass(frozen=True)
class Played:
    """Scenarios that were played on one lab: their results, on which AWS, in which region, by which engine."""

    results: Sequence[ScenarioResult]
    where: str
    region: str
    engine: str
    image: str

    @classmethod
    def on(cls, lab: Lab, image: Any, results: Sequence[ScenarioResult]) -> Played:
        """What was played on ``lab``, without what differs between two runs there."""
        where = "AWS accounts" if lab.choices.are_real else "the embedded AWS"
        return cls(results, where, lab.region, lab.engine.name, lab.engine.describe(image))

    @property
    def sentence(self) -> str:
        """Where this was played, and by whom the image was built."""
        builder = "the lab by itself" if self.engine == EMBEDDED else "a Docker engine"
        return f"Played on {self.where} in {self.region}. The image ({self.image}) was built by {builder}."


def file_of(result: ScenarioResult) -> str:
    """The file of a scenario's page."""
    return f"scenario-{result.scenario.name}.html"


def pages(played: Played) -> list[Page]:
    """A page for each scenario."""
    return [_page(played, result) for result in played.results]


def table(results: Sequence[ScenarioResult]) -> str:
    """All scenarios with their steps, refusals and outcomes, as an HTML table that leads to their pages."""
    heads = ("scenario", "what it is about", "steps", "refusals", "result")
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, results))}</tbody></table>"


def _row(result: ScenarioResult) -> str:
    name = anchor(Link(file_of(result), result.scenario.name))
    stopped = sum(step.outcome in _STOPPED for step in result.steps)
    cells = (name, escape(result.scenario.title), str(len(result.steps)), str(stopped), _verdict(result))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _verdict(result: ScenarioResult) -> str:
    if result.ok:
        return '<span class="good">✓ As expected</span>'
    return '<span class="bad">✗ Not as expected</span>'


def _page(played: Played, result: ScenarioResult) -> Page:
    scenario = result.scenario
    head = (
        f'<p class="kind">Scenario <code>{escape(scenario.name)}</code></p>\n<h1>{escape(scenario.title)}</h1>\n'
        f'<p class="lead">{escape(_counted(result))} {_verdict(result)}</p>\n<p>{escape(played.sentence)}</p>\n'
    )
    steps = "".join(_step(number, step, played) for number, step in enumerate(result.steps, 1))
    left = "".join(f'<p class="bad">✗ Not cleaned up: {escape(text)}</p>\n' for text in result.leftovers)
    places = [Link(f"#step-{i}", _title(step), _mark(step)) for i, step in enumerate(result.steps, 1)]
    return Page(file_of(result), scenario.title, f"{head}{steps}{left}", places)


def _counted(result: ScenarioResult) -> str:
    outcomes = [step.outcome for step in result.steps]
    stopped, skipped = sum(each in _STOPPED for each in outcomes), outcomes.count(SKIPPED)
    refusals = f"{stopped or 'no'} refusal{'s' * (stopped != 1)}"
    return f"{len(outcomes)} step{'s' * (len(outcomes) != 1)}, {refusals}" + (
        f", {skipped} skipped." if skipped else "."
    )


def _mark(step: StepResult) -> str:
    return MARKS[kind(step)]


def _title(step: StepResult) -> str:
    return step.step.title[:1].upper() + step.step.title[1:]


def _step(number: int, step: StepResult, played: Played) -> str:
    outcome = step.outcome if step.ok else f"{step.outcome}, expected {step.step.expect}"
    if step.ok and step.outcome in _STOPPED:
        outcome += ", as expected"
    look = "failed" if not step.ok else step.outcome
    evidence = "".join(_evidence(step, played))
    return (
        f'<section class="step {look}" id="step-{number}">\n'
        f'<h2><span class="mark" aria-hidden="true">{_mark(step)}</span> {number}. {escape(_title(step))}</h2>\n'
        f'<p class="who"><span class="outcome">{escape(outcome)}</span> <b>{escape(step.step.actor)}</b> '
        f"<code>{escape(step.caller)}</code></p>\n{evidence}</section>\n"
    )


def _evidence(step: StepResult, played: Played) -> list[str]:
    facts = step.facts if step.decision is None else {**step.facts, "why": step.decision}
    shown = {**facts, "digest": ""} if played.engine != EMBEDDED and "digest" in facts else facts
    return [f"{show(shown)}\n" for name, show in _FACTS.items() if shown.get(name, "") != ""]


def _line(label: str, name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda facts: f'<p class="fact">{label} <code>{escape(str(facts[name]))}</code></p>'


def _error(facts: Mapping[str, Any]) -> str:
    error = facts["error"]
    code = f"<b>{escape(error['code'])}</b> ({error['status']})\n" if "code" in error else ""
    return f'<pre class="refusal">{code}{escape(error["message"])}</pre>'


def _why(facts: Mapping[str, Any]) -> str:
    why = facts["why"]
    if isinstance(why, list):
        return "".join(f"<p>{escape(sentence)}</p>" for sentence in why)
    return html_of(why)


def _policy(facts: Mapping[str, Any]) -> str:
    if facts["policy"] is None:
        return "<p>The repository has no policy now.</p>"
    return f"<p>The repository's policy is now:</p>{_json(facts['policy'])}"


def _json(document: Any) -> str:
    """A JSON document as notebooks lay it out, with classes for its tokens, which ``style.css`` colours."""
    html: str = highlight(layout(document), JsonLexer(), HtmlFormatter(cssclass="highlight"))
    return html.rstrip("\n")


def _answer(facts: Mapping[str, Any]) -> str:
    answer = f'<pre class="answer">{escape(facts["payload"])}</pre>'
    return f"<p>The function answers with status {facts['status']}:</p>{answer}"


_FACTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "error": _error,
    "why": _why,
    "arn": _line("Acting as", "arn"),
    "role": _line("Role", "role"),
    "image": _line("Image", "image"),
    "base": lambda facts: f'<p class="fact">It stands {escape(facts["base"])}.</p>',
    "digest": _line("Digest", "digest"),
    "index": _line("Index", "index"),
    "function": _line("Function", "function"),
    "policy": _policy,
    "payload": _answer,
    "reason": lambda facts: f"<p>{escape(facts['reason'])}</p>",
}
