"""The names in a text of one line: images, functions, principals, accounts, regions, request ids.

Logs blot out what they hold for secret: GitHub Actions writes ``***`` for an account's number, reports ``XXXXXXXXXXXX``
or ``<account>``. A name without its account is of no use to a question, and is kept apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from labkit.iam import arn as arns

_MASK = r"(?:\*{3,12}|[xX]{6,12}|\d{0,6}[xX*]{4,12}\d{0,6}|<[\w ./-]{1,40}>|\$?\{[\w ./-]{1,40}\})"
_HOST = rf"(?:\d{{12}}|{_MASK})\.dkr[.-]ecr(?:-fips)?\.(?:[a-z0-9-]{{4,30}}|\*{{3}})\.(?:[a-z0-9-]{{2,30}}\.?){{1,5}}"
_IMAGE = re.compile(
    rf"(?<![\w.-])(?P<image>{_HOST}/[a-z0-9][a-z0-9._/-]{{0,255}}(?::[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})?"
    r"(?:@sha256:[0-9a-f]{64})?)"
)
_PUBLIC = re.compile(
    r"(?<![\w.-])(?P<image>public\.ecr\.aws/[a-z0-9][a-z0-9._/-]{1,255}(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?)"
)
_SAID = re.compile(
    r"(?:--image-uri[ =]|ImageUri[\"']?[:=] ?|image_uri[\"']?[ ]{0,20}[:=] ?|imageUri[\"']?[:=] ?)[\"']?"
    r"(?P<image>[A-Za-z0-9][\w./:@-]{2,500})"
)
_ARN = re.compile(
    r"(?<![\w-])arn:aws[a-z-]{0,20}:[a-z0-9-]{1,40}:[a-z0-9-]{0,30}:[^\s:\"'/,;]{0,40}:[^\s\"'`,;()<>\[\]{}]{1,600}"
)
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])(\d{12})(?![0-9A-Za-z])")
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_REQUEST = re.compile(rf"request ?-?_?id[\"']?\)?[:=]? ?[\"']?(?P<id>{_UUID})", re.I)
_REGION = r"(?P<region>[a-z]{2}(?:-[a-z]{2,9}){1,2}-\d{1,2})(?![\w-])"
_REGIONS = (
    rf"--region[ =]{_REGION}",
    rf"\"awsRegion\": ?\"{_REGION}",
    rf"\bAWS_(?:DEFAULT_)?REGION[\"']?[:=] ?[\"']?{_REGION}",
    rf"\baws[-_]region[\"']?[:=] ?[\"']?{_REGION}",
    rf"\bregion(?:_name)?[\"']?[:=] ?[\"']?{_REGION}",
    rf"\blambda\.{_REGION}\.amazonaws\.com",
)
_FUNCTIONS = (
    r"--function-name[ =][\"']?(?P<name>[A-Za-z0-9-_:$]{1,200})",
    r"(?:creating|updating|modifying) Lambda Function \((?P<name>[A-Za-z0-9-_]{1,64})\)",
    r"Lambda function (?P<name>[A-Za-z0-9-_]{1,64}) reached terminal",
    r"Failed to restore the function (?P<name>[A-Za-z0-9-_]{1,64})\b",
    r"[\"']?(?:functionName|FunctionName|function_name)[\"']?[ ]{0,20}[:=] ?[\"'](?P<name>[A-Za-z0-9-_:$]{1,200})[\"']",
)
_ROLES = (
    r"--role[ =][\"']?(?P<arn>arn:aws[a-z-]{0,20}:iam::\d{12}:role/[\w+=,.@/-]{1,600})",
    r"[\"']?\b(?:Role|role|role_arn|RoleArn)[\"']?[ ]{0,20}[:=] ?[\"']?"
    r"(?P<arn>arn:aws[a-z-]{0,20}:iam::\d{12}:role/[\w+=,.@/-]{1,600})",
)
_CREDENTIALS = r"(?P<arn>arn:aws[a-z-]{0,20}:(?:sts::\d{12}:assumed-role|iam::\d{12}:user)/[\w+=,.@/-]{1,600})"
_CALLERS = (
    rf"User: {_CREDENTIALS}",
    rf"\"?Arn\"?: ?\"{_CREDENTIALS}\"",
    _CREDENTIALS,
)
_ENDS = ".:*'"


def images_in(line: str) -> list[str]:
    """What stands in a text as an image of a private registry, then what is called an image, in their order."""
    tables = (_IMAGE, _SAID, _PUBLIC)
    return _once(found["image"].rstrip("./-:") for table in tables for found in table.finditer(line))


def arns_in(line: str) -> list[str]:
    """All ARNs, in their order, each once."""
    return _once(found[0].rstrip(_ENDS) for found in _ARN.finditer(line))


def accounts_in(line: str) -> tuple[str, ...]:
    """All numbers of 12 digits that stand alone, in their order, each once."""
    return tuple(_once(_ACCOUNT.findall(line)))


def is_masked(name: str) -> bool:
    """Whether the account in an image's or a principal's name is blotted out."""
    return (
        bool(re.match(rf"(?:arn:[a-z-]{{3,30}}:[a-z]{{2,20}}:(?:[a-z0-9-]*|\*{{3}}):)?{_MASK}[.:]", name))
        or ".***." in name
    )


def request_id_in(line: str) -> str | None:
    """The first request id: one that is called so, and not CloudFormation's request token."""
    found = _REQUEST.search(line)
    return found["id"] if found else None


def region_in(line: str, arns_found: Iterable[str]) -> str | None:
    """The region of the function or of the call: of Lambda's or CloudFormation's ARNs, else where it is said."""
    named = (arns.split(arn) for arn in arns_found)
    of_arns = (arn.region for arn in named if arn and arn.service in ("lambda", "cloudformation") and arn.region)
    return next(of_arns, None) or _first(_REGIONS, line)


def function_in(line: str, arns_found: Iterable[str]) -> str | None:
    """The function's ARN, else its name where one is said."""
    named = [arn for arn in map(arns.split, arns_found) if arn and arn.is_a("lambda", "function") and arn.resource_id]
    return next((str(arn) for arn in named if re.fullmatch(r"\d{12}", arn.account)), None) or _first(_FUNCTIONS, line)


def execution_role_in(line: str) -> str | None:
    """The ARN of the role that a call passes to the function."""
    return _stripped(_first(_ROLES, line))


def caller_in(line: str) -> str | None:
    """The ARN of a user or of a role's session: of an access-denied sentence, of GetCallerIdentity, else any."""
    return _stripped(_first(_CALLERS, line))


def _stripped(arn: str | None) -> str | None:
    return arn.rstrip(".,") if arn else None


def _first(patterns: Iterable[str], line: str) -> str | None:
    found: Iterator[re.Match[str] | None] = (re.search(pattern, line) for pattern in patterns)
    return next((each[each.lastgroup or 0] for each in found if each), None)


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
