"""Giving the embedded AWS of a lab home the public keys of identity providers; it is started where it does not run.

Keys are named by their ``kid``; one without a name is called by its type, ``RSA`` or ``EC``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labkit.embedded.process.client import ensure
from labkit.embedded.process.running import ask
from labkit.embedded.records.federation import key_sets
from labkit.ground.home import Home

_PATH = "/_labkit/oidc"


def give(root: Path | None, issuer: str, text: str) -> list[str]:
    """Give the lab the keys of an issuer, from the text of its JSON Web Key Set; returns their names.

    Raises `UsageError` for what is no issuer or no key set, before anything is started.
    """
    content = {"url": key_sets.check_issuer(issuer), "keys": key_sets.read(text)}
    return list(_asked(root, "POST", content)[key_sets.named(issuer)])


def known(root: Path | None) -> dict[str, list[str]]:
    """The issuers whose keys the lab has, each with the names of its keys."""
    return _asked(root, "GET")


def take(root: Path | None, issuer: str) -> bool:
    """Take the keys of an issuer from the lab; False where it had none. Raises `UsageError` for what is no issuer."""
    there = key_sets.named(key_sets.check_issuer(issuer)) in known(root)
    if there:
        _asked(root, "POST", {"url": issuer, "keys": None})
    return there


def _asked(root: Path | None, method: str, content: Any = None) -> dict[str, list[str]]:
    return dict(ask(Home(ensure(root).home), method, _PATH, content))
