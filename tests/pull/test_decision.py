"""A pull decision as a paragraph and as a tree."""

from __future__ import annotations

from labkit.pull import policies
from tests.pull.decided import ALLOWED, FUNCTION, IMAGE, REFUSED, SAME_ACCOUNT, pull


def test_it_shows_itself_as_one_paragraph():
    assert repr(ALLOWED) == (
        f"Allowed: Lambda may pull {IMAGE} for {FUNCTION}. "
        "The caller (arn:aws:iam::592444418872:role/Deployer) may pull. "
        "Lambda (lambda.amazonaws.com) may pull."
    )
    assert repr(REFUSED).startswith(f"Denied: Lambda may not pull {IMAGE} for {FUNCTION}. The caller (")
    assert "There is no resource-based policy, and one would have to allow it." in repr(REFUSED)
    assert "\n" not in repr(REFUSED)


def test_the_tree_has_a_branch_for_each_side():
    tree = REFUSED.outline()
    assert (tree.state, tree.text) == ("no", REFUSED.headline)
    assert [branch.text.split(" (")[0] for branch in tree.children] == ["The caller", "Lambda"]
    assert ALLOWED.outline().state == "yes"


def test_in_one_account_the_tree_says_that_the_caller_is_not_asked_and_why():
    caller, service = SAME_ACCOUNT.outline().children
    assert (caller.state, caller.verdict, service.verdict) == ("none", "not asked", "may pull")
    assert caller.text.startswith("The caller is not asked. Function and repository are both in the account 813835382")
    assert not any("not asked" in sentence for sentence in SAME_ACCOUNT.sentences())


def test_what_both_actions_came_to_for_the_same_reasons_is_shown_once():
    branch = ALLOWED.outline().children[0]
    assert branch.children[-1].text == ("Shown is ecr:BatchGetImage; the same goes for ecr:GetDownloadUrlForLayer.")


def test_actions_with_different_answers_are_shown_one_by_one():
    half = policies.same_account()
    half["Statement"][0]["Action"] = "ecr:BatchGetImage"
    branch = pull(half).outline().children[1]
    assert branch.text == "Lambda (lambda.amazonaws.com) is not allowed to call ecr:GetDownloadUrlForLayer."
    assert [child.state for child in branch.children] == ["yes", "no"]
