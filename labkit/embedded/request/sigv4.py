"""Signature Version 4, the server's side: was this request signed with that key, for this service, just now?

The rules are those of the IAM User Guide, "AWS Signature Version 4 for API requests". Both places for a signature are
read, the ``Authorization`` header and the query string (presigned URLs); what is signed is rebuilt from the request as
it was sent and compared in constant time. A failure is a `SignatureError` with its reason's kind, for
which `labkit.embedded.protocol.faults` has the code and status that the service's protocol uses.

Stricter than the letter where laxity would let somebody change a signed request: every ``x-amz-*`` header that is
present must be among the signed ones, and a payload hash that is announced must be the body's.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote_plus

from labkit.embedded.protocol.faults import SignatureError
from labkit.embedded.protocol.wire import HttpRequest, whole_number

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=5)
LONGEST_PRESIGNED = 604_800  # seconds
_STAMP = "%Y%m%dT%H%M%SZ"
_PRESIGNED = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")


@dataclass(frozen=True)
class Signature:
    """What a request says about its own signature; nothing of it is believed before `verify`."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    stamp: str
    token: str | None
    lifetime: int | None  # seconds, for a presigned URL

    @property
    def scope(self) -> str:
        """The credential scope, ``date/region/service/aws4_request``."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def read(request: HttpRequest) -> Signature:
    """Read the signature of a request from its header or query string; raises `SignatureError`."""
    header = request.headers.get("authorization")
    presigned = "X-Amz-Signature=" in request.query
    if header and presigned:
        raise SignatureError("incomplete", "A request is signed in its header or in its query string, not in both.")
    if header:
        return _from_header(request, header)
    if presigned:
        return _from_query(request)
    raise SignatureError("missing", "Missing Authentication Token")


def _from_header(request: HttpRequest, header: str) -> Signature:
    algorithm, _, rest = header.partition(" ")
    if algorithm != ALGORITHM:
        raise SignatureError("incomplete", f"The authorization header must begin with '{ALGORITHM}'.")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    for name in ("Credential", "SignedHeaders", "Signature"):
        if not parts.get(name):
            raise SignatureError("incomplete", f"Authorization header requires '{name}' parameter.")
    stamp = request.headers.get("x-amz-date", "")
    token = request.headers.get("x-amz-security-token")
    return _signature(parts["Credential"], parts["SignedHeaders"], parts["Signature"], stamp, token, None)


def _from_query(request: HttpRequest) -> Signature:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    given = dict(pairs)
    missing = [name for name in _PRESIGNED if not given.get(f"X-Amz-{name}")]
    if missing or len(given) != len(pairs) or given["X-Amz-Algorithm"] != ALGORITHM:
        raise SignatureError("incomplete", "The query string does not carry one complete signature.")
    expires = given["X-Amz-Expires"]
    lifetime = whole_number(expires)
    if lifetime is None or not 1 <= lifetime <= LONGEST_PRESIGNED:
        raise SignatureError("incomplete", f"X-Amz-Expires must be between 1 and {LONGEST_PRESIGNED} seconds.")
    return _signature(
        given["X-Amz-Credential"],
        given["X-Amz-SignedHeaders"],
        given["X-Amz-Signature"],
        given["X-Amz-Date"],
        given.get("X-Amz-Security-Token"),
        lifetime,
    )


def _signature(
    credential: str, signed: str, signature: str, stamp: str, token: str | None, lifetime: int | None
) -> Signature:
    parts = credential.split("/")
    if len(parts) != 5 or parts[4] != "aws4_request" or not all(parts):
        raise SignatureError("incomplete", "Credential must have exactly 5 slash-delimited elements.")
    access_key, date, region, service, _ = parts
    return Signature(
        access_key,
        date,
        region,
        service,
        signed_headers=tuple(signed.split(";")),
        signature=signature,
        stamp=stamp,
        token=token,
        lifetime=lifetime,
    )


def verify(request: HttpRequest, signature: Signature, secret: str, now: datetime) -> None:
    """Raise `SignatureError` unless ``request`` was signed with ``secret`` within the allowed time around ``now``."""
    _check_time(signature, now)
    _check_headers(request, signature)
    expected = sign(request, signature, secret)
    if not hmac.compare_digest(expected.encode(), signature.signature.encode()):
        raise SignatureError("mismatch", MISMATCH)


MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


def _check_time(signature: Signature, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(signature.stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise SignatureError("incomplete", "The date must be in ISO-8601 'basic format'.") from None
    if not signature.stamp.startswith(signature.date):
        raise SignatureError(
            "mismatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date."
        )
    latest = signed_at + (timedelta(seconds=signature.lifetime) if signature.lifetime else SKEW)
    if now > latest:
        reason = f"Signature expired: {signature.stamp} is now earlier than {(now - SKEW).strftime(_STAMP)}"
        raise SignatureError("expired signature", reason)
    if signed_at > now + SKEW:
        reason = f"Signature not yet current: {signature.stamp} is still later than {(now + SKEW).strftime(_STAMP)}"
        raise SignatureError("expired signature", reason)


def _check_headers(request: HttpRequest, signature: Signature) -> None:
    signed = set(signature.signed_headers)
    required = {"host"} | {name for name in request.headers if name.startswith("x-amz-")}
    if signed - request.headers.keys():
        raise SignatureError("mismatch", MISMATCH)
    if unsigned := sorted(required - signed):
        raise SignatureError("mismatch", f"There were headers present in the request which were not signed: {unsigned}")


def sign(request: HttpRequest, signature: Signature, secret: str) -> str:
    """The signature, in hexadecimal, that ``secret`` gives to ``request``."""
    canonical = hashlib.sha256(_canonical(request, signature).encode()).hexdigest()
    text = "\n".join([ALGORITHM, signature.stamp, signature.scope, canonical])
    key = f"AWS4{secret}".encode()
    for part in (signature.date, signature.region, signature.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _canonical(request: HttpRequest, signature: Signature) -> str:
    headers = "".join(f"{name}:{_squeeze(request.headers[name])}\n" for name in signature.signed_headers)
    return "\n".join(
        [
            request.method,
            quote(_normal_path(request.path), safe="/-_.~"),
            _canonical_query(request.query),
            headers,
            ";".join(signature.signed_headers),
            _payload_hash(request),
        ]
    )


def _squeeze(value: str) -> str:
    return " ".join(value.split())


def _normal_path(path: str) -> str:
    """Empty and dot segments removed, as AWS does for every service but S3."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    trailing = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(kept) + trailing


def _canonical_query(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part)
    encoded = ((_recode(name), _recode(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in sorted(_without_signature(encoded)))


def _recode(text: str) -> str:
    return quote(unquote_plus(text), safe="-_.~")


def _without_signature(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return (pair for pair in pairs if pair[0] != "X-Amz-Signature")


def _payload_hash(request: HttpRequest) -> str:
    actual = hashlib.sha256(request.body).hexdigest()
    announced = request.headers.get("x-amz-content-sha256", actual)
    # Only S3 accepts UNSIGNED-PAYLOAD and the streaming forms; for every other service the announced hash is a claim.
    if not hmac.compare_digest(announced.encode(), actual.encode()):
        raise SignatureError("mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
    return actual
