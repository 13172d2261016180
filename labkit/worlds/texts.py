"""What an engineer reads: AWS's texts, as the aws CLI and boto3 print them. Placeholders as everywhere in worlds.

Sources: those of `labkit.embedded.services.lambda_.errors` and of IAM User Guide, "Troubleshoot access denied error
messages"; others at the worlds that have them.
"""

from __future__ import annotations


def _error(code: str, message: str, operation: str = "CreateFunction") -> str:
    return f"An error occurred ({code}) when calling the {operation} operation: {message}"


def denied(operation: str = "CreateFunction") -> str:
    """Lambda, or the caller, may not get the image."""
    text = "Lambda does not have permission to access the ECR image. Check the ECR permissions."
    return _error("AccessDeniedException", text, operation)


def invalid(text: str, operation: str = "CreateFunction") -> str:
    """Something that was asked for is wrong."""
    return _error("InvalidParameterValueException", text, operation)


def no_image(image: str = "{image}", operation: str = "CreateFunction") -> str:
    """The image is not there."""
    return invalid(f"Source image {image} does not exist. Provide a valid source image.", operation)


def no_uri(image: str) -> str:
    """The URI is none that Lambda takes."""
    return invalid(f"Source image {image} is not valid. Provide a valid source image.")


def unauthorized(action: str, resource: str, because: str, who: str = "{caller}") -> str:
    """The caller may not do something itself."""
    text = f"User: {who} is not authorized to perform: {action} on resource: {resource} {because}"
    return _error("AccessDeniedException", text)


def no_policy_allows(kind: str, action: str) -> str:
    """The end of `unauthorized` where nothing of a kind allows."""
    return f"because no {kind} allows the {action} action"


DENIED = denied()
MEDIA_TYPE = invalid("The image manifest, config or layer media type for the source image {image} is not supported.")
NOT_ASSUMABLE = invalid("The role defined for the function cannot be assumed by Lambda.")
BROKEN = _error(
    "CodeArtifactUserFailedException",
    "ERROR: Lambda cannot initialize the provided container image. Verify the image.",
    "Invoke",
)
RESTORING = _error(
    "CodeArtifactUserPendingException",
    "ERROR: Lambda is initializing your function. It will be ready to invoke shortly.",
    "Invoke",
)
