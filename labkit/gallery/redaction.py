"""Redaction of what the lab has made: pages and results, in which the lab's own names are the story and stay.

How originals are found and replaced is the business of `labkit.diagnosis.redaction`; of the lab's repositories,
functions, digests and Sids none is a secret.
"""

from __future__ import annotations

from collections.abc import Iterable

from labkit.diagnosis.redaction import Redactor
from labkit.diagnosis.redaction.redactor import OF_THE_LAB
from labkit.embedded.state import world
from labkit.gallery import Site
from labkit.lab.article import EXECUTION_ROLE, LIMITED_ROLE

SPARED = frozenset({"Test", "NAME", EXECUTION_ROLE, LIMITED_ROLE, world.ADMINISTRATOR, *world.ACCOUNTS})
"""Names that every lab has."""


def redactor_of_the_lab(texts: Iterable[str], accounts: Iterable[str] = (), profiles: Iterable[str] = ()) -> Redactor:
    """A redactor for ``texts``; ``accounts`` and ``profiles`` get the first stand-ins, in their order."""
    known = {"account": accounts, "profile": profiles}
    return Redactor(texts, known=known, spared=SPARED, places=OF_THE_LAB)


def redacted_site(redactor: Redactor, site: Site) -> dict[str, bytes]:
    """A site whose pages were among the texts, with every original replaced."""
    return {**site, **{name: redactor.html(text).encode() for name, text in pages(site).items()}}


def pages(site: Site) -> dict[str, str]:
    """The pages of a site as texts; its style sheet and its pictures are not redacted."""
    return {name: content.decode() for name, content in site.items() if name.endswith(".html")}
