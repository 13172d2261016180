"""A decision as a tree: every line and its mark."""

from __future__ import annotations

from labkit.iam import Policies, Request, evaluate
from labkit.iam.words.outline import MARKS, outline, text
from tests.iam.decided import (
    ALLOWED,
    EVERYTHING,
    LAMBDA,
    NOTHING,
    OWN,
    REFUSED,
    REPOSITORY,
    SERVICE,
    USER,
    decide,
    statements,
)


def test_the_tree_says_everything_in_marks_and_words():
    assert text([outline(REFUSED)]).splitlines() == [
        f"✗ Denied: lambda.amazonaws.com is not allowed to call ecr:BatchGetImage on {REPOSITORY}",
        "  ✗ Resource-based policy: implicit deny. No resource-based policy allows it (2 statements looked at).",
        "    · CrossAccountPermission (Allow) does not apply",
        f"      ✗ Principal is arn:aws:iam::{OWN}:root; this request is made by the service {LAMBDA.name} itself",
        "      ✓ Action covers ecr:BatchGetImage",
        "    · LambdaECRImageCrossAccountRetrievalPolicy (Allow) does not apply (nearest miss)",
        f"      ✓ Principal covers {LAMBDA.name}",
        "      ✓ Action covers ecr:BatchGetImage",
        f"      ✗ the account in aws:SourceArn is 111111111111, the pattern wants {OWN} (nearest miss)",
        f"      · To change: {REFUSED.nearest_miss.change}.",
    ]


def test_a_statement_that_denies_is_marked_with_what_would_spare_the_request():
    denied = decide(USER, owner=OWN, identity=[EVERYTHING, NOTHING])
    statement = next(line for _, line in outline(denied).walk() if line.near)
    assert (statement.title, statement.near) == ("No (Deny)", "denies it")
    assert [line.near for line in statement.children] == [""] * len(statement.children)
    assert statement.children[-1].text == "To change: except this request from No."


def test_nothing_is_marked_in_what_is_allowed():
    assert not outline(ALLOWED).leads


def test_statements_that_apply_are_marked_by_their_effect():
    lines = [line for _, line in outline(decide(USER, owner=OWN, identity=[EVERYTHING, NOTHING])).walk()]
    states = {line.text: line.state for line in lines}
    assert states["All (Allow) applies"] == "yes"
    assert states["No (Deny) applies"] == "no"
    assert lines[1].text.startswith("Identity-based policy: explicit deny. ")
    assert set(MARKS) == {"yes", "no", "none"}


def test_a_missing_policy_and_what_is_unknown_are_in_the_tree():
    assert "✗ Resource-based policy: missing. There is no" in text([outline(decide(LAMBDA))])
    policy = statements({**SERVICE, "Condition": {"StringLike": {"aws:x": "a"}}})
    request = Request(LAMBDA, "ecr:BatchGetImage", REPOSITORY, unknown=frozenset({"aws:x"}))
    assert "· Unknown: the lab does not know" in text([outline(evaluate(request, Policies(resource=policy)))])
