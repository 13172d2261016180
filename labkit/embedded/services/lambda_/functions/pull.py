"""From an ImageUri to an image that Lambda may pull: the checks that a new or updated function passes.

In this order: the URI, the permission (with Lambda's attempt to add what is missing), the image, its media types.
Permission comes before existence, so that nobody learns what a repository holds by asking (the order is not
documented). Permission itself is decided by `labkit.pull.question.PullQuestion`; this module gathers what it needs.

Sources: Lambda Developer Guide, "Create a Lambda function using a container image"; texts as users quote them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Access, Call
from labkit.embedded.records import repositories
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.request import propagation
from labkit.embedded.request.context import request_of
from labkit.embedded.request.execution import decide
from labkit.embedded.request.sources.resource import keys_of_repository
from labkit.embedded.services.ecr.documents import acceptable
from labkit.embedded.services.ecr.images import states
from labkit.embedded.services.ecr.images.image import RepositoryKey, StoredImage
from labkit.embedded.services.ecr.repositories.policies import missing_policy
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.own_calls import forwarded, note_policy_call, note_pull
from labkit.iam import Decision, Policies, Policy, Principal
from labkit.image.format.errors import ManifestError
from labkit.image.format.manifest import DOCKER_CONFIG, DOCKER_LAYER, Manifest, parse
from labkit.pull import policies
from labkit.pull.function import FunctionRef
from labkit.pull.policies import LAMBDA, PULL_ACTIONS
from labkit.pull.question import PullQuestion
from labkit.pull.uri import ImageUri, InvalidImageUri

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_CONFIGS = (DOCKER_CONFIG, "application/vnd.oci.image.config.v1+json")
_LAYERS = (
    DOCKER_LAYER,
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
)
_READ, _SET = "ecr:GetRepositoryPolicy", "ecr:SetRepositoryPolicy"


@dataclass(frozen=True)
class Source:
    """The image that a URI means: its digest, the URI by digest, and the blobs that make it up."""

    digest: str
    resolved_uri: str
    blobs: tuple[str, ...]


def pull(embedded: Embedded, call: Call, key: FunctionRef, text: str) -> Source:
    """Find the image of this URI for a function, if Lambda may pull it for this caller.

    Raises AccessDeniedException and InvalidParameterValueException as Lambda answers them. May add Lambda's
    statement to the repository's policy, as Lambda does.
    """
    try:
        uri = ImageUri.parse(text)
    except InvalidImageUri:
        raise error("image invalid", text) from None
    if uri.region != key.region or not uri.lambda_takes_it:
        raise error("image invalid", text)
    _check_permission(embedded, call, key, uri)
    repository = RepositoryKey(uri.account, uri.region, uri.repository)
    image = embedded.images.find(repository, digest=uri.digest, tag=None if uri.digest else uri.tag)
    if image is None or not image.pullable:  # what Lambda says of an archived image is not recorded
        raise error("image missing", text)
    if not _supported(embedded, image):
        raise error("media type", text)
    states.note_pull(embedded.database, repository, image, embedded.clock.now())
    return Source(image.digest, uri.at(image.digest), (image.digest, *image.blobs))


def _check_permission(embedded: Embedded, call: Call, key: FunctionRef, uri: ImageUri) -> None:
    record = embedded.repository(uri.account, uri.region, uri.repository)
    question = _question(embedded, call, key, uri, record)
    decision = question.decide()
    if not decision.allowed and uri.account == key.account and _may_manage(embedded, call, uri, record):
        if record is None:
            raise error("image missing", str(uri))
        if _add_statement(embedded, call, record, uri):
            again = embedded.repository(record.account, record.region, record.name)
            decision = question.having(repository_policy=_policy(again.policy if again else None)).decide()
    note_pull(embedded, call, uri, decision)
    if not decision.allowed:
        raise error("pull denied")


def _question(
    embedded: Embedded, call: Call, key: FunctionRef, uri: ImageUri, record: RepositoryRecord | None
) -> PullQuestion:
    asked, access = forwarded(call, PULL_ACTIONS[0]), _access(PULL_ACTIONS[0], uri)
    return PullQuestion(
        caller=call.identity.principal,
        caller_policies=call.identity.policies,
        caller_context=request_of(embedded, asked, access).context,
        function_arn=key.arn,
        **_circumstances(embedded, key, uri, record),
    )


def restoring(embedded: Embedded, key: FunctionRef, uri: ImageUri, record: RepositoryRecord) -> PullQuestion:
    """May Lambda, by itself, fetch the image of a function that there is?"""
    return PullQuestion(
        caller=Principal.service(LAMBDA),
        caller_policies=Policies(),
        caller_context={},
        function_arn=key.arn,
        **_circumstances(embedded, key, uri, record),
    )


def _circumstances(
    embedded: Embedded, key: FunctionRef, uri: ImageUri, record: RepositoryRecord | None
) -> dict[str, Any]:
    """What has a say in a pull, whoever asks for it."""
    return {
        "image": uri,
        "repository_policy": _policy(propagation.repository_policy(embedded, record)),
        "membership": embedded.membership(key.account),
        "rcp": embedded.rcp(uri.account),
        "registry_policy": propagation.registry_policy(embedded, uri.account, uri.region),
        "repository_keys": keys_of_repository(embedded, uri.repository_arn, uri.account),
    }


def _policy(text: str | None) -> Policy | None:
    return None if text is None else Policy.parse(text, "repository policy")


def _may_manage(embedded: Embedded, call: Call, uri: ImageUri, record: RepositoryRecord | None) -> bool:
    """May the caller read and set the repository's policy? Only then does Lambda try to add its statement."""
    read = _decided(embedded, call, _READ, uri)
    if record is not None:
        note_policy_call(embedded, call, uri, read, missing_policy(record))
    if not read.allowed:
        return False
    written = _decided(embedded, call, _SET, uri)
    if not written.allowed:
        note_policy_call(embedded, call, uri, written)
    return written.allowed


def _decided(embedded: Embedded, call: Call, action: str, uri: ImageUri) -> Decision:
    return decide(embedded, forwarded(call, action), _access(action, uri))


def _access(action: str, uri: ImageUri) -> Access:
    return Access(action, uri.repository_arn, uri.account, policy="repository")


def _add_statement(embedded: Embedded, call: Call, record: RepositoryRecord, uri: ImageUri) -> bool:
    """Add Lambda's statement, unless it is there, and keep the rest; False where ECR would not store what this makes.

    That is a policy that is too long, and one that names a user or role that was deleted. Lambda reads the policy,
    changes it and sets it, and nothing keeps others from setting it meanwhile: where the world is realistic, what was
    changed a moment ago is lost (aws-sam-cli, issue 8190). Lambda itself goes by its own statement at once.
    """
    before = propagation.past(embedded, "race")
    known = before(record.arn, record.policy) if before else record.policy
    text = policies.add_lambda_statement(known, record.region, record.account)
    if text == known:
        return True
    if not acceptable(text):
        return False
    propagation.note(embedded, record.arn, record.policy)
    repositories.set_policy(embedded.database, record.arn, text)
    embedded.database.keep()  # it stays, also when the function is refused for another reason
    note_policy_call(embedded, call, uri, _decided(embedded, call, _SET, uri), policyText=text)
    return True


def _supported(embedded: Embedded, image: StoredImage) -> bool:
    """Is this one image with a configuration and layers of the kinds that Lambda takes?"""
    try:
        manifest: Manifest = parse(embedded.images.manifest(image), image.media_type)
    except ManifestError:
        return False
    return manifest.config.media_type in _CONFIGS and all(item.media_type in _LAYERS for item in manifest.layers)
