"""The tag by which the lab knows what it has made.

What carries it may be replaced and removed by the lab; what does not is somebody else's and is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from labkit.errors import UsageError

KEY = "labkit"


def as_list(scenario: str) -> list[dict[str, str]]:
    """The tag as ECR and IAM take it."""
    return [{"Key": KEY, "Value": scenario}]


def as_map(scenario: str) -> dict[str, str]:
    """The tag as Lambda takes it."""
    return {KEY: scenario}


def is_ours(tags: Iterable[Mapping[str, str]] | Mapping[str, str]) -> bool:
    """Whether the lab's tag is among the tags."""
    return KEY in tags if isinstance(tags, Mapping) else any(tag.get("Key") == KEY for tag in tags)


def foreign(what: str, name: str, account: str) -> UsageError:
    """The error for something in the way that the lab has not made."""
    return UsageError(
        f"The {what} {name} in account {account} was not made by the lab (it has no tag {KEY!r}), so the lab leaves "
        "it alone. Rename or remove it, or use another account."
    )
