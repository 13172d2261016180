"""What STS refuses, in AWS's words: one table, by what is the matter.

Sources: the first four are recorded (LocalStack's recordings on AWS, 2025); the packed size, the session credentials
and those of web identities are texts of public logs. Where AWS's text is not known, the row says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from labkit.embedded.protocol.calls import ServiceError

_NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
    "documentation for requirements"
)

_TEXTS: Mapping[str, tuple[str, str]] = {
    "bad arn": ("ValidationError", "{} is invalid"),
    "duplicate tags": (
        "InvalidParameterValue",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    ),
    # Neither code nor text is known; the rule is (IAM User Guide, "Rules for tagging in IAM and AWS STS").
    "reserved tag": ("InvalidParameterValue", "Tag keys that begin with aws: are reserved for AWS."),
    "not among the tags": (
        "InvalidParameterValue",
        "The specified transitive tag key must be included in the requested tags.",
    ),
    "inherited tag": (
        "InvalidParameterValue",
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
        "the calling session.",
    ),
    "tags too large": ("PackedPolicyTooLarge", "Packed size of session tags consumes {}% of allotted space."),
    "policy too long": ("PackedPolicyTooLarge", "Session policies are limited to {} characters."),  # text not known
    "no policy": ("MalformedPolicyDocument", "The policy {} does not exist."),  # text not known
    "bad policy": ("MalformedPolicyDocument", "{}"),
    "bad key": ("ValidationError", "The access key id is malformed."),  # text not known
    "longer than the role": (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    ),
    "longer than a chain": (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    ),
    "session credentials": ("AccessDenied", "Cannot call {} with session credentials"),
    # AWS's text is not known; that it cannot be changed is (IAM User Guide, "Monitor and control actions taken with
    # assumed roles").
    "other source identity": (
        "AccessDenied",
        "The source identity of the calling session is {} and cannot be changed.",
    ),
    "no token": (
        "InvalidIdentityToken",
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    ),
    "no claim": ("InvalidIdentityToken", "Missing a required claim: {}"),
    "no provider": ("InvalidIdentityToken", "No OpenIDConnect provider found in your account for {}"),
    "other audience": ("InvalidIdentityToken", "Incorrect token audience"),
    "no such key": ("InvalidIdentityToken", _NO_KEY),
    # On AWS there is always somebody to fetch the keys from; the second sentence is the lab's own.
    "no keys": (
        "InvalidIdentityToken",
        _NO_KEY + ". The lab fetches none: labkit oidc add {} JWKS_FILE gives it them.",
    ),
    "expired token": (
        "ExpiredTokenException",
        "Token expired: current date/time {} must be before the expiration date/time{}",
    ),
    # AWS's text for a signature that is not the provider's is not known; this is the API reference's sentence.
    "bad token": (
        "InvalidIdentityToken",
        "The web identity token that was passed could not be validated by AWS. Get a new identity token from the "
        "identity provider and then retry the request.",
    ),
    "parameter": ("InvalidParameterValue", "The embedded AWS does not implement the parameter {}."),
}

_STATUS = {"AccessDenied": 403}
"""HTTP status by code; all others are 400."""


def refusal(matter: str, *values: object) -> ServiceError:
    """The error that AWS answers; ``matter`` is a row of the table above, ``values`` fill its text."""
    code, text = _TEXTS[matter]
    return ServiceError(code, text.format(*values), _STATUS.get(code, 400))
