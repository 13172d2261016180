"""How ECR writes a policy, and when two texts are one policy to it. Recorded texts: tests/embedded/services/ecr."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.pull import policies
from labkit.pull.stored_policy import canonical, rewritten, same

ONE, TWO = "arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:role/Puller"


def allow(**members: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": [ONE, TWO]}, "Action": ["ecr:BatchGetImage"], **members}
    return {"Version": "2012-10-17", "Statement": [statement]}


SAME: dict[str, tuple[Any, bool]] = {
    "itself": (allow(), True),
    "members in another order": (dict(reversed(allow().items())), True),
    "a statement that stands alone": ({**allow(), "Statement": allow()["Statement"][0]}, True),
    "an action that stands alone": (allow(Action="ecr:BatchGetImage"), True),
    "principals in another order": (allow(Principal={"AWS": [TWO, ONE]}), True),
    "an account by its number": (allow(Principal={"AWS": ["111122223333", TWO]}), True),
    "another version": ({**allow(), "Version": "2008-10-17"}, False),
    "one principal": (allow(Principal={"AWS": ONE}), False),
    "another effect": (allow(Effect="Deny"), False),
    "the statement twice": ({**allow(), "Statement": allow()["Statement"] * 2}, False),
    "no document": ([], False),
    "nothing": (None, False),
}


@pytest.mark.parametrize(("other", "alike"), SAME.values(), ids=SAME)
def test_two_documents_are_one_policy_if_ecr_shows_them_alike(other: Any, alike: bool):
    assert same(allow(), other) is alike
    assert same(other, allow()) is alike


@pytest.mark.parametrize(
    "document",
    [policies.same_account(), policies.cross_account(*(f"{n:012}" for n in range(3))), policies.organization("o-a")],
)
def test_what_ecr_has_written_is_written_the_same_again(document: dict[str, Any]):
    written = rewritten(json.dumps(document))
    assert rewritten(written) == written
    assert json.loads(written) == canonical(document)
    assert list(json.loads(written)) == ["Version", "Statement"]


def test_a_repository_of_another_partition_names_accounts_of_that():
    written = rewritten(json.dumps(allow(Principal={"AWS": "111122223333"})), "aws-cn")
    assert '"AWS" : "arn:aws-cn:iam::111122223333:root"' in written


@pytest.mark.parametrize(
    "odd", [None, 1, "text", [], {}, {"Statement": 1}, {"Statement": [1]}, allow(Principal=1), allow(Condition=[1])]
)
def test_what_is_no_policy_is_written_as_it_is(odd: Any):
    assert same(json.loads(rewritten(json.dumps(odd))), odd)


def test_a_text_that_is_no_json_cannot_be_written():
    with pytest.raises(ValueError, match="Expecting"):
        rewritten("nope")
