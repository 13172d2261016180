"""Goes through the table of reads of a diagnosis (`labkit.diagnosis.evidence.plan`) with the profiles that there are.

Nothing is written, and nothing that is refused ends it: a refusal is an answer too. Who asks is the profile of the
account that a row is about. Where there is none, another profile asks what can be asked from outside (ECR and Lambda,
where the call names the other account); what IAM has under the same name in another account is never taken for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from labkit.diagnosis.asked import Asked
from labkit.diagnosis.evidence.answers import Answer, Answers
from labkit.diagnosis.evidence.gathering import question_from
from labkit.diagnosis.evidence.plan.steps import STEPS
from labkit.diagnosis.evidence.plan.subject import FROM_OUTSIDE, IDENTITY, MANAGEMENT, REGISTRY, WORKLOAD, Step, Subject
from labkit.ground.addresses import application_at, exchange
from labkit.iam import arn as arns
from labkit.image.format.config import DOCUMENT_LIMIT, ImageConfig
from labkit.image.format.errors import ImageError
from labkit.remedy.asking import Asker, Call, ask

Opener = Callable[[str], Asker]
"""From a region to whoever asks there; the account may be left empty."""
Progress = Callable[[str], None]
_MANAGING = (MANAGEMENT, REGISTRY, WORKLOAD)
_WITHIN = 30  # seconds for an image's configuration


class Collector:
    """Collects the answers to a question. ``openers`` has whoever can ask, by side or by another name.

    ``asked`` is the question with the function's account, which is the workload profile's where nobody said it.
    """

    def __init__(self, asked: Asked, openers: Mapping[str, Opener], region: str, progress: Progress) -> None:
        self.asked = asked
        self._openers = openers
        self._region = region
        self._progress = progress
        self._accounts: dict[str, str] = {}
        self._broken: dict[str, Mapping[str, str]] = {}
        self._askers: dict[tuple[str, str], Asker] = {}
        self.answers = Answers()

    def collect(self) -> Answers:
        """Makes every call of the table that can be made. Raises UsageError for a question nobody could mean."""
        for name in self._openers:
            self.answers.add(self._identify(name))
        self._settle_function()
        for step in STEPS:
            self._progress(f"{step.service} {step.operation}")
            for answer in self._step(step):
                self.answers.add(answer)
        return self.answers

    def _settle_function(self) -> None:
        """Says in which account the function is; where that cannot be known, there is no question about it."""
        if self.asked.function_account or arns.split(self.asked.function) or ":" in self.asked.function:
            return
        account = self._accounts.get(WORKLOAD) or arns.account_of(self.asked.caller) or ""
        named = self.asked.function if account else ""
        self.asked = replace(self.asked, function=named, function_account=account)

    def _step(self, step: Step) -> Iterator[Answer]:
        if step.operation == IDENTITY:
            return  # whoever can be asked was asked this first
        subject = Subject(question_from(self.asked, self.answers), self.answers)
        for params in step.params(subject):
            for name in self._managing(subject) if step.side == MANAGEMENT else self._who(step, subject, params):
                yield self._ask(name, step, params)

    def _identify(self, name: str) -> Answer:
        answer = ask(self._asker(name, self._region), Call("sts", "get-caller-identity"))
        self._accounts[name] = str((answer.answer or {}).get("Account", ""))
        if answer.error is not None:
            self._broken[name] = answer.error
        return answer._replace(account=self._accounts[name])

    def _managing(self, subject: Subject) -> Iterable[str]:
        """Whose profiles are asked about organizations: of each one's management account, and the one given for it.

        The function's account and the registry's may be in two organizations. Where nobody is known to manage one, the
        first other profile asks.
        """
        known = [name for name, number in self._accounts.items() if number in subject.managements]
        given = [MANAGEMENT] if MANAGEMENT in self._openers else []
        by_account = {self._accounts.get(name, name): name for name in (*given, *known)}
        return list(by_account.values()) or [name for name in _MANAGING if name in self._openers][:1]

    def _who(self, step: Step, subject: Subject, params: Mapping[str, Any]) -> Iterable[str]:
        """Whose profile makes this call; empty where nobody can."""
        account = subject.account_of(step.side)
        own = [name for name, number in self._accounts.items() if number and number == account]
        if own:
            return [step.side if step.side in own else own[0]]
        if step.side in self._broken:
            return [step.side]
        if not (step.service in FROM_OUTSIDE and account and account in json.dumps(params)):
            return []
        return [name for name in (step.side, WORKLOAD, *self._openers) if name in self._accounts][:1]

    def _ask(self, name: str, step: Step, params: Mapping[str, Any]) -> Answer:
        region = step.region or self._region
        call = Call(step.service, step.operation, params, step.most)
        if name in self._broken:
            return Answer(*call[:3], self._accounts[name], region, error=self._broken[name])
        answer = ask(self._asker(name, region), call)
        return with_platform(answer) if step.operation == "get-download-url-for-layer" else answer

    def _asker(self, name: str, region: str) -> Asker:
        if (name, region) not in self._askers:
            self._askers[name, region] = self._openers[name](region)
        return self._askers[name, region]._replace(account=self._accounts.get(name, ""))


def with_platform(answer: Answer) -> Answer:
    """The answer of GetDownloadUrlForLayer with what the configuration says, and without the address, which is a key.

    Raises nothing: what cannot be fetched or read has no platform.
    """
    told = answer.answer or {}
    if "downloadUrl" not in told:
        return answer
    kept = {name: value for name, value in told.items() if name != "downloadUrl"}
    return answer._replace(answer={**kept, "platform": _platform(str(told["downloadUrl"]))})


def _platform(url: str) -> dict[str, str]:
    try:
        found = ImageConfig.parse(_fetched(url))
    except (HTTPError, ImageError, OSError):
        return {}
    return {"architecture": found.architecture, "os": found.os}


def _fetched(url: str) -> bytes:
    """What is at an address, of which this process may be the host; no more than a configuration can have."""
    application = application_at(url)
    if application is not None:
        return exchange(application, "GET", url, {}, b"").body.read(DOCUMENT_LIMIT + 1)
    with PoolManager() as pool:
        response = pool.request("GET", url, timeout=_WITHIN, retries=1, preload_content=False)
        return response.read(DOCUMENT_LIMIT + 1, decode_content=True) if response.status == 200 else b""
