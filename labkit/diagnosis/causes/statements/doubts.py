"""How sure a cause is that a statement is missing or misses, where AWS's own texts disagree, or a caller is not known.

    across accounts, one of the two statements is there   AWS's texts disagree on what happens then
    one account, the execution role has the rights        the newest page can be read as if that were enough
    one account, nobody knows who calls                   Lambda adds its statement for whoever may set the policy

Source: Lambda Developer Guide, "Create a Lambda function using a container image", its older and newer text; AWS
Knowledge Center, lambda-ecr-image.
"""

from __future__ import annotations

from typing import NamedTuple

from labkit.diagnosis.causes.roles import is_granted
from labkit.diagnosis.causes.sides import Side, resource_documents, sides
from labkit.diagnosis.result import CERTAIN, LAMBDA_SIDE, LIKELY, POSSIBLE


class Doubt(NamedTuple):
    """A certainty, and a sentence that says why it is no more; empty where nothing is in doubt."""

    certainty: str = CERTAIN
    reason: str = ""

    def told(self, sentence: str) -> str:
        """The sentence of a cause, with the doubt behind it."""
        return f"{sentence} {self.reason}" if self.reason else sentence


_ONE_OF_TWO = Doubt(
    LIKELY,
    "AWS's texts disagree on whether one of the two statements is enough to create the function.",
)
_BY_ROLE = Doubt(
    LIKELY,
    "AWS's texts disagree: its newest page can be read as if the rights of the execution role were enough.",
)
_BY_CALLER = Doubt(
    POSSIBLE,
    "Whoever creates the function and is allowed to get and set the repository's policy makes Lambda add its "
    "statement; who that is, is not known here.",
)


def doubt_of(side: Side) -> Doubt:
    """How sure it is that a missing statement, or one that misses, stops this side."""
    case = side.case
    if case.crosses:
        others = (other for other in sides(case) if other.name != side.name)
        return _ONE_OF_TWO if any(not other.unallowed(resource_documents(case)) for other in others) else Doubt()
    if side.name == LAMBDA_SIDE and case.adds_but_for_denies is None:
        return _BY_CALLER
    return _BY_ROLE if is_granted(case) else Doubt()
