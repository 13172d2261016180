"""Last uses of keys: kept in memory, written with other writes once a minute and at the end; no refusal loses one."""

from __future__ import annotations

import pytest

from tests.embedded.conftest import Cloud, MovedClock


def written(cloud: Cloud) -> str | None:
    """What the state has of the last use of the administrator's key."""
    key = cloud.keys("registry")["aws_access_key_id"]
    row = cloud.embedded.database.one("SELECT last_used_service FROM access_key WHERE id = ?", key)
    assert row is not None
    return None if row["last_used_service"] is None else str(row["last_used_service"])


def test_reads_write_nothing_and_the_next_write_takes_them_along(cloud: Cloud) -> None:
    cloud.client("registry", "sts").get_caller_identity()
    assert written(cloud) is None
    cloud.client("registry", "iam").create_user(UserName="ann")
    assert written(cloud) == "iam"
    cloud.client("registry", "ecr").create_repository(repositoryName="app")
    assert written(cloud) == "iam"
    cloud.clock.move(minutes=1)
    cloud.client("registry", "ecr").create_repository(repositoryName="lib")
    assert written(cloud) == "ecr"


def test_a_unit_that_fails_loses_no_use(cloud: Cloud) -> None:
    cloud.client("registry", "sts").get_caller_identity()
    uses, database = cloud.embedded.uses, cloud.embedded.database
    with pytest.raises(KeyError), database.write():
        uses.write(at_once=True)
        raise KeyError
    assert written(cloud) is None
    with database.write():
        uses.write(at_once=True)
    assert written(cloud) == "sts"


def test_the_end_of_the_lab_writes_what_is_pending(cloud: Cloud, clock: MovedClock) -> None:
    cloud.client("registry", "sts").get_caller_identity()
    cloud.close()
    again = Cloud(cloud.home.root, clock)
    assert written(again) == "sts"
