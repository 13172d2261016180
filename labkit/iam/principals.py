"""The Principal and NotPrincipal elements, and how closely an entry names who asks.

How closely matters. In one account an Allow that names a user or a role session stands by itself; one that names the
role is still limited by the role's permissions boundary and session policies; one that names the account only
delegates, so that an identity policy must allow too.

Source: IAM User Guide, "AWS JSON policy elements: Principal", "NotPrincipal", and "Policy evaluation logic",
evaluating identity-based policies with resource-based policies.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from labkit.iam import arn as arns
from labkit.iam import request as r
from labkit.iam.request import Principal


class Naming(IntEnum):
    """How an entry names the principal, from not at all to exactly."""

    NOT = 0
    ACCOUNT = 1  #: the account, which delegates to its identity policies
    ROLE = 2  #: the role behind a session, or the user behind a federated user's session
    EXACT = 3  #: the user, session, service, or everyone


class Entry(NamedTuple):
    """One value of a Principal element: its kind (AWS, Service, Federated, CanonicalUser) and text.

    A unique id (``AIDA…``, ``AROA…``) is what AWS shows of a user or role that has been deleted; it names nobody.
    """

    kind: str
    text: str

    @property
    def account(self) -> str | None:
        """The account that an entry such as ``111122223333`` or ``arn:aws:iam::111122223333:root`` names whole."""
        if len(self.text) == 12 and self.text.isdigit():
            return self.text
        parts = arns.split(self.text)
        return parts.account if parts and parts.service == "iam" and parts.resource == r.ROOT else None

    @property
    def is_everyone(self) -> bool:
        """``"*"`` and ``{"AWS": "*"}`` are the same: everyone, signed or not, services included."""
        return self.kind == "AWS" and self.text == "*"

    def __str__(self) -> str:
        return self.text


def _names_iam(entry: Entry, who: Principal) -> Naming:
    if entry.kind != "AWS":
        return Naming.NOT
    if entry.account is not None:
        return Naming.ACCOUNT if entry.account == who.account else Naming.NOT
    if entry.text == who.role_arn:
        return Naming.ROLE
    return Naming.EXACT if entry.text == who.arn else Naming.NOT


def _names_by_name(kind: str) -> Callable[[Entry, Principal], Naming]:
    return lambda entry, who: Naming.EXACT if entry.kind == kind and entry.text == who.name else Naming.NOT


_NAMES: dict[str, Callable[[Entry, Principal], Naming]] = {
    r.ROOT: _names_iam,
    r.USER: _names_iam,
    r.ROLE: _names_iam,
    r.SESSION: _names_iam,
    r.SERVICE: _names_by_name("Service"),
    r.FEDERATED: _names_by_name("Federated"),
    r.CANONICAL: _names_by_name("CanonicalUser"),
    r.ANONYMOUS: lambda _entry, _who: Naming.NOT,
}


def naming(entries: tuple[Entry, ...], who: Principal) -> Naming:
    """How closely the entries of a Principal element name ``who``: the closest of them counts."""
    if any(entry.is_everyone for entry in entries):
        return Naming.EXACT
    names = _NAMES[who.kind]
    return max((names(entry, who) for entry in entries), default=Naming.NOT)


def spared(entries: tuple[Entry, ...], who: Principal) -> bool:
    """Whether a NotPrincipal element leaves ``who`` out.

    An IAM principal is several at once: its account, its role, itself. NotPrincipal must list each of them.
    """
    if any(entry.is_everyone for entry in entries):
        return True
    names = _NAMES[who.kind]
    found = {names(entry, who) for entry in entries}
    if not who.is_iam:
        return Naming.EXACT in found
    needed = {
        r.ROOT: {Naming.ACCOUNT},
        r.USER: {Naming.ACCOUNT, Naming.EXACT},
        r.ROLE: {Naming.ACCOUNT, Naming.ROLE},
        r.SESSION: {Naming.ACCOUNT, Naming.ROLE, Naming.EXACT},
    }
    return needed[who.kind] <= found
