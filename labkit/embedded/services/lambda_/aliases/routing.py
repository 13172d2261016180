"""Which version an invocation of an alias runs, where two share them.

AWS chooses at random, by the weights (Lambda Developer Guide, "Create a Lambda alias using routing configuration").
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.embedded.services.lambda_.aliases.record import Alias
from labkit.embedded.services.lambda_.errors import error
from labkit.pull.function import LATEST

_MOST = 1  # versions beside the alias's own


def check_weights(alias: Alias) -> None:
    """Check the shares of an alias's versions. Raises InvalidParameterValueException (texts as recorded on AWS)."""
    if len(alias.weights) > _MOST:
        raise error("too many weights")
    if alias.version in alias.weights:
        raise error("version weighed twice", alias.version)
    if alias.weights and alias.version == LATEST:
        raise error("latest weighed")


def chosen(alias: Alias, draw: Callable[[], float]) -> str:
    """The version that an invocation runs; ``draw`` answers a number from 0 up to 1, each as likely as any other."""
    left = draw()
    for version, share in alias.weights.items():
        if left < share:
            return version
        left -= share
    return alias.version
