"""Scanning: a setting of repositories and registries that can be read and, of repositories, set. Nothing is scanned.

Amazon ECR API Reference: PutImageScanningConfiguration, GetRegistryScanningConfiguration,
BatchGetRepositoryScanningConfiguration, DescribeImageScanFindings. An image that was never scanned has no findings:
ScanNotFoundException, in the words of moto's ECR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.records import repositories
from labkit.embedded.records.repositories import RepositoryRecord
from labkit.embedded.services.ecr.images.catalog import required
from labkit.embedded.services.ecr.lookup import named, registry_of, repository_of, where

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def put_image_scanning_configuration(embedded: Embedded, call: Call) -> dict[str, Any]:
    """PutImageScanningConfiguration: what the repository shows from now on."""
    record = repository_of(embedded, call)
    scans = bool(call.params["imageScanningConfiguration"].get("scanOnPush"))
    repositories.set_scan_on_push(embedded.database, record.arn, scans)
    return {**named(record), "imageScanningConfiguration": {"scanOnPush": scans}}


def get_registry_scanning_configuration(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetRegistryScanningConfiguration: that of a new registry."""
    return {"registryId": call.account, "scanningConfiguration": {"scanType": "BASIC", "rules": []}}


def batch_get_repository_scanning_configuration(embedded: Embedded, call: Call) -> dict[str, Any]:
    """BatchGetRepositoryScanningConfiguration: a failure for each repository that is not there."""
    names = call.params["repositoryNames"]
    found = {name: embedded.repository(registry_of(call), call.region, name) for name in names}
    text = f"The repository with name '{{}}' does not exist in the registry with id '{registry_of(call)}'"
    return {
        "scanningConfigurations": [_configuration(record) for record in found.values() if record],
        "failures": [
            {"repositoryName": name, "failureCode": "REPOSITORY_NOT_FOUND", "failureReason": text.format(name)}
            for name, record in found.items()
            if record is None
        ],
    }


def describe_image_scan_findings(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DescribeImageScanFindings. Raises ScanNotFoundException, or ImageNotFoundException for an image that is none."""
    record = repository_of(embedded, call)
    image = required(embedded, record, call.params["imageId"])
    tag = call.params["imageId"].get("imageTag", "null")
    raise ServiceError(
        "ScanNotFoundException",
        f"Image scan does not exist for the image with '{{imageDigest:'{image.digest}', imageTag:'{tag}'}}' in "
        + where(record.name, record.account),
    )


def _configuration(record: RepositoryRecord) -> dict[str, Any]:
    return {
        "repositoryArn": record.arn,
        "repositoryName": record.name,
        "scanOnPush": record.scan_on_push,
        "scanFrequency": "SCAN_ON_PUSH" if record.scan_on_push else "MANUAL",
        "appliedScanFilters": [],
    }
