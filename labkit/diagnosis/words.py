"""A diagnosis in words: one sentence first, then why, what to change, what that opens, and what is not known.

Plain lines, the same wherever they are shown; the page in HTML has the same parts in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from labkit.diagnosis.facts import CALL
from labkit.diagnosis.formats.shell import command

if TYPE_CHECKING:  # a diagnosis can put itself into words, so at run time it stands above them
    from labkit.diagnosis.result import Alternative, Cause, Change, Diagnosis, Fix, Party, Probe, Where

_PARTIES = {"lambda": "Lambda", "caller": "The caller"}
_VERDICTS = {
    "can": "is let in",
    "cannot": "is refused",
    "unknown": "cannot tell",
    "not-asked": "is not asked",
}
_STOPS = {"call": "stops the call", "pull": "stops the pull", "run": "the image is fetched, and does not run"}
_ADVICE = "To mend it: "
_HANDED_OVER = (
    "  The change of its account is its owner's to make. --letter prints a text to hand over; in Python, fix.letter."
)


class Section(NamedTuple):
    """A part of a diagnosis: its title (empty for the first) and its lines, indented as they are to be shown."""

    title: str
    lines: tuple[str, ...]


def text(diagnosis: Diagnosis) -> str:
    """The whole diagnosis as text."""
    parts = ("\n".join(filter(None, (each.title, *each.lines))) for each in sections(diagnosis))
    return "\n\n".join(parts)


def sections(diagnosis: Diagnosis) -> list[Section]:
    """The parts of a diagnosis that have something to say, in their order."""
    fix = diagnosis.fix
    found = [
        Section("", (diagnosis.sentence,)),
        Section("", tuple(party(name, each) for name, each in diagnosis.parties.items())),
        Section("Why:", tuple(_causes(diagnosis))),
        Section("What to change:", tuple(_changes(fix.changes, _region(diagnosis)))) if fix else None,
        Section("Proof:", (_indented(proof(fix)),)) if fix and fix.changes else None,
        Section("What else it opens:", tuple(_opens(fix.opens))) if fix else None,
        Section("Or instead:", tuple(_alternatives(fix.alternatives, _region(diagnosis)))) if fix else None,
        Section("For the registry's owner:", (_HANDED_OVER,)) if fix and fix.letter else None,
        Section(
            "Not known:", tuple(f"  - {each.what} ({each.why}): {each.who_could_tell}" for each in diagnosis.not_known)
        ),
        Section("Next:", tuple(f"  - {each}" for each in diagnosis.next)),
    ]
    return [each for each in found if each is not None and each.lines]


def party(name: str, verdict: Party) -> str:
    """Whether one of the two is let in, in a line."""
    sure = f" ({verdict.certainty})" if verdict.verdict in ("can", "cannot") else ""
    if verdict.verdict == "unknown":
        return f"{_PARTIES[name]}: not known"
    return f"{_PARTIES[name]}: {_VERDICTS[verdict.verdict]}{sure}"


def proof(fix: Fix) -> str:
    """Whether the fix is proved, in a sentence."""
    if fix.proved:
        return "With these changes the same request is let in: it was decided before and after."
    return "It is not proved: what is not known may still stand in the way."


def kept(cause: Cause, diagnosis: Diagnosis) -> tuple[str, tuple[str, ...]]:
    """What is still to be said of a cause: its sentence, empty where the diagnosis began with it, and its evidence.

    Left out are words that its sentence has already, and the advice to a cause that a change below mends.
    """
    mended = {each for change in (diagnosis.fix.changes if diagnosis.fix else ()) for each in change.causes}
    said = cause.sentence.casefold()
    fresh = (each for each in cause.evidence if each.rstrip(".").casefold() not in said)
    evidence = (each for each in fresh if not (cause.id in mended and each.startswith(_ADVICE)))
    return "" if cause.sentence in diagnosis.sentence else cause.sentence, tuple(evidence)


def about(cause: Cause) -> str:
    """How sure a cause is, what it stops, and where it stands, in a line."""
    return f"{cause.certainty}, {_STOPS[cause.stops]}; {_place(cause.where)}"


def _place(where: Where) -> str:
    sid = f', statement "{where.sid}"' if where.sid else ""
    kind = "" if where.kind == CALL else where.kind.replace("-", " ")
    named = " ".join(filter(None, (kind, where.name)))
    return f"{named}{f' of account {where.account}' if where.account else ''}{sid}"


def _causes(diagnosis: Diagnosis) -> Iterator[str]:
    for number, cause in enumerate(diagnosis.causes, 1):
        sentence, shown = kept(cause, diagnosis)
        lines = [*filter(None, (sentence, f"{cause.id}: {about(cause)}"))]
        lines += [line for evidence in shown for line in evidence.splitlines()]
        lines += [f"Source: {cause.source}"] if cause.source else []
        yield f"  {number}. {lines[0]}"
        yield from (_indented(line, 5) for line in lines[1:])


def _region(diagnosis: Diagnosis) -> str:
    function = diagnosis.question.function
    return function.region if function else ""


def _changes(changes: Iterable[Change], region: str) -> Iterator[str]:
    for change in changes:
        guard = " (a guard rail: others keep it as a limit)" if change.guard_rail else ""
        yield f"  {changed(change)}{guard}"
        if change.call is not None:
            yield from (_indented(line, 4) for line in command(change, region).splitlines())
        yield from (_indented(line, 4) for line in change.diff.splitlines())


def changed(change: Change) -> str:
    """What is to be changed, and in which account."""
    if change.call is not None:
        return f"a call in account {change.account}" if change.account else "a call"
    account = f" of account {change.account}" if change.account else ""
    return f"{change.kind.replace('-', ' ')} {change.name}{account}"


def _opens(probes: Sequence[Probe]) -> Iterator[str]:
    """Who else is let in, each on a line; and in one line who stays outside."""
    for each in probes:
        if each.after and each.before:
            yield f"  {each.probe}: allowed, as before"
        elif each.after:
            note = "asked for" if each.asked_for else "MORE THAN WAS ASKED FOR"
            yield f"  {each.probe}: allowed now ({note})"
    denied = [each.probe for each in probes if not each.after]
    if denied:
        yield f"  Denied, as before: {'; '.join(denied)}."


def _alternatives(alternatives: Iterable[Alternative], region: str) -> Iterator[str]:
    for each in alternatives:
        yield f"  {each.name}: {each.reason}"
        yield from (f"  {line}" for line in _changes(each.changes, region))


def _indented(line: str, by: int = 2) -> str:
    return f"{' ' * by}{line}" if line else ""
