"""A refusal by AWS as something to look at: caught, shown verbatim, and missed when it does not come."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from html import escape
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from labkit.aws.propagation import patience_for_a_refusal, patience_with_roles
from labkit.errors import LabError

if TYPE_CHECKING:
    from labkit.lab.lab import Lab

# Red beside the text and not in it: the text keeps the theme's own colours.
_STYLE = (
    "margin:2px 0;padding:4px 10px;border-left:4px solid var(--jp-error-color1,#d32f2f);"
    "font-family:var(--jp-code-font-family,monospace);white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"
)


def _waiting(client: Any, lab: Lab | None) -> AbstractContextManager[None]:
    if client is None:
        return nullcontext()
    narrowed = lab is not None and not lab.knows_at_once
    return (patience_for_a_refusal if narrowed else patience_with_roles)(client)


class Denied:
    """Catches the error of one AWS call that is expected to be refused.

        with Denied() as refusal:
            workload.client("lambda").create_function(...)
        refusal

    Given the client, it asks again while Lambda does not know a new role yet, so that this is not taken for the
    refusal. Given the lab too, it waits where a policy that was just taken away may still be in force: a function that
    is created by it is deleted, and asked for again. Shows the error as the aws CLI prints it. Raises LabError when AWS
    does not refuse; any error that is no refusal of AWS passes through.
    """

    def __init__(self, client: Any = None, lab: Lab | None = None) -> None:
        self._error: ClientError | None = None
        self._waiting = _waiting(client, lab)

    def __enter__(self) -> Self:
        self._waiting.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._waiting.__exit__(None, None, None)
        if kind is None:
            raise LabError("AWS allowed this, although it was expected to refuse. Run the notebook from its start.")
        if not isinstance(error, ClientError):
            return False
        self._error = error
        return True

    @property
    def error(self) -> ClientError:
        """The error that botocore raised. Raises LabError when nothing was refused yet."""
        if self._error is None:
            raise LabError("Nothing was refused here.")
        return self._error

    @property
    def code(self) -> str:
        """AWS's error code, such as AccessDeniedException."""
        return str(self.error.response["Error"]["Code"])

    @property
    def status(self) -> int:
        """The HTTP status, such as 403."""
        return int(self.error.response["ResponseMetadata"]["HTTPStatusCode"])

    @property
    def message(self) -> str:
        """AWS's message, verbatim."""
        return str(self.error.response["Error"]["Message"])

    def to_dict(self) -> dict[str, Any]:
        """Code, status and message as JSON data."""
        return {"code": self.code, "status": self.status, "message": self.message}

    def __repr__(self) -> str:
        return str(self._error) if self._error else "<nothing refused>"

    def _repr_html_(self) -> str:
        return f'<pre style="{_STYLE}">{escape(repr(self))}</pre>'
