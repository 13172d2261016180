"""How a cause is made: its row of the table, where it lies, its sentence, and its evidence made visible."""

from __future__ import annotations

from collections.abc import Iterable

from labkit.diagnosis import facts
from labkit.diagnosis.cause_table import CAUSES
from labkit.diagnosis.facts import Document
from labkit.diagnosis.result import CERTAIN, Cause, Where
from labkit.ground.text import visible
from labkit.iam.match import Match
from labkit.iam.request import Request
from labkit.iam.statement import Statement
from labkit.iam.words.advice import advice
from labkit.iam.words.reasons import reason

_TITLES = {
    facts.REPOSITORY_POLICY: "the policy of repository {0.name} in account {0.account}",
    facts.REGISTRY_POLICY: "the registry policy of account {0.account}",
    facts.IDENTITY_POLICY: "the identity policy {0.name}",
    facts.BOUNDARY: "the permissions boundary {0.name}",
    facts.SESSION_POLICY: "the session policy {0.name}",
    facts.SCP: "the service control policy {0.name}",
    facts.RCP: "the resource control policy {0.name}",
    facts.VPC_ENDPOINT_POLICY: "the policy of the VPC endpoint {0.name}",
    facts.TRUST_POLICY: "the trust policy of role {0.name}",
}


def named(
    id: str,
    where: Where,
    sentence: str,
    evidence: Iterable[str] = (),
    *,
    certainty: str = CERTAIN,
    party: str = "",
    statement: int | None = None,
    key: str = "",
) -> Cause:
    """The cause with this id; what it stops and its source are the table's."""
    row, shown = CAUSES[id], tuple(dict.fromkeys(map(visible, evidence)))
    return Cause(id, certainty, row.stops, visible(sentence), where, shown, row.source, party, statement, key)


def place(document: Document, statement: Statement | None = None) -> Where:
    """Where a document, or a statement of it, stands."""
    return Where(document.account, document.kind, document.name, (statement.sid or None) if statement else None)


def title(where: Where) -> str:
    """A document as one speaks of it: ``the policy of repository app in account 111122223333``."""
    return _TITLES[where.kind].format(where).rstrip()


def label(statement: Statement) -> str:
    """A statement as one speaks of it: by its Sid, else by its number."""
    return f"statement {statement.sid}" if statement.sid else f"statement {statement.index + 1}"


def begun(sentence: str) -> str:
    """The sentence with its first letter a capital."""
    return sentence[:1].upper() + sentence[1:]


def listed(actions: Iterable[str]) -> str:
    """Actions as a phrase: ``ecr:BatchGetImage and ecr:GetDownloadUrlForLayer``."""
    return " and ".join(dict.fromkeys(actions))


def mended(mistake: str, **fields: str) -> str:
    """What to write instead, as every view says it (`labkit.iam.words.advice`)."""
    return f"To mend it: {advice(mistake, **fields)}."


def told(document: Document, match: Match, request: Request, *, failed: bool = True) -> str:
    """A statement with the reasons why it matches or misses."""
    parts = match.failed if failed else tuple(part for part in match.parts if part.key)
    said = "; ".join(reason(part, request) for part in parts)
    where = f"{begun(label(match.statement))} in {title(place(document))}"
    return f"{where}: {said}." if said else f"{where}."
