"""Waiting for what AWS has accepted but not yet spread: a new role, a new repository policy.

On real AWS a change is known everywhere after some seconds, and until then a call that depends on it is refused as if
the change had not been made; and one that a policy allowed that was just taken away is still accepted. The embedded
AWS knows it at once, so nothing is asked twice there, unless its world is realistic.

Source: IAM User Guide, "Troubleshoot IAM": changes that I make are not always immediately visible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

PAUSE = 2.0
"""Seconds between two attempts."""
LONGEST = 60.0
"""Seconds after which a refusal is taken for what it says."""

_ErrorTest = Callable[[Mapping[str, str]], bool]


def _says(*texts: str) -> _ErrorTest:
    return lambda error: any(text in error.get("Message", "") for text in texts)


def _is_denial(error: Mapping[str, str]) -> bool:
    return error.get("Code", "").startswith("AccessDenied")


# The errors that may pass by themselves, by the event that botocore sends after each attempt.
_CREATE = "needs-retry.lambda.CreateFunction"
_NEW_ROLE = "cannot be assumed by Lambda"
_ROLES: Mapping[str, _ErrorTest] = {_CREATE: _says(_NEW_ROLE)}
_GRANTS: Mapping[str, _ErrorTest] = {
    _CREATE: _says(_NEW_ROLE, "does not have permission to access the ECR image"),
    "needs-retry.sts.AssumeRole": _is_denial,
    "needs-retry.ecr.BatchGetImage": _is_denial,
}


@contextmanager
def patience(client: Any, seconds: float = LONGEST, pause: float = PAUSE) -> Iterator[None]:
    """Inside the block, the client asks again for up to ``seconds`` when a refusal may pass by itself.

        with patience(lambda_):
            lambda_.create_function(...)

    Calls, results and final errors stay boto3's own.
    """
    with _asking_again(client, _GRANTS, seconds, pause):
        yield


@contextmanager
def patience_with_roles(client: Any, seconds: float = LONGEST, pause: float = PAUSE) -> Iterator[None]:
    """The same where a refusal of the image is expected: only a new role that Lambda cannot assume yet may pass."""
    with _asking_again(client, _ROLES, seconds, pause):
        yield


@contextmanager
def patience_for_a_refusal(client: Any, seconds: float = LONGEST, pause: float = PAUSE) -> Iterator[None]:
    """The same where a policy that was just taken away may still decide. Not needed where changes are known at once.

    A function that such a policy lets be created is deleted, and the client asks again, until it is refused. After
    ``seconds`` the function stays: then AWS does allow it.
    """
    handler = _deleting(client, seconds, pause)
    with _asking_again(client, _ROLES, seconds, pause):
        client.meta.events.register(_CREATE, handler)
        try:
            yield
        finally:
            client.meta.events.unregister(_CREATE, handler)


def _deleting(client: Any, seconds: float, pause: float) -> Callable[..., float | None]:
    """Answers botocore after an attempt that was to be refused, as the handler below does."""

    def asked(response: Any = None, attempts: int = 1, **_: Any) -> float | None:
        made = response[1].get("FunctionArn") if response else None
        if made is None or attempts * pause >= seconds:
            return None
        client.delete_function(FunctionName=made)
        return pause

    return asked


@contextmanager
def _asking_again(client: Any, passing: Mapping[str, _ErrorTest], seconds: float, pause: float) -> Iterator[None]:
    handlers = {event: _handler(passes, seconds, pause) for event, passes in passing.items()}
    for event, handler in handlers.items():
        client.meta.events.register(event, handler)
    try:
        yield
    finally:
        for event, handler in handlers.items():
            client.meta.events.unregister(event, handler)


def _handler(passes: _ErrorTest, seconds: float, pause: float) -> Callable[..., float | None]:
    """Answers botocore after an attempt: the seconds to wait before the next one, or None to be content."""

    def asked(response: Any = None, attempts: int = 1, **_: Any) -> float | None:
        error = response[1].get("Error") if response else None
        return pause if error and passes(error) and attempts * pause < seconds else None

    return asked
