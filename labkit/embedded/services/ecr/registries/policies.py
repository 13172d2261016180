"""The registry policy: a second resource policy of every request to ECR in an account and region.

Since its second version (scope V2, the only one that can be set now) it may allow and deny every action of ECR, for
docker pulls and Lambda's pulls too. The ARNs in its Resource elements are not checked: one that matches nothing is
taken (Amazon ECR User Guide, "Private registry permissions"; containers-roadmap #2675). There is one in an account and
region, and only its owner can set it. That ECR writes its text anew as it does a repository's is an inference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.records import registries
from labkit.embedded.services.ecr import documents

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def put_registry_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """PutRegistryPolicy: replace the policy as a whole. Raises InvalidParameterException."""
    text = str(call.params["policyText"])
    documents.checked(embedded, text, documents.REGISTRY)
    return _shown(call, registries.set_policy(embedded.database, call.account, call.region, text))


def get_registry_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """GetRegistryPolicy. Raises RegistryPolicyNotFoundException."""
    return _shown(call, registries.policy_text(embedded.database, call.account, call.region))


def delete_registry_policy(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DeleteRegistryPolicy; answers the text that was there. Raises RegistryPolicyNotFoundException."""
    shown = get_registry_policy(embedded, call)
    registries.set_policy(embedded.database, call.account, call.region, None)
    return shown


def _shown(call: Call, text: str | None) -> dict[str, Any]:
    if text is None:
        reason = f"Registry policy does not exist in the registry with id '{call.account}'"
        raise ServiceError("RegistryPolicyNotFoundException", reason)
    return {"registryId": call.account, "policyText": text}
