"""What can be chosen about the world of an embedded lab as it runs: accounts outside, endpoints, and time.

None of it can be chosen of AWS: a lab on real accounts refuses each with a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import labkit.embedded.process.client as embedded
from labkit.embedded.state.lab_clock import ClockReading
from labkit.errors import UsageError
from labkit.lab.choices import Choices


class ChangeableWorld:
    """The world of a lab, to be changed; `labkit.lab.lab.Lab` is one."""

    choices: Choices
    home: Path

    def add_account(self, number: str) -> None:
        """Lets an account of 12 digits exist outside the embedded AWS, so that a policy can name it.

        Raises UsageError for a number that is none, and for a lab on real accounts, where AWS knows which exist.
        """
        if self.choices.are_real:
            raise UsageError("Which accounts exist on AWS is AWS's to know: only the embedded AWS can be told of one.")
        embedded.add_account(self.home, number)

    def let_through(
        self,
        profile: str,
        policy: Mapping[str, Any] | str | None,
        *,
        service: str = "ecr",
        vpce: str | None = None,
        vpc: str | None = None,
    ) -> None:
        """Lets a profile's own calls go as if through a VPC endpoint with this policy; None: through none again.

        ``service`` is ecr, lambda or sts. ``vpce`` and ``vpc`` are ids, as the condition keys aws:SourceVpce and
        aws:SourceVpc have them; what is not told is not known. Raises UsageError for what cannot be, for a policy that
        AWS would not take, and for a lab on real accounts.
        """
        if self.choices.are_real:
            raise UsageError("On AWS a call goes through a VPC endpoint where it does; the lab cannot say it does.")
        text = json.dumps(policy) if isinstance(policy, Mapping) else policy
        ids = {"vpce": vpce, "vpc": vpc}
        embedded.let_through(self.home, {"profile": profile, "service": service, "policy": text, **ids})

    @property
    def clock(self) -> ClockReading:
        """The lab's clock: what it shows, and how far it is ahead of this machine's.

        Raises UsageError for a lab on real accounts, where the time is the time.
        """
        self._check_clock()
        return embedded.clock(self.home)

    def move_clock(self, by: str) -> ClockReading:
        """Moves the lab's clock forward, by ``+30d``, ``2h``, ``45m``, ``90s`` or several as in ``+1d12h``.

        Credentials, images and functions grow older by that, and what becomes due happens. ``now`` sets the clock back
        to this machine's; what has ended by then stays ended. Raises UsageError for what is none of these, and for a
        lab on real accounts.
        """
        self._check_clock()
        return embedded.move_clock(self.home, by)

    @property
    def knows_at_once(self) -> bool:
        """Whether what was changed decides at once: in the embedded AWS, unless its world is realistic."""
        return not (self.choices.are_real or embedded.settings(self.home).times.propagation)

    def be_realistic(self, on: bool = True, **timing: float) -> None:
        """Lets what takes time on AWS take time here too, or not: Pending, propagation of policies, races of writes.

        ``timing`` has seconds by the names of `labkit.embedded.state.timing.Timing`. Raises UsageError for other names,
        and for a lab on real accounts.
        """
        self._check_clock()
        embedded.let_time_pass(self.home, on, timing)

    def _check_clock(self) -> None:
        if self.choices.are_real:
            raise UsageError("Nobody moves the clock of AWS: only the embedded AWS has one of its own.")
