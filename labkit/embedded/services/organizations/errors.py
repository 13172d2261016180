"""Organizations' errors: sentences by code, and by the reason that a ConstraintViolation or an InvalidInput gives.

Sentences that people have met are quoted as they met them (deploy logs and issues of several tools: the last policy,
the most policies, enabled types, duplicate names, the wait period, the number of accounts, documents, patterns, an
account that is in an organization). The others are those of the AWS Organizations API Reference, which says of each
reason what it means but not in which words a call is answered.
"""

from __future__ import annotations

from labkit.embedded.protocol.calls import ServiceError

TEXTS = {
    "AccessDeniedException": "You don't have permissions to access this resource.",
    "AccountNotFoundException": "You specified an account that doesn't exist.",
    "AlreadyInOrganizationException": "The AWS account is already a member of an organization.",
    "AWSOrganizationsNotInUseException": "Your account is not a member of an organization.",
    "ChildNotFoundException": "You specified a child that doesn't exist.",
    "CreateAccountStatusNotFoundException": "You specified a create account request that doesn't exist.",
    "DestinationParentNotFoundException": "You specified a destination parent that doesn't exist.",
    "DuplicateAccountException": "That account is already present in the specified destination.",
    "DuplicateOrganizationalUnitException": "An OU with the same name already exists in the parent.",
    "DuplicatePolicyAttachmentException": "A policy with the specified name and type already exists.",
    "DuplicatePolicyException": "A policy with the specified name and type already exists.",
    "EffectivePolicyNotFoundException": "The account doesn't have an effective policy of this type.",
    "MalformedPolicyDocumentException": "The provided policy document does not meet the requirements of the specified "
    "policy type.",
    "MasterCannotLeaveOrganizationException": "You can't remove a management account from an organization.",
    "OrganizationalUnitNotEmptyException": "The specified OU is not empty.",
    "OrganizationalUnitNotFoundException": "You specified an organizational unit that doesn't exist.",
    "OrganizationNotEmptyException": "To delete an organization you must first remove all member accounts "
    "(except the master).",
    "ParentNotFoundException": "You specified a parent that doesn't exist.",
    "PolicyInUseException": "The policy is attached to one or more entities. You must detach it from all roots, OUs, "
    "and accounts before performing this operation.",
    "PolicyNotAttachedException": "The policy isn't attached to the specified target.",
    "PolicyNotFoundException": "You specified a policy that doesn't exist.",
    "PolicyTypeAlreadyEnabledException": "The specified policy type is already enabled.",
    "PolicyTypeNotAvailableForOrganizationException": "You can't use the specified policy type with the feature set "
    "currently enabled for this organization.",
    "PolicyTypeNotEnabledException": "This operation can be performed only for enabled policy types.",
    "RootNotFoundException": "You specified a root that doesn't exist.",
    "SourceParentNotFoundException": "You specified a source parent that doesn't exist.",
    "TargetNotFoundException": "You specified a target that doesn't exist.",
}

_LIMITS = {
    "ACCOUNT_NUMBER_LIMIT_EXCEEDED": "You have exceeded the allowed number of AWS accounts.",
    "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": "You have attached the maximum number of policies to the specified "
    "target.",
    "MAX_TAG_LIMIT_EXCEEDED": "You have exceeded the number of tags allowed on this resource.",
    "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED": "You cannot remove the last policy attached to the specified target. "
    "You must have at least one attached at all times.",
    "OU_DEPTH_LIMIT_EXCEEDED": "You attempted to create an OU tree that is too many levels deep.",
    "OU_NUMBER_LIMIT_EXCEEDED": "You attempted to exceed the number of OUs that you can have in an organization.",
    "POLICY_CONTENT_LIMIT_EXCEEDED": "You have exceeded the maximum policy size",
    "POLICY_NUMBER_LIMIT_EXCEEDED": "You attempted to exceed the number of policies that you can have in an "
    "organization.",
    "WAIT_PERIOD_ACTIVE": "This operation requires a wait period.  Try again later.",
}
_INPUTS = {
    "DUPLICATE_TAG_KEY": "Tag keys must be unique among the tags attached to the same entity.",
    "IMMUTABLE_POLICY": "You specified a policy that is managed by AWS and can't be modified.",
    "INVALID_NEXT_TOKEN": "Get the value for the NextToken parameter from the response to a previous call of the "
    "operation.",
    "INVALID_ROLE_NAME": "You provided a role name that isn't valid. A role name can't begin with the reserved prefix "
    "AWSServiceRoleFor.",
    "INVALID_SYSTEM_TAGS_PARAMETER": "You specified a tag key that is a system tag. You can't add, edit, or delete "
    "system tag keys because they're reserved for AWS use.",
    "NON_DETACHABLE_POLICY": "You can't detach this AWS Managed Policy.",
    "TARGET_NOT_SUPPORTED": "You can't perform the specified operation on that target entity.",
}


def refused(code: str) -> ServiceError:
    """The error of that code, with AWS's sentence."""
    return ServiceError(code, TEXTS[code])


def exceeded(reason: str) -> ServiceError:
    """ConstraintViolationException: a least or a most is broken."""
    return ServiceError("ConstraintViolationException", _LIMITS[reason], fields={"Reason": reason})


def invalid(reason: str) -> ServiceError:
    """InvalidInputException: a parameter has a value that is never good."""
    return ServiceError("InvalidInputException", _INPUTS[reason], fields={"Reason": reason})
