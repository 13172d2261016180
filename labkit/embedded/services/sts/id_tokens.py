"""ID tokens: JSON Web Tokens with which identity providers of OpenID Connect say who somebody is.

A token is read, then held against the provider of the account, the keys of its issuer and the lab's clock. Whatever is
wrong with it is an error before anything is decided; what it says decides in trust policies.

Sources: RFC 7515 and 7519 for the form; IAM User Guide, "Create an OpenID Connect (OIDC) identity provider in IAM", for
the five minutes that expired tokens are still taken; the texts are those of public logs where the table knows them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labkit.embedded.records.federation.key_sets import decoded
from labkit.embedded.records.federation.providers import Provider
from labkit.embedded.services.sts.errors import refusal
from labkit.embedded.services.sts.signatures import ALGORITHMS, matching, verified

SKEW = 300
"""Seconds by which clocks may differ."""

_LATEST = 1 << 53  # seconds; what a float holds without loss


@dataclass(frozen=True)
class IdToken:
    """A token as it was sent; nothing of it is believed before `check`."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @classmethod
    def parse(cls, text: str) -> IdToken:
        """Read a token. Raises InvalidIdentityToken for what is none, or lacks issuer, subject or audience."""
        parts = text.split(".")
        try:
            header, claims = (_content(part) for part in parts[:2])
            found = cls(header, claims, ".".join(parts[:2]).encode(), decoded(parts[2]))
        except (ValueError, IndexError, RecursionError):
            raise refusal("no token") from None
        if len(parts) != 3 or not isinstance(header, dict) or not isinstance(claims, dict):
            raise refusal("no token")
        for name in ("iss", "sub", "aud"):
            if not claims.get(name):
                raise refusal("no claim", name)
        if not isinstance(claims["iss"], str) or not isinstance(claims["sub"], str):
            raise refusal("no token")
        return found

    @property
    def issuer(self) -> str:
        """Whose token it is: the URL of the provider."""
        return str(self.claims["iss"])

    @property
    def audiences(self) -> list[str]:
        """For whom it is; azp, the authorized party, stands for all of these where it is there."""
        named = self.claims.get("azp") or self.claims["aud"]
        return [str(each) for each in named] if isinstance(named, list) else [str(named)]

    def check(self, provider: Provider, keys: Sequence[Mapping[str, Any]] | None, now: datetime) -> None:
        """Hold the token against its provider and the issuer's keys. Raises InvalidIdentityToken and ExpiredToken."""
        if not set(self.audiences) & set(provider.client_ids):
            raise refusal("other audience")
        if keys is None:
            raise refusal("no keys", self.issuer)
        algorithm = ALGORITHMS.get(str(self.header.get("alg")))
        if algorithm is None:
            raise refusal("bad token")
        fitting = matching(keys, self.header.get("kid"), algorithm)
        if not fitting:
            raise refusal("no such key")
        if not any(verified(self.signed, self.signature, key, algorithm) for key in fitting):
            raise refusal("bad token")
        self._check_times(int(now.timestamp()))

    def _check_times(self, now: int) -> None:
        times = {name: self.claims.get(name) for name in ("exp", "nbf", "iat")}
        if times["exp"] is None or not all(each is None or _is_moment(each) for each in times.values()):
            raise refusal("bad token")
        if now > times["exp"] + SKEW:
            raise refusal("expired token", now, int(times["exp"]))
        if any(each is not None and each > now + SKEW for each in (times["nbf"], times["iat"])):
            raise refusal("bad token")


def _content(part: str) -> Any:
    """What a part of a token says. Raises ValueError, also for half of a surrogate pair, which is no text."""
    found = json.loads(decoded(part))
    json.dumps(found, ensure_ascii=False).encode()
    return found


def _is_moment(value: Any) -> bool:
    """Whether a claim is a number of seconds: true, NaN and the infinities are none."""
    return type(value) in (int, float) and abs(value) < _LATEST
