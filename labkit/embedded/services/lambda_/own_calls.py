"""The calls that Lambda makes of other services, for its caller and as itself, and the events that they leave.

With the caller's credentials Lambda asks ECR for an image of another account, and reads and sets the policy of a
repository of the caller's own; as the service it fetches images and assumes execution roles. Who creates a function
across accounts sees one sentence only; what really was denied stands in the events of these calls.

Sources: reports of users on what CloudTrail shows of cross-account creations; Lambda Developer Guide, sample events of
KMS (``invokedBy``) and of AssumeRole. That ECR's events look the same is likely. Of a pull there is one event for each
action, where AWS has one for each layer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from labkit.embedded.protocol.calls import Call, Credentials, Identity, Origin, ServiceError
from labkit.embedded.request.recording import recorder
from labkit.iam import Decision, Policies, Principal
from labkit.pull.function import FunctionRef
from labkit.pull.policies import LAMBDA
from labkit.pull.uri import ImageUri

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.pull.decision import PullDecision

_ORIGIN = Origin(forwarded_by=LAMBDA)


def forwarded(call: Call, action: str) -> Call:
    """The request to another service that Lambda makes with the caller's credentials."""
    service, _, operation = action.partition(":")
    return replace(
        call,
        service=service,
        operation=operation,
        params={},
        request_id=str(uuid4()),
        origin=_ORIGIN,
        decisions=[],
    )


def note_pull(embedded: Embedded, call: Call | None, uri: ImageUri, decision: PullDecision) -> None:
    """Note what Lambda asks ECR for: with the credentials of ``call``'s caller, then as itself; a refusal ends it."""
    for each in (*decision.caller, *decision.service):
        if call is not None and each.request.principal.is_iam:
            asked = forwarded(call, each.request.action)
        else:
            asked = _of_lambda(each.request.action, uri.account, uri.region)
        params = _image(uri) if asked.operation == "BatchGetImage" else _repository(uri)
        _note(embedded, replace(asked, params=params, decisions=[each]))
        if not each.allowed:
            return


def note_policy_call(
    embedded: Embedded,
    call: Call,
    uri: ImageUri,
    decision: Decision,
    error: ServiceError | None = None,
    **params: Any,
) -> None:
    """Note that Lambda read, or (``policyText``) set, the repository's policy with the caller's credentials."""
    asked = forwarded(call, decision.request.action)
    output = {**_repository(uri), **params} if params else None
    made = replace(asked, params={**_repository(uri), **params}, decisions=[decision])
    _note(embedded, made, error=error, output=output)


def note_assumed(embedded: Embedded, key: FunctionRef, role: str, credentials: Credentials) -> None:
    """Note that Lambda has assumed the execution role of a function."""
    asked = _of_lambda("sts:AssumeRole", key.account, key.region)
    output = {
        "Credentials": {
            "AccessKeyId": credentials.access_key,
            "SessionToken": credentials.session_token,
            "Expiration": credentials.expiration,
        },
        "AssumedRoleUser": {"AssumedRoleId": f"{credentials.role_id}:{key.name}", "Arn": credentials.arn},
    }
    _note(embedded, replace(asked, params={"RoleArn": role, "RoleSessionName": key.name}), output=output)


def _note(
    embedded: Embedded, call: Call, *, error: ServiceError | None = None, output: dict[str, Any] | None = None
) -> None:
    refused = next((decision for decision in call.decisions if not decision.allowed), None)
    if refused is not None:  # AWS's sentence for a service is not known: then there is none
        error = ServiceError("AccessDenied", refused.denial or "", 403)
    recorder.note(embedded, call, error=error, output=None if error else output)


def _of_lambda(action: str, account: str, region: str) -> Call:
    """A call of the service itself, of what ``account`` owns."""
    service, _, operation = action.partition(":")
    identity = Identity(account, LAMBDA, Principal.service(LAMBDA), LAMBDA, "", "", Policies)
    return Call(identity, service, operation, region, {}, str(uuid4()), _ORIGIN)


def _repository(uri: ImageUri) -> dict[str, Any]:
    return {"registryId": uri.account, "repositoryName": uri.repository}


def _image(uri: ImageUri) -> dict[str, Any]:
    image = {"imageDigest": uri.digest} if uri.digest else {"imageTag": uri.tag}
    return {**_repository(uri), "imageIds": [image]}
