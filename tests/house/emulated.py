"""Makes ``docs/emulated.md``, which says what the embedded AWS does, from where that is known, and what differs.

    python tests/house/emulated.py

Nothing on that page is written by hand but its prose: operations are those of the services' tables, rows of behaviour
are tests with a mark (`tests.house.marked`), and the rest are tables that tests go by: vectors, the exceptions of the
tests that compare recordings, the tools' lists, the keys. A test holds the page against this script.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from labkit.embedded.http.gateway import operations
from labkit.embedded.services.ecr.registries import absent
from labkit.embedded.services.lambda_ import features
from labkit.iam.action_table import known_keys
from tests.embedded.services.iam import test_recordings_iam as iam
from tests.embedded.services.lambda_.recorded import test_recordings_lambda as lambda_
from tests.embedded.tools.replay import TOOLS, tool
from tests.house.marked import AREAS, CONFIDENCES, Row, rows
from tests.house.source import ROOT

PAGE = ROOT / "docs" / "emulated.md"
SERVICES = {
    "ecr": "Amazon ECR",
    "lambda": "AWS Lambda",
    "iam": "IAM",
    "sts": "STS",
    "organizations": "AWS Organizations",
    "cloudtrail": "CloudTrail",
}
HEAD = """# What the embedded AWS does, and how that is known

The lab's embedded AWS is written anew, from what AWS documents and from what was recorded on AWS. It is as wide as its
subject: whether Lambda can pull an image from ECR, in one account, across accounts and in an organization. This page
says what it does, from which source, how sure that is, and what differs. It is made by a script from the services'
tables and from the tests, and a test compares the two: a row that is here has a test that holds it.

1. [Operations that are there](#operations-that-are-there)
2. [Behaviour, with source and confidence](#behaviour-with-source-and-confidence)
3. [Decisions of policies](#decisions-of-policies)
4. [What differs, and why](#what-differs-and-why)
5. [Tools](#tools)
6. [What is not there](#what-is-not-there)
"""
OPERATIONS = """
## Operations that are there

Each is authorized as on AWS before it does anything. Besides these there is the registry's own door, `/v2/`, for
`docker push` and `docker pull`.
"""
BEHAVIOUR = """
## Behaviour, with source and confidence

A row is the name of a test, and the test stands where the link above the table leads. Recordings are not part of this
repository: tests that play them run where they lie beside it, and are skipped elsewhere. The confidence says how sure
it is that AWS does so:
"""
DECISIONS = """
## Decisions of policies

Requests with policies and the decision that AWS documents, each with its source in the file. Those that were measured
on AWS are counted apart.
"""
DIFFERS = """
## What differs, and why

By design, each with the test that holds it:
"""
RECORDED = """
Where recorded answers are compared, these differ:
"""
NOT_PLAYED = """
and these recorded tests are not played:
"""
KEYS = """
Keys of conditions whose value AWS has and the lab does not know, always or in some requests. A condition on one
satisfies no Allow and every Deny, and the explanation says so:
"""
ABSENT = """
Keys that no request here has, as none like it has on AWS:
"""
TOOLS_HEAD = """
## Tools

What a tool asks was read in its source, is kept as data beside the tests, and is replayed with boto3, every answer held
against what the tool expects. The tools themselves were not run.
"""
NOT_THERE = """
## What is not there

Every other operation of these services, and every other service, is answered with an error that says so, in the
protocol of the service ([foreign](../tests/embedded/request/test_foreign.py)). Of what the tools above ask, this is
out of reach:
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, OPERATIONS, *map(_operations, SERVICES), BEHAVIOUR, _behaviour(), DECISIONS, _vectors()]
    parts += [DIFFERS, _differs(), RECORDED, _unlike(), NOT_PLAYED, _not_played(), KEYS, _unknown(), ABSENT, _absent()]
    parts += [TOOLS_HEAD, *map(_tool, TOOLS), NOT_THERE, _out_of_reach()]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def table(head: str, lines: Iterable[Iterable[str]]) -> str:
    """A table of Markdown; ``head`` names the columns, separated by bars."""
    rule = "| " + " | ".join("---" for _ in head.split("|")) + " |"
    cells = (" | ".join(each.replace("|", "\\|").replace("<", "\\<") for each in line) for line in lines)
    return "\n".join([f"| {head} |", rule, *(f"| {line} |" for line in cells)])


def _operations(service: str) -> str:
    found = operations(service)
    empty = {**features.OPERATIONS, **absent.OPERATIONS}
    kinds: dict[str, list[str]] = {"": [], "Answered as where nothing was set up": [], "Refused with a sentence": []}
    for name in sorted(found):
        if found[name].handler.__qualname__.startswith("_refusing."):
            kinds["Refused with a sentence"].append(name)
        elif empty.get(name) is found[name]:
            kinds["Answered as where nothing was set up"].append(name)
        else:
            kinds[""].append(name)
    texts = [f"{f'{kind}: ' if kind else ''}{', '.join(names)}." for kind, names in kinds.items() if names]
    return "\n\n".join([f"### {SERVICES[service]}: {len(found)}", *texts])


def _behaviour() -> str:
    parts = ["\n".join(f"- **{name}**: {meaning}" for name, meaning in CONFIDENCES.items())]
    for area, of_area in groupby(sorted(rows("aws"), key=_place), key=lambda each: each.area):
        parts.append(f"### {area}")
        for path, of_file in groupby(of_area, key=lambda each: each.path):
            lines = list(of_file)
            cells = [(each.says, each.first, each.second) for each in lines]
            parts.append(f"**{lines[0].about}** ({_link(path)})\n\n" + table("what | source | confidence", cells))
    return "\n\n".join(parts)


def _place(row: Row) -> tuple[int, str]:
    return list(AREAS.values()).index(row.area), row.path


def _link(path: str) -> str:
    return f"[{Path(path).stem.removeprefix('test_')}](../{path})"


def _vectors() -> str:
    return table(
        "vectors | cases | measured on AWS | sources",
        map(_vector_file, sorted((ROOT / "tests/vectors").glob("*.json"))),
    )


def _vector_file(path: Path) -> tuple[str, str, str, str]:
    content = json.loads(path.read_text("utf-8"))
    sources = [each["source"] for each in (content if isinstance(content, list) else [content])]
    measured = sum(each.startswith("Measured on AWS") for each in sources)
    books = Counter(re.split(r"[,:;(]", each)[0].strip() for each in sources)
    named = ", ".join(f"{book} ({count})" for book, count in books.most_common())
    return f"[{path.stem}](../tests/vectors/{path.name})", str(len(sources)), str(measured), named


def _differs() -> str:
    lines = [(each.first, each.says, each.second, _link(each.path)) for each in rows("differs")]
    return table("AWS | here | why | test", lines)


def _unlike() -> str:
    lines = [(f"`{name}`", answer, why) for name, answers in lambda_.UNLIKE.items() for answer, why in answers.items()]
    return table("recorded test | answer | why", lines)


def _not_played() -> str:
    return table("recorded tests | why", _named({**iam.NOT_OFFERED, **lambda_.NOT_PLAYED}))


def _unknown() -> str:
    return table("key | why", _named({**known_keys.UNKNOWN, **known_keys.AT_TIMES}))


def _absent() -> str:
    return table("key | why", _named(known_keys.ABSENT))


def _named(reasons: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((f"`{name}`", why) for name, why in reasons.items())


def _tool(name: str) -> str:
    read = tool(name)
    lines = [(each["resource"], ", ".join(each["phases"]), each["source"]) for each in read["resources"]]
    text = f"### {read['tool']}\n\n{read['promise']}. Read: {read['read']}.\n\n"
    return text + table("what | phases that are replayed | source", lines)


def _out_of_reach() -> str:
    lines = [(tool(name)["tool"], what, why) for name in TOOLS for what, why in tool(name)["out of reach"].items()]
    return table("tool | asks for | what it is for", lines)


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), "utf-8")
