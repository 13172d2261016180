"""A made-up identity provider: it signs tokens with keys that are made for the tests."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ecdsa
import rsa

GITHUB = "https://token.actions.githubusercontent.com"


def encoded(content: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass(frozen=True)
class Signer:
    """One key of the issuer: its public half as a JSON Web Key, and what signs with the private one."""

    public: dict[str, str]
    sign: Callable[[bytes], bytes]

    def token(self, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token with these claims, signed; ``header`` changes what its header says."""
        said = {"typ": "JWT", "alg": self.public["alg"], "kid": self.public["kid"], **(header or {})}
        parts = [encoded(json.dumps(part).encode()) for part in (said, claims)]
        return ".".join((*parts, encoded(self.sign(".".join(parts).encode()))))


def rsa_signer(kid: str, hashed: str = "SHA-256") -> Signer:
    """An RSA key; 512 bits are quickly made, and enough for nobody else."""
    public, private = rsa.newkeys(512)
    jwk = {"kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig", "n": _number(public.n), "e": _number(public.e)}
    return Signer(jwk, lambda message: bytes(rsa.sign(message, private, hashed)))


def elliptic_signer(kid: str) -> Signer:
    """A key on the curve P-256."""
    private = ecdsa.SigningKey.generate(curve=ecdsa.NIST256p)
    point = private.verifying_key.to_string()
    jwk = {"kty": "EC", "kid": kid, "alg": "ES256", "crv": "P-256", "x": encoded(point[:32]), "y": encoded(point[32:])}
    return Signer(jwk, lambda message: bytes(private.sign(message, hashfunc=hashlib.sha256)))
