"""What is read out of moto's state to decide on: plain records, as things are at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labkit.pull.organization import Membership, path_through

PolicyText = tuple[str, str]
"""A policy: its name and its text."""


@dataclass(frozen=True)
class Documents:
    """The policies of a user or role: inline, attached, and those of its groups; and its boundary."""

    identity: tuple[PolicyText, ...]
    boundary: PolicyText | None


@dataclass(frozen=True)
class UserRecord:
    """An IAM user as it is at this moment."""

    arn: str
    id: str
    boundary: str | None
    tags: Mapping[str, str]


@dataclass(frozen=True)
class RoleRecord:
    """An IAM role as it is at this moment; ``trust_policy`` is its document's text, durations are seconds."""

    arn: str
    id: str
    account: str
    name: str
    trust_policy: str
    max_session_duration: int


@dataclass(frozen=True)
class RepositoryRecord:
    """An ECR repository as it is at this moment; ``policy`` is the text of its policy or None.

    ``mutability`` is ECR's imageTagMutability, for example ``MUTABLE`` or ``IMMUTABLE``; ``exclusions`` are the filters
    of imageTagMutabilityExclusionFilters as ECR shows them.
    """

    arn: str
    uri: str
    account: str
    region: str
    name: str
    policy: str | None
    mutability: str
    exclusions: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Node:
    """One level of an organization, root, unit or account, with the policies attached to it, by type."""

    id: str
    policies: Mapping[str, tuple[PolicyText, ...]]


@dataclass(frozen=True)
class Place:
    """Where an account stands: organization, its management account, the levels from the root to the account itself."""

    organization: str
    management: str
    levels: tuple[Node, ...]
    enabled: frozenset[str]

    @property
    def membership(self) -> Membership:
        """The values of ``aws:PrincipalOrgID``, ``aws:PrincipalOrgPaths`` and their relatives."""
        return Membership(self.organization, (path_through(self.organization, (node.id for node in self.levels[:-1])),))
