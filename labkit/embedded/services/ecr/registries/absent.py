"""What this ECR has not got: it replicates nothing, scans nothing, signs nothing, and makes no repositories by itself.

Tools ask about all of that. What only reads is answered as AWS answers where nothing was set up; what would set
something up, or start it, is refused with a sentence, so that nobody waits for what will not come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, Handler, Operation, ServiceError
from labkit.embedded.protocol.faults import fault
from labkit.embedded.services.ecr.images.catalog import required
from labkit.embedded.services.ecr.lookup import in_steps, named, page, repository_of
from labkit.embedded.services.ecr.replicas import replicas_with
from labkit.embedded.services.permissions import in_account

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_REPLICATES = "ECR in this lab does not replicate: copy the image, or let the lab make a replica (Lab.replicate)."
_SCANS = "ECR in this lab scans no images."
_SIGNS = "ECR in this lab signs no images."
_TEMPLATES = "ECR in this lab makes no repositories by itself, so it has no templates for them: create the repository."
_EXCLUDES = "ECR in this lab writes down the pulls of everybody."
_REFUSED = {
    _REPLICATES: "PutReplicationConfiguration StartReplicationBackfill StopReplicationBackfill "
    "DescribeReplicationBackfillResults",
    _SCANS: "StartImageScan PutRegistryScanningConfiguration",
    _SIGNS: "PutSigningConfiguration",
    _TEMPLATES: "CreateRepositoryCreationTemplate UpdateRepositoryCreationTemplate",
    _EXCLUDES: "RegisterPullTimeUpdateExclusion",
}


def describe_image_replication_status(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DescribeImageReplicationStatus: the replicas that have the image. Raises ImageNotFoundException."""
    record, image_id = repository_of(embedded, call), call.params["imageId"]
    image = required(embedded, record, image_id)
    found = replicas_with(embedded.database, record.arn, image.digest)
    statuses = [{"region": key.region, "registryId": key.account, "status": "COMPLETE"} for key in found]
    return {"repositoryName": record.name, "imageId": image_id, "replicationStatuses": statuses}


def describe_image_signing_status(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DescribeImageSigningStatus: nobody has signed it. Raises ImageNotFoundException."""
    record, image_id = repository_of(embedded, call), call.params["imageId"]
    required(embedded, record, image_id)
    return {**named(record), "imageId": image_id, "signingStatuses": []}


def _empty(member: str) -> Handler:
    def answer(embedded: Embedded, call: Call) -> dict[str, Any]:
        return {"registryId": call.account, **page(call, member, in_steps([]), 0)}

    return answer


def _missing(code: str, text: str) -> Handler:
    def answer(embedded: Embedded, call: Call) -> dict[str, Any]:
        raise ServiceError(code, text)

    return answer


def _refusing(sentence: str) -> Callable[[Embedded, Call], dict[str, Any]]:
    def answer(embedded: Embedded, call: Call) -> dict[str, Any]:
        raise fault("ecr", "unknown operation", sentence)

    return answer


_NO_TEMPLATE = _missing(
    "TemplateNotFoundException",
    "The specified repository creation template can't be found. Verify the registry ID and prefix and try again.",
)
_NOT_SIGNING = _missing("SigningConfigurationNotFoundException", "The specified signing configuration was not found.")
OPERATIONS: dict[str, Operation] = {
    "DescribeRepositoryCreationTemplates": Operation(_empty("repositoryCreationTemplates"), in_account, reads=True),
    "DeleteRepositoryCreationTemplate": Operation(_NO_TEMPLATE, in_account, reads=True),
    "ListPullTimeUpdateExclusions": Operation(_empty("pullTimeUpdateExclusions"), in_account, reads=True),
    "ListReplicationBackfills": Operation(_empty("replicationBackfills"), in_account, reads=True),
    "GetSigningConfiguration": Operation(_NOT_SIGNING, in_account, reads=True),
    "DeleteSigningConfiguration": Operation(_NOT_SIGNING, in_account, reads=True),
    **{
        name: Operation(_refusing(sentence), in_account, reads=True)
        for sentence, names in _REFUSED.items()
        for name in names.split()
    },
}
"""The rows of these operations that are about the registry as a whole."""
