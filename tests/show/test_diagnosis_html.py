"""A diagnosis as HTML: everything is said, everything is escaped, and a page of it needs nothing else."""

from __future__ import annotations

from html.parser import HTMLParser

from labkit.diagnosis.facts import NotKnown, Question
from labkit.diagnosis.result import Cause, Change, Diagnosis, Fix, Party, Probe, Where
from labkit.show.diagnosis_html import diagnosis_html
from labkit.show.display import html_of
from labkit.show.style import standalone

HOSTILE = '<script>alert("x")</script>\x1b[31m\u202e&'


def made(text: str) -> Diagnosis:
    """A diagnosis in which ``text`` stands wherever a text of others can stand."""
    where = Where(text, "repository-policy", text, text)
    cause = Cause("service-statement-missing", "certain", "pull", text, where, (text,), text)
    document = Change("repository-policy", text, text, None, "{}", f"--- {text}\n+++ after\n@@ -1 +1 @@\n+{text}")
    call = Change("call", text, text, call=("ecr", "create-repository", {"repositoryName": text}))
    probes = (Probe(text, False, True, True), Probe("anonymous", False, True, False))
    fix = Fix((document, call), True, probes, letter=text)
    parties = {"lambda": Party("cannot"), "caller": Party("not-asked")}
    return Diagnosis(
        Question(text), "cannot", parties, text, (cause,), (NotKnown(text, text, text),), fix, (text,), None
    )


class Texts(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_texts_of_others_are_escaped_and_their_control_characters_shown() -> None:
    page = Texts()
    page.feed(diagnosis_html(made(HOSTILE)))
    assert "script" not in page.tags
    text = "".join(page.texts)
    assert '<script>alert("x")</script>\\x1b[31m\\u202e&' in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_cause_fix_proof_and_what_it_opens_are_said_in_words() -> None:
    page = Texts()
    page.feed(diagnosis_html(made("lambda-test")))
    text = "".join(page.texts)
    said = (
        "service-statement-missing",
        "The smallest change",
        "decided before and after",
        "more than was asked for",
        "asked for",
    )
    for each in (*said, "What comes next", "Not known", "create-repository", "A text for the registry's owner"):
        assert each in text


def test_a_page_of_its_own_asks_for_nothing_from_elsewhere() -> None:
    page = standalone("A <diagnosis>", diagnosis_html(made("lambda-test")))
    assert page.startswith("<!doctype html>")
    assert "<title>A &lt;diagnosis&gt;</title>" in page
    for remote in ("http:", "https:", "src=", "@import", "url("):
        assert remote not in page


def test_a_notebook_shows_a_diagnosis_as_this() -> None:
    assert html_of(made("lambda-test")) == diagnosis_html(made("lambda-test"))
