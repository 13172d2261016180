"""The URI of an image in a private ECR repository, as CreateFunction takes it in ``Code.ImageUri``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.errors import UsageError
from labkit.iam.arn import RegistryHost

_URI = re.compile(
    r"(?P<host>[^/]+)/(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


class InvalidImageUri(UsageError):  # noqa: N818
    """A text that is not the URI of an image in a private ECR repository with a tag or digest."""


@dataclass(frozen=True, slots=True)
class ImageUri:
    """An image in a private ECR repository; ``tag`` or ``digest`` (or both) is set.

    ``dual_stack`` and ``fips`` say by which door of the registry it is named (`labkit.iam.arn.RegistryHost`).
    """

    account: str
    region: str
    repository: str
    tag: str | None = None
    digest: str | None = None
    dual_stack: bool = False
    fips: bool = False

    @classmethod
    def parse(cls, text: str) -> ImageUri:
        """Takes ``<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>`` or ``@sha256:…``.

        The host may be any that `RegistryHost` knows: of another partition, dual-stack, FIPS.
        Raises InvalidImageUri; there is no implied ``:latest``.
        """
        found = _URI.fullmatch(text)
        host = RegistryHost.parse(found["host"]) if found else None
        if not found or not host or not (found["tag"] or found["digest"]):
            raise InvalidImageUri(
                f"{text!r} is not the URI of an image in a private ECR repository with a tag or digest, such as "
                "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account:0.0.1."
            )
        where = (host.account, host.region, found["repository"])
        return cls(*where, found["tag"], found["digest"], host.dual_stack, host.fips)

    @property
    def host(self) -> RegistryHost:
        """The registry, by the door that this URI takes."""
        return RegistryHost(self.account, self.region, self.dual_stack, self.fips)

    @property
    def registry(self) -> str:
        """The registry's host name."""
        return str(self.host)

    @property
    def lambda_takes_it(self) -> bool:
        """Whether Lambda takes a URI with such a host, in a region of its own.

        It does not with ``ecr-fips`` (Lambda Developer Guide, "Create a Lambda function using a container image").
        Of dual-stack hosts its pages say nothing; they are not among the forms that it names, and the lab refuses them.
        """
        return not (self.fips or self.dual_stack)

    @property
    def repository_arn(self) -> str:
        """The repository's ARN, the resource of every pull request."""
        return self.host.repository_arn(self.repository)

    def at(self, digest: str) -> str:
        """The URI by digest, as ``Code.ResolvedImageUri`` shows it."""
        return f"{self.registry}/{self.repository}@{digest}"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.registry}/{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")


def is_registry(host: str) -> bool:
    """Whether a host is that of an account's private ECR registry, by whichever door."""
    return RegistryHost.parse(host) is not None
