"""Previews of lifecycle policies: what one would do now, without doing it.

Amazon ECR API Reference: StartLifecyclePolicyPreview, GetLifecyclePolicyPreview. A preview is made at once and kept
until the next one of the repository; its start answers IN_PROGRESS, as AWS's does. The text for a preview that was
never started is not recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.services.ecr.lifecycle import state
from labkit.embedded.services.ecr.lifecycle.candidates import candidates
from labkit.embedded.services.ecr.lifecycle.policies import checked, policy_of
from labkit.embedded.services.ecr.lifecycle.state import Preview
from labkit.embedded.services.ecr.lookup import in_steps, key_of, named, page, repository_of, where
from labkit.embedded.state.clock import read_stored, stored
from labkit.pull.lifecycle.evaluation import Candidate, Step, evaluate
from labkit.pull.lifecycle.rules import rewritten

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

_TO_ARCHIVE = {"type": "TRANSITION", "targetStorageClass": "ARCHIVE"}


def start_lifecycle_policy_preview(embedded: Embedded, call: Call) -> dict[str, Any]:
    """StartLifecyclePolicyPreview, of a text or of the policy in force. Raises LifecyclePolicyNotFoundException."""
    record = repository_of(embedded, call)
    text = call.params.get("lifecyclePolicyText") or policy_of(embedded, record).text
    rules = checked(text)
    images = {image.digest: image for image in candidates(embedded, key_of(record))}
    steps = evaluate(rules, images.values(), embedded.clock.now())
    results = [_result(images[step.digest], step) for step in steps]
    preview = Preview(rewritten(text), results)
    state.keep_preview(embedded.database, record.arn, preview)
    return {**named(record), "lifecyclePolicyText": preview.text, "status": "IN_PROGRESS"}


def get_lifecycle_policy_preview(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetLifecyclePolicyPreview, in pages. Raises LifecyclePolicyPreviewNotFoundException."""
    record = repository_of(embedded, call)
    preview = state.find_preview(embedded.database, record.arn)
    if preview is None:
        text = f"Lifecycle policy preview does not exist for {where(record.name, record.account)}"
        raise ServiceError("LifecyclePolicyPreviewNotFoundException", text)
    wanted = [_shown(each) for each in preview.results if _is_wanted(call.params, each)]
    return {
        **named(record),
        "lifecyclePolicyText": preview.text,
        "status": "COMPLETE",
        **page(call, "previewResults", in_steps(wanted), 0),
        "summary": _summary(preview),
    }


def _result(image: Candidate, step: Step) -> dict[str, Any]:
    return {
        "imageTags": list(image.tags),
        "imageDigest": image.digest,
        "imagePushedAt": stored(image.pushed),
        "action": {"type": "EXPIRE"} if step.action == "expire" else _TO_ARCHIVE,
        "appliedRulePriority": step.priority,
        "storageClass": image.storage_class.upper(),
    }


def _shown(result: Mapping[str, Any]) -> dict[str, Any]:
    return {**result, "imagePushedAt": read_stored(result["imagePushedAt"])}


def _is_wanted(params: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    status = (params.get("filter") or {}).get("tagStatus", "ANY")
    if status != "ANY" and (status == "TAGGED") != bool(result["imageTags"]):
        return False
    ids = params.get("imageIds")
    return ids is None or any(
        each.get("imageDigest", result["imageDigest"]) == result["imageDigest"]
        and ("imageTag" not in each or each["imageTag"] in result["imageTags"])
        for each in ids
    )


def _summary(preview: Preview) -> dict[str, Any]:
    expiring = sum(each["action"]["type"] == "EXPIRE" for each in preview.results)
    moving = len(preview.results) - expiring
    counts = [{"targetStorageClass": "ARCHIVE", "imageTotalCount": moving}]
    return {"expiringImageTotalCount": expiring, **({"transitioningImageTotalCounts": counts} if moving else {})}
