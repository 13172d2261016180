"""JSON Web Key Sets: reading the public keys of an identity provider from a file that somebody gives the lab.

Source: RFC 7517 (JSON Web Key), RFC 7518 section 6 (members of RSA and elliptic curve keys).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from labkit.errors import UsageError

_PUBLIC: Mapping[str, tuple[str, ...]] = {"RSA": ("n", "e"), "EC": ("x", "y")}
"""By the type of a key: the members that are numbers in base64url. Keys of other types sign no tokens for AWS."""
_BASE64URL = re.compile("[A-Za-z0-9_-]+")
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KEPT = ("kty", "kid", "alg", "use", "crv", "n", "e", "x", "y")


def is_issuer(url: str) -> bool:
    """Whether a URL can be an issuer's: https, a host, no query."""
    parts = urlsplit(url)
    return bool(url.startswith("https://") and parts.hostname and not parts.query and not parts.fragment)


def check_issuer(url: str) -> str:
    """Return an issuer's URL as it is. Raises UsageError where it cannot be one (`is_issuer`)."""
    if not is_issuer(url):
        raise UsageError(f"{url!r} is not the URL of an issuer, such as https://token.actions.githubusercontent.com.")
    return url


def named(issuer: str) -> str:
    """Under which name the keys of an issuer are kept: its URL, without a slash at the end."""
    return issuer.rstrip("/")


def read(text: str) -> list[dict[str, Any]]:
    """The RSA and elliptic curve keys of a JSON Web Key Set, each with the members that are of use.

    Raises UsageError for what is no key set, has no such key, or has a private key.
    """
    try:
        content = json.loads(text)
    except ValueError:
        raise UsageError("The file with the keys is not JSON.") from None
    keys = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise UsageError('The file is no JSON Web Key Set: an object with a list named "keys".')
    if any(_PRIVATE & key.keys() for key in keys):
        raise UsageError("The file has a private key; give the lab the public keys alone.")
    found = [{name: key[name] for name in _KEPT if name in key} for key in keys if key.get("kty") in _PUBLIC]
    if not found:
        raise UsageError("The file has no RSA or elliptic curve key.")
    for key in found:
        _check(key)
    return found


def _check(key: Mapping[str, Any]) -> None:
    for name in _PUBLIC[key["kty"]]:
        try:
            number(key[name])
        except (KeyError, ValueError):
            raise UsageError(f"A key in the file has no number in base64url as {name!r}.") from None


def number(text: Any) -> int:
    """The number that a member of a key holds in base64url. Raises ValueError."""
    return int.from_bytes(decoded(text), "big")


def decoded(text: Any) -> bytes:
    """Bytes from base64url without padding (RFC 7515, appendix C). Raises ValueError."""
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text):
        raise ValueError("no base64url")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("no base64url") from None
