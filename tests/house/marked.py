"""The rows of ``docs/emulated.md`` that tests carry themselves, as marks above them.

    @pytest.mark.aws(source, confidence)   AWS behaves as the test's name says, by this source
    @pytest.mark.differs(aws, why)         AWS behaves as the mark says, the lab as the test's name says

A row is the test's name, read as a sentence: a row without a test cannot be. Marks are read from the source, so that
nothing has to be run. A confidence is one of `CONFIDENCES`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.house.source import ROOT

CONFIDENCES = {
    "recorded": "an answer of AWS was recorded, or measured, and is compared",
    "high": "AWS documents it, or several who met it report the same",
    "medium": "one report, or documentation of something close to it",
    "low": "nobody tells: it is inferred, or the strict reading was taken",
}
"""How sure it is that AWS does so, from the surest."""

AREAS = {
    "embedded/services/lambda_": "AWS Lambda",
    "embedded/services/ecr": "Amazon ECR",
    "pull/lifecycle": "Amazon ECR",
    "embedded/services/registry": "Docker's door to ECR",
    "embedded/services/iam": "IAM",
    "embedded/services/sts": "STS",
    "embedded/services/organizations": "AWS Organizations",
    "embedded/services/cloudtrail": "CloudTrail",
    "embedded/request": "Every request",
    "check": "Documents that AWS refuses",
}
"""What a folder of tests is about, in the order of the page."""

_NAMES = {
    **{name: name.upper() for name in ("aws", "ecr", "iam", "sts", "arn", "uri", "url", "api", "scps", "rcps", "oidc")},
    **{f"{name}s": f"{name}'s" for name in ("caller", "owner", "lab", "article", "repository", "registry")},
    "awss": "AWS's",
    "ecrs": "ECR's",
    "iams": "IAM's",
    "lambda": "Lambda",
    "lambdas": "Lambda's",
    "mib": "MiB",
    "github": "GitHub",
    "docker": "Docker",
    "organizations": "Organizations",
    "cloudtrail": "CloudTrail",
}


@dataclass(frozen=True)
class Row:
    """A marked test: what it says, the two texts of its mark, the file it stands in, and what that file is about."""

    says: str
    first: str
    second: str
    path: str
    about: str

    @property
    def area(self) -> str:
        """One of `AREAS`' titles. Raises StopIteration for a test of another folder."""
        return next(title for folder, title in AREAS.items() if self.path.startswith(f"tests/{folder}/"))


def rows(mark: str) -> list[Row]:
    """All rows of one kind of mark, in the order of their files and lines."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [
        row for path in files if f".mark.{mark}(" in (text := path.read_text("utf-8")) for row in _in(path, text, mark)
    ]


def _in(path: Path, text: str, mark: str) -> Iterator[Row]:
    module = ast.parse(text)
    for node in module.body:
        for decorator in getattr(node, "decorator_list", ()):
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == f"pytest.mark.{mark}":
                first, second = (ast.literal_eval(each) for each in decorator.args)
                yield Row(sentence(node.name), first, second, path.relative_to(ROOT).as_posix(), _subject(module))


def _subject(module: ast.Module) -> str:
    """The first clause of a module's docstring, without what stands in brackets."""
    docstring = " ".join((ast.get_docstring(module) or "").partition("\n\n")[0].split())
    return re.split(r": |\.$|\. ", re.sub(r" \([^)]*\)", "", docstring))[0]


def sentence(name: str) -> str:
    """The name of a test as a sentence: ``test_a_name_is_given_once`` is "A name is given once"."""
    text = re.sub(r"_s_", "'s_", name.removeprefix("test_"))
    words = [_NAMES.get(word, word) for word in text.split("_")]
    words = [f"{_NAMES[word[:-2]]}'s" if word.endswith("'s") and word[:-2] in _NAMES else word for word in words]
    return words[0][:1].upper() + " ".join(words)[1:]
