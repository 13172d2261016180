"""What an audit looks at: a registry with its repositories, the organization around it, and which images are in use.

A value is there, not there (None), or not known (``labkit.diagnosis.facts.NotKnown``), and these are never mixed up.
Nothing here reads, waits or decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from labkit.diagnosis.facts import NotKnown
from labkit.iam import Policy


class StoredImage(NamedTuple):
    """An image as DescribeImages shows it. None: the answer does not say. ``status`` is as ECR calls it.

    ``media_type`` is the manifest's, ``artifact_type`` that of what the manifest describes; ``size`` is in bytes.
    """

    digest: str
    tags: tuple[str, ...] = ()
    media_type: str | None = None
    artifact_type: str | None = None
    size: int | None = None
    status: str = "ACTIVE"
    pushed: datetime | None = None
    pulled: datetime | None = None
    archived: datetime | None = None
    restored: datetime | None = None
    subject: str | None = None


class Repository(NamedTuple):
    """A repository: the texts of its policy and of its lifecycle policy, and its images."""

    name: str
    policy: str | NotKnown | None
    lifecycle: str | NotKnown | None
    images: tuple[StoredImage, ...] | NotKnown


class Registry(NamedTuple):
    """The private registry of an account in a region; ``policy`` is the text of the registry's own policy."""

    account: str
    region: str
    policy: str | NotKnown | None
    repositories: tuple[Repository, ...] | NotKnown


class Member(NamedTuple):
    """An account of an organization: its state (``ACTIVE``, ``CLOSED`` …) and path, each empty where not known."""

    account: str
    name: str = ""
    state: str = ""
    path: str = ""

    @property
    def is_closed(self) -> bool:
        """Whether nobody can work in it (Organizations User Guide, "Monitor the state of your AWS accounts")."""
        return self.state in ("SUSPENDED", "PENDING_CLOSURE", "CLOSED")


Attached = Mapping[str, tuple[Policy, ...]]
"""The policies of a kind that are attached to the root, to units and to accounts, by their ids."""


class Organization(NamedTuple):
    """An organization: its id, its accounts, the names of its units by their ids, and what limits them.

    ``scp`` and ``rcp`` are None where policies of that type are not enabled.
    """

    id: str
    management: str
    members: tuple[Member, ...] | NotKnown
    units: Mapping[str, str]
    scp: Attached | NotKnown | None
    rcp: Attached | NotKnown | None


class Use(NamedTuple):
    """A function, or a version of one, that runs an image: its ARN, the digest, the repository's ARN if that is told.

    ``uri`` is how the image was named when the function was made; empty where it is not told.
    """

    function: str
    digest: str
    repository: str = ""
    uri: str = ""


class Estate(NamedTuple):
    """All that an audit is given. ``organization`` None: the registry's account is in none.

    ``functions_of`` are the accounts whose functions could be read, which says whose images in use are known.
    """

    registry: Registry
    organization: Organization | NotKnown | None
    uses: tuple[Use, ...] = ()
    functions_of: frozenset[str] = frozenset()
    not_known: tuple[NotKnown, ...] = ()
