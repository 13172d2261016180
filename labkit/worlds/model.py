"""A world as data: how it is built, what somebody asks of it, what they see, why, and how it is healed.

    World ── Steps ──build──> accounts of the lab ── Asked ──attempt──> what an engineer sees

A step is a call of AWS's API that somebody makes: the administrator of an account, by the name of its profile
(``registry``), or a role there (``workload/ci``). Texts in it have placeholders, which `labkit.worlds.names` fills.
What is no call of AWS's is the lab's own (`LAB`): pushing an image, moving the clock, making a replica, letting calls
go through a VPC endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from labkit.diagnosis.cause_table import BY_CALL, CAUSES, DOCUMENT, OF_MOMENTS, TOLD
from labkit.diagnosis.facts import CREATE

LAB = "lab"
"""The service of steps that are no call of AWS's API."""


class Json(NamedTuple):
    """A document that a call takes as text."""

    content: Any


class Step(NamedTuple):
    """One call: who makes it, of which service, which method of boto3's client, and its parameters.

    ``keeps`` gives names to members of the answer, which later steps have as placeholders: name to path, such as
    ``Policy.PolicySummary.Id``. ``refused`` is the code of the error that the call must be met with, empty where it is
    answered. ``region`` is another region than the lab's. ``until`` is a waiter of the client that is waited for.
    """

    who: str
    service: str
    operation: str
    parameters: Mapping[str, Any]
    keeps: Mapping[str, str] = {}
    refused: str = ""
    region: str = ""
    until: str = ""


Steps = tuple[Step, ...]


class Asked(NamedTuple):
    """What is asked of Lambda: the operation, with which image, for which function, by whom, running as which role.

    ``session`` is a session policy of a role that calls. ``architecture`` is in Lambda's words.
    """

    caller: str = "workload"
    image: str = "{image}"
    operation: str = CREATE
    function: str = "orders"
    role: str = "arn:aws:iam::{account}:role/orders-role"
    architecture: str = "x86_64"
    session: Json | None = None
    region: str = ""


USUAL = Asked()


@dataclass(frozen=True, slots=True)
class World:
    """One world.

    ``name`` is what it is called by, ``title`` what went wrong, ``sees`` what an engineer reads (AWS's text; empty
    where all is well). ``causes`` are the ids of `labkit.diagnosis.cause_table.CAUSES` that a diagnosis names,
    ``possible`` those that it only says may be. ``given`` are facts that no account can be asked for, by the names of
    `labkit.diagnosis.facts.Facts`; texts in it are documents somebody has. ``stranger`` is the profile of an account
    whose functions must stay outside, also once the world is healed; empty: nobody is. ``by`` is how it is healed, as
    the table of causes says where it is not said here. ``pasted``: the embedded AWS cannot say what is seen; a
    diagnosis is given it as a text.
    """

    name: str
    title: str
    sees: str
    built: Steps
    asked: Asked = USUAL
    causes: frozenset[str] = frozenset()
    possible: frozenset[str] = frozenset()
    given: Mapping[str, Any] = field(default_factory=dict)
    stranger: str = "neighbour"
    by: str = ""
    pasted: bool = False

    @property
    def healthy(self) -> bool:
        """Whether the image is fetched, and the function runs."""
        return not self.causes

    @property
    def over(self) -> bool:
        """Whether what was seen was a matter of moments: the same call goes through now."""
        return bool(self.causes | self.possible) and self.causes | self.possible <= OF_MOMENTS

    @property
    def healed(self) -> str:
        """How it is healed: by documents, by a call too, or not by the lab (the weakest of its causes)."""
        ways = {CAUSES[each].mended for each in self.causes if not CAUSES[each].beside} or {DOCUMENT}
        found = next(way for way in (TOLD, BY_CALL, DOCUMENT) if way in ways or way == DOCUMENT)
        return self.by or found
