"""A diagnosis from a folder, from a pasted error, or from both: nothing is asked of AWS.

The folder is what ``labkit collect`` wrote, or what somebody saved by hand; see `labkit.diagnosis.evidence`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from labkit.diagnosis import pasted
from labkit.diagnosis.asked import Asked
from labkit.diagnosis.evidence import folder as folders
from labkit.diagnosis.evidence.answers import Answers
from labkit.diagnosis.evidence.gathering import facts_from, with_error, with_index
from labkit.diagnosis.evidence.texts import Texts, sorted_out
from labkit.diagnosis.facts import Facts, NotKnown
from labkit.diagnosis.pasted import PastedError
from labkit.diagnosis.result import Diagnosis
from labkit.diagnosis.unnamed import diagnose_named_or_not
from labkit.errors import UsageError

_NEEDS_NO_IMAGE = frozenset({"kms", "other-puller"})


def diagnose_offline(asked: Asked, folder: Path | None = None, error: str = "") -> Diagnosis:
    """The diagnosis. Raises UsageError where there is no folder, or where nothing says which image it is about."""
    found = folders.read(folder) if folder is not None else folders.Folder(Answers())
    texts = sorted_out(found)
    error = error or texts.error
    read = pasted.read(error)
    asked = with_documents(with_index(with_error(asked, read), found.about), texts)
    try:
        return concluded(asked, found.answers, read, error, found.time, (*found.bad, *texts.bad))
    except UsageError:
        if error and not asked.image and pasted.missing(read):  # all that is missing, and not only the first of it
            raise UsageError(f"It is not known which image this is about. {what_is_missing(read)}") from None
        raise


def concluded(
    asked: Asked, answers: Answers, read: PastedError, error: str, now: datetime | None, bad: Iterable[str] = ()
) -> Diagnosis:
    """The diagnosis of what was asked, from all answers; ``bad`` are sentences on what could not be read."""
    facts = facts_from(asked, answers, now, error)
    _require_image(facts, read)
    found = diagnose_named_or_not(facts)
    left_out = tuple(
        NotKnown(sentence.partition(" is left out")[0], "mend the file", _why(sentence)) for sentence in bad
    )
    return replace(found, not_known=(*found.not_known, *left_out))


def _why(sentence: str) -> str:
    return sentence.partition(" is left out: ")[2].rstrip(".")


def with_documents(asked: Asked, texts: Texts) -> Asked:
    """What was asked, with the policies that lie in the folder by themselves; those that were typed go before."""
    own = {"identity", "boundary", "session"} if asked.caller else set()
    role = {"execution_identity"} if asked.execution_role else set()
    any_ = {"repository_policy", "registry_policy", "vpc_endpoint", "scp", "rcp"}
    lying = {name: found for name, found in texts.documents.items() if name in own | role | any_}
    return replace(asked, documents={**lying, **asked.documents})


def _require_image(facts: Facts, read: PastedError) -> None:
    if facts.question.image or _NEEDS_NO_IMAGE & set(read.looks_like) or read.is_other_puller:
        return
    function = facts.question.function
    if function is not None and facts.function is None:
        raise UsageError(f"There is no function {function}, which would say its image: give the image, IMAGE_URI.")
    raise UsageError(f"It is not known which image this is about. {what_is_missing(read)}")


def what_is_missing(read: PastedError) -> str:
    """What to give beside a pasted error, in a sentence; empty where nothing is missing."""
    listed = [str(each) for each in pasted.missing(read)]
    return f"Give {'; '.join(listed)}." if listed else ""
