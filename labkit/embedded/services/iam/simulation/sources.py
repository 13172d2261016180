"""The policies that take part in a simulation, each with how answers name it and where its statements stand.

Source: IAM API Reference, Statement and PolicyIdentifier; AWS CLI Command Reference, the examples of
simulate-custom-policy and simulate-principal-policy, in which a policy that was given is PolicyInputList.1 and an
attached or inline one has its name, and a statement begins behind the bracket before it and ends behind its own. Where
a second statement of a list begins is not documented: here behind the one before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.check import DOCUMENT_KINDS, refusal
from labkit.check.positions import line_and_column
from labkit.embedded.records import managed_policies
from labkit.embedded.records.principals import EntityRecord
from labkit.embedded.services.iam import errors
from labkit.iam import Policy
from labkit.iam.arn import account_of, parse
from labkit.iam.patterns import Pattern

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_OWNERS = "SELECT id FROM entity WHERE id = ? UNION SELECT group_id FROM group_member WHERE user_id = ?"


class Source(NamedTuple):
    """A policy: its ``text``, the ``id`` and ``kind`` by which answers name it, and what an exclusion can name it by.

    ``kind`` is one of IAM's PolicySourceType; ``arn`` is a managed policy's, ``owner`` the name of the user, group or
    role that an inline policy belongs to.
    """

    id: str
    kind: str
    text: str
    arn: str = ""
    owner: str = ""

    @property
    def is_inline(self) -> bool:
        """Whether it is an inline policy of somebody."""
        return bool(self.owner)


def given(texts: Iterable[str], parameter: str, kind: str = "none") -> list[Source]:
    """Policies that the caller has given as texts. Raises InvalidInput for one that is none."""
    found = [Source(f"{parameter}.{number}", kind, text) for number, text in enumerate(texts, 1)]
    for source in found:
        refused = refusal(source.text, DOCUMENT_KINDS["identity"])
        if refused is not None and refused.rule != "too-long":
            raise errors.refusal("bad input", f"{source.id}: {refused.message}")
    return found


def of_entity(embedded: Embedded, entity: EntityRecord) -> list[Source]:
    """The policies of a user with those of its groups, or of a group or role."""
    db, owners = embedded.database, (entity.id, entity.id)
    inline = db.all(
        "SELECT kind, entity.name AS owner, inline_policy.name AS name, document FROM inline_policy "  # noqa: S608
        f"JOIN entity ON id = entity WHERE entity IN ({_OWNERS})",
        *owners,
    )
    attached = db.all(f"SELECT DISTINCT policy FROM attached_policy WHERE entity IN ({_OWNERS})", *owners)  # noqa: S608
    found = [Source(row["name"], row["kind"], row["document"], owner=row["owner"]) for row in inline]
    return [*found, *(_managed(embedded, row["policy"]) for row in attached)]


def boundary_of(embedded: Embedded, entity: EntityRecord) -> list[Source]:
    """The permissions boundary of a user or role, as a list of one or none."""
    return [_managed(embedded, entity.boundary)] if entity.boundary else []


def _managed(embedded: Embedded, arn: str) -> Source:
    kind = "aws-managed" if account_of(arn) == "aws" else "user-managed"
    return Source(parse(arn).name, kind, managed_policies.document(embedded.database, arn) or "", arn=arn)


def without(sources: Sequence[Source], exclusions: Iterable[dict[str, Any]]) -> list[Source]:
    """The policies that no exclusion names; one that names none is no error."""
    excluded = list(exclusions)
    return [source for source in sources if not any(_names(each, source) for each in excluded)]


def _names(exclusion: dict[str, Any], source: Source) -> bool:
    inline = exclusion.get("InlinePolicyIdentifier")
    if inline is not None:
        named = (inline["PolicyName"], inline["AttachmentType"])
        return named == (source.id, source.kind) and _like(inline["AttachmentName"], source.owner)
    if "PolicyArn" in exclusion:
        return bool(source.arn) and _like(exclusion["PolicyArn"], source.arn)
    return bool(exclusion.get("PolicyType") == ("inline" if source.is_inline else source.kind))


def _like(pattern: str, text: str) -> bool:
    return Pattern.compile(pattern, "glob").matches(text, {})


def compiled(sources: Sequence[Source], first: int = 0) -> list[Policy]:
    """The policies for the engine; the name of each is its number, by which a statement finds its source again."""
    return [Policy.parse(source.text, str(number)) for number, source in enumerate(sources, first)]


def keys_of(policies: Iterable[Policy]) -> list[str]:
    """The condition keys that stand in policies, in conditions and as variables, each once, as first written."""
    found: dict[str, str] = {}
    for statement in (each for policy in policies for each in policy.statements):
        for key in (*(condition.key for condition in statement.conditions), *statement.variables):
            found.setdefault(key.lower(), key)
    return list(found.values())


def place(source: Source, number: int) -> dict[str, Any]:
    """Where a statement stands in its policy: the members StartPosition and EndPosition."""
    start, end = _spans(source.text)[number]
    return {"StartPosition": _position(source.text, start), "EndPosition": _position(source.text, end)}


def _position(text: str, offset: int) -> dict[str, int]:
    line, column = line_and_column(text, offset)
    return {"Line": line, "Column": column}


def _spans(text: str) -> list[tuple[int, int]]:
    """Beginning and end of each statement."""
    at = _value_of(text, "Statement")
    if text[at] == "{":
        return [(at + 1, json.JSONDecoder().raw_decode(text, at)[1])]
    return list(_listed(text, at + 1))


def _listed(text: str, start: int) -> Iterator[tuple[int, int]]:
    at = _next(text, start)
    while text[at] != "]":
        end = json.JSONDecoder().raw_decode(text, at)[1]
        yield start, end
        at, start = _next(text, end), end


def _value_of(text: str, name: str) -> int:
    """Where the value of a member of the outermost object begins."""
    decoder, at = json.JSONDecoder(), _next(text, _next(text, 0) + 1)
    while True:
        key, end = decoder.raw_decode(text, at)
        at = _next(text, _next(text, end) + 1)
        if key == name:
            return at
        at = _next(text, decoder.raw_decode(text, at)[1])


def _next(text: str, at: int) -> int:
    """The next character that is neither white space nor a comma."""
    while text[at] in " \t\r\n,":
        at += 1
    return at
