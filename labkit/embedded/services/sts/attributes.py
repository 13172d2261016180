"""What a session is to carry: tags, which of them go on to the next role, and a source identity.

Some are passed with the call (or in the web identity token), some come from the calling session: transitive tags and
the source identity persist through role chaining and cannot be changed there. Whoever passes or inherits tags needs
sts:TagSession, whoever passes or inherits a source identity needs sts:SetSourceIdentity, in the caller's policies and
in the trust policy.

Sources: IAM User Guide, "Pass session tags in AWS STS" and "Monitor and control actions taken with assumed roles";
that an inherited one needs the permission too: reports of 2026 for the source identity, EKS User Guide for tags. That
inherited tags are among aws:RequestTag is likely (EKS User Guide: they "are passed to any AssumeRole actions").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Access, Call
from labkit.embedded.records.tags import merged
from labkit.embedded.services.permissions import account_in
from labkit.embedded.services.sts.errors import refusal

if TYPE_CHECKING:
    from labkit.embedded.protocol.calls import Identity

_RESERVED = "aws:"
"""How no key begins (IAM User Guide, "Tags for AWS Identity and Access Management resources")."""

_SPACE = 459
"""Characters that AWS packs into the space for tags. How it packs is not documented; with two more for each tag this
gives the 498 % that were reported for 9 tags with values of 250 characters."""


@dataclass(frozen=True)
class SessionAttributes:
    """Tags and source identity of a session that is asked for; ``transitive`` are keys of ``tags``.

    ``inherited`` and ``inherited_identity`` come from the calling session.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    source_identity: str | None = None
    inherited: Mapping[str, str] = field(default_factory=dict)
    inherited_identity: str | None = None

    @classmethod
    def of_call(cls, call: Call) -> SessionAttributes:
        """What the parameters of a call ask for, and what the caller's session hands on.

        Raises the refusals of STS for tags given twice, transitive keys that are not passed, and what would change
        something inherited.
        """
        given: list[dict[str, str]] = call.params.get("Tags", [])
        if len({tag["Key"].lower() for tag in given}) < len(given):
            raise refusal("duplicate tags")
        tags = {tag["Key"]: tag["Value"] for tag in given}
        asked = cls(tags, tuple(call.params.get("TransitiveTagKeys", ())), call.params.get("SourceIdentity"))
        return asked.after(call.identity)

    def after(self, caller: Identity) -> SessionAttributes:
        """These, asked for by ``caller``, whose session may hand something on. Raises the refusals of STS."""
        lowered = _lower(self.tags)
        if any(key.startswith(_RESERVED) for key in lowered):
            raise refusal("reserved tag")
        if not _lower(self.transitive) <= lowered:
            raise refusal("not among the tags")
        if lowered & _lower(caller.inherited):
            raise refusal("inherited tag")
        if self.source_identity and caller.source_identity not in (None, self.source_identity):
            raise refusal("other source identity", caller.source_identity)
        return SessionAttributes(
            self.tags, self.transitive, self.source_identity, caller.inherited, caller.source_identity
        )

    @property
    def all_tags(self) -> dict[str, str]:
        """Passed and inherited tags."""
        return merged(self.inherited, self.tags)

    @property
    def going_on(self) -> tuple[str, ...]:
        """The keys of all tags that go on to the next role."""
        return (*self.inherited, *self.transitive)

    @property
    def identity(self) -> str | None:
        """The source identity that the session has in the end."""
        return self.source_identity or self.inherited_identity

    @property
    def members(self) -> dict[str, Any]:
        """These as members of a `Session`."""
        return {"tags": self.all_tags, "transitive": self.going_on, "source_identity": self.identity}

    @property
    def packed(self) -> int:
        """How much of the allotted space the tags take, in percent: an estimate."""
        size = sum(len(key) + len(value) + 2 for key, value in self.all_tags.items())
        return round(size * 100 / _SPACE)

    @property
    def context(self) -> dict[str, str | list[str]]:
        """The condition keys of the request that asks for these."""
        tags = {f"aws:RequestTag/{key}": value for key, value in self.all_tags.items()}
        lists = {"aws:TagKeys": list(self.all_tags), "sts:TransitiveTagKeys": list(self.going_on)}
        named = {"sts:SourceIdentity": self.identity} if self.identity else {}
        return {**tags, **{key: found for key, found in lists.items() if found}, **named}

    def accesses(self, action: str, role_arn: str) -> list[Access]:
        """What it takes to get a session with these: ``action`` on the role, and the permissions beside it."""
        beside = {"sts:TagSession": self.all_tags, "sts:SetSourceIdentity": self.identity}
        actions = [action, *(name for name, needed in beside.items() if needed)]
        return [Access(name, role_arn, account_in(role_arn), self.context, policy="trust") for name in actions]


def _lower(keys: Iterable[str]) -> set[str]:
    return {key.lower() for key in keys}
