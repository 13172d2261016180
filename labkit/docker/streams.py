"""What a Docker engine says while it works: lines of JSON, in which an error is a line like any other.

The SDK raises for what goes wrong before the first line, and hands over everything after that. Both become EngineError,
with the engine's own words in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from labkit.errors import LabError

StreamLine = Mapping[str, Any]


class EngineError(LabError):
    """A Docker engine could not do what it was asked; ``said`` is its own text, verbatim."""

    def __init__(self, failed: str, said: str) -> None:
        super().__init__(f"{failed}: {said}")
        self.said = said

    @property
    def reason(self) -> str:
        """The whole of it, to go on in a sentence."""
        return str(self).rstrip(".")


def followed(lines: Iterator[StreamLine], failed: str) -> Iterator[StreamLine]:
    """The lines of an answer as they come. Raises EngineError for the one that is an error."""
    with explained(failed):
        for line in lines:
            if "error" in line:
                deque(lines, maxlen=0)  # to its end, which gives the connection back
                raise EngineError(failed, str(line["error"]).strip())
            yield line


@contextmanager
def explained(failed: str) -> Iterator[None]:
    """Turn the SDK's errors into EngineError; ``failed`` says what could not be done."""
    from docker.credentials.errors import StoreError
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        yield
    except (DockerException, StoreError) as error:  # the latter of a helper in the user's Docker configuration
        raise EngineError(failed, str(getattr(error, "explanation", None) or error).strip()) from error
    except RequestException as error:
        raise EngineError(failed, f"it stopped answering ({error})") from error
