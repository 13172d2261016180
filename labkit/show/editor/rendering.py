"""Drafts as text and HTML: numbered lines with the findings at their line, and what would change.

A finding is said in words (error or warning, what is wrong, what to write) and marked; colour only underlines it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from labkit.check import ERROR, Finding
from labkit.show.editor.draft import ADDED, DIFF_MARKS, LONGEST_REPOSITORY_POLICY, REMOVED, DiffLine, Draft, counted

_STYLE = """<style>
.labkit-view .labkit-lines{margin:2px 0;padding-left:3.2em}
.labkit-lines{font-family:var(--jp-code-font-family,monospace);font-size:12px}
.labkit-lines li::marker{color:var(--labkit-quiet)}
.labkit-finding span{color:var(--jp-content-font-color1,inherit)}
.labkit-finding.error{color:var(--labkit-no)}
.labkit-finding.warning{color:var(--labkit-near)}
div.labkit-view .labkit-diff th,div.labkit-view .labkit-diff td{padding:0 8px 0 0;border:0}
div.labkit-view .labkit-diff th{white-space:nowrap;overflow-wrap:normal;font-weight:normal}
div.labkit-view .labkit-finding{margin:1px 0 3px;padding:1px 8px;border-left:3px solid;font-size:12px;
font-family:var(--jp-ui-font-family,system-ui,sans-serif)}
</style>"""

_SHORT = 24
"""Lines up to which a difference is shown at once."""

_MARKS = {ERROR: "✗", "warning": "⚠"}


def size_line(draft: Draft) -> str:
    """The length of the text against the limit, such as ``612 of 10,240 characters``."""
    over = f": {draft.size - LONGEST_REPOSITORY_POLICY:,} too many" if draft.size > LONGEST_REPOSITORY_POLICY else ""
    return f"{draft.size:,} of {LONGEST_REPOSITORY_POLICY:,} characters{over}"


def findings_summary(findings: Sequence[Finding]) -> str:
    """How many errors and warnings there are, in words."""
    if not findings:
        return "no findings"
    errors = sum(finding.rule.severity == ERROR for finding in findings)
    counts = ((errors, "error"), (len(findings) - errors, "warning"))
    return ", ".join(f"{count} {word}{'s' * (count != 1)}" for count, word in counts if count)


def listing_text(draft: Draft, *, advice: bool = True) -> str:
    """The lines with their numbers, and below a line what was found in it; without ``advice`` only what is wrong."""
    return "\n".join(_text_lines(draft, advice))


def _text_lines(draft: Draft, advice: bool) -> Iterator[str]:
    for number, line in enumerate(draft.lines, 1):
        yield f"{number:>4}  {line}".rstrip()
        for finding in _at(draft, number):
            yield f"      {_MARKS[finding.rule.severity]} {finding.rule.severity}: {_finding_text(finding, advice)}"


def _finding_text(finding: Finding, advice: bool) -> str:
    return f"{finding.problem} {finding.instead}" if advice else finding.problem


def listing_html(draft: Draft, *, advice: bool = True) -> str:
    """The same as an ordered list; one sentence where there is no policy."""
    if draft.is_empty:
        return "<p>No policy: the text is empty.</p>"
    return f'{_STYLE}<ol class="labkit-lines">{"".join(_items(draft, advice))}</ol>'


def _items(draft: Draft, advice: bool) -> Iterator[str]:
    for number, line in enumerate(draft.lines, 1):
        found = "".join(_finding(finding, advice) for finding in _at(draft, number))
        yield f"<li><code>{escape(line) or ' '}</code>{found}</li>"


def _finding(finding: Finding, advice: bool) -> str:
    severity = finding.rule.severity
    return (
        f'<p class="labkit-finding {severity}"><b>{_MARKS[severity]} {severity}:</b> '
        f"<span>{escape(_finding_text(finding, advice))}</span></p>"
    )


def _at(draft: Draft, number: int) -> list[Finding]:
    last = len(draft.lines)
    return [finding for finding in draft.findings if min(finding.line, last) == number]


def diff_text(lines: Sequence[DiffLine]) -> str:
    """What would change, a line each, with ✚ for added and − for removed."""
    return "\n".join(map(str, lines))


_WORDS = {ADDED: ("labkit-yes", "added"), REMOVED: ("labkit-no", "removed")}


def diff_html(lines: tuple[DiffLine, ...]) -> str:
    """The same as a table, in which a word stands beside each mark; folded where it is long."""
    if not lines:
        return ""
    is_open = " open" if len(lines) <= _SHORT else ""
    table = f'<table class="labkit-diff"><tbody>{"".join(map(_changed, lines))}</tbody></table>'
    return f"{_STYLE}<details{is_open}><summary>{counted(lines)}</summary>{table}</details>"


def _changed(line: DiffLine) -> str:
    kind, word = _WORDS.get(line.kind, ("labkit-quiet", ""))
    label = f"{DIFF_MARKS[line.kind]} {word}".strip()
    return f'<tr class="{kind}"><th scope="row">{label}</th><td><code>{escape(line.text)}</code></td></tr>'
