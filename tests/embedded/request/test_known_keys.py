"""Between the table of actions and the sources of keys nothing falls through: each key is found, absent, or unknown."""

from __future__ import annotations

import pytest

from labkit.embedded.http.gateway import operations
from labkit.embedded.protocol.models import SERVICES
from labkit.embedded.request.sources import FAMILIES, SOURCES
from labkit.iam import action_table
from labkit.iam.action_table import KeyRow, known_keys
from labkit.pull.organization import Membership
from labkit.pull.question import service_context

KINDS = {
    "known": known_keys.KNOWN,
    "absent": known_keys.ABSENT.keys(),
    "unknown": known_keys.UNKNOWN.keys(),
}
OF_SERVICES = {
    name.lower()
    for name in service_context("arn:aws:lambda:eu-central-1:111122223333:function:f", Membership("o-a", ("o-a/r/",)))
}
OF_SESSIONS = {"aws:federatedprovider", "lambda:sourcefunctionarn"}  # kept with the session, whatever it is


NEWER = {
    "ecr:DescribeReplicationBackfillResults",
    "ecr:ListReplicationBackfills",
    "ecr:StartReplicationBackfill",
    "ecr:StopReplicationBackfill",
}
"""Actions that ECR's model has and AWS's reference, on the day of the table, has not."""


def plain(name: str) -> str:
    """A key in lower case, of a family what stands before the slash."""
    return name.lower().partition("/${")[0]


def offered() -> list[str]:
    """The actions of all operations that the embedded AWS has."""
    named = [f"{service}:{operation}" for service in SERVICES for operation in operations(service)]
    return [action_table.operation(name) or name for name in named]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_operation_is_an_action_of_the_table(service: str):
    named = [action for action in offered() if action.startswith(f"{service}:")]
    assert {action for action in named if action_table.action(action) is None} <= NEWER


def promised() -> dict[str, KeyRow]:
    """Every key that a request for an action of the embedded AWS can have on AWS."""
    rows = [row for action in offered() if (row := action_table.action(action))]
    return {key.name: key for row in rows for key in action_table.keys_of(row)}


def test_every_key_that_the_table_promises_is_found_or_known_to_be_absent_or_said_to_be_unknown():
    homes = {
        name: [kind for kind, names in KINDS.items() if name in names]
        for name, row in promised().items()
        if row.origin != action_table.PROVIDER  # what a token claims stands in the token
    }
    assert {name: kinds for name, kinds in homes.items() if len(kinds) != 1} == {}


def test_what_is_said_to_be_known_is_what_there_are_sources_for():
    known = {plain(name) for name in known_keys.KNOWN}
    assert known == SOURCES.keys() | FAMILIES.keys() | OF_SERVICES | OF_SESSIONS


def test_a_key_that_is_unknown_at_times_is_otherwise_known():
    assert known_keys.AT_TIMES.keys() <= known_keys.KNOWN
    assert all(known_keys.is_known(name) for name in known_keys.AT_TIMES)
