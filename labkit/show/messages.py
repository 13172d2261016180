"""What a view says after something was pressed: whether it went well, and one or two sentences."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from botocore.exceptions import BotoCoreError, ClientError

from labkit.aws.errors import explain
from labkit.errors import LabError
from labkit.lab.notebook_errors import sentence

ERRORS = (ClientError, BotoCoreError, LabError)
"""What a press may end with: AWS refuses, AWS does not answer, the lab knows why not."""


@dataclass(frozen=True, slots=True)
class Message:
    """The outcome of a press or of the call behind it; true where it went well. Errors of AWS are said verbatim."""

    ok: bool
    text: str

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"{'✓' if self.ok else '✗'} {self.text}" if self.text else ""

    def html(self) -> str:
        """As a paragraph that a screen reader reads out when it changes; empty where there is nothing to say."""
        kind, mark = ("yes", "✓") if self.ok else ("no", "✗")
        shown = f'<b class="labkit-{kind}">{mark}</b> {escape(self.text)}' if self.text else ""
        return f'<p role="status" style="margin:2px 0;overflow-wrap:anywhere">{shown}</p>'


NO_MESSAGE = Message(True, "")
"""Before anything was pressed."""


def failure(error: Exception) -> Message:
    """One of ``ERRORS`` in a sentence: as notebooks and the command line say it, AWS's own words verbatim."""
    return Message(False, sentence(error) or explain(error)[0])
