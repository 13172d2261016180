"""From facts to the whole answer: verdict, causes, fix, what is not known, and one sentence for a colleague."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labkit.diagnosis.case import Case
from labkit.diagnosis.causes import find
from labkit.diagnosis.facts import Facts
from labkit.diagnosis.fixing import fix, next_steps
from labkit.diagnosis.not_known import told
from labkit.diagnosis.result import (
    CALLER_SIDE,
    CAN,
    CANNOT,
    CERTAIN,
    LAMBDA_SIDE,
    LIKELY,
    NOT_ASKED,
    UNKNOWN,
    Cause,
    Diagnosis,
    Party,
)
from labkit.diagnosis.sentence import bars, sentence


def diagnose(facts: Facts) -> Diagnosis:
    """Why this operation gets the image or not, and the smallest change that would let it."""
    case = Case(facts)
    causes = find(case)
    parties = {name: _judged(party, causes, name) for name, party in case.parties.items()}
    verdict, not_known = _verdict(parties), told(case)
    mended = fix(case, causes) if causes else None
    return Diagnosis(
        facts.question,
        verdict,
        parties,
        sentence(case, verdict, causes, not_known),
        causes,
        not_known,
        mended,
        next_steps(case, causes, mended),
        case.decision,
    )


def _judged(party: Party, causes: Sequence[Cause], name: str) -> Party:
    """The party's verdict with the causes in view: what bars its way, bars it, whatever the policies allow.

    What bars nobody's way in particular, such as an image that is not there, bars Lambda's. A refusal by the policies
    is as certain as they are known, also where AWS's texts disagree on what comes of it, which its cause says.
    """
    if party.verdict == CANNOT:
        return party
    barring = [each for each in causes if bars(each)]
    own = [each for each in barring if (each.party or LAMBDA_SIDE) == name]
    if not own:
        return party
    return Party(CANNOT, CERTAIN if any(each.certainty == CERTAIN for each in own) else LIKELY)


def _verdict(parties: Mapping[str, Party]) -> str:
    """Cannot as soon as one party is refused; can only where all that are asked are let in."""
    verdicts = {parties[LAMBDA_SIDE].verdict, parties[CALLER_SIDE].verdict} - {NOT_ASKED}
    if CANNOT in verdicts:
        return CANNOT
    return CAN if verdicts == {CAN} else UNKNOWN
