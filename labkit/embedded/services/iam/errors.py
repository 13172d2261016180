"""AWS's texts for what IAM refuses: one table, by what is the matter.

Sources: IAM API Reference and IAM User Guide for the codes; the texts are those of public logs and recorded responses.
"""

from __future__ import annotations

from collections.abc import Mapping

from labkit.embedded.protocol.calls import ServiceError

_STATUS = {
    "NoSuchEntity": 404,
    "EntityAlreadyExists": 409,
    "DeleteConflict": 409,
    "LimitExceeded": 409,
    "AccessDenied": 403,
}
"""HTTP status by code; all others are 400."""

_TEXTS: Mapping[str, tuple[str, str]] = {
    # what there is not
    "no user": ("NoSuchEntity", "The user with name {} cannot be found."),
    "no group": ("NoSuchEntity", "The group with name {} cannot be found."),
    "no role": ("NoSuchEntity", "The role with name {} cannot be found."),
    "no access key": ("NoSuchEntity", "The Access Key with id {} cannot be found."),
    "no instance profile": ("NoSuchEntity", "Instance Profile {} cannot be found."),
    "no role in instance profile": ("NoSuchEntity", "Role {} in Instance Profile {} cannot be found."),
    "no provider": ("NoSuchEntity", "OpenIDConnect Provider not found for arn {}"),
    "not a member": ("NoSuchEntity", "User {} not in group {}."),
    "no alias": ("NoSuchEntity", "The account alias {} cannot be found."),
    "no policy": ("NoSuchEntity", "Policy {} was not found."),
    "not attachable": ("NoSuchEntity", "Policy {} does not exist or is not attachable."),
    "no version": ("NoSuchEntity", "Policy {} version {} does not exist or is not attachable."),
    "no inline policy": ("NoSuchEntity", "The {} policy with name {} cannot be found."),
    "no deletion task": ("NoSuchEntity", "Deletion Task ID {} cannot be found."),
    # what there is already
    "user exists": ("EntityAlreadyExists", "User with name {} already exists."),
    "group exists": ("EntityAlreadyExists", "Group with name {} already exists."),
    "role exists": ("EntityAlreadyExists", "Role with name {} already exists."),
    "policy exists": ("EntityAlreadyExists", "A policy called {} already exists. Duplicate names are not allowed."),
    "instance profile exists": ("EntityAlreadyExists", "Instance Profile {} already exists."),
    "provider exists": ("EntityAlreadyExists", "Provider with url {} already exists."),
    "alias exists": ("EntityAlreadyExists", "The account alias {} already exists."),
    "linked role exists": (
        "InvalidInput",
        "Service role name {} has been taken in this account, please try a different suffix.",
    ),
    # what must go first
    "has members": ("DeleteConflict", "Cannot delete entity, must remove users from group first."),
    "has access keys": ("DeleteConflict", "Cannot delete entity, must delete access keys first."),
    "has attached policies": ("DeleteConflict", "Cannot delete entity, must detach all policies first."),
    "has inline policies": ("DeleteConflict", "Cannot delete entity, must delete policies first."),
    "in instance profile": ("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first."),
    "policy in use": ("DeleteConflict", "Cannot delete a policy attached to entities."),
    "has versions": (
        "DeleteConflict",
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
        "The default version is deleted with the policy.",
    ),
    "default version": ("DeleteConflict", "Cannot delete the default version of a policy."),
    # what would be too much
    "quota": ("LimitExceeded", "Cannot exceed quota for {}: {}"),
    "too many versions": (
        "LimitExceeded",
        "A managed policy can have up to {} versions. Before you create a new version, you must delete an existing "
        "version.",
    ),
    "inline too long": ("LimitExceeded", "Maximum policy size of {} bytes exceeded for {} {}"),
    "too many tags": ("LimitExceeded", "The number of tags has reached the maximum limit."),
    # what is wrong with the request
    "bad marker": ("ValidationError", "Invalid Marker."),
    "bad status": ("ValidationError", "Status {} is not one that a key can be given: it is Active or Inactive."),
    "duplicate tags": ("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."),
    "no user name": ("ValidationError", "Must specify userName when calling with non-User credentials"),
    # AWS's own texts for these five are not known.
    "bad provider url": ("InvalidInput", "{} is not the URL of a provider: https://, a host, and no query."),
    "reserved path": ("InvalidInput", "The path {} is reserved for service-linked roles."),
    "alias is a number": ("InvalidInput", "An account alias cannot be a 12-digit number."),
    "no linked role": ("InvalidInput", "The embedded AWS knows no service-linked role of the service {}."),
    "no linked role name": ("InvalidInput", "{} is not a service-linked role."),
    "no suffix": ("InvalidInput", "Custom suffix is not allowed for {}"),
    "protected role": (
        "UnmodifiableEntity",
        "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
    ),
    "bad input": ("InvalidInput", "{}"),
    "bad document": ("MalformedPolicyDocument", "{}"),
    "no arn": ("ValidationError", "Invalid ARN:  Could not be parsed!"),
    "bad arn": ("InvalidInput", "ARN {} is not valid."),
    "aws policy": ("AccessDenied", "{} is AWS's own and cannot be changed."),
    "service role policy": ("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role."),
    "no boundary": ("NoSuchEntity", "Scope ARN: {} does not exist or is not attachable."),
}


def refusal(matter: str, *values: object) -> ServiceError:
    """The error that AWS answers; ``matter`` is a row of the table above, ``values`` fill its text."""
    code, text = _TEXTS[matter]
    return ServiceError(code, text.format(*values), _STATUS.get(code, 400))
