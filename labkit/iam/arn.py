"""Names of AWS, taken apart in one place: Amazon Resource Names, partitions, and the host names of ECR's registries.

Source: IAM User Guide, "IAM identifiers" and "IAM JSON policy elements: Condition operators", ARN operators: each of
the six colon-delimited components is checked separately and each can hold ``*`` and ``?``. Amazon ECR User Guide,
"Making requests to Amazon ECR registries"; AWS General Reference, "Amazon ECR endpoints and quotas".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from labkit.errors import UsageError

FIELDS = ("prefix", "partition", "service", "region", "account", "resource")
"""The names of the six fields, in their order."""

_TYPE_ENDS = re.compile("[:/]")


class Arn(NamedTuple):
    """The six fields of an ARN; ``resource`` may itself hold colons and slashes."""

    prefix: str
    partition: str
    service: str
    region: str
    account: str
    resource: str

    @property
    def resource_type(self) -> str:
        """``role`` of ``role/team/Deployer``, ``function`` of ``function:f``; the whole where there is nothing more."""
        return _TYPE_ENDS.split(self.resource, maxsplit=1)[0]

    @property
    def resource_id(self) -> str:
        """What follows the type: ``team/Deployer``, ``f``, ``lab/app`` of ``repository/lab/app``; else empty."""
        return self.resource[len(self.resource_type) + 1 :]

    @property
    def parts(self) -> list[str]:
        """The resource between its slashes: ``assumed-role``, ``Deployer``, ``me`` of a session."""
        return self.resource.split("/")

    @property
    def name(self) -> str:
        """What follows type and path: ``Deployer`` of ``role/team/Deployer``, of a session the session's name."""
        return (self.resource_id or self.resource).rpartition("/")[2]

    def is_a(self, service: str, resource_type: str) -> bool:
        """Whether it names a resource of this service and type, such as ``iam`` and ``role``."""
        return (self.service, self.resource_type) == (service, resource_type)

    def __str__(self) -> str:
        return ":".join(self)


@lru_cache(maxsize=4096)
def split(text: str) -> Arn | None:
    """The ARN's fields, or None when the text has fewer than six or does not start with ``arn:``."""
    fields = text.split(":", 5)
    return Arn(*fields) if len(fields) == 6 and fields[0] == "arn" else None


def parse(text: str) -> Arn:
    """The ARN's fields, of a text that has to be an ARN. Raises UsageError."""
    arn = split(text)
    if arn is None:
        raise UsageError(f"{text!r} is not an ARN, such as arn:aws:iam::111122223333:role/Admin.")
    return arn


def account_of(text: str) -> str | None:
    """The account field of an ARN, or None when there is none."""
    arn = split(text)
    return (arn.account or None) if arn else None


class Partition(NamedTuple):
    """A group of regions with accounts of its own: how its regions' names begin, and the end of its host names.

    ``dual_stack`` ends the names of registries that answer on IPv6 too; empty where AWS documents none.
    """

    name: str
    regions: str
    suffix: str
    dual_stack: str = ""


PARTITIONS = (
    Partition("aws-cn", "cn-", "amazonaws.com.cn", "on.amazonwebservices.com.cn"),
    Partition("aws-us-gov", "us-gov-", "amazonaws.com", "on.aws"),
    Partition("aws-eusc", "eusc-", "amazonaws.eu"),
    Partition("aws-iso", "us-iso-", "c2s.ic.gov"),
    Partition("aws-iso-b", "us-isob-", "sc2s.sgov.gov"),
    Partition("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk"),
    Partition("aws-iso-f", "us-isof-", "csp.hci.ic.gov"),
    Partition("aws", "", "amazonaws.com", "on.aws"),
)
"""All partitions; the standard one, whose regions have no beginning in common, is the last."""


def partition_of(region: str) -> Partition:
    """The partition that a region of this name is in."""
    return next(each for each in PARTITIONS if region.startswith(each.regions))


_HOST = re.compile(
    r"(?P<account>[0-9]{12})\.(?P<service>dkr[.-]ecr)(?P<fips>-fips)?\.(?P<region>[a-z0-9-]+)\.(?P<suffix>[a-z0-9.-]+)"
)


class RegistryHost(NamedTuple):
    """The host of an account's private registry in one region, as Docker and image URIs write it.

    ``dual_stack`` and ``fips`` are other doors to the same registry: ``ACCOUNT.dkr-ecr.REGION.on.aws`` and
    ``ACCOUNT.dkr.ecr-fips.REGION.amazonaws.com``.
    """

    account: str
    region: str
    dual_stack: bool = False
    fips: bool = False

    @classmethod
    def parse(cls, text: str) -> RegistryHost | None:
        """The registry of this host name, None for any other host: also where the suffix is not the region's."""
        found = _HOST.fullmatch(text)
        if found is None:
            return None
        host = cls(found["account"], found["region"], found["service"] == "dkr-ecr", found["fips"] is not None)
        return host if str(host) == text else None

    @property
    def partition(self) -> str:
        """The partition's name, as ARNs begin with it, such as ``aws-cn``."""
        return partition_of(self.region).name

    def repository_arn(self, repository: str) -> str:
        """The ARN of a repository in this registry; by whichever door, it is one."""
        return f"arn:{self.partition}:ecr:{self.region}:{self.account}:repository/{repository}"

    def __str__(self) -> str:
        where, fips = partition_of(self.region), "-fips" if self.fips else ""
        if self.dual_stack:
            return f"{self.account}.dkr-ecr{fips}.{self.region}.{where.dual_stack}"
        return f"{self.account}.dkr.ecr{fips}.{self.region}.{where.suffix}"
