"""What is said of condition keys: which one was meant, which one a service has instead, and whether a service has it.

The keys themselves stand in ``labkit.iam.action_table``.
"""

from __future__ import annotations

from functools import cache

from labkit.check.findings import closest_word
from labkit.iam import action_table
from labkit.iam.action_table import CALLER, KeyRow

_GLOBAL = "aws"
_VARIABLE = "/${"


@cache
def _bases() -> dict[str, dict[str, str]]:
    """By prefix: the names without a tag, in lower case, and in the table's spelling (``/`` where a tag follows)."""
    found: dict[str, dict[str, str]] = {prefix: {} for prefix in (_GLOBAL, *action_table.services())}
    rows = action_table.keys()
    for row in rows:
        base, family, _ = row.name.partition(_VARIABLE)
        prefix = base.partition(":")[0]
        if prefix in found:
            found[prefix][base.lower()] = base + ("/" if family else "")
    return found


def is_of_the_table(name: str) -> bool:
    """Whether the table has all keys of this prefix: a global key, one without prefix, or one of the lab's services."""
    return ":" not in name or name.partition(":")[0].lower() in _bases()


def suggestion(name: str) -> str | None:
    """What an unknown name was probably meant to be; None where the table has it, or nothing like it."""
    prefix = _prefix(name)
    if action_table.key(name) or prefix is None:
        return None
    base, slash, tag = name.lower().rpartition(":")[2].partition("/")
    known = _bases()[prefix]
    close = closest_word(f"{prefix}:{base}", known)
    if close is None:
        return None
    spelled = known[close]
    return spelled if not spelled.endswith("/") else spelled + (name[-len(tag) :] if slash and tag else "tag-key")


def _prefix(name: str) -> str | None:
    prefix, colon, _ = name.partition("/")[0].lower().rpartition(":")
    if not colon or sorted(prefix) == sorted(_GLOBAL):  # letters in another order: was:SourceArn
        return _GLOBAL
    return prefix if prefix in _bases() else None


def is_callers(key: KeyRow | None) -> bool:
    """Whether only requests of IAM principals have this key."""
    return key is not None and key.carried == CALLER


def of_services(key: KeyRow) -> str:
    """What is known of a caller's key in a request that a service makes itself: a clause."""
    if key.corrected:
        return f"AWS does not say what {key.name} is in a service's request"
    return f"a service's request has no {key.name}"
