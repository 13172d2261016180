"""Lambda's errors, each a row of one table: code, HTTP status, text.

Sources: Lambda API Reference (codes and statuses), Lambda Developer Guide "Troubleshoot deployment issues", and texts
that users quote from AWS. ``{}`` in a text is filled in; Lambda's own grammar ("Function already exist") is kept.
"""

from __future__ import annotations

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.protocol.constraints import summary

_INVALID = ("InvalidParameterValueException", 400)
_CONFLICT = ("ResourceConflictException", 409)
_DENIED = ("AccessDeniedException", 403)
_MISSING = ("ResourceNotFoundException", 404)

_ERRORS: dict[str, tuple[tuple[str, int], str]] = {
    "pull denied": (_DENIED, "Lambda does not have permission to access the ECR image. Check the ECR permissions."),
    "image missing": (_INVALID, "Source image {} does not exist. Provide a valid source image."),
    "image invalid": (_INVALID, "Source image {} is not valid. Provide a valid source image."),
    "media type": (
        _INVALID,
        "The image manifest, config or layer media type for the source image {} is not supported.",
    ),
    "role": (_INVALID, "The role defined for the function cannot be assumed by Lambda."),
    "role of another account": (_DENIED, "Cross-account pass role is not allowed."),
    "name too long": (_INVALID, "{}"),
    "exists": (_CONFLICT, "Function already exist: {}"),
    "image with runtime": (
        _INVALID,
        "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
    ),
    "zip without runtime": (
        _INVALID,
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
    ),
    "bad marker": (_INVALID, "Marker is not one that this list has answered."),  # AWS's own sentence is not known
    "no source": (_INVALID, "Please provide a source for function code."),
    "zip": (
        _INVALID,
        "The embedded AWS of this lab runs image functions only. Use PackageType Image with an ImageUri.",
    ),
    "unsupported": (
        _INVALID,
        "The embedded AWS of this lab does not support {} for functions. Leave it out.",
    ),
    "layers": (_INVALID, "Lambda layers are not supported for functions created with container images."),
    "update without image": (
        _INVALID,
        "Please provide ImageUri when updating a function with packageType Image.",
    ),
    "pending": (
        _CONFLICT,
        "The operation cannot be performed at this time. The function is currently in the following state: {}",
    ),
    "updating": (
        _CONFLICT,
        "The operation cannot be performed at this time. An update is in progress for resource: {}",
    ),
    "not found": (_MISSING, "Function not found: {}"),
    "alias missing": (_MISSING, "Cannot find alias arn: {}"),
    "alias to update missing": (_MISSING, "Alias not found: {}"),
    "alias exists": (_CONFLICT, "Alias already exists: {}"),
    "aliases name it": (_CONFLICT, "Unable to delete version because the following aliases reference it: [{}]"),
    "alias deleted as function": (_INVALID, "Deletion of aliases is not currently supported."),
    "too many weights": (_INVALID, "Number of items in AdditionalVersionWeights cannot be greater than 1"),
    "version weighed twice": (
        _INVALID,
        "Invalid function version {0}. Function version {0} is already included in routing configuration.",
    ),
    "latest weighed": (_INVALID, "$LATEST is not supported for an alias pointing to more than 1 version"),
    "code differs": (
        _INVALID,
        "CodeSHA256 ({}) is different from current CodeSHA256 in $LATEST ({}). Please try again with the CodeSHA256 in "
        "$LATEST.",
    ),
    "latest": (_INVALID, "$LATEST version cannot be deleted without deleting the function."),
    "not a function": (
        _INVALID,
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
        "Please specify either a function name or an unqualified function ARN.",
    ),
    "tags of a version": (
        _INVALID,
        "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    ),
    "too many tags": (_INVALID, "Number of tags exceeds resource tag limit."),
    "no tags": (_INVALID, "An error occurred and the request cannot be processed."),
    "qualifiers differ": (_INVALID, "{}"),
    "other region": (
        _MISSING,
        "Functions from '{}' are not reachable in this region ('{}')",
    ),
    "revision": (
        ("PreconditionFailedException", 412),
        "The Revision Id provided does not match the latest Revision Id. Call the {} API to retrieve the latest "
        "Revision Id",
    ),
    "reserved variables": (
        _INVALID,
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        "contains reserved keys that are currently not supported for modification. Reserved keys used in this request: "
        "{}",
    ),
    "variables too long": (
        _INVALID,
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        "exceeded the 4KB limit. String measured: {}",
    ),
    "payload": (("InvalidRequestContentException", 400), "Could not parse request body into json: {}"),
    "image broken": (
        ("CodeArtifactUserFailedException", 409),
        "ERROR: Lambda cannot initialize the provided container image. Verify the image.",
    ),
    # 409 as in the API's model of 2026; older guides and logs have 500.
    "restoring": (
        ("CodeArtifactUserPendingException", 409),
        "ERROR: Lambda is initializing your function. It will be ready to invoke shortly.",
    ),
    "role gone": (_DENIED, "The role defined for the function cannot be assumed by Lambda."),
    "throttled": (("TooManyRequestsException", 429), "Rate Exceeded."),
    "reserved concurrency used up": (("TooManyRequestsException", 429), "Rate Exceeded."),
    "too much reserved": (
        _INVALID,
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
        "its minimum value of [{}].",
    ),
    "latest has no policy": (_INVALID, "We currently do not support adding policies for $LATEST."),
    "principal": (_INVALID, "The provided principal was invalid. Please check the principal and try again."),
    "statement exists": (
        _CONFLICT,
        "The statement id ({}) provided already exists. Please provide a new statement id, or remove the existing "
        "statement.",
    ),
    "policy too long": (
        ("PolicyLengthExceededException", 400),
        "The final policy size ({}) is bigger than the limit ({}).",
    ),
    "nothing there": (_MISSING, "The resource you requested does not exist."),
    "no policy": (_MISSING, "No policy is associated with the given resource."),
    "no policy of nothing": (_MISSING, "No policy found for: {}"),
    "no event invoke config": (_MISSING, "The function {} doesn't have an EventInvokeConfig"),
    "no function": (_MISSING, "The function doesn't exist."),
    "function of no URL": (_MISSING, "Function does not exist"),
    "not published": (_INVALID, "The function resource provided must be an alias or a published version."),
    "no provisioned concurrency": (
        ("ProvisionedConcurrencyConfigNotFoundException", 404),
        "No Provisioned Concurrency Config found for this function",
    ),
    "no statement": (_MISSING, "Statement {} is not found in resource policy."),
}
#: Members of an error's body beside Type and message; what is None is left out of it.
_FIELDS: dict[str, dict[str, str | None]] = {
    "reserved concurrency used up": {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"},
    "latest weighed": {"Type": None},
    "too much reserved": {"Type": None},
}


def error(name: str, *values: str) -> ServiceError:
    """The error of this name, its text filled in with ``values``. Raises KeyError for a name that is not there."""
    (code, status), text = _ERRORS[name]
    return ServiceError(code, text.format(*values), status, _FIELDS.get(name))


def validation(failures: list[str]) -> ServiceError:
    """The ValidationException for parameters that break the constraints of the API's model."""
    return ServiceError("ValidationException", summary(failures))
