"""What an account can do with a repository; and all accounts at once as if each had been asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.iam import Policy
from labkit.pull.admission import GuardedRepository, PullingAccount, who_gets
from labkit.pull.organization import OUTSIDER, Membership
from labkit.pull.policies import PULL_ACTIONS
from labkit.pull.reach import NOTHING, PUSH_ACTIONS, Extent, Reach, RepositoryReach
from tests.pull.test_admission import EVERYBODY, EVERYTHING, NUMBERS, ORG, conditions, denying, documents

HOME, OTHER, THIRD = "813835382529", "592444418872", "111122223333"
NO, SOME, YES = Extent
LAMBDA = {"Service": "lambda.amazonaws.com"}
IN_ORG = Membership(ORG, (f"{ORG}/r-lab1/",))


def repository(*statements: dict, **more) -> GuardedRepository:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return GuardedRepository(HOME, "eu-central-1", "app", Policy.parse(document) if statements else None, **more)


def allow(principal: object, actions: object = PULL_ACTIONS, **condition: dict) -> dict:
    return {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Condition": condition}


def deny(principal: object, actions: object = "ecr:*", **condition: dict) -> dict:
    return {**allow(principal, [actions], **condition), "Effect": "Deny"}


def of(place: GuardedRepository, account: str = OTHER, membership: Membership = OUTSIDER, **more) -> Reach:
    return RepositoryReach(place)(PullingAccount(account, membership, **more))


def role(name: str, account: str = OTHER) -> dict:
    return {"AWS": f"arn:aws:iam::{account}:role/{name}"}


TAGGED = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
SOURCE = "arn:aws:lambda:eu-central-1:592444418872:function:"

CASES = {
    "nobody": ((), Reach(NO, NO, NO, NO)),
    "callers alone": ((allow({"AWS": OTHER}),), Reach(NO, NO, YES, NO)),
    "Lambda alone": ((allow(LAMBDA),), Reach(NO, YES, NO, NO)),
    "both": ((allow({"AWS": OTHER}), allow(LAMBDA)), Reach(YES, YES, YES, NO)),
    "one of the two actions": ((allow({"AWS": OTHER}, PULL_ACTIONS[:1]),), NOTHING),
    "push": ((allow({"AWS": OTHER}, PUSH_ACTIONS),), Reach(NO, NO, NO, YES)),
    "push without the last action": ((allow({"AWS": OTHER}, PUSH_ACTIONS[:-1]),), NOTHING),
    "push by a wildcard": ((allow({"AWS": OTHER}, ["ecr:*"]),), Reach(NO, NO, YES, YES)),
    "a role by name": ((allow(role("ci")), allow(LAMBDA)), Reach(SOME, YES, SOME, NO)),
    "a role of another account": ((allow(role("ci", THIRD)), allow(LAMBDA)), Reach(NO, YES, NO, NO)),
    "roles by a pattern": (
        (allow("*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:role/ci-*"}),),
        Reach(NO, NO, SOME, NO),
    ),
    "a tag": ((allow({"AWS": OTHER}, **TAGGED),), Reach(NO, NO, SOME, NO)),
    "a Deny by tag": (
        (allow({"AWS": OTHER}), deny("*", StringNotEquals=TAGGED["StringEquals"])),
        Reach(NO, NO, SOME, NO),
    ),
    "a Deny for all but one role": (
        (allow({"AWS": OTHER}), deny("*", ArnNotLike={"aws:PrincipalArn": "arn:aws:iam::592444418872:role/ci"})),
        Reach(NO, NO, SOME, NO),
    ),
    "a Deny for everyone": ((allow("*"), deny("*")), NOTHING),
    "one function": ((allow(LAMBDA, ArnLike={"aws:SourceArn": f"{SOURCE}blue"}),), Reach(NO, SOME, NO, NO)),
    "functions of a pattern": ((allow(LAMBDA, ArnLike={"aws:SourceArn": f"{SOURCE}b-*"}),), Reach(NO, SOME, NO, NO)),
    "every function": ((allow(LAMBDA, ArnLike={"aws:SourceArn": f"{SOURCE}*"}),), Reach(NO, YES, NO, NO)),
    "functions of another region": (
        (allow(LAMBDA, ArnLike={"aws:SourceArn": SOURCE.replace("eu-central-1", "us-east-1") + "*"}),),
        NOTHING,
    ),
    "a deleted role": ((allow({"AWS": "AROAABCDEFGHIJKLMNOPQ"}),), NOTHING),
    "a repository's tag": ((allow(LAMBDA, StringEquals={"ecr:ResourceTag/x": "y"}),), Reach(NO, SOME, NO, NO)),
}


@pytest.mark.parametrize(("statements", "expected"), CASES.values(), ids=CASES)
def test_an_account_can_do_what_the_policy_lets_it(statements, expected):
    assert of(repository(*statements)) == expected


def test_at_home_everybody_can_push_and_lambda_needs_its_statement():
    assert of(repository(), HOME) == Reach(NO, NO, YES, YES)
    assert of(repository(allow(LAMBDA)), HOME) == Reach(YES, YES, YES, YES)


def test_a_place_that_is_not_known_makes_some_of_yes_and_of_no():
    unknown = frozenset({"aws:principalorgid", "aws:sourceorgid"})
    place = repository(allow("*", StringEquals={"aws:PrincipalOrgID": ORG}))
    assert of(place).docker_pull is NO
    assert of(place, membership=IN_ORG).docker_pull is YES
    assert of(place, unknown_keys=unknown).docker_pull is SOME
    guarded = repository(allow({"AWS": OTHER}), deny("*", StringEquals={"aws:PrincipalOrgID": ORG}))
    assert of(guarded, unknown_keys=unknown).docker_pull is SOME


def test_guard_rails_of_either_side_count():
    open_to_all = allow({"AWS": OTHER}, ["ecr:*"])
    refusing = [[EVERYTHING, denying({})]]
    assert of(repository(open_to_all, rcp=refusing)) == NOTHING
    assert of(repository(open_to_all), scp=[[EVERYTHING]]).docker_pull is YES
    assert of(repository(open_to_all), scp=refusing).docker_pull is NO


def test_the_statements_that_grant_and_that_deny_lambda_are_told():
    first, second = (
        {**allow({"AWS": OTHER}), "Sid": "a"},
        {**deny("*", Bool={"aws:SecureTransport": "true"}), "Sid": "b"},
    )
    place = RepositoryReach(repository(first, allow(role("x"))))
    assert [each.sid for each in place.granting(PullingAccount(OTHER, OUTSIDER), PULL_ACTIONS)] == ["a"]
    assert place.denying_lambda(PullingAccount(OTHER, OUTSIDER)) == ()
    denied = RepositoryReach(repository(first, second))
    assert [each.sid for each in denied.denying_lambda(PullingAccount(HOME, OUTSIDER))] == ["b"]
    assert denied.granting(PullingAccount(OTHER, OUTSIDER), PULL_ACTIONS) == ()


def all_at_once(place: GuardedRepository, members) -> dict[str, Reach]:
    (admission,) = who_gets([place], members, RepositoryReach, NOTHING)
    found = {}
    for group, answer in zip(admission.groups, admission.answers, strict=True):
        found |= {account: admission.named.get(account, answer) for account in group.accounts}
    return found


def one_by_one(place: GuardedRepository, members) -> dict[str, Reach]:
    return {member.account: RepositoryReach(place)(member) for member in members}


names = st.sampled_from(["ci", "Deployer", "release-*", "*"])
keys = st.sampled_from(
    [
        {"StringEquals": {"aws:PrincipalTag/team": "blue"}},
        {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORG}},
        {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::592444418872:role/ci"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/release-*"}},
        {"ArnLike": {"aws:SourceArn": f"{SOURCE}blue-*"}},
        {"StringEquals": {"ecr:ResourceTag/team": "blue"}},
        {"Bool": {"aws:PrincipalIsAWSService": "false"}},
        {"StringLike": {"aws:PrincipalArn": "*:role/ci"}},
    ]
)
accounts = st.sampled_from([*NUMBERS, "777788889999", "123456789012"])
whom = st.one_of(
    st.just("*"),
    st.just(LAMBDA),
    st.builds(lambda n, r: {"AWS": f"arn:aws:iam::{n}:role/{r}"}, accounts, st.sampled_from(["ci", "Deployer"])),
    st.builds(lambda n: {"AWS": n}, accounts),
)
actions = st.sampled_from([["ecr:*"], list(PULL_ACTIONS), list(PUSH_ACTIONS), ["ecr:BatchGetImage", "ecr:Put*"]])
statement = st.builds(
    lambda effect, who, what, condition: {"Effect": effect, "Principal": who, "Action": what, "Condition": condition},
    *(st.sampled_from(["Allow", "Allow", "Deny"]), whom, actions, conditions | keys),
)
worlds = documents | st.builds(
    lambda each: {"Version": "2012-10-17", "Statement": each}, st.lists(statement, min_size=1, max_size=4)
)


@given(worlds, st.sampled_from(NUMBERS), conditions | keys, st.booleans(), st.booleans())
def test_all_accounts_at_once_are_as_one_after_the_other(document, owner, guard, limited, placed):
    levels = [[EVERYTHING, denying(guard)]] if limited and guard else None
    unknown = frozenset() if placed else frozenset({"aws:principalorgpaths", "aws:sourceorgpaths"})
    members = tuple(m._replace(scp=levels, unknown_keys=unknown) if i % 3 else m for i, m in enumerate(EVERYBODY))
    where = IN_ORG if placed else None
    place = GuardedRepository(owner, "eu-central-1", "app", Policy.parse(document), levels, None, where)
    assert all_at_once(place, members) == one_by_one(place, members)
