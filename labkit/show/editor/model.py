"""The policy editor: a repository's policy while it is being written, and what it would come to.

``PolicyEditor`` is the view-model and the view. Without a widget it is plain Python:

    editor = policy_editor(lab, "lambda-another-account", "test-another-account")
    editor.edit(policies.cross_account("592444418872"))   a document, a text, or None for no policy
    editor.findings, editor.size, editor.diff()           what is wrong, how long it is, what it would change
    editor.decision                                       what Lambda would be answered
    editor.apply(), editor.undo(), editor.reload()        what changes the repository, or reads it again

The one-line equivalent is ``ecr.set_repository_policy(repositoryName=..., policyText=...)``, which ``apply`` calls.

Before every change the repository is read. If somebody else has changed its policy since, nothing is written, the
difference is shown against theirs, and only doing it again replaces theirs. ECR has no call that writes on condition,
so what happens between that reading and the writing cannot be noticed. The decision is always that on the text as it
is now; where none can be made, ``decision_note`` says why, and that the one shown is of an earlier text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import boto3

from labkit.aws import repositories
from labkit.aws.reading import Unreadable
from labkit.check import Finding
from labkit.errors import PolicyError
from labkit.iam.words.outline import without_advice
from labkit.iam.words.reasons import without_instead
from labkit.lab.lab import Lab, asks_for_paths
from labkit.pull.decision import PullDecision
from labkit.pull.question import PullQuestion
from labkit.show.decision_html import sides_html
from labkit.show.editor.draft import DiffLine, Draft, counted
from labkit.show.editor.rendering import diff_html, diff_text, findings_summary, listing_html, listing_text, size_line
from labkit.show.messages import ERRORS, NO_MESSAGE, Message, failure
from labkit.show.style import framed
from labkit.show.view import Draw, View

_SOMEBODY = (
    "Somebody else has changed the policy meanwhile, so nothing was written. What is shown as applied is theirs now; "
    "do it again to replace it."
)
_VERDICT_CLASSES = {"✓": "labkit-yes", "✗": "labkit-no", "?": "labkit-quiet"}


class PolicyEditor(View):
    """A repository's policy to read, write, apply and undo. Made by ``policy_editor``.

    ``applied`` is the text that the repository has (None: no policy), as it was last read; ``message`` what came of the
    last press, until the text is changed. ``decision`` is what Lambda would be answered for the text, or the last one
    that could be made, in which case ``decision_note`` says why there is no newer one. Without ``advice`` it says what
    is wrong, and not what to write instead.
    """

    def __init__(
        self, lab: Lab, repository: str, function: str, caller: boto3.Session, draw: Draw, *, advice: bool = True
    ) -> None:
        super().__init__(draw)
        self.repository, self.function, self.advice = repository, function, advice
        self._lab, self._caller, self._ecr = lab, caller, lab.registry.client("ecr")
        self._before: list[str | None] = []
        self.message, self.decision_note = NO_MESSAGE, ""
        self.decision: PullDecision | None = None
        self.applied = repositories.policy(self._ecr, repository)
        self._question, self._no_paths = self._ask()
        self.edit(self.applied)

    # The text

    @property
    def text_now(self) -> str:
        """The text in the editor; empty for no policy."""
        return self._draft.text

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What ``labkit check`` finds in the text, each with its line."""
        return self._draft.findings

    @property
    def size(self) -> int:
        """The length of the text in characters, as ECR counts them; it takes 10,240."""
        return self._draft.size

    def diff(self) -> tuple[DiffLine, ...]:
        """What applying the text would change, line by line; empty where it would change nothing."""
        return self._draft.diff(self.applied)

    def edit(self, policy: Mapping[str, Any] | str | None) -> None:
        """Replaces the text by a document or text, laid out to read; None is no policy. Nothing is applied."""
        self._type(Draft.of(policy))

    def typed(self, text: str) -> None:
        """Takes the text exactly as it is, as typing in the widget does."""
        self._type(Draft(text))

    def _type(self, draft: Draft) -> None:
        self._draft = draft
        self.message = NO_MESSAGE  # that was of an earlier text
        self._decide()
        self._redraw()

    # What it would come to

    def _ask(self) -> tuple[PullQuestion | None, str]:
        """The question to be asked of every text; and why it leaves out organization paths or cannot be asked."""
        who = (self._caller, self.function, self.repository)
        try:
            return self._lab.question(*who), ""
        except Unreadable as error:
            reason = str(error)
        try:
            return self._lab.question(*who, paths=False), reason
        except Unreadable as error:
            return None, str(error)

    def _decide(self) -> None:
        try:
            self.decision, self.decision_note = self._decision(), ""
        except PolicyError as error:
            older = " What is shown is the decision on an earlier text." if self.decision else ""
            self.decision_note = f"This text is no policy, so there is no decision on it: {error}{older}"
        except Unreadable as error:
            self.decision, self.decision_note = None, f"There is no decision to show. {error}"

    def _decision(self) -> PullDecision:
        policy = self._draft.policy
        if self._question is None:
            raise Unreadable(self._no_paths)
        own = self._question.caller_policies
        if self._no_paths and any(map(asks_for_paths, [*own.identity, own.boundary, policy])):
            raise Unreadable(
                f"A policy asks for the organization path, and {_lower(self._no_paths)} A management profile "
                "(notebook 00) may read it."
            )
        return self._question.having(repository_policy=policy).decide()

    # Changing the repository

    def apply(self) -> Message:
        """Gives the repository the text as its policy, or takes its policy away where the text is empty."""
        return self._settle(self._apply)

    def undo(self) -> Message:
        """Gives the repository back exactly what it had before the last ``apply``, which may be no policy."""
        return self._settle(self._undo)

    def reload(self) -> Message:
        """Reads the repository and the accounts again, and puts what is applied in place of the text."""
        return self._settle(self._reload)

    @property
    def levels(self) -> int:
        """How often ``undo`` can be done."""
        return len(self._before)

    def _settle(self, change: Callable[[], Message]) -> Message:
        try:
            self.message = change()
        except ERRORS as error:
            self.message = failure(error)
        self._decide()
        self._redraw()
        return self.message

    def _read(self) -> bool:
        """Reads everything again; tells whether the policy is still the one that was last read."""
        known, self.applied = self.applied, repositories.policy(self._ecr, self.repository)
        self._question, self._no_paths = self._ask()
        return self.applied == known

    def _apply(self) -> Message:
        if not self._read():
            return Message(False, _SOMEBODY)
        if self._draft.means(self.applied):
            return Message(True, "There is nothing to apply: the repository has this policy already.")
        changes, before = counted(self.diff()), self.applied
        call = self._write(None if self._draft.is_empty else self.text_now)
        self._before.append(before)
        return Message(True, f"Applied with {call}: {changes}.")

    def _undo(self) -> Message:
        if not self._before:
            return Message(False, "There is nothing to undo: nothing was applied here.")
        if not self._read():
            return Message(False, _SOMEBODY)
        untouched = self._draft.means(self.applied)
        call = self._write(self._before[-1])
        self._before.pop()
        if untouched:
            self._draft = Draft.of(self.applied)
            return Message(True, f"Undone with {call}.")
        return Message(True, f"Undone with {call}. The text is still yours, since you have changed it after applying.")

    def _reload(self) -> Message:
        self._read()
        self._draft = Draft.of(self.applied)
        return Message(True, "This is what the repository has now.")

    def _write(self, text: str | None) -> str:
        """Writes, reads back what ECR has made of it, and returns the call in words."""
        repositories.set_policy(self._ecr, self.repository, text)
        self.applied = repositories.policy(self._ecr, self.repository)
        if text is None:
            return f"ecr.delete_repository_policy(repositoryName={self.repository!r})"
        return f"ecr.set_repository_policy(repositoryName={self.repository!r}, policyText=…)"

    # Showing it

    @property
    def title(self) -> str:
        """What is edited, and for whom it is decided."""
        return f"The policy of {self.repository}, for {self.function}"

    @property
    def verdict(self) -> str:
        """What Lambda would be answered for the text, in a word and with a mark."""
        if self.decision is None or self.decision_note:
            return "? no decision"
        return "✓ allowed" if self.decision.allowed else "✗ denied"

    @property
    def status(self) -> str:
        """Verdict, size, findings and changes in one line."""
        return f"{self.verdict} · {self._figures}"

    @property
    def _figures(self) -> str:
        state = counted(self.diff()) if self.diff() else "as applied"
        return f"{size_line(self._draft)} · {findings_summary(self.findings)} · {state}"

    def text(self) -> str:
        """Title, status, the numbered lines with their findings, what would change, and the decision."""
        listed = listing_text(self._draft, advice=self.advice) if self.text_now else "No policy."
        parts = [self.title, self.status, listed]
        parts += [f"Not applied yet: {self._all_new}".rstrip()] if self.diff() else []
        parts += [] if self._all_new else [diff_text(self.diff())]
        parts += [self.decision_note] if self.decision_note else []
        parts += [self.decision.headline, *map(self._told, self.decision.sentences())] if self.decision else []
        return "\n".join([*parts, repr(self.message)]).rstrip()

    def html(self) -> str:
        """The same as one element."""
        parts = (self.title_html(), self.status_html(), self.listing_html(), self.decision_html(), self.message.html())
        return framed("".join(parts))

    def title_html(self) -> str:
        """What is edited."""
        return f"<p><b>{escape(self.title)}</b></p>"

    def status_html(self) -> str:
        """The status as a paragraph that a screen reader reads out when it changes."""
        verdict = f'<b class="{_VERDICT_CLASSES[self.verdict[0]]}">{self.verdict}</b>'
        return f'<p role="status" class="labkit-quiet">{verdict} · {escape(self._figures)}</p>'

    def listing_html(self) -> str:
        """The numbered lines with their findings, and below them what would change."""
        return listing_html(self._draft, advice=self.advice) + self._changes_html()

    def _changes_html(self) -> str:
        if not self.diff():
            return ""
        lines = self._all_new
        return f"<p><b>Not applied yet:</b> {escape(lines)}</p>" + ("" if lines else diff_html(self.diff()))

    @property
    def _all_new(self) -> str:
        """What is said instead of a difference in which every line has changed."""
        if self.applied is None:
            return "the repository has no policy, so all of this is new."
        return "the repository would lose its policy." if self._draft.is_empty else ""

    def decision_html(self) -> str:
        """The decision on the text, under a line that says of which text it is."""
        head = "With this policy" if not self.diff() else "If this were applied"
        note = f'<p class="labkit-no"><b>✗</b> {escape(self.decision_note)}</p>' if self.decision_note else ""
        head = "Of an earlier text" if self.decision and note else head
        if self.decision is None:
            return note
        tree = self.decision.outline()
        return f"{note}<p><b>{head}:</b></p>{sides_html(tree if self.advice else without_advice(tree))}"

    def _told(self, sentence: str) -> str:
        return sentence if self.advice else without_instead(sentence)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
