"""The first pages: of scenarios alone, and of the gallery; and the binding of pages into a site."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import NamedTuple

from labkit.gallery import played
from labkit.gallery.page import STYLE, TITLE, Link, Page, anchor, style, whole
from labkit.gallery.played import Played

_REFUSAL = (
    "An error occurred (AccessDeniedException) when calling the CreateFunction operation: Lambda does not have "
    "permission to access the ECR image. Check the ECR permissions."
)
_ROW = re.compile(
    r"^\| \[[^]]*\]\((?:notebooks/)?(?P<name>[\w-]+)\.ipynb\) \| (?P<what>.*?) \| (?P<minutes>\d+) \|", re.MULTILINE
)
_GLOSSARY = "glossary.html"


class About(NamedTuple):
    """What a table of notebooks says about one: what happens in it, and how many minutes it takes."""

    what: str
    minutes: str


def about(markdown: Iterable[str]) -> Mapping[str, About]:
    """What the tables of notebooks in these texts say, by the file of the notebook's page; the first table counts."""
    found = [row for text in markdown for row in _ROW.finditer(text)]
    return {f"{row['name']}.html": About(row["what"], row["minutes"]) for row in reversed(found)}


def scenarios_site(what: Played) -> dict[str, bytes]:
    """The site of ``labkit run --html``: a first page and a page for each scenario."""
    title = "What AWS Lambda answers, step by step"
    body = (
        f'<p class="kind">Scenarios</p>\n<h1>{title}</h1>\n'
        '<p class="lead">May Lambda pull this image? Each page plays one scenario on boto3: AWS’s refusals word '
        "for word, which statement of which policy decided, the policy that lets Lambda in, and the function’s "
        "answer.</p>\n"
        f"{_refusal()}\n{played.table(what.results)}\n<p>{escape(what.sentence)}</p>"
    )
    return _bound([Page("index.html", title, body)], played.pages(what))


def gallery_site(notebooks: Sequence[Page], tables: Mapping[str, About], what: Played) -> dict[str, bytes]:
    """The site of ``labkit gallery``: a first page, the notebooks, and a page for each scenario."""
    glossary = next((page for page in notebooks if page.name == _GLOSSARY), None)
    chapters = [page for page in notebooks if page is not glossary]
    words = f"<p>The words that the pages use stand in the {anchor(glossary.link)}.</p>\n" if glossary else ""
    body = (
        f"<h1>{TITLE}</h1>\n"
        '<p class="lead">AWS Lambda refuses a container image with one sentence, whatever the cause:</p>\n'
        f"{_refusal()}\n<p>These pages build and push an image, get that refusal, show which policy statement refused "
        "and why, apply the smallest policy that works, and invoke the function: in one account, in two accounts, and "
        f"across an AWS Organization.</p>\n<h2>The notebooks</h2>\n{_table(chapters, tables)}\n{words}"
        "<h2>The scenarios</h2>\n<p>The same story without the lessons: each step, what AWS answered, and why.</p>\n"
        f"{played.table(what.results)}\n<h2>How these pages were made</h2>\n<p><code>labkit gallery</code> ran every "
        "notebook from its first cell to its last and played the scenarios, on an embedded AWS that began empty; what "
        f"you read is what they answered. {escape(what.sentence)} Where the lab takes a port of this machine, a page "
        "says PORT. Widgets are drawn as they were; to use them, run the notebook in the lab.</p>"
    )
    last = [glossary] if glossary else []
    return _bound([Page("index.html", TITLE, body)], chapters, last, played.pages(what))


def _refusal() -> str:
    return f'<pre class="refusal">{escape(_REFUSAL)}</pre>'


def _table(pages: Sequence[Page], tables: Mapping[str, About]) -> str:
    heads = "".join(f'<th scope="col">{text}</th>' for text in ("notebook", "what happens", "minutes"))
    rows = "".join(_row(page, tables.get(page.name, About("", ""))) for page in pages)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(page: Page, said: About) -> str:
    number = re.match(r"\d\d", page.name)
    link = anchor(Link(page.name, f"{number[0]} {page.title}" if number else page.title))
    return f"<tr><td>{link}</td><td>{escape(said.what)}</td><td>{said.minutes}</td></tr>"


def _bound(*chapters: Sequence[Page]) -> dict[str, bytes]:
    """The pages as files, with the style sheet; within a chapter each leads to the one before and after it."""
    files = {STYLE: style()}
    for chapter in chapters:
        links: list[Link | None] = [None, *(page.link for page in chapter), None]
        for page, before, after in zip(chapter, links, links[2:], strict=False):
            files[page.name] = whole(page, before, after).encode()
    return files
