"""What a pasted text comes to, in a line; and what a question still needs that it does not say, with the option."""

from __future__ import annotations

from typing import NamedTuple

from labkit.diagnosis.cause_table import CAUSES
from labkit.diagnosis.pasted.record import PastedError
from labkit.pull.uri import ImageUri, InvalidImageUri

_FEW = 4
"""So many causes are told one by one; a sentence that fits more says nothing by itself."""
_SPEAKERS = {"lambda": "Lambda", "ecr": "ECR", "iam": "IAM", "sts": "STS"}


class Missing(NamedTuple):
    """One thing that a question needs, such as ``the function's account``, and how to give it."""

    what: str
    option: str

    def __str__(self) -> str:
        return f"{self.what}: {self.option}"


def missing(pasted: PastedError) -> tuple[Missing, ...]:
    """What to ask for, in the order in which a question is asked; empty for an error that is another puller's."""
    if pasted.is_other_puller:
        return ()
    named = pasted.function is not None
    lacks_account = pasted.function_account is None
    asked = (
        (pasted.image is None and not (pasted.operation == "restore" and named), _image(pasted), "IMAGE_URI"),
        (lacks_account and not named, "the function, or the account that it is to be in", "--function or --account"),
        (lacks_account and named, "the function's account", "--account, or --function with an ARN"),
        (not named and not lacks_account, "the function's name", "--function"),
        (pasted.region is None and _region_of(pasted.image) is None, "the function's region", "--region"),
        (pasted.caller is None, "who made the call", "--caller"),
    )
    return tuple(Missing(what, option) for is_missing, what, option in asked if is_missing)


def in_short(pasted: PastedError) -> str:
    """The line, to go on behind a name and a colon."""
    if not pasted.is_recognized:
        return "the text has no error in it that is known here"
    speaker = pasted.puller.id if pasted.puller else _SPEAKERS.get(pasted.speaker, "AWS")
    quoted = pasted.sentence or pasted.code
    said = f'the text is of {speaker}: "{quoted}"' if quoted else f"the text is of {speaker}"
    if pasted.puller or not pasted.looks_like:
        return said
    if len(pasted.looks_like) > _FEW:
        return f"{said}; so it speaks for many causes, and only the policies tell which"
    fits = "; ".join(f"{id}: {CAUSES[id].meaning}" for id in pasted.looks_like)
    return f"{said}; that fits {fits}"


def _image(pasted: PastedError) -> str:
    blotted = next((name for name in pasted.masked if ".dkr" in name), None)
    return f"the image, since its account is blotted out in {blotted}" if blotted else "the image"


def _region_of(image: str | None) -> str | None:
    """The region of a private registry's image: where nothing else is said, the function is taken to be there too."""
    try:
        return ImageUri.parse(image or "").region
    except InvalidImageUri:
        return None
