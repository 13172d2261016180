"""What becomes due as the lab's clock goes on: functions that nobody has invoked for weeks, images that expire.

Nothing happens in the background. What is due is done when somebody moves the clock, and before a call of a service
that would see it; so every answer is as if it had been done on time. A module in `MODULES` does it for its service:

    is_due(embedded) -> bool    whether anything is; asked at every call, so one look at an index
    catch_up(embedded)          does it, in the unit that writes and is open
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

MODULES: tuple[str, ...] = (
    "labkit.embedded.services.ecr.lifecycle.due",
    "labkit.embedded.services.lambda_.functions.lifecycle",
)
"""In the order in which it is done: images go before the functions that would be made from them."""

SEEN_BY = frozenset({"ecr", "lambda"})
"""The services whose answers show it."""


def catch_up(embedded: Embedded, service: str | None = None) -> None:
    """Do what is due, before a call of ``service`` is authorized; without one, in any case."""
    if service is not None and service not in SEEN_BY:
        return
    with embedded.database.read():
        due = [module for module in map(import_module, MODULES) if module.is_due(embedded)]
    for module in due:
        with embedded.database.write():
            module.catch_up(embedded)
