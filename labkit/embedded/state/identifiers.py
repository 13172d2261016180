"""Ids, secrets and tokens in the forms of AWS's: made at random, except for the account that is written into an id."""

from __future__ import annotations

import base64
import secrets
import string

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_FIRST_ACCOUNT = 549_755_813_888  # what AWS's ids count from


def new_id(prefix: str, account: str, length: int = 20) -> str:
    """A new id as AWS makes them: ``AKIA``, ``ASIA``, ``AIDA`` or ``AROA``, the account in base 32, random letters."""
    number = int(account)
    place = base64.b32encode((number // 2 + _FIRST_ACCOUNT).to_bytes(5, "big")).decode()
    half = _BASE32[16:] if number % 2 else _BASE32[:16]
    start = prefix + place + secrets.choice(half)
    return start + "".join(secrets.choice(_BASE32) for _ in range(length - len(start)))


def account_of(id: str) -> str | None:
    """The account that is written into an id (`new_id`), or None where there is none."""
    try:
        number = (int.from_bytes(base64.b32decode(id[4:12]), "big") - _FIRST_ACCOUNT) * 2
        number += _BASE32.index(id[12]) >= 16
    except (ValueError, IndexError):
        return None
    return f"{number:012d}" if 0 <= number < 10**12 else None


def new_secret() -> str:
    """A new secret access key: 40 characters."""
    alphabet = string.ascii_letters + string.digits + "+/"
    return "".join(secrets.choice(alphabet) for _ in range(40))


def new_token() -> str:
    """A new session token, opaque, in the length and alphabet of AWS's."""
    return "IQoJb3JpZ2luX2VjE" + base64.b64encode(secrets.token_bytes(240)).decode()


def new_word(length: int) -> str:
    """Lower-case letters and digits at random, as ids of Organizations end."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))
