"""Calls as the bytes that go over the wire, signed without botocore: cheap enough for tests and loads of many calls."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from labkit.embedded.protocol.models import operation_model
from tests.embedded.raw_requests import request_of

REGION = "eu-central-1"


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


def signed(caller: Caller, host: str, service: str, operation: str, params: Mapping[str, Any]) -> bytes:
    """A whole HTTP request without a query string, good for five minutes."""
    request = request_of(operation_model(service, operation), params)
    method, path, body = request.get("method", "POST"), request.get("target", "/"), request["body"]
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-date": stamp}
    headers.update({name.lower(): value for name, value in request["headers"].items()})
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
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


@cache
def _key(secret: str, day: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, REGION, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
