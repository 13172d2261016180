"""The URI of an image in a private ECR repository, as CreateFunction takes it in ``Code.ImageUri``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.errors import UsageError

_URI = re.compile(
    r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?P<china>\.cn)?/"
    r"(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)


class InvalidImageUri(UsageError):  # noqa: N818
    """A text that is not the URI of an image in a private ECR repository with a tag or digest."""


@dataclass(frozen=True, slots=True)
class ImageUri:
    """An image in a private ECR repository; ``tag`` or ``digest`` (or both) is set."""

    account: str
    region: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> ImageUri:
        """Takes ``<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>`` or ``@sha256:…``.

        Raises InvalidImageUri; there is no implied ``:latest``.
        """
        found = _URI.fullmatch(text)
        if not found or not (found["tag"] or found["digest"]):
            raise InvalidImageUri(
                f"{text!r} is not the URI of an image in a private ECR repository with a tag or digest, such as "
                "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account:0.0.1."
            )
        return cls(found["account"], found["region"], found["repository"], found["tag"], found["digest"])

    @property
    def registry(self) -> str:
        """The registry's host name."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com"

    @property
    def repository_arn(self) -> str:
        """The repository's ARN, the resource of every pull request."""
        return f"arn:aws:ecr:{self.region}:{self.account}:repository/{self.repository}"

    def at(self, digest: str) -> str:
        """The URI by digest, as ``Code.ResolvedImageUri`` shows it."""
        return f"{self.registry}/{self.repository}@{digest}"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.registry}/{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")
