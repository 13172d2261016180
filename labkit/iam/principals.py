"""The Principal and NotPrincipal elements, and how closely an entry names who asks.

How closely matters. In one account an Allow that names a user or a role session stands by itself; one that names the
role is still limited by the role's permissions boundary and session policies; one that names the account only
delegates, so that an identity policy must allow too.

NotPrincipal is not its mirror. An IAM principal is several at once, its account, its role, itself, and a Deny leaves
out only whom it lists with all of these; whoever has a permissions boundary it hits in any case. An Allow leaves out
whom it lists; where it lists the principal and not the account, at most the account is named.

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


class Specificity(IntEnum):
    """How closely an entry names the principal, from not at all to exactly."""

    NONE = 0
    ACCOUNT = 1  #: the account, which delegates to its identity policies
    ROLE = 2  #: the role behind a session, or the user behind a federated user's session
    EXACT = 3  #: the user, session, service, or everyone


class PrincipalEntry(NamedTuple):
    """One value of a Principal element: its kind (AWS, Service, Federated, CanonicalUser) and text.

    A unique id (``AIDA…``, ``AROA…``) is what AWS makes of a user's or role's ARN when it stores a policy, and what it
    shows once that one has been deleted: it names nobody else, also not one of the same name.
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


def _names_iam(entry: PrincipalEntry, who: Principal) -> Specificity:
    if entry.kind != "AWS":
        return Specificity.NONE
    if entry.account is not None:
        return Specificity.ACCOUNT if entry.account == who.account else Specificity.NONE
    if not entry.text:
        return Specificity.NONE
    if entry.text == who.role_arn or (entry.text == who.id and who.kind != r.USER):
        return Specificity.ROLE
    return Specificity.EXACT if entry.text in (who.arn, who.id) else Specificity.NONE


def _names_by_name(kind: str) -> Callable[[PrincipalEntry, Principal], Specificity]:
    return lambda entry, who: Specificity.EXACT if entry.kind == kind and entry.text == who.name else Specificity.NONE


_NAMES: dict[str, Callable[[PrincipalEntry, Principal], Specificity]] = {
    r.ROOT: _names_iam,
    r.USER: _names_iam,
    r.ROLE: _names_iam,
    r.SESSION: _names_iam,
    r.SERVICE: _names_by_name("Service"),
    r.FEDERATED: _names_by_name("Federated"),
    r.CANONICAL: _names_by_name("CanonicalUser"),
    r.ANONYMOUS: lambda _entry, _who: Specificity.NONE,
}


def specificity(entries: tuple[PrincipalEntry, ...], who: Principal) -> Specificity:
    """How closely the entries of a Principal element name ``who``: the closest of them counts."""
    if any(entry.is_everyone for entry in entries):
        return Specificity.EXACT
    names = _NAMES[who.kind]
    return max((names(entry, who) for entry in entries), default=Specificity.NONE)


def denied_besides(entries: tuple[PrincipalEntry, ...], who: Principal, bounded: bool) -> Specificity:
    """Whether a Deny with this NotPrincipal is for ``who``: EXACT or NONE; ``bounded``: who has a boundary."""
    if bounded and who.kind in (r.USER, r.ROLE, r.SESSION):
        return Specificity.EXACT
    found = _listed(entries, who)
    needed = _SELVES[who.kind] if who.is_iam else {Specificity.EXACT}
    return Specificity.NONE if needed <= found else Specificity.EXACT


def allowed_besides(entries: tuple[PrincipalEntry, ...], who: Principal) -> Specificity:
    """How closely an Allow with this NotPrincipal is for ``who``: NONE where it is left out."""
    found = _listed(entries, who) - {Specificity.NONE}
    if not found:
        return Specificity.EXACT
    return Specificity.NONE if not who.is_iam or Specificity.ACCOUNT in found else Specificity.ACCOUNT


def _listed(entries: tuple[PrincipalEntry, ...], who: Principal) -> set[Specificity]:
    if any(entry.is_everyone for entry in entries):
        return set(Specificity)
    names = _NAMES[who.kind]
    return {names(entry, who) for entry in entries}


_SELVES = {
    r.ROOT: {Specificity.ACCOUNT},
    r.USER: {Specificity.ACCOUNT, Specificity.EXACT},
    r.ROLE: {Specificity.ACCOUNT, Specificity.ROLE},
    r.SESSION: {Specificity.ACCOUNT, Specificity.ROLE, Specificity.EXACT},
}
