"""The accounts in which a fix can be made: those to which profiles lead, on AWS or in the lab that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labkit.diagnosis.evidence.plan.subject import MANAGEMENT
from labkit.errors import UsageError
from labkit.pull.uri import ImageUri
from labkit.remedy.asking import Asker
from labkit.remedy.collecting import Opener


class ReachedAccounts:
    """The accounts behind some openers, in one region; an empty account stands for the management account.

    ``push`` pushes an image that Lambda takes with a client of ECR: given for a lab, where calls are made too.
    """

    def __init__(
        self, openers: Mapping[str, Opener], region: str, push: Callable[[Any, ImageUri], None] | None = None
    ) -> None:
        self._openers = openers
        self._region = region
        self._push = push

    @property
    def in_lab(self) -> bool:
        """Whether the accounts are those of a lab."""
        return self._push is not None

    def client(self, account: str, service: str) -> Any:
        """A boto3 client in the account. Raises UsageError where no profile leads there."""
        if account:
            asker = self._by_account.get(account)
        else:
            asker = self._opened(MANAGEMENT) if MANAGEMENT in self._openers else None
        if asker is None:
            whose = f"account {account}" if account else "the organization's management account"
            raise UsageError(f"No profile leads to {whose}: whoever keeps it has to make the change.")
        if service == "ec2" and self.in_lab:
            from labkit.remedy.lab_endpoints import LabEndpoints

            return LabEndpoints(account)
        return asker.client(service)

    def push(self, image: str) -> None:
        """Pushes an image that Lambda takes under this URI. Raises UsageError where there is no lab."""
        uri = ImageUri.parse(image)
        if self._push is None:
            raise UsageError("Images are pushed in a lab only.")
        self._push(self.client(uri.account, "ecr"), uri)

    @cached_property
    def _by_account(self) -> Mapping[str, Asker]:
        found: dict[str, Asker] = {}
        for name in self._openers:
            asker = self._opened(name)
            number = asker.account or _account_of(asker)
            if number:
                found.setdefault(number, asker)
        return found

    def _opened(self, name: str) -> Asker:
        return _open(self._openers[name], self._region)


@cache
def _open(opener: Opener, region: str) -> Asker:
    return opener(region)


def _account_of(asker: Asker) -> str:
    """The account of a profile; empty where AWS does not take its credentials."""
    try:
        return str(asker.client("sts").get_caller_identity()["Account"])
    except (ClientError, BotoCoreError):
        return ""


def of_source(openers: Mapping[str, Opener], region: str) -> ReachedAccounts:
    """The accounts behind the openers of a diagnosis; those of the lab that runs can be pushed to."""
    return ReachedAccounts(openers, region, _push_of_lab if _lead_to_lab(openers, region) else None)


def _lead_to_lab(openers: Mapping[str, Opener], region: str) -> bool:
    try:
        from labkit.embedded.process import client as embedded

        running = embedded.status()
    except ImportError:  # only the whole lab brings what finds processes
        return False
    addresses = {opener(region).client("sts").meta.endpoint_url for opener in openers.values()}
    return running is not None and addresses == {running.endpoint}


def _push_of_lab(ecr: Any, uri: ImageUri) -> None:
    """Builds the article's image and pushes it."""
    from labkit.lab.lab import Lab

    lab = Lab.open()
    lab.engine.push(ecr, uri.repository, uri.tag or "latest", lab.build_image())
