"""The JSON of a diagnosis has the shape that other programs read, and its causes the order in which to mend them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from labkit.diagnosis.cause_table import CAUSES
from labkit.diagnosis.diagnose import diagnose
from labkit.diagnosis.facts import KINDS, NOT_GIVEN, OPERATIONS, RCP, REPOSITORY_POLICY, Child, Facts, Layer
from labkit.image.format.manifest import OCI_INDEX
from labkit.pull import policies
from tests.diagnosis.causes.given import DIGEST, IMAGE, OTHER, WORKLOAD, across, allow, deny, document, policy, within

BOTH = policies.cross_account(WORKLOAD)
FOR_LAMBDA = policy(BOTH["Statement"][1])
PERIMETER = (Layer((document(RCP, policy({**deny("ecr:*", "*"), "Resource": "*"}), "", "perimeter"),)),)
FACTS: dict[str, Facts] = {
    "all well": across(BOTH),
    "one statement": across(FOR_LAMBDA),
    "no policy": across(None, rcp=PERIMETER),
    "nothing known": across(BOTH, question={"caller": None}, identity=NOT_GIVEN["identity"]),
    "one account": within(None),
    "restored": within(None, question={"operation": "restore"}),
    "an index": across(BOTH, image=replace(IMAGE, media_type=OCI_INDEX, children=(Child(DIGEST, "amd64"),))),
    "no image's name": across(BOTH, question={"image": "nginx"}),
    "no JSON": across(None, repository_policy=document(REPOSITORY_POLICY, "{,}")),
}
VERDICTS = {"can", "cannot", "unknown"}
MEMBERS = {
    "": {
        *("format", "question", "verdict", "parties", "sentence", "causes", "not_known", "fix", "next", "decision"),
    },
    "question": {"operation", "image", "function", "caller", "execution_role"},
    "cause": {"id", "certainty", "stops", "sentence", "where", "evidence", "source"},
    "where": {"account", "kind", "name", "sid"},
    "fix": {"changes", "proved", "opens"},
    "probe": {"probe", "before", "after", "asked_for"},
}


@pytest.mark.parametrize("name", FACTS)
def test_the_json_has_the_shape_that_programs_read(name: str) -> None:
    found = json.loads(json.dumps(diagnose(FACTS[name]).to_dict()))
    assert found.keys() == MEMBERS[""]
    assert found["format"] == 1
    assert found["question"].keys() == MEMBERS["question"]
    assert found["question"]["operation"] in OPERATIONS
    assert found["verdict"] in VERDICTS
    assert found["parties"]["lambda"]["verdict"] in VERDICTS
    assert found["parties"]["caller"]["verdict"] in VERDICTS | {"not-asked"}
    assert {each["certainty"] for each in found["parties"].values()} <= {"certain", "likely"}
    assert all(each.keys() == {"what", "who_could_tell"} for each in found["not_known"])
    for cause in found["causes"]:
        _check_cause(cause)
    if found["fix"] is not None:
        _check_fix(found["fix"])


def _check_cause(cause: dict[str, Any]) -> None:
    assert cause.keys() == MEMBERS["cause"]
    assert cause["id"] in CAUSES
    assert cause["certainty"] in {"certain", "likely", "possible"}
    assert cause["stops"] in {"call", "pull", "run"}
    assert cause["where"].keys() == MEMBERS["where"]
    assert cause["where"]["kind"] in KINDS


def _check_fix(fix: dict[str, Any]) -> None:
    assert fix.keys() >= MEMBERS["fix"]
    for change in fix["changes"]:
        rest = {"call"} if change["kind"] == "call" else {"before", "after", "diff"}
        assert change.keys() == {"kind", "account", "name"} | rest
        assert change["kind"] in KINDS
        assert change["kind"] != "call" or [type(each) for each in change["call"]] == [str, str, dict]
    for probe in fix["opens"]:
        assert probe.keys() == MEMBERS["probe"]
        assert {probe["before"], probe["after"]} <= {"allowed", "denied"}


def test_lambdas_side_comes_before_the_callers_whatever_the_order_of_the_ids() -> None:
    elsewhere = policies.cross_account(OTHER)["Statement"][1]
    found = diagnose(across(policy(elsewhere, allow("ecr:DescribeImages", {"AWS": WORKLOAD}))))
    assert [each.id for each in found.causes] == ["source-arn-mismatch", "caller-statement-missing"]
    inside = {"StringEquals": {"aws:SourceAccount": WORKLOAD}}
    alone = diagnose(within(policy(allow(list(policies.PULL_ACTIONS), {"Service": policies.LAMBDA}, Condition=inside))))
    assert [each.id for each in alone.causes] == ["source-account-mismatch", "caller-cannot-add"]


def test_a_value_that_is_not_known_is_named_with_whose_request_has_it() -> None:
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "data"}}
    asks = allow(list(policies.PULL_ACTIONS), {"AWS": WORKLOAD}, Condition=tagged)
    [told] = diagnose(across(policy(*FOR_LAMBDA["Statement"], asks))).not_known
    assert told.what == "the value of aws:PrincipalTag/team in the caller's request"
    assert told.who_could_tell == "give --context KEY=VALUE where it is known"
