"""A diagnosis as HTML: the sentence first, then each cause with its evidence, the fix, its proof and what it opens.

One element without script, as a notebook shows a diagnosis; `labkit.show.style.standalone` makes a page of it. Every
text is escaped. What a colour says is always said by a mark or a word as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from labkit.diagnosis import words
from labkit.diagnosis.formats.shell import command
from labkit.diagnosis.result import Cause, Change, Diagnosis, Fix, Probe
from labkit.ground.text import visible
from labkit.show.decision_html import opens_none, sides_html
from labkit.show.style import framed

_VERDICTS = {
    "can": ("labkit-yes", "✔", "Lambda gets the image"),
    "cannot": ("labkit-no", "✘", "Lambda does not get the image"),
    "unknown": ("labkit-near", "?", "It cannot be told"),
}
_LINES = {"+": "labkit-yes", "-": "labkit-no", "@": "labkit-quiet"}
_STYLE = """<style>
div.labkit-view .labkit-sentence{font-size:15px;font-weight:600;margin:0 0 6px}
div.labkit-view .labkit-heading{font-size:13px;font-weight:600;margin:12px 0 2px}
div.labkit-view .labkit-cause{border-left:3px solid var(--labkit-no);padding:2px 0 2px 10px;margin:6px 0}
div.labkit-view .labkit-evidence{margin:4px 0 2px;white-space:pre-wrap}
.labkit-view.labkit-view.labkit-view .labkit-diff{border:1px solid var(--labkit-line);border-radius:4px;
padding:6px 10px;margin:4px 0;overflow-x:auto}
div.labkit-view td>span{white-space:nowrap}
div.labkit-view .labkit-opens :is(thead,td:last-child){overflow-wrap:normal}
</style>"""


def diagnosis_html(diagnosis: Diagnosis) -> str:
    """The whole diagnosis as one element."""
    parts = [_STYLE, _verdict(diagnosis), *(_cause(each, diagnosis) for each in diagnosis.causes)]
    if diagnosis.fix:
        parts.append(_fix(diagnosis.fix))
    parts.append(_listed("What comes next", diagnosis.next))
    told = [f"{each.what} ({each.why}): {each.who_could_tell}." for each in diagnosis.not_known]
    parts.append(_folded("Not known", _items(told)) if told else "")
    if diagnosis.decision:
        parts.append(
            _folded("Every statement that was looked at", sides_html(diagnosis.decision.outline(), opens_none))
        )
    return framed("".join(parts))


def _verdict(diagnosis: Diagnosis) -> str:
    style, mark, verdict = _VERDICTS[diagnosis.verdict]
    badge = f'<span class="labkit-badge {style}"><span aria-hidden="true">{mark}</span> {verdict}</span>'
    parties = _text(" · ".join(words.party(name, each) for name, each in diagnosis.parties.items()))
    return f'<p class="labkit-sentence">{_text(diagnosis.sentence)}</p><p>{badge} {parties}</p>'


def _cause(cause: Cause, diagnosis: Diagnosis) -> str:
    sentence, shown = words.kept(cause, diagnosis)
    head = (
        f'<span class="labkit-badge labkit-no">{_text(cause.id)}</span> '
        f'<span class="labkit-quiet">{_text(words.about(cause))}</span>'
    )
    said = f"<p>{_text(sentence)}</p>" if sentence else ""
    evidence = "".join(f'<pre class="labkit-evidence">{_text(each)}</pre>' for each in shown)
    source = f'<p class="labkit-quiet">Source: {_text(cause.source)}</p>' if cause.source else ""
    return f'<div class="labkit-cause"><p>{head}</p>{said}{evidence}{source}</div>'


def _fix(fix: Fix) -> str:
    changes = "".join(map(_change, fix.changes))
    proof = f"Proof: {words.proof(fix)}" if fix.changes else ""
    others = "".join(
        _folded(f"Or: {each.name}", f"<p>{_text(each.reason)}</p>{''.join(map(_change, each.changes))}")
        for each in fix.alternatives
    )
    letter = f'<pre class="labkit-diff">{_text(fix.letter)}</pre>' if fix.letter else ""
    owner = _folded("A text for the registry's owner", letter) if letter else ""
    return f"{_heading('The smallest change')}{changes}<p>{proof}</p>{_opens(fix.opens)}{others}{owner}"


def _change(change: Change) -> str:
    guard = " It is a guard rail: others keep it as a limit." if change.guard_rail else ""
    what = words.changed(change)
    title = f"<p>{_text(what[:1].upper() + what[1:])}.{guard}</p>"
    if change.call is not None:
        return f'{title}<pre class="labkit-diff">{_text(command(change))}</pre>'
    lines = "\n".join(map(_diff_line, change.diff.splitlines()))
    return f'{title}<pre class="labkit-diff">{lines}</pre>'


def _diff_line(line: str) -> str:
    style = _LINES.get(line[:1])
    return f'<span class="{style}">{_text(line)}</span>' if style else _text(line)


def _opens(probes: Sequence[Probe]) -> str:
    if not probes:
        return ""
    head = "".join(f'<th scope="col">{title}</th>' for title in ("who else", "before", "after", ""))
    rows = "".join(map(_probe, probes))
    table = f'<table class="labkit-opens"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    return f"{_heading('What else it opens')}{table}"


def _probe(probe: Probe) -> str:
    marks = {True: '<span class="labkit-yes">✔ allowed</span>', False: '<span class="labkit-no">✘ denied</span>'}
    more = probe.after and not probe.before
    note = ("asked for" if probe.asked_for else '<b class="labkit-near">more than was asked for</b>') if more else ""
    cells = (_text(probe.probe), marks[probe.before], marks[probe.after], note)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _heading(title: str) -> str:
    return f'<p class="labkit-heading" role="heading" aria-level="3">{title}</p>'


def _listed(title: str, lines: Sequence[str]) -> str:
    return f"{_heading(title)}{_items(lines)}" if lines else ""


def _items(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in lines)}</ul>"


def _folded(title: str, inside: str) -> str:
    return f"<details><summary>{_text(title)}</summary>{inside}</details>"


def _text(text: str) -> str:
    return escape(visible(text))
