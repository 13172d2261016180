"""The form of notebook 00: which accounts, region and organization the lab uses, or which real profiles.

``LabForm`` is the view-model and the view. Without a widget it is plain Python:

    form = lab_form()
    form.edit(registry_account="111111111111")            as typing does; nothing is kept yet
    form.wrong                                            a sentence for each field with which something is wrong
    form.names()                                          what the article's names become with these values
    form.apply(), form.back_to_defaults()                 keep the values and open the lab; the defaults again

The one-line equivalent is ``labkit.lab.choosing.choose(...)``, which ``apply`` calls; its rules are those of the form.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from labkit.errors import UsageError
from labkit.lab.article import EXECUTION_ROLE, ORGANIZATION, OTHER_ACCOUNT, REPOSITORIES, SAME_ACCOUNT, TAG
from labkit.lab.choices import FIELDS, Choices, Where
from labkit.lab.choosing import choose, current
from labkit.lab.lab import Lab
from labkit.pull.uri import ImageUri
from labkit.show.messages import ERRORS, NO_MESSAGE, Message, failure
from labkit.show.style import framed
from labkit.show.table import Table
from labkit.show.view import Draw, View

GROUPS = tuple((where.value, tuple(field for field in FIELDS if field.where is where)) for where in Where)
"""The fields in groups, each with its title: for the embedded AWS, for real accounts, for both."""

_NOT_USED = "Not used: your own accounts have theirs."
DEFAULTS = {field.name: field.default for field in FIELDS if field.default}

_FIELDS = {field.name: field for field in FIELDS}


class LabForm(View):
    """What is chosen for a lab home, to change. Made by ``lab_form``.

    ``values`` are the texts of the fields and ``wrong`` a sentence for each with which something is wrong; ``lab`` is
    the lab that was opened when they were last kept, and ``message`` what came of the last press.
    """

    def __init__(self, home: Path | None, draw: Draw) -> None:
        super().__init__(draw)
        self.home = home
        self.lab: Lab | None = None
        self.message = NO_MESSAGE
        self._take(self._kept())

    def _kept(self) -> dict[str, str]:
        return {name: value or "" for name, value in current(self.home).items()}

    # What is written

    def edit(self, **values: str | None) -> None:
        """Changes fields, by the names that ``choose`` takes. Nothing is kept yet. Raises UsageError for others."""
        for name in values:
            if name not in self.values:
                raise UsageError(f"The form has no field {name!r}. The fields are {', '.join(self.values)}.")
        self.message = NO_MESSAGE
        self._take(
            self.values
            | {name: value.strip() if isinstance(value, str) else value or "" for name, value in values.items()}
        )
        self._redraw()

    def _take(self, values: dict[str, str]) -> None:
        self.values, self._choices = values, Choices.of(values)
        self.wrong = self._choices.problems()

    def remark(self, name: str) -> str:
        """What stands beside a field where nothing is wrong with it: that it is not used, or what empty means."""
        if _FIELDS[name].where is Where.EMBEDDED and self._choices.are_real:
            return _NOT_USED
        return "" if self.values[name] else _FIELDS[name].hint

    def names(self) -> list[tuple[str, str]]:
        """What the article's names become with these values: a label and a name each."""
        return list(self._names())

    def _names(self) -> Iterator[tuple[str, str]]:
        registry, workload = self._account("registry"), self._account("workload")
        region = self._shown("region", "the profile's region" if self._choices.are_real else "")
        for repository in REPOSITORIES:
            yield "image", str(ImageUri(registry, region, repository, TAG))
        for names in (SAME_ACCOUNT, OTHER_ACCOUNT, ORGANIZATION):
            account = registry if names is SAME_ACCOUNT else workload
            yield "function", f"arn:aws:lambda:{region}:{account}:function:{names.function}"
        yield "execution role", f"arn:aws:iam::{workload}:role/{EXECUTION_ROLE}"

    def _account(self, actor: str) -> str:
        if not self._choices.are_real:
            return self._shown(f"{actor}_account")
        profile = self.values[f"{actor}_profile"]
        opened = self.lab.actor(actor) if self.lab and self.lab.profiles.get(actor) == profile else None
        return opened.account if opened else f"<account of {profile or 'no profile'}>"

    def _shown(self, name: str, default: str = "") -> str:
        """The value of a field, or its place where there is none that would do."""
        if name in self.wrong:
            return f"<{name.replace('_', ' ')}>"
        return self.values[name] or (f"<{default}>" if default else DEFAULTS[name])

    # Keeping it

    def apply(self) -> Message:
        """Checks and keeps the values, and opens the lab. Where that fails, what was kept before stays."""
        remarks: list[str] = []
        try:
            self.lab = choose(self.home, say=remarks.append, **self.values)
            self._take(self._kept())
            where = f"The lab is on {self.lab.where}: {_summary(self.lab)}."
            self.message = Message(True, " ".join([where, self.lab.engine.sentence, *remarks]))
        except ERRORS as error:
            self.message = failure(error)
        self._redraw()
        return self.message

    def back_to_defaults(self) -> Message:
        """Writes the defaults, which are the article's, into the fields. They are kept when they are applied."""
        self._take({name: DEFAULTS.get(name, "") for name in self.values})
        self.message = Message(True, "These are the article's. Press “Use these” to keep them.")
        self._redraw()
        return self.message

    # Showing it

    def text(self) -> str:
        """The fields with their values, and what is wrong; below them the names."""
        parts = [repr(self._table()), "", repr(Table(("what", "name"), self.names())), repr(self.message)]
        return "\n".join(parts).rstrip()

    def html(self) -> str:
        """The same as tables."""
        return framed(f"{self._table()._repr_html_()}{self.names_html()}{self.message.html()}")

    def names_html(self) -> str:
        """What the names become, as a table."""
        rows = "".join(
            f'<tr><th scope="row" style="white-space:nowrap">{escape(what)}</th>'
            f"<td><code>{escape(name)}</code></td></tr>"
            for what, name in self.names()
        )
        return f"<table><caption>The article's names with these values</caption><tbody>{rows}</tbody></table>"

    def field_message_html(self, name: str) -> str:
        """What stands beside a field: what is wrong with it, or a remark."""
        if name in self.wrong:
            return f'<span role="status" class="labkit-no"><b>✗</b> {escape(self.wrong[name])}</span>'
        return f'<span role="status" class="labkit-quiet">{escape(self.remark(name))}</span>'

    def _table(self) -> Table:
        rows = [
            (each.label, self.values[each.name] or "–", self._beside(each.name))
            for _, fields in GROUPS
            for each in fields
        ]
        return Table(("field", "value", "message"), rows)

    def _beside(self, name: str) -> str:
        return f"✗ {self.wrong[name]}" if name in self.wrong else self.remark(name)


def _summary(lab: Lab) -> str:
    return (
        f"registry {lab.registry.account}, workload {lab.workload.account}, region {lab.region}, base image {lab.base}"
    )
