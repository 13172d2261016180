"""The calls of the load: which, in which order, and each as the bytes of one signed HTTP request.

They are signed before the load begins, so that the clients only send and read. Every call of the mix is expected to
succeed whatever the other clients do: a client's objects carry its own number.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

REGION = "eu-central-1"
_VERSIONS = {"sts": "2011-06-15", "iam": "2010-05-08"}
_TARGET = "AmazonEC2ContainerRegistry_V20150921"
_FUNCTIONS = "/2015-03-31/functions"


def _document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


_LAMBDA = {"Service": "lambda.amazonaws.com"}
TRUST = _document(Principal=_LAMBDA, Action="sts:AssumeRole")
PULL = _document(Principal=_LAMBDA, Action=["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
LOGS = _document(Action="logs:PutLogEvents", Resource="*")
EVERYTHING = _document(Action="*", Resource="*")


@dataclass(frozen=True)
class Caller:
    """Who calls, and what CreateFunction needs in that account."""

    key: str
    secret: str
    image: str = ""
    role: str = ""


#: One turn of a client: service, operation, parameters; six of the fifteen write. ``$`` stands for the object's name.
MIX: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("sts", "GetCallerIdentity", {}),
    ("iam", "CreateRole", {"RoleName": "$", "AssumeRolePolicyDocument": TRUST}),
    ("iam", "GetRole", {"RoleName": "$"}),
    ("iam", "PutRolePolicy", {"RoleName": "$", "PolicyName": "logs", "PolicyDocument": LOGS}),
    ("iam", "GetRolePolicy", {"RoleName": "$", "PolicyName": "logs"}),
    ("iam", "TagRole", {"RoleName": "$", "Tags.member.1.Key": "team", "Tags.member.1.Value": "a"}),
    ("iam", "ListRoles", {"MaxItems": "20"}),
    ("ecr", "CreateRepository", {"repositoryName": "$"}),
    ("ecr", "DescribeRepositories", {"repositoryNames": ["$"]}),
    ("ecr", "SetRepositoryPolicy", {"repositoryName": "$", "policyText": PULL}),
    ("ecr", "GetRepositoryPolicy", {"repositoryName": "$"}),
    ("sts", "GetCallerIdentity", {}),
    ("iam", "GetRole", {"RoleName": "$"}),
    ("lambda", "CreateFunction", {"FunctionName": "$"}),
    ("lambda", "GetFunction", {"FunctionName": "$"}),
)

#: What fills a world, in the order of AWS's quotas: few roles, many users, more repositories and functions.
FILLING = {
    "role": ("iam", "CreateRole", {"RoleName": "$", "AssumeRolePolicyDocument": TRUST}),
    "user": ("iam", "CreateUser", {"UserName": "$"}),
    "repository": ("ecr", "CreateRepository", {"repositoryName": "$"}),
    "function": ("lambda", "CreateFunction", {"FunctionName": "$"}),
}


def mixed(caller: Caller, host: str, prefix: str, calls: int) -> list[tuple[str, bytes]]:
    """A client's calls, turn after turn of the mix: name and signed request of each."""
    return [
        signed(caller, host, *_named(MIX[number % len(MIX)], f"{prefix}-{number // len(MIX)}"))
        for number in range(calls)
    ]


def filling(caller: Caller, host: str, prefix: str, counts: Mapping[str, int]) -> list[tuple[str, bytes]]:
    """Calls that make so many of each kind."""
    return [
        signed(caller, host, *_named(FILLING[kind], f"{prefix}-{number}"))
        for kind, count in counts.items()
        for number in range(count)
    ]


def _named(row: tuple[str, str, Mapping[str, Any]], name: str) -> tuple[str, str, dict[str, Any]]:
    service, operation, params = row
    put = {"$": name}
    filled = {
        key: [put.get(item, item) for item in value] if isinstance(value, list) else put.get(value, value)
        for key, value in params.items()
    }
    return service, operation, filled


def signed(caller: Caller, host: str, service: str, operation: str, params: Mapping[str, Any]) -> tuple[str, bytes]:
    """The name of a call and its signed request."""
    method, path, headers, body = _FORMS[service](caller, operation, params)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-date": stamp, **headers}
    names = ";".join(sorted(headers))
    listed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = "\n".join([method, quote(path), "", listed, names, hashlib.sha256(body).hexdigest()])
    scope = f"{stamp[:8]}/{REGION}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(_key(caller.secret, stamp[:8], service), text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={caller.key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    headers["content-length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return operation, f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


@cache
def _key(secret: str, day: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, REGION, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


Form = tuple[str, str, dict[str, str], bytes]


def _query(service: str) -> Any:
    def form(_caller: Caller, operation: str, params: Mapping[str, Any]) -> Form:
        body = urlencode({"Action": operation, "Version": _VERSIONS[service], **params}).encode()
        return "POST", "/", {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, body

    return form


def _json(_caller: Caller, operation: str, params: Mapping[str, Any]) -> Form:
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"{_TARGET}.{operation}"}
    return "POST", "/", headers, json.dumps(params).encode()


def _rest(caller: Caller, operation: str, params: Mapping[str, Any]) -> Form:
    if operation == "GetFunction":
        return "GET", f"{_FUNCTIONS}/{params['FunctionName']}", {}, b""
    code = {"PackageType": "Image", "Role": caller.role, "Code": {"ImageUri": caller.image}}
    return "POST", _FUNCTIONS, {"content-type": "application/json"}, json.dumps({**params, **code}).encode()


_FORMS = {"sts": _query("sts"), "iam": _query("iam"), "ecr": _json, "lambda": _rest}


def shares(total: int, parts: int) -> Iterator[int]:
    """``total`` in so many shares that differ by one at most."""
    return (total // parts + (number < total % parts) for number in range(parts))
