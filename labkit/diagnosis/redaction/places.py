"""What is replaced: kinds of originals with their stand-ins, the places where they stand, and the keys that hold them.

In a pattern each named group is an original of the kind of that name, and a pattern without a group is passed over as
it is (what may hold twelve digits by chance: pictures). Where names have a path (``role/team/Deployer``), the last part
is the name and the parts before it are of the kind ``path``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _repeated(symbols: str, length: int) -> Callable[[int], str]:
    """A stand-in of one symbol, repeated; after the last symbol the number, written in symbols."""

    def made(number: int) -> str:
        if number <= len(symbols):
            return symbols[number - 1] * length
        return "".join(symbols[int(digit)] for digit in str(number)).rjust(length, symbols[0])

    return made


STAND_INS: Mapping[str, Callable[[int], str]] = {
    "account": lambda n: str(n) * 12 if n < 10 else f"{n:012}",
    "organization": _repeated(_LETTERS, 10),
    "root": _repeated(_LETTERS, 4),
    "unit": _repeated("123456789", 8),
    "control": "example{:04}".format,
    "principal": "EXAMPLE{:010}".format,
    "request": "00000000-0000-0000-0000-{:012}".format,
    "digest": "{:06x}0000000000000000000000000000000000000000000000000000000000".format,
    "mail": "person-{}@example.com".format,
    "endpoint": "{:08x}".format,
    "url": "https://address-{}.example.com".format,
    "address": lambda n: f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}",
    "home": "somebody-{}".format,
}
"""How the n-th original of a kind is replaced; of a kind that is not here by its name and the number, ``role-1``."""

NAMES = (
    *("user", "role", "session", "policy", "statement", "function", "repository", "stack", "alias"),
    *("profile", "account-name", "group"),
)
"""Kinds whose originals are replaced wherever they stand as words of their own."""

_WORD = r"[\w+=,.@-]*[\w+=@-]"
_PATH = rf"(?:{_WORD}/)*{_WORD}"
_NAME = r"[A-Za-z0-9_-]*[A-Za-z0-9_]"
_REPOSITORY = r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"
_QUOTE = r"(?:\\*['\"]|&\#x27;|&\#39;|&quot;)"

PICTURES = r"data:[\w+.-]+/[\w+.-]+;base64,[A-Za-z0-9+/=\s]*"
"""Passed over."""

DIGESTS_STAY = r"(?<![0-9A-Za-z])(?:sha256:[0-9a-f]+|[0-9a-f]{32,})(?![0-9A-Za-z])"
"""Passed over where digests are no secret, as in the lab."""

DIGESTS = (
    r"(?<![0-9A-Za-z])sha256:(?P<digest>[0-9a-f]{7,64})(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])(?P<digest>[0-9a-f]{32}(?:[0-9a-f]{8}|[0-9a-f]{32})?)(?![0-9A-Za-z-])",
)
"""Replaced in the answer about somebody's own accounts: they tell which image it is."""

COMMON = (
    r"(?<![\w-])(?P<request>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?![\w-])",
    r"(?:(?<!\d)|(?<=%\d\d))(?P<account>\d{12}|\d{4}-\d{4}-\d{4})(?!\d)",
    r"(?<![\w-])o-(?P<organization>[a-z0-9]{10,32})(?![\w-])",
    r"(?<![\w-])r-(?P<root>[a-z0-9]{4,32})(?![\w-])",
    r"(?<![\w-])ou-(?P<root>[a-z0-9]{4,32})-(?P<unit>[a-z0-9]{1,32})(?![\w-])",
    r"(?<=_policy/)p-(?P<control>[a-z0-9]+)",
    rf"(?<![\w-])(?:A[A-Z]{{2}}A)(?P<principal>[A-Z0-9]{{12,124}})(?::(?P<session>{_WORD}))?(?![\w-])",
    rf":assumed-role/(?P<role>{_WORD})/(?P<session>{_WORD})",
    rf":(?:federated-)?user/(?P<user>{_PATH})",
    rf":role/(?P<role>{_PATH})",
    rf"(?<=\d):policy/(?P<policy>{_PATH})",
    rf"statement \d+ of (?P<policy>{_WORD})",
    rf"(?<=profile ){_QUOTE}(?P<profile>{_WORD}){_QUOTE}",
    rf"(?<=--profile )(?P<profile>{_WORD})",
    r"(?<![\w.+-])(?P<mail>[\w.+-]+@\w[\w-]*(?:\.\w[\w-]*)+)",
    r"(?<![\w-])vpce?-(?P<endpoint>[0-9a-f]{8,17}(?:-[a-z0-9]+)*)",
    r"(?<=URL: )(?:\"|&quot;)(?P<url>https?://[^\s\"&<]+)",
    r"(?<![\d.])(?!127\.0\.0\.1)(?P<address>\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?![\d.])",
    r"(?:/home/|/Users/|:\\Users\\)(?P<home>[^/\\\s<&\"']+)",
)
"""What is replaced in every text."""

NAMES_OF_ACCOUNTS = (
    r"(?<![\w-])p-(?P<control>[a-z0-9]{8,32})(?![\w-])",
    rf":function:(?P<function>{_NAME})",
    rf"/aws/lambda/(?P<function>{_NAME})",
    rf"--function(?:-name)?[ =](?P<function>{_NAME})(?![\w:])",
    rf":repository/(?P<repository>{_REPOSITORY})",
    rf"\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:[a-z0-9-]+\.)*[a-z0-9-]+/(?:v2/)?(?P<repository>{_REPOSITORY})",
    rf"--repository-name[ =](?P<repository>{_REPOSITORY})",
    rf"repository with name {_QUOTE}(?P<repository>{_REPOSITORY}){_QUOTE}",
    rf"{_QUOTE}[Ss]id{_QUOTE}: ?{_QUOTE}(?P<statement>[^\"'\\&<>]{{1,128}}){_QUOTE}",
    rf":stack/(?P<stack>{_NAME})",
    rf":alias/(?P<alias>{_NAME})",
    rf":group/(?P<group>{_PATH})",
)
"""What is replaced besides in the answer about somebody's own accounts."""

KEYS: Mapping[str, str] = {
    **dict.fromkeys(("Sid", "sid"), "statement"),
    **dict.fromkeys(("FunctionName", "functionName", "function_name"), "function"),
    **dict.fromkeys(("repositoryName", "repository_name", "repository"), "repository"),
    **dict.fromkeys(("RoleName", "roleName"), "role"),
    **dict.fromkeys(("UserName", "userName"), "user"),
    **dict.fromkeys(("PolicyName", "policyName"), "policy"),
    **dict.fromkeys(("GroupName", "groupName"), "group"),
    **dict.fromkeys(("account_name", "AccountName"), "account-name"),
    "profile": "profile",
}
"""Keys of JSON whose value is a name, and its kind."""

DOCUMENT_NAMES: Mapping[str, str] = {
    "repository-policy": "repository",
    "identity-policy": "policy",
    "boundary": "policy",
    "session-policy": "session",
    "scp": "policy",
    "rcp": "policy",
    "trust-policy": "role",
}
"""What the ``name`` is where a ``kind`` stands beside it (``where`` and ``changes`` of a diagnosis)."""

_GROUP = re.compile(r"\(\?P<(\w+)>")


def as_one(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """All patterns as one, in which a group's name ends in the number of its pattern."""
    numbered = (_GROUP.sub(rf"(?P<\1_{at}>", pattern) for at, pattern in enumerate(patterns))
    return re.compile("|".join(f"(?:{pattern})" for pattern in numbered))
