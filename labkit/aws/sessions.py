"""Profiles to boto3 sessions, who is calling, and assuming a role.

All sessions share one loader of botocore's service models, which is most of what a client costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import boto3
import botocore.session
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.loaders import Loader

from labkit.errors import LabError, UsageError
from labkit.ground.environment import own_variables

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_REFUSED = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
}
_DEFAULT_FILES = {"config_file": "~/.aws/config", "credentials_file": "~/.aws/credentials"}
T = TypeVar("T")


@cache
def _loader() -> Loader:
    core = botocore.session.Session()
    loader: Loader = core.get_component("data_loader")
    return loader


def _core(profile: str | None) -> botocore.session.Session:
    core = botocore.session.Session(profile=profile)
    core.register_component("data_loader", _loader())
    return core


def open_session(profile: str, region: str | None = None) -> boto3.Session:
    """A session of a profile of the AWS config files in use.

    Raises UsageError when there is no such profile, or when it has no region and none is given.
    """
    try:
        session = boto3.Session(botocore_session=_core(profile), region_name=region)
        if profile not in session.available_profiles:  # with a region given, botocore would not look before a call
            raise _no_profile(profile)
        if session.region_name is None:
            raise NoRegionError
    except ProfileNotFound:
        raise _no_profile(profile) from None
    except NoRegionError:
        raise UsageError(
            f"The AWS profile {profile!r} has no region. Add one: aws configure set region eu-central-1 "
            f"--profile {profile}"
        ) from None
    return session


def check_profile(name: str) -> str:
    """Returns the name of a profile of the user's own AWS config files; raises UsageError where there is none.

    Nothing is asked of AWS. In a process that is pointed at the lab, the files are those from before.
    """
    core = botocore.session.Session()
    before = own_variables()
    for variable, setting in (("AWS_CONFIG_FILE", "config_file"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials_file")):
        if variable in before:
            core.set_config_variable(setting, before[variable] or _DEFAULT_FILES[setting])
    try:
        known = core.available_profiles
    except BotoCoreError as error:  # a file that cannot be parsed
        raise UsageError(f"The AWS profiles cannot be read: {error}") from None
    if name not in known:
        raise _no_profile(name)
    return name


def _no_profile(name: str) -> UsageError:
    return UsageError(f"There is no AWS profile {name!r}. 'aws configure list-profiles' lists those that there are.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a session is, as GetCallerIdentity answers."""

    account: str
    arn: str
    user_id: str


def whoami(session: boto3.Session) -> Caller:
    """Asks STS who is calling. Raises UsageError when the credentials are missing, expired, or not accepted."""
    profile = session.profile_name
    try:
        answer = client(session, "sts").get_caller_identity()
    except (NoCredentialsError, TokenRetrievalError, UnauthorizedSSOTokenError):
        raise UsageError(f"The AWS profile {profile!r} has no credentials. Sign in again, then retry.") from None
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _EXPIRED:
            raise UsageError(
                f"The credentials of the AWS profile {profile!r} have expired. Sign in again, then retry."
            ) from None
        if code in _REFUSED:
            raise UsageError(f"AWS does not accept the credentials of the profile {profile!r} ({code}).") from None
        raise
    except BotoCoreError as error:
        raise LabError(f"AWS cannot be reached with the profile {profile!r}: {error}") from None
    return Caller(answer["Account"], answer["Arn"], answer["UserId"])


def client(session: boto3.Session, service: str) -> Any:
    """A boto3 client of the session, made once for each session and service."""
    made: dict[str, Any] = session.__dict__.setdefault("_labkit_clients", {})
    if service not in made:
        made[service] = session.client(service)
    return made[service]


def assume(
    session: boto3.Session, role_arn: str, session_name: str, patience: float = 0, policy: str | None = None
) -> boto3.Session:
    """A session of the role, limited by the session policy ``policy``; the profile's region and endpoint stay.

    ``patience`` are the seconds for which a refusal is asked again, since a new role takes a moment to be known
    everywhere. Raises ClientError.
    """

    limited = {} if policy is None else {"Policy": policy}

    def attempt() -> Any:
        return client(session, "sts").assume_role(RoleArn=role_arn, RoleSessionName=session_name, **limited)

    keys = patiently(attempt, lambda error: error.response["Error"]["Code"] == "AccessDenied", patience)["Credentials"]
    core = _core(session.profile_name)
    core.set_credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return boto3.Session(botocore_session=core, region_name=session.region_name)


def patiently(
    attempt: Callable[[], T],
    passing: Callable[[ClientError], bool],
    patience: float,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Calls ``attempt`` again, every 2 seconds and for ``patience`` seconds, while its error is a passing one."""
    waited = 0.0
    while True:
        try:
            return attempt()
        except ClientError as error:
            if waited >= patience or not passing(error):
                raise
        sleep(2)
        waited += 2


def endpoint_of(session: boto3.Session) -> str:
    """The address that the session's calls go to."""
    return str(client(session, "sts").meta.endpoint_url)
