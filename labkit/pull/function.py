"""Which Lambda function is meant: one reading of its name, for whoever authorizes and whoever executes.

Lambda API Reference, ``FunctionName``: ``MyFunction``, ``123456789012:function:MyFunction``,
``arn:aws:lambda:us-west-2:123456789012:function:MyFunction``, each also with ``:QUALIFIER`` (a version, an alias or
``$LATEST``), which a parameter ``Qualifier`` can say as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from labkit.errors import UsageError
from labkit.iam import arn as arns
from labkit.pull.organization import ACCOUNT_ID

LATEST = "$LATEST"
"""The qualifier of the version that is worked on; every function has it."""
LONGEST = 64
"""The most characters of a function's name (Lambda API Reference, CreateFunction)."""

_FORMS = (
    r"(?:(?:arn:aws:lambda:(?P<region>[a-z0-9-]+):)?(?P<account>\d{12}):function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)
_REGION = re.compile("[a-z0-9-]+")
_PARTIAL = re.compile(r"(?:(?P<account>[0-9]{12}):)?(?:function:)?(?P<tail>[^:]+(?::[^:]+)?)")
_QUALIFIER = re.compile(r"[a-zA-Z0-9_$-]+")
_ALIAS = re.compile(r"(?![0-9]+$)[a-zA-Z0-9_-]+")
_TAIL = re.compile(r"(?P<name>[a-zA-Z0-9_-]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?")


class InvalidFunctionName(UsageError):  # noqa: N818
    """A text that names no function; ``constraint`` says what it breaks, in the words of AWS's validation errors."""

    def __init__(self, text: str, constraint: str) -> None:
        super().__init__(
            f"{text!r} is neither a function's name, of at most {LONGEST} letters, digits, - and _, nor its ARN, such "
            "as arn:aws:lambda:eu-central-1:592444418872:function:orders."
        )
        self.text = text
        self.constraint = constraint


class QualifiersDiffer(UsageError):  # noqa: N818
    """The name has a qualifier, and the parameter Qualifier is another one."""


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function, or with ``qualifier`` one version or alias of it.

    ``f:$LATEST`` and ``f`` are the same code, yet two references: policies tell them apart (see `arn`).
    """

    account: str
    region: str
    name: str
    qualifier: str | None = None

    @classmethod
    def parse(
        cls, text: str, qualifier: str | None = None, *, account: str = "", region: str = "", longest: int = LONGEST
    ) -> FunctionRef:
        """Reads a name, a partial ARN or an ARN, each with or without a qualifier, and the parameter Qualifier.

        ``account`` and ``region`` are the caller's, for what the text does not say; without them only an ARN will do.
        Raises InvalidFunctionName, also for a name of more than ``longest`` characters, and QualifiersDiffer.
        """
        arn, partial = arns.split(text), _PARTIAL.fullmatch(text)
        if arn and arn.is_a("lambda", "function") and arn.partition == arns.partition_of(arn.region).name:
            account, region, tail = arn.account, arn.region, arn.resource.removeprefix("function:")
        elif partial:
            account, tail = partial["account"] or account, partial["tail"]
        else:
            tail = ""
        named = _TAIL.fullmatch(tail)
        if named is None or not ACCOUNT_ID.fullmatch(account) or not _REGION.fullmatch(region):
            raise InvalidFunctionName(text, f"Member must satisfy regular expression pattern: {_FORMS}")
        if qualifier and not _QUALIFIER.fullmatch(qualifier):
            raise InvalidFunctionName(
                qualifier, f"Member must satisfy regular expression pattern: {_QUALIFIER.pattern}"
            )
        if len(named["name"]) > longest:
            raise InvalidFunctionName(text, f"Member must have length less than or equal to {longest}")
        if named["qualifier"] and qualifier not in (None, named["qualifier"]):
            raise QualifiersDiffer(
                "The derived qualifier from the function name does not match the specified qualifier."
            )
        return cls(account, region, named["name"], named["qualifier"] or qualifier or None)

    @property
    def unqualified(self) -> FunctionRef:
        """The function itself, whichever version or alias is named."""
        return replace(self, qualifier=None)

    @property
    def names_alias(self) -> bool:
        """Can the qualifier be the name of an alias, so that it is neither ``$LATEST`` nor a version's number?"""
        return self.qualifier is not None and _ALIAS.fullmatch(self.qualifier) is not None

    @property
    def partition(self) -> str:
        """The partition's name, as the ARN begins with it."""
        return arns.partition_of(self.region).name

    @property
    def arn(self) -> str:
        """The ARN, with the qualifier where there is one.

        In policies ``function:NAME`` does not match it then, ``function:NAME:*`` matches nothing else, and
        ``function:NAME*`` matches both.
        """
        qualifier = f":{self.qualifier}" if self.qualifier else ""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.name}{qualifier}"

    def __str__(self) -> str:
        return self.arn
