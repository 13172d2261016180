"""What stands in a pasted text."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.diagnosis.pasted.denials import Denial
from labkit.diagnosis.pasted.pullers import Puller
from labkit.iam import arn as arns
from labkit.pull.uri import ImageUri, InvalidImageUri

UNKNOWN = "unknown"
"""The speaker of a text in which no sentence was recognized."""
OF_IMAGES = frozenset(
    ("repository-missing", "image-missing", "image-deleted", "image-index", "image-format", "image-too-large")
)
"""Causes that lie in the image, whatever the policies say."""


@dataclass(frozen=True, slots=True)
class PastedError:
    """An error as somebody pasted it; what the text does not say is None or empty.

    ``speaker`` is who says it: ``lambda``, ``ecr``, ``sts``, ``iam``, the id of another `Puller`, or ``unknown``.
    ``looks_like`` are the ids of the causes that the text by itself fits. ``api`` is AWS's name of the call, such as
    ``CreateFunction``, and ``operation`` what it means for the image: ``create``, ``update`` or ``restore``.
    ``sentence`` is AWS's, as found. ``region`` is that of the function or of the call, never only the image's.
    ``function`` is an ARN or a name, ``caller`` the ARN of a user, role or session. ``stack_state`` is a state of
    CloudFormation, the most stuck of those in the text. ``masked`` are names of which the account is blotted out.
    ``passed_over`` counts the characters of a very long text that were not read.
    """

    speaker: str = UNKNOWN
    looks_like: tuple[str, ...] = ()
    code: str | None = None
    api: str | None = None
    operation: str | None = None
    sentence: str | None = None
    accounts: tuple[str, ...] = ()
    region: str | None = None
    image: str | None = None
    function: str | None = None
    caller: str | None = None
    execution_role: str | None = None
    request_id: str | None = None
    stack_state: str | None = None
    function_account: str | None = None
    denial: Denial | None = None
    puller: Puller | None = None
    masked: tuple[str, ...] = ()
    passed_over: int = 0

    @property
    def is_other_puller(self) -> bool:
        """Whether it is the error of somebody else who pulls images, for whom another rule holds."""
        return self.puller is not None

    @property
    def is_of_image(self) -> bool:
        """Whether it is about the image itself, which alone could confirm it."""
        return bool(self.looks_like) and OF_IMAGES.issuperset(self.looks_like)

    @property
    def is_recognized(self) -> bool:
        """Whether anything in the text says which error it is."""
        return self.speaker != UNKNOWN or self.code is not None or self.denial is not None

    @property
    def repository_arn(self) -> str | None:
        """The repository's ARN: the image's, else the one that a refused call to ECR names."""
        try:
            return ImageUri.parse(self.image or "").repository_arn
        except InvalidImageUri:
            return self.denial.resource if self.denial and self.denial.service == "ecr" else None

    @property
    def function_arn(self) -> str | None:
        """The function's ARN where the text has it, or where name, account and region stand in it one by one."""
        if self.function is None or arns.split(self.function):
            return self.function
        if not (self.function_account and self.region):
            return None
        partition = arns.partition_of(self.region).name
        return f"arn:{partition}:lambda:{self.region}:{self.function_account}:function:{self.function}"
