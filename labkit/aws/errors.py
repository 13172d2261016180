"""From an exception to the one sentence that a person needs, and the exit code.

A table by exception name for what botocore raises, so that nothing of it has to be imported to explain that something
else failed.
"""

from __future__ import annotations

from labkit.errors import LabError
from labkit.ground import project

# Exception name (looked for along the class hierarchy) -> what to do; {error} is what the exception says.
_BOTOCORE = {
    "ProfileNotFound": (
        2,
        '{error}; name a profile that exists in your AWS config, or take the lab\'s own with: eval "$(labkit env)"',
    ),
    "NoCredentialsError": (
        1,
        "no AWS credentials were found; sign in with the AWS CLI, name another profile, "
        'or take the lab\'s own with: eval "$(labkit env)"',
    ),
    "PartialCredentialsError": (1, "{error}; complete the profile in your AWS config."),
    "CredentialRetrievalError": (1, "{error}; sign in again, for example with: aws sso login"),
    "TokenRetrievalError": (1, "{error}; sign in again, for example with: aws sso login"),
    "SSOTokenLoadError": (1, "{error}; sign in again, for example with: aws sso login"),
    "UnauthorizedSSOTokenError": (1, "{error}; sign in again, for example with: aws sso login"),
    "NoRegionError": (2, "no AWS region is set; set one in the profile, or with AWS_REGION."),
    "EndpointConnectionError": (1, "{error}; is the network there, and the embedded AWS up (labkit up)?"),
    "ConnectionError": (1, "{error}; is the network there, and the embedded AWS up (labkit up)?"),
    "HTTPClientError": (1, "{error}; is the network there, and the embedded AWS up (labkit up)?"),
    "BotoCoreError": (1, "{error}"),
}

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}


def explain(error: Exception) -> tuple[str, int]:
    """The sentence and the exit code for ``error``; an exception that nobody expected is named as such, with code 1."""
    if isinstance(error, LabError):
        return str(error), error.exit_code
    for name in (cls.__name__ for cls in type(error).__mro__ if cls.__module__.startswith("botocore")):
        if name == "ClientError":
            return _service_answer(error), 1
        if name in _BOTOCORE:
            code, sentence = _BOTOCORE[name]
            return sentence.format(error=str(error).rstrip(".")), code
    if isinstance(error, ModuleNotFoundError):
        return _missing_module(error), 1
    if isinstance(error, OSError):
        return f"{error.filename or 'the system'}: {error.strerror or error}", 1
    return f"{type(error).__name__}: {error} (this is a fault of labkit; LABKIT_DEBUG=1 shows where it is)", 1


def _service_answer(error: Exception) -> str:
    response = getattr(error, "response", {})
    code = response.get("Error", {}).get("Code", "")
    if code in _EXPIRED:
        return f"the AWS credentials have expired ({code}); sign in again, then repeat the command."
    return str(error)


def _missing_module(error: ModuleNotFoundError) -> str:
    if (error.name or "").partition(".")[0] == "labkit":
        return f"{error.name} is missing from this copy of labkit; take a complete one."
    if project.INSTALLED:
        return f"the package {error.name} is missing from this Python; install it with: pip install 'labkit[lab]'"
    return (
        f"the package {error.name} is missing from this Python; install requirements.txt into it, "
        "or delete .venv and start again with: python3 -m labkit"
    )
