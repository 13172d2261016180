"""How long what takes time on AWS takes here: numbers that can be chosen, each with what is known of AWS's.

Most of it is off until the world is ``realistic`` (`labkit.embedded.state.settings`); then seconds of the lab's clock
pass until a function is Active, until a changed policy is in force, and two writes of one repository policy can get in
each other's way. That a function becomes Inactive when nobody has invoked it for weeks happens in every world, since
only somebody who moves the clock lives to see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import timedelta
from typing import Any

from labkit.errors import UsageError

_MOST = 10 * 365 * 86_400
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of the lab's clock; 0 is "at once", and for ``idle`` "never".

    ``pending``      how long a new function is Pending and an update InProgress. "Seconds" (Lambda Developer Guide);
                     how many is not documented.
    ``restoring``    how long an Inactive function is Pending after somebody has invoked it. 40 to 106 seconds were
                     observed (accelerated-intelligent-document-processing-on-aws, issue 801).
    ``propagation``  how long decisions still go by the policy before, after one of IAM or ECR was changed or deleted,
                     and how long a new role cannot be assumed. AWS gives no number (IAM User Guide, "Changes that I
                     make are not always immediately visible"); reports of new roles say 5 to 30 seconds.
    ``race``         how long Lambda, when it adds its statement, still reads a repository policy as it was before
                     somebody else changed it, and so undoes the change (aws-sam-cli, issue 8190; the number is a
                     choice of this lab).
    ``activating``   how long an image is on its way back from ECR's archive. "Up to 20 minutes" (Amazon ECR User Guide,
                     "Archiving an image").
    ``idle``         after how long without an invocation a function becomes Inactive. AWS says "multiple weeks"; four
                     are a choice of this lab.
    """

    pending: float = 5
    restoring: float = 40
    propagation: float = 10
    race: float = 3
    activating: float = 1200
    idle: float = 28 * DAY

    @classmethod
    def parse(cls, source: Any) -> Timing:
        """The timing that a mapping of names to seconds means; what it leaves out is the default. Raises UsageError."""
        names = [each.name for each in fields(cls)]
        if not isinstance(source, Mapping):
            raise UsageError("The setting 'timing' must map names to seconds.")
        for name, value in source.items():
            if name not in names:
                raise UsageError(f"There is no timing named {name!r}: use {', '.join(names)}.")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
                raise UsageError(f"The timing {name!r} must be 0 to {_MOST} seconds, not {value!r}.")
        return cls(**source)

    @property
    def at_once(self) -> Timing:
        """The same where nothing takes time; a function becomes Inactive all the same."""
        return replace(self, pending=0, restoring=0, propagation=0, race=0, activating=0)

    def of(self, name: str) -> timedelta:
        """One of the times."""
        return timedelta(seconds=getattr(self, name))

    def to_dict(self) -> dict[str, float]:
        """The timing in the form that `parse` reads."""
        return asdict(self)
