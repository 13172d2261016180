"""A pull decision as a paragraph, a tree and HTML."""

from __future__ import annotations

from labkit.iam import Policies, Policy, Principal
from labkit.pull import policies
from labkit.pull.decision import PullDecision
from labkit.pull.organization import OUTSIDER
from labkit.pull.question import PullQuestion
from labkit.pull.uri import ImageUri
from labkit.show.display import html_of

IMAGE = ImageUri.parse("813835382529.dkr.ecr.eu-central-1.amazonaws.com/r:1")
FUNCTION = "arn:aws:lambda:eu-central-1:592444418872:function:f<b>"
EVERYTHING = Policy.parse({"Statement": {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}})


def pull(policy: dict | None, identity: tuple[Policy, ...] = (EVERYTHING,)) -> PullDecision:
    return PullQuestion(
        caller=Principal.aws("arn:aws:iam::592444418872:role/Deployer"),
        caller_policies=Policies(identity=identity),
        caller_context={},
        function_arn=FUNCTION,
        image=IMAGE,
        repository_policy=Policy.parse(policy) if policy else None,
        membership=OUTSIDER,
    ).decide()


ALLOWED, REFUSED = pull(policies.cross_account("592444418872")), pull(None, ())


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
    same = PullQuestion(
        caller=Principal.aws("arn:aws:iam::813835382529:role/Deployer"),
        caller_policies=Policies(),
        caller_context={},
        function_arn="arn:aws:lambda:eu-central-1:813835382529:function:f",
        image=IMAGE,
        repository_policy=Policy.parse(policies.same_account()),
        membership=OUTSIDER,
    ).decide()
    caller, service = same.outline().children
    assert (caller.state, caller.verdict, service.verdict) == ("none", "not asked", "may pull")
    assert caller.text.startswith("The caller is not asked. Function and repository are both in the account 813835382")
    assert "not asked" in html_of(same)
    assert not any("not asked" in sentence for sentence in same.sentences())


def test_what_both_actions_came_to_for_the_same_reasons_is_shown_once():
    branch = ALLOWED.outline().children[0]
    assert branch.children[-1].text == ("Shown is ecr:BatchGetImage; the same goes for ecr:GetDownloadUrlForLayer.")


def test_actions_with_different_answers_are_shown_one_by_one():
    half = policies.same_account()
    half["Statement"][0]["Action"] = "ecr:BatchGetImage"
    branch = pull(half).outline().children[1]
    assert branch.text == "Lambda (lambda.amazonaws.com) may not ecr:GetDownloadUrlForLayer."
    assert [child.state for child in branch.children] == ["yes", "no"]


def test_the_html_is_escaped_and_unfolds_what_was_refused():
    markup = html_of(pull(policies.cross_account("111122223333")))
    assert "function:f&lt;b&gt;" in markup
    assert "f<b>" not in markup
    assert markup.count("<details open>") == 6  # two sides, and in each the check and the statement that came nearest
    assert html_of(ALLOWED).count("<details open>") == 2  # the two sides


def test_the_html_has_a_column_for_each_side_with_its_verdict():
    columns = html_of(REFUSED).split('<div class="labkit-side"')[1:]
    assert [">The caller (" in column or " The caller (" in column for column in columns] == [True, False]
    assert all("</span> may not pull</span>" in column for column in columns)
    assert "</span> Denied</span> Lambda may not pull" in html_of(REFUSED)


def test_a_policy_that_is_missing_is_seen_without_opening_anything():
    service = html_of(REFUSED).split('<div class="labkit-side"')[2]
    assert "<details open><summary>" in service.partition("</span> missing</span>")[0]
