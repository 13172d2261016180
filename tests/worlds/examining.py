"""A world that is built, asked for, and diagnosed with what its accounts say; mended, tried, and taken back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from labkit.aws import functions
from labkit.diagnosis import pasted
from labkit.diagnosis.asked import Asked
from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.evidence.answers import Answer, Answers
from labkit.diagnosis.evidence.gathering import facts_from, with_error
from labkit.diagnosis.facts import CREATE, RESTORE, UPDATE, Facts, documents
from labkit.diagnosis.result import Change, Diagnosis
from labkit.embedded.process import client as embedded
from labkit.lab.lab import Lab
from labkit.pull.uri import ImageUri
from labkit.remedy import apply as making
from labkit.remedy.asking import Asker
from labkit.remedy.collecting import Collector
from labkit.remedy.kept import newest
from labkit.remedy.lab_endpoints import LabEndpoints
from labkit.remedy.undo import undo
from labkit.worlds import images
from labkit.worlds.model import World
from labkit.worlds.stage import Outcome, Stage

SIDES = ("workload", "registry", "management")
_FILES = ("repository_policy",)


class Accounts(NamedTuple):
    """The accounts of the lab, each reached as its administrator; calls are made there too."""

    stage: Stage
    region: str
    in_lab: bool = True

    def client(self, account: str, service: str) -> Any:
        """A client of the account's administrator; an empty account stands for the management account."""
        if service == "ec2":
            return LabEndpoints(account, self.stage.lab.home)
        profiles = {number: name for name, number in embedded.settings(self.stage.lab.home).accounts.items()}
        return self.stage.client(profiles[account] if account else "management", service, self.region)

    def push(self, image: str) -> None:
        """Pushes the article's image."""
        uri = ImageUri.parse(image)
        images.push(self.client(uri.account, "ecr"), uri.repository, uri.tag or "latest", "image")


@dataclass
class Examined:
    """A world in a lab: built, asked for once (a function that sleeps is not woken), and read."""

    lab: Lab
    world: World

    def __post_init__(self) -> None:
        self.stage = Stage(self.lab, self.world)
        self.stage.build()
        self.outcome: Outcome | None = None
        if self.world.asked.operation != RESTORE:
            self.outcome = self.stage.attempt()

    @cached_property
    def asked(self) -> Asked:
        """The question as somebody types it, with the files that they have."""
        world, stage = self.world, self.stage
        question, restoring = world.asked, world.asked.operation == RESTORE
        asked = Asked(
            "" if restoring else stage.filled(question.image),
            str(stage.function),
            region=question.region or self.lab.region,
            operation=question.operation,
            caller="" if restoring else stage.names["caller"],
            execution_role=stage.names["role"],
            documents={} if restoring else self._documents,
        )
        return with_error(asked, pasted.read(self.error))

    @property
    def error(self) -> str:
        """What is pasted, where the embedded AWS cannot say it."""
        return self.stage.filled(self.world.sees) if self.world.pasted else ""

    @property
    def _documents(self) -> Mapping[str, Any]:
        limit = self.world.asked.session
        through = [each["policy"] for each in embedded.vpc_endpoints(self.lab.home) if each["service"] == "lambda"]
        given = {name: [(name, self.world.given[name])] for name in _FILES if name in self.world.given}
        return {
            "session": [("session", self.stage.filled(limit))] if limit else [],
            "vpc_endpoint": [("endpoint", through[0])] if through else None,
            **given,
        }

    # -- Reading -------------------------------------------------------------------------------------------------------

    def openers(self, sides: Collection[str] = SIDES) -> dict[str, Any]:
        """Whoever can be asked, by side: the administrators of the accounts."""
        profiles = {"workload": self.stage.profile, "registry": "registry", "management": "management"}

        def opener(profile: str) -> Any:
            return lambda region: Asker(
                "", region or self.lab.region, lambda service: self.stage.client(profile, service, region)
            )

        return {side: opener(profiles[side]) for side in sides}

    def collect(self, sides: Collection[str] = SIDES) -> Answers:
        """All answers that these sides get. A file that somebody has stands for what nobody can read."""
        own = [side for side in sides if side != "registry" or not set(_FILES) & self.world.given.keys()]
        return Collector(self.asked, self.openers(own), self.asked.region, lambda _detail: None).collect()

    @cached_property
    def answers(self) -> Answers:
        """What all sides answer."""
        return self.collect()

    def facts(self, answers: Answers) -> Facts:
        """The facts from these answers."""
        facts = facts_from(self.asked, answers, embedded.clock(self.lab.home).now, self.error)
        opened = self.world.given.get("region_opened")
        return facts if opened is None else facts.having(region_opened=opened)

    def diagnosis(self, answers: Answers) -> Diagnosis:
        """The diagnosis from these answers."""
        return diagnose(self.facts(answers))

    @cached_property
    def found(self) -> Diagnosis:
        """The diagnosis from all answers."""
        return self.diagnosis(self.answers)

    def of_side(self, side: str) -> Answers:
        """The answers that one side's account gave."""
        number = {"workload": self.stage.names["account"]}.get(side, self.stage.names.get(side, ""))
        return Answers([each for each in self.answers if each.account == number])

    def written(self) -> Answers:
        """The answers after they have been files."""
        return Answers([Answer.from_dict(json.loads(json.dumps(each.to_dict()))) for each in self.answers])

    # -- Mending -------------------------------------------------------------------------------------------------------

    @property
    def accounts(self) -> Accounts:
        """The accounts in which the fix is made."""
        return Accounts(self.stage, self.asked.region)

    @property
    def there(self) -> bool:
        """Whether the function exists."""
        lambda_ = self.stage.client(self.stage.profile, "lambda", self.world.asked.region)
        return functions.find(lambda_, self.world.asked.function) is not None

    def mend(self, diagnosis: Diagnosis) -> tuple[Change, ...]:
        """Make the changes of the fix, guard rails too, as ``--apply --yes --change-guard-rails`` does."""
        assert diagnosis.fix is not None, "there is no fix"
        plan = making.plan(diagnosis.fix, self.accounts, change_guard_rails=True)
        assert not plan.left, plan.left
        making.apply(plan, self.accounts, self.lab.home)
        return plan.changes

    def tried(self, changes: tuple[Change, ...]) -> str:
        """What the function says once the changes are made: created, updated or invoked; empty where it runs."""
        if self.world.asked.operation == UPDATE and "update-function-code" not in _calls(changes):
            return self.stage.attempt().text
        if self.world.asked.operation == CREATE and not self.there:
            return self.stage.attempt().text
        return self.stage.invoke().text

    def take_back(self, changes: tuple[Change, ...]) -> None:
        """Undo; a function that was created to see whether it can be goes first."""
        if self.world.asked.operation == CREATE and "create-function" not in _calls(changes):
            self.stage.forget()
        run = newest(self.lab.home)
        assert run is not None
        undo(run, self.accounts)

    def texts(self, answers: Answers) -> list[tuple[str, str, str]]:
        """Every policy in these answers: its kind, its name and its text."""
        return [(each.kind, each.name, each.text) for each in documents(self.facts(answers))]


def _calls(changes: tuple[Change, ...]) -> set[str]:
    return {each.call[1] for each in changes if each.call is not None}
