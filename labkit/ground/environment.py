"""The environment variables that point aws, docker and boto3 at the lab, for shells, kernels and child processes alike.

A client takes its credentials, region and endpoint from the lab's own profiles only if nothing stronger is set, so
everything that the AWS SDKs prefer to a profile is taken away (AWS SDKs and Tools Reference Guide, Settings reference).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

PROFILE = "registry"

_STRONGER_THAN_A_PROFILE = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)

# Where the user's own profiles are, which a lab on real accounts goes back to.
_OWN = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
_KEPT_AS = "LABKIT_OWN_{}"

_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_LOOPBACK = "127.0.0.1,localhost"


def lab_variables(home: Path, endpoint: str, environment: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """What to set (and, where None, to unset) in ``environment`` so that it belongs to the lab in ``home``.

    ``endpoint`` is the embedded AWS's URL, such as ``http://127.0.0.1:43121``. For PATH see `tools_folder`.
    """
    variables: dict[str, str | None] = dict.fromkeys(_STRONGER_THAN_A_PROFILE)
    variables.update(_kept(environment))
    variables.update({name: None for name in environment if name.startswith("AWS_ENDPOINT_URL_")})
    variables.update(
        LABKIT_HOME=str(home),
        LAB_REGISTRY=urlsplit(endpoint).netloc,
        AWS_CONFIG_FILE=str(home / "aws" / "config"),
        AWS_SHARED_CREDENTIALS_FILE=str(home / "aws" / "credentials"),
        AWS_PROFILE=PROFILE,
    )
    if any(environment.get(name) for name in _PROXIES):
        for name in ("NO_PROXY", "no_proxy"):
            variables[name] = _without_proxy(environment.get(name, ""))
    return variables


def _kept(environment: Mapping[str, str]) -> dict[str, str | None]:
    """The user's own settings under other names; those that were kept before stay."""
    if _KEPT_AS.format(_OWN[0]) in environment:
        return {}
    return {_KEPT_AS.format(name): environment.get(name, "") for name in _OWN}


def own_variables(environment: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """What to set (and, where None, to unset) to go back from the lab's profiles to the user's own."""
    kept = {name: environment.get(_KEPT_AS.format(name)) for name in _OWN}
    back = {name: value or None for name, value in kept.items() if value is not None}
    return {**back, "AWS_PROFILE": None} if back else {}


def apply(variables: Mapping[str, str | None]) -> None:
    """Set, or unset where None, environment variables of this process."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def unchanged_on_error() -> Iterator[None]:
    """Gives this process its environment variables back where the block raises."""
    before = dict(os.environ)
    try:
        yield
    except BaseException:
        apply({**dict.fromkeys(os.environ), **before})
        raise


def tools_folder() -> Path:
    """The folder of this Python's programs: ``aws``, ``labkit``, ``jupyter``; belongs in front of PATH."""
    return Path(sys.executable).parent


def lab_environment(home: Path, endpoint: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """A copy of ``environment`` for a child process of the lab, with `lab_variables` and PATH applied."""
    variables = lab_variables(home, endpoint, environment)
    merged = {name: value for name, value in {**environment, **variables}.items() if value is not None}
    merged["PATH"] = os.pathsep.join([str(tools_folder()), environment.get("PATH", os.defpath)])
    return merged


def _without_proxy(hosts: str) -> str:
    missing = [host for host in _LOOPBACK.split(",") if host not in hosts.split(",")]
    return ",".join([*filter(None, hosts.split(",")), *missing])
