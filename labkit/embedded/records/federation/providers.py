"""Identity providers of OpenID Connect as IAM has them, and the public keys of issuers as the lab was given them.

A provider is one account's and named by its URL without ``https://``; the keys belong to the issuer and so to the lab
as a whole: it fetches nothing, where AWS gets them from the issuer itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Row
from typing import Any

from labkit.embedded.records import tags
from labkit.embedded.records.federation.key_sets import named
from labkit.embedded.state.database import Database

SCHEME = "https://"


@dataclass(frozen=True)
class Provider:
    """An identity provider; ``url`` has no ``https://``, ``created`` is a date as the state keeps it."""

    arn: str
    account: str
    url: str
    client_ids: tuple[str, ...]
    thumbprints: tuple[str, ...]
    created: str


def arn_of(account: str, url: str) -> str:
    """The ARN of an account's provider with this URL, with or without ``https://``."""
    return f"arn:aws:iam::{account}:oidc-provider/{url.removeprefix(SCHEME)}"


def find(db: Database, arn: str) -> Provider | None:
    """The provider with this ARN."""
    row = db.one("SELECT * FROM oidc_provider WHERE arn = ?", arn)
    return _provider(row) if row else None


def of_account(db: Database, account: str) -> list[Provider]:
    """The providers of an account, in the order of their ARNs."""
    return [_provider(row) for row in db.all("SELECT * FROM oidc_provider WHERE account = ? ORDER BY arn", account)]


def add(db: Database, provider: Provider) -> None:
    """Add a provider; there is none with its ARN."""
    lists = {"client_ids": json.dumps(provider.client_ids), "thumbprints": json.dumps(provider.thumbprints)}
    db.insert(
        "oidc_provider",
        arn=provider.arn,
        account=provider.account,
        url=provider.url,
        created=provider.created,
        **lists,
    )


def change(db: Database, arn: str, client_ids: Sequence[str], thumbprints: Sequence[str]) -> None:
    """Give a provider other client ids and thumbprints."""
    lists = json.dumps(list(client_ids)), json.dumps(list(thumbprints))
    db.run("UPDATE oidc_provider SET client_ids = ?, thumbprints = ? WHERE arn = ?", *lists, arn)


def remove(db: Database, arn: str) -> None:
    """Forget a provider with its tags; one that is not there is passed over."""
    db.run("DELETE FROM oidc_provider WHERE arn = ?", arn)
    tags.clear(db, arn)


def _provider(row: Row) -> Provider:
    lists = {name: tuple(json.loads(row[name])) for name in ("client_ids", "thumbprints")}
    return Provider(**{**dict(row), **lists})


def keys_of(db: Database, issuer: str) -> list[dict[str, Any]] | None:
    """The public keys of an issuer, as JSON Web Keys; None where the lab was given none."""
    row = db.one("SELECT keys FROM oidc_keys WHERE url = ?", _name(issuer))
    return list(json.loads(row["keys"])) if row else None


def put_keys(db: Database, issuer: str, keys: Sequence[Mapping[str, Any]]) -> None:
    """Give the lab the public keys of an issuer, in the place of those that it had."""
    db.run("INSERT OR REPLACE INTO oidc_keys (url, keys) VALUES (?, ?)", _name(issuer), json.dumps(list(keys)))


def remove_keys(db: Database, issuer: str) -> bool:
    """Take the keys of an issuer from the lab; False where it had none."""
    there = keys_of(db, issuer) is not None
    db.run("DELETE FROM oidc_keys WHERE url = ?", _name(issuer))
    return there


def issuers(db: Database) -> dict[str, list[str]]:
    """All issuers whose keys the lab has, with ``https://``, and the names of the keys of each."""
    rows = db.all("SELECT url, keys FROM oidc_keys ORDER BY url")
    return {f"{SCHEME}{row['url']}": [key.get("kid") or key["kty"] for key in json.loads(row["keys"])] for row in rows}


def _name(issuer: str) -> str:
    return named(issuer).removeprefix(SCHEME)
