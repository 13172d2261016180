"""An audit of live accounts: the embedded AWS is asked through boto3, in the process of the test."""

from __future__ import annotations

import json
from typing import Any

from labkit.diagnosis.audit.reading import estate
from labkit.diagnosis.audit.report import Report, audit
from labkit.diagnosis.evidence.answers import Answers
from labkit.pull import policies
from labkit.remedy.asking import Asker
from labkit.remedy.auditing import Accounts, collect
from tests.embedded.conftest import REGION, Cloud

REGISTRY, WORKLOAD = "813835382529", "592444418872"


def asker(cloud: Cloud, profile: str, account: str) -> Asker:
    return Asker(account, REGION, lambda service: cloud.client(profile, service))


def accounts(cloud: Cloud) -> Accounts:
    return Accounts(
        asker(cloud, "registry", REGISTRY),
        asker(cloud, "management", cloud.embedded.settings.accounts["management"]),
        (asker(cloud, "workload", WORKLOAD),),
    )


def report(cloud: Cloud, who: Accounts | None = None) -> Report:
    return audit(estate(Answers(collect(who or accounts(cloud)))), cloud.clock.now())


def repository(cloud: Cloud, name: str, document: dict[str, Any] | None) -> None:
    ecr = cloud.client("registry", "ecr")
    ecr.create_repository(repositoryName=name)
    if document is not None:
        ecr.set_repository_policy(repositoryName=name, policyText=json.dumps(document))


def test_a_registry_is_read_and_judged(cloud):
    repository(cloud, "shared", policies.cross_account(WORKLOAD))
    repository(cloud, "alone", None)
    found = report(cloud)
    rows = {row.name: row for row in found.rows}
    assert set(rows) == {"shared", "alone"}
    assert rows["shared"].totals.create == (1, 0)
    assert rows["alone"].totals.create == (0, 0)
    assert [each.rule.id for each in found.findings] == ["no-lambda-statement"]
    assert not [each for each in found.not_known if "functions" not in each.why]
