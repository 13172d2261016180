"""A text that somebody has pasted, read: whose error it is, what AWS said, and which names stand in it.

People paste what their tool printed: the aws CLI, CloudFormation, CDK, SAM, Terraform, Pulumi, an SDK's traceback, an
event of CloudTrail, a log of CI. AWS's sentence is the same in all of them; what surrounds it differs, and terminals
colour, frame, stamp and wrap it. So a text is made plain first, in the few ways in which its lines may belong together,
and then searched with tables: the sentences of AWS, those of others who pull images, and the places of names.

    record     what was found: `PastedError`        denials    AWS's access-denied sentence as a `Denial`
    plain      colours, frames, stamps, wraps off   events     an event of CloudTrail
    sentences  what Lambda and ECR answer           pullers    those who are not Lambda, each with its own rule
    calls      error code and operation             names      images, ARNs, accounts, regions
    reading    all of it: `read`                    missing    what it comes to, and what a question still needs

A text alone decides nothing: ``looks_like`` lists the causes that fit it, and the evaluation tells which of them hold.
Nothing here raises, whatever the text, and the time grows with its length alone.
"""

from labkit.diagnosis.pasted.denials import Denial, denials
from labkit.diagnosis.pasted.missing import Missing, in_short, missing
from labkit.diagnosis.pasted.pullers import Puller
from labkit.diagnosis.pasted.reading import read
from labkit.diagnosis.pasted.record import PastedError

__all__ = ["Denial", "Missing", "PastedError", "Puller", "denials", "in_short", "missing", "read"]
