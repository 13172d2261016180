"""A diagnosis from live accounts, and ``labkit.diagnose``: from accounts, a lab that runs, a folder, or a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.diagnosis import pasted
from labkit.diagnosis.asked import NONE, Asked, question_of
from labkit.diagnosis.evidence.answers import Answers
from labkit.diagnosis.evidence.gathering import with_error
from labkit.diagnosis.evidence.plan.subject import MANAGEMENT, REGISTRY, WORKLOAD
from labkit.diagnosis.facts import Question
from labkit.diagnosis.offline import concluded, diagnose_offline
from labkit.diagnosis.pulling import arn_of, texts_of
from labkit.diagnosis.result import Diagnosis
from labkit.errors import UsageError
from labkit.iam import arn as arns
from labkit.pull.function import FunctionRef
from labkit.pull.uri import ImageUri, InvalidImageUri

if TYPE_CHECKING:
    from labkit.remedy.collecting import Opener, Progress


class Source(NamedTuple):
    """Whom to ask: openers by side, and the clock that the answers go by."""

    openers: Mapping[str, Opener]
    clock: Callable[[], datetime]


def source_of(given: Mapping[str, Any], asked: Asked, *, beside_lab: bool = False) -> Source | None:
    """Whoever is given by side, as profiles' names or sessions; else the lab that runs; None where none does.

    ``beside_lab``: where this process points at the lab, its other accounts are asked too. Raises UsageError for a
    profile that does not exist.
    """
    if not given and not find_spec("boto3"):  # as where labkit runs with the standard library alone
        return None
    from labkit.remedy import profiles

    openers = profiles.openers_of(given)
    in_lab = profiles.points_at_lab()
    if openers and not (beside_lab and in_lab):
        clock = profiles.time_of_lab if in_lab else _now
        return Source(openers, clock)
    named = (asked.function, asked.caller, asked.execution_role)
    accounts = {asked.function_account, *(arns.account_of(each) or "" for each in named)}
    of_lab = profiles.of_lab(accounts)
    if of_lab:
        return Source({**of_lab, **openers}, profiles.time_of_lab)
    return Source(openers, _now) if openers else None


def _now() -> datetime:
    return datetime.now(UTC)


def collected(asked: Asked, source: Source, progress: Progress) -> tuple[Asked, Answers]:
    """All that can be read about a question; and the question with the function's account, where nobody said it.

    Raises UsageError for a question that nobody could mean.
    """
    from labkit.remedy.collecting import Collector

    region = asked.region or _region(asked) or _own_region(source.openers)
    collector = Collector(replace(asked, region=region), source.openers, region, progress)
    answers = collector.collect()
    return collector.asked, answers


def expected_question(asked: Asked) -> Question:
    """The question as far as it is known before anything is asked, for a plan."""
    named = asked.function and not (arns.split(asked.function) or asked.function_account or ":" in asked.function)
    region = asked.region or _region(asked) or "<its region>"
    if not named:
        return question_of(replace(asked, region=region))
    found = question_of(replace(asked, function=""))
    return replace(found, function=FunctionRef("<the profile's account>", region, asked.function))


def _region(asked: Asked) -> str:
    function = arns.split(asked.function)
    if function is not None:
        return function.region
    try:
        return ImageUri.parse(asked.image).region
    except InvalidImageUri:
        return ""


def _own_region(openers: Mapping[str, Opener]) -> str:
    """The region of the workload's profile, else of the first."""
    name = WORKLOAD if WORKLOAD in openers else next(iter(openers))
    return openers[name]("").region


def diagnose_live(
    asked: Asked, source: Source, error: str = "", progress: Progress = lambda _detail: None
) -> Diagnosis:
    """The diagnosis of what was asked, with all that can be read now. Raises UsageError."""
    read = pasted.read(error)
    asked, answers = collected(with_error(asked, read), source, progress)
    return concluded(asked, answers, read, error, source.clock())


def diagnose(
    image: str = "",
    *,
    function: str = "",
    function_account: str = "",
    region: str = "",
    operation: str = "",
    caller: Any = "",
    execution_role: str = "",
    organization: str | None = "",
    organization_path: str = "",
    repository_organization: str | None = "",
    repository_organization_path: str = "",
    context: Mapping[str, Any] | None = None,
    error: str = "",
    offline: str | Path | None = None,
    workload: Any = None,
    registry: Any = None,
    management: Any = None,
    **documents: Any,
) -> Diagnosis:
    """Why can Lambda not pull this image, and what is the smallest change? What ``labkit diagnose`` answers.

    ``workload``, ``registry`` and ``management`` are AWS profiles by name, or boto3 sessions; ``offline`` is a folder
    of answers, and then nothing is asked of AWS; without either the lab that runs is asked, and where none runs the
    answer comes from what is given. ``error`` is a text that somebody pasted. For a function alone the question is
    whether Lambda gets its image again. The rest is as for ``labkit.can_pull``. Raises UsageError.
    """
    asked = Asked(
        *(image, function, function_account, region, operation, arn_of(caller), execution_role),
        *(NONE if organization is None else organization, organization_path),
        *(NONE if repository_organization is None else repository_organization, repository_organization_path),
        context or {},
        texts_of(documents),
    )
    if not (image or function or error or offline):
        raise UsageError("Give an image and a function, a pasted error, a folder, or a function alone.")
    if offline is not None:
        return diagnose_offline(asked, Path(offline), error)
    named = {WORKLOAD: workload, REGISTRY: registry, MANAGEMENT: management}
    source = source_of({side: each for side, each in named.items() if each is not None}, asked)
    return diagnose_live(asked, source, error) if source else diagnose_offline(asked, None, error)
