"""What AWS has accepted and does not go by yet: policies of IAM and ECR as decisions see them for some seconds more.

IAM and ECR answer at once what was written; whoever decides learns of it later, of what was deleted too (IAM User
Guide, "Changes that I make are not always immediately visible"). In a world that is realistic every change is noted in
the table ``superseded`` with what was there before: decisions go by that for the time ``propagation``, and Lambda, when
it adds its statement to a repository's policy, reads for the time ``race`` what was there (the times are those of
`labkit.embedded.state.timing`). In other worlds nothing is noted, and decisions cost one look at an empty table.

A holder is what has a text that decides: a user, group or role (inline policies, attachments, boundary, groups), a
role's trust policy, a managed policy (its default version), a repository, a registry. Keys, sessions, Organizations and
tags are known at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Call, Operation
from labkit.embedded.records import bindings, managed_policies, principals, registries
from labkit.embedded.records.principals import trust_of
from labkit.embedded.request.permissions import needed
from labkit.embedded.state.clock import stored
from labkit.embedded.state.database import Database
from labkit.iam import Policy
from labkit.iam.arn import Arn, split

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.records.repositories import RepositoryRecord

_SERVICES = frozenset({"iam", "ecr"})
_OF_THE_REGISTRY = frozenset({"PutRegistryPolicy", "DeleteRegistryPolicy"})
_MEMBERSHIP = frozenset({"AddUserToGroup", "RemoveUserFromGroup"})


class Past:
    """What holders were within a time that ends now; called with a holder and its text, it gives the text before."""

    def __init__(self, db: Database, now: datetime, within: timedelta) -> None:
        self._db = db
        self._bounds = stored(now - within), stored(now)

    def __call__(self, holder: str, text: str | None) -> str | None:
        """The text that the holder had at the beginning of that time; the present one where it is the same."""
        row = self._db.one(
            "SELECT before FROM superseded WHERE holder = ? AND changed > ? AND changed <= ? ORDER BY number LIMIT 1",
            *(holder, *self._bounds),
        )
        return row["before"] if row else text


def past(embedded: Embedded, what: str = "propagation") -> Past | None:
    """What decisions go by (``race``: what Lambda reads), where that can differ from what there is."""
    if embedded.database.one("SELECT 1 FROM superseded LIMIT 1") is None:
        return None
    within = embedded.settings.times.of(what)
    return Past(embedded.database, embedded.clock.now(), within) if within else None


def repository_policy(embedded: Embedded, record: RepositoryRecord | None) -> str | None:
    """The text of a repository's policy by which is decided now."""
    if record is None:
        return None
    before = past(embedded)
    return before(record.arn, record.policy) if before else record.policy


def registry_policy(embedded: Embedded, account: str, region: str) -> Policy | None:
    """The policy of a registry by which is decided now, in every request to ECR there; None where it has none."""
    text, before = registries.policy_text(embedded.database, account, region), past(embedded)
    text = before(registries.arn_of(account, region), text) if before else text
    return None if text is None else Policy.parse(text, "registry policy")


def trust_policy(embedded: Embedded, role: principals.EntityRecord | None) -> str | None:
    """The text of a role's trust policy by which is decided now; None where the role is not known yet."""
    if role is None:
        return None
    before = past(embedded)
    return before(trust_of(role.arn), role.trust_policy) if before else role.trust_policy


@contextmanager
def noted(embedded: Embedded, call: Call, operation: Operation) -> Iterator[None]:
    """What changes in this block, in the unit that writes, is noted with what was there before."""
    holders = _touched(embedded, call, operation) if _takes_time(embedded, call.service) else set()
    before = {holder: _text(embedded.database, holder) for holder in holders}
    yield
    for holder, text in before.items():
        if _text(embedded.database, holder) != text:
            note(embedded, holder, text)


def note(embedded: Embedded, holder: str, before: str | None) -> None:
    """Note what a holder was until now; what is too old to matter goes on this occasion."""
    times, now = embedded.settings.times, embedded.clock.now()
    longest = max(times.of("propagation"), times.of("race"))
    if longest:
        embedded.database.run("DELETE FROM superseded WHERE changed <= ?", stored(now - longest))
        embedded.database.insert("superseded", holder=holder, changed=stored(now), before=before)


def _takes_time(embedded: Embedded, service: str) -> bool:
    times = embedded.settings.times if service in _SERVICES else None
    return times is not None and bool(times.propagation or times.race)


def _touched(embedded: Embedded, call: Call, operation: Operation) -> set[str]:
    """The holders that a call may change: what it needs permission for, and a user who joins or leaves a group."""
    named = [split(access.resource) for access in needed(embedded, call, operation)]
    found = {holder for arn in named if arn is not None for holder in _holders(arn)}
    if call.operation in _OF_THE_REGISTRY:
        found.add(registries.arn_of(call.account, call.region))
    if call.operation in _MEMBERSHIP:
        user = principals.find(embedded.database, call.account, "user", str(call.params.get("UserName")))
        found |= {user.arn} if user else set()
    return found


def _holders(arn: Arn) -> tuple[str, ...]:
    text = str(arn)
    if arn.is_a("iam", "role"):
        return text, trust_of(text)
    others = (("iam", "user"), ("iam", "group"), ("iam", "policy"), ("ecr", "repository"))
    return (text,) if any(arn.is_a(*each) for each in others) else ()


def _text(db: Database, holder: str) -> str | None:
    """What a holder has now; None where it does not exist."""
    arn = split(holder)
    if arn is None or arn.service == "ecr":
        return bindings.policy_of(db, holder.removeprefix(trust_of("")))
    if arn.is_a("iam", "policy"):
        return managed_policies.document(db, holder)
    entity = principals.by_arn(db, holder)
    return principals.holdings(db, entity).text if entity else principals.NOTHING.text
