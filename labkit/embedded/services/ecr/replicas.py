"""Repositories that were made by replication: their images are there, the policy of the original is not.

ECR itself replicates when an image is pushed (Amazon ECR User Guide, "Private image replication"); here a world can be
told that it has. The replica is in another account or region, with the settings of a new repository and no policy, so
Lambda is refused there until somebody sets one (containers-roadmap #1690, #2282). Its images are those that could be
pulled from the original, with their tags; pushed later, an image comes when it is replicated again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from labkit.embedded.protocol.calls import Call, Identity, Origin
from labkit.embedded.records import accounts, repositories
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.request.recording import recorder
from labkit.embedded.services.ecr.images.image import RepositoryKey
from labkit.embedded.services.ecr.images.store import Wanted
from labkit.embedded.state.clock import stored
from labkit.embedded.state.database import Database
from labkit.errors import UsageError
from labkit.iam import Policies, Principal
from labkit.iam.arn import RegistryHost
from labkit.pull.organization import check_account
from labkit.pull.regions import check_region

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_SERVICE = "replication.ecr.amazonaws.com"
_IMAGES = """
    INSERT INTO image (repository, digest, media_type, size, pushed, artifact)
    SELECT ?, digest, media_type, size, ?, artifact FROM image AS original WHERE repository = ? AND digest = ?"""
_PARTS = """
    INSERT INTO image_part (image, position, kind, repository, digest)
    SELECT replica.number, position, kind, replica.repository, image_part.digest
    FROM image AS original JOIN image_part ON image_part.image = original.number
    JOIN image AS replica ON replica.digest = original.digest
    WHERE replica.repository = ? AND original.repository = ? AND original.digest = ?"""
_LAYERS = """
    INSERT INTO layer (repository, digest, linked, used)
    SELECT DISTINCT repository, digest, ?, 1 FROM image_part WHERE repository = ? AND kind = 'blob'
    ON CONFLICT (repository, digest) DO UPDATE SET used = 1"""
_TAGS = """
    INSERT OR REPLACE INTO image_tag (repository, tag, digest)
    SELECT ?, tag, digest FROM image_tag WHERE repository = ? AND digest = ?"""


def replicate(embedded: Embedded, source: RepositoryKey, account: str, region: str) -> RepositoryRecord:
    """Let a replica of a repository be in an account and region, with the images that the original has now.

    Raises `UsageError` for a repository or account that is not there, and for the place where the original is.
    """
    check_account(account, "The account of the replica")
    check_region(region)
    with embedded.database.write():
        original = embedded.repository(*source)
        if original is None:
            where = f"the account {source.account} in {source.region}"
            raise UsageError(f"There is no repository {source.name} in {where}: make it before it is replicated.")
        if (account, region) == (source.account, source.region):
            raise UsageError("A repository is not replicated to where it is: choose another account or region.")
        if not accounts.exists(embedded.database, account):
            raise UsageError(
                f"The account {account} does not exist here: 'labkit up --account {account}' changes that."
            )
        replica = RepositoryKey(account, region, source.name)
        if embedded.repository(*replica) is None:
            repositories.add(embedded.database, _new(embedded, replica))
            _note(embedded, replica)
        repositories.set_original(embedded.database, replica.arn, original.arn)
        _copy_images(embedded, source, replica)
        made = embedded.repository(*replica)
        assert made is not None, "it was added above"  # noqa: S101
        return made


def replicas_with(db: Database, original: str, digest: str) -> list[RepositoryKey]:
    """The replicas of a repository, given by its ARN, that have an image."""
    rows = db.all(
        "SELECT account, region, name FROM repository JOIN image ON image.repository = repository.arn "
        "WHERE replica_of = ? AND digest = ? ORDER BY account, region",
        *(original, digest),
    )
    return [RepositoryKey(row["account"], row["region"], row["name"]) for row in rows]


def _new(embedded: Embedded, key: RepositoryKey) -> RepositoryRecord:
    arn = RegistryHost(key.account, key.region).repository_arn(key.name)
    return RepositoryRecord(arn, *key, created=embedded.clock.now(), policy=None, mutability="MUTABLE")


def _note(embedded: Embedded, key: RepositoryKey) -> None:
    """CloudTrail has the repository's creation, by the service: that its event looks like others' is taken to be so."""
    identity = Identity(key.account, _SERVICE, Principal.service(_SERVICE), _SERVICE, "", "", Policies)
    params = {"repositoryName": key.name, "registryId": key.account}
    origin = Origin(forwarded_by=_SERVICE)
    made = Call(identity, "ecr", "CreateRepository", key.region, params, str(uuid4()), origin)
    recorder.write(embedded, made, {})


def _copy_images(embedded: Embedded, source: RepositoryKey, replica: RepositoryKey) -> None:
    """Bytes are shared by all repositories; what is copied is who may fetch what from where."""
    db, now = embedded.database, stored(embedded.clock.now())
    images = [image for _, image in embedded.images.listed(source, wanted=Wanted(status="ACTIVE"))]
    for image in sorted(images, key=lambda each: bool(each.children)):
        if embedded.images.find(replica, digest=image.digest) is None:
            db.run(_IMAGES, replica.arn, now, source.arn, image.digest)
            db.run(_PARTS, replica.arn, source.arn, image.digest)
        db.run(_TAGS, replica.arn, source.arn, image.digest)
    db.run(_LAYERS, now, replica.arn)
