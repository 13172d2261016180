"""Signatures of tokens: was this signed with one of these public keys, by the algorithm that the token names?

RS256 and ES256 and their longer siblings, which are those that IAM takes (IAM User Guide, "Create an OpenID Connect
(OIDC) identity provider in IAM"). The libraries are rsa and ecdsa, both pure Python; the names and the forms of keys
and signatures are those of RFC 7518, sections 3.3 and 3.4.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from labkit.embedded.records.federation.key_sets import decoded, number

Key = Mapping[str, Any]
"""A JSON Web Key."""


class Algorithm(NamedTuple):
    """How a token is signed: the type of the key, its curve where it has one, and the hash."""

    key: str
    curve: str
    hash: str


ALGORITHMS: Mapping[str, Algorithm] = {
    "RS256": Algorithm("RSA", "", "SHA-256"),
    "RS384": Algorithm("RSA", "", "SHA-384"),
    "RS512": Algorithm("RSA", "", "SHA-512"),
    "ES256": Algorithm("EC", "P-256", "SHA-256"),
    "ES384": Algorithm("EC", "P-384", "SHA-384"),
    "ES512": Algorithm("EC", "P-521", "SHA-512"),
}
"""By the name in a token's header."""


def matching(keys: Iterable[Key], name: str | None, algorithm: Algorithm) -> list[Key]:
    """The keys that a token can be signed with: of the algorithm's type, and of the name that its header gives."""
    fitting = [key for key in keys if key["kty"] == algorithm.key and key.get("crv", "") == algorithm.curve]
    return [key for key in fitting if name is None or key.get("kid") == name]


def verified(message: bytes, signature: bytes, key: Key, algorithm: Algorithm) -> bool:
    """Whether ``signature`` is that of ``message`` by the owner of a public key."""
    return _VERIFIERS[algorithm.key](message, signature, key, algorithm)


def _rsa(message: bytes, signature: bytes, key: Key, algorithm: Algorithm) -> bool:
    import rsa

    try:
        used: str = rsa.verify(message, signature, rsa.PublicKey(number(key["n"]), number(key["e"])))
    except (rsa.VerificationError, OverflowError, ValueError):  # also for a number that is no modulus
        return False
    return used == algorithm.hash  # the library takes whichever hash the signature names


def _elliptic(message: bytes, signature: bytes, key: Key, algorithm: Algorithm) -> bool:
    import ecdsa

    curve = {"P-256": ecdsa.NIST256p, "P-384": ecdsa.NIST384p, "P-521": ecdsa.NIST521p}[algorithm.curve]
    hashed = getattr(hashlib, algorithm.hash.replace("-", "").lower())
    try:
        point = ecdsa.VerifyingKey.from_string(decoded(key["x"]) + decoded(key["y"]), curve=curve)
        return bool(point.verify(signature, message, hashfunc=hashed))
    except (ecdsa.BadSignatureError, ecdsa.errors.MalformedPointError):
        return False


_VERIFIERS: Mapping[str, Callable[[bytes, bytes, Key, Algorithm], bool]] = {"RSA": _rsa, "EC": _elliptic}
