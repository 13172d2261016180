"""What is said before a change in any format: whose it is, where it belongs, and that it is the whole policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.diagnosis import facts as f
from labkit.diagnosis.writing import holder, write_call

if TYPE_CHECKING:  # a diagnosis puts itself into words with the formats, and stands above them
    from labkit.diagnosis.result import Change

REGIONAL = frozenset({"ecr", "lambda", "ec2"})
"""Services that keep what they have for each region by itself."""

_WHATS = {
    f.REPOSITORY_POLICY: "the repository policy of {name}",
    f.REGISTRY_POLICY: "the registry policy, of which there is one in each region",
    f.IDENTITY_POLICY: "the managed policy {name}",
    f.BOUNDARY: "the managed policy {name}, a permissions boundary",
    f.SESSION_POLICY: "the session policy {name}",
    f.SCP: "the service control policy {name}",
    f.RCP: "the resource control policy {name}",
    f.VPC_ENDPOINT_POLICY: "the policy of the VPC endpoint {name}",
    f.TRUST_POLICY: "the trust policy of the role {holder}",
}
_INLINE = "the policy {name}, written into the {word} {holder}"
SESSION = "Nothing keeps a session policy: whoever assumes the role passes it, and it has to be this one."
CALL = "This is a call that is made once; no resource stands for it. The command is:"


def heading(change: Change, region: str = "") -> list[str]:
    """Lines that say where the change belongs and what it replaces, the first of which holds both."""
    guard = ["It is a guard rail: others keep it as a limit."] if change.guard_rail else []
    return [f"{_place(change, region)}: {what(change)}.{_replaced(change)}", *guard]


def _replaced(change: Change) -> str:
    if change.call is not None:
        return ""
    if change.before is None:
        return " There is none yet: this is the whole policy."
    return f" It replaces the whole policy{' that is there' if change.before else ', where there is one'}."


def what(change: Change) -> str:
    """What is changed, as one names it within a sentence."""
    if change.call is not None:
        return f"{change.call[0]} {change.call[1]}"
    form = _INLINE if change.kind == f.IDENTITY_POLICY and change.inline else _WHATS[change.kind]
    word, name = holder(change)
    return form.format(name=change.name, word=word, holder=name)


def _place(change: Change, region: str) -> str:
    if change.kind in (f.SCP, f.RCP):
        return " ".join(filter(None, ("The organization's management account", change.account)))
    account = f"Account {change.account}" if change.account else "The account that has it"
    call = write_call(change)
    return f"{account}, region {region}" if region and call and call[0] in REGIONAL else account
