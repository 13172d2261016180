"""Who can pull what: the answer without asking for every pair is the answer of asking for every pair."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.iam import Policy
from labkit.pull import policies
from labkit.pull.admission import (
    Admission,
    GuardedRepository,
    ProbeNames,
    PullingAccount,
    accounts_of,
    admits,
    who_can_pull,
    who_gets,
)
from labkit.pull.organization import OUTSIDER, Account, Membership, Organization, Unit
from labkit.pull.reach import NOTHING, Extent, RepositoryReach

ORG, FOREIGN = "o-lambdaecrlab", "o-neighbourorg"
UNITS = (
    Unit("r-lab1", "Root", None),
    Unit("ou-lab1-workloads", "workloads", "r-lab1"),
    Unit("ou-lab1-production", "production", "ou-lab1-workloads"),
    Unit("ou-lab1-development", "development", "ou-lab1-workloads"),
)
NUMBERS = [f"{n:012d}" for n in (111122223333, 592444418872, 592444410000, 813835382529, 444455556666, 100000000001)]
ACCOUNTS = tuple(Account(number, f"a{i}", UNITS[i % len(UNITS)].id) for i, number in enumerate(NUMBERS))
ORGANIZATION = Organization(ORG, NUMBERS[0], UNITS, ACCOUNTS)
EVERYBODY = (
    *accounts_of(ORGANIZATION),
    PullingAccount("777788889999", Membership(FOREIGN, (f"{FOREIGN}/r-nbr1/",))),
    PullingAccount("123456789012", OUTSIDER),
    PullingAccount("123456789013", OUTSIDER),
)


def repository(document: dict | None, account: str = "813835382529", rcp=None) -> GuardedRepository:
    return GuardedRepository(account, "eu-central-1", "r", None if document is None else Policy.parse(document), rcp)


def answer(document: dict | None, members=EVERYBODY, **more) -> set[str]:
    (admission,) = who_can_pull([repository(document, **more)], members)
    return set(admission.accounts())


def brute_force(document: dict | None, members=EVERYBODY, **more) -> set[str]:
    return {member.account for member in members if admits(repository(document, **more), member)}


def test_the_members_of_an_organization_have_their_places():
    assert accounts_of(ORGANIZATION) == tuple(PullingAccount(n, ORGANIZATION.membership(n)) for n in NUMBERS)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (None, set()),
        (policies.same_account(), {"813835382529"}),
        (policies.cross_account("592444418872", "123456789012"), {"592444418872", "123456789012"}),
        (policies.organization(ORG), set(NUMBERS)),
        (policies.organization(ORG, FOREIGN), {*NUMBERS, "777788889999"}),
        (policies.organization_paths(f"{ORG}/r-lab1/ou-lab1-workloads/*"), set(NUMBERS) - {NUMBERS[0], NUMBERS[4]}),
    ],
)
def test_the_articles_policies_open_what_they_say(document, expected):
    assert answer(document) == expected == brute_force(document)


def statement(condition: dict, **more: object) -> dict:
    both = {"Effect": "Allow", "Action": "ecr:*", "Condition": condition, **more}
    return {"Version": "2012-10-17", "Statement": [{**both, "Principal": "*"}]}


TELLING = [
    {"StringLike": {"aws:SourceAccount": "59244441*"}},
    {"StringLike": {"aws:SourceAccount": "*2"}},
    {"StringLike": {"aws:SourceArn": "*59244441*"}},
    {"StringLike": {"aws:SourceArn": "arn:aws:lambda:*:5924444????*:function:*"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:*:*2:function:*"}},
    {"StringNotLike": {"aws:PrincipalAccount": "1*"}},
    {"NumericLessThan": {"aws:SourceAccount": "500000000000"}},
    {"NumericLessThan": {"aws:PrincipalAccount": "500000000000"}},
    {"StringEquals": {"aws:SourceArn": "arn:aws:lambda:eu-central-1:${aws:SourceAccount}:function:function"}},
    {"StringEquals": {"aws:SourceOrgID": "${aws:PrincipalOrgID, 'o-lambdaecrlab'}"}},
    {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
    {"StringNotEqualsIfExists": {"aws:ResourceOrgID": "${aws:SourceOrgID}"}},
    {"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
    {"StringLike": {"aws:SourceArn": "*:${aws:SourceAccount}:*"}},
    {"StringLike": {"aws:SourceArn": "*${aws:SourceAccount}4*"}},
    {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "${aws:SourceOrgID}/r-lab1/ou-lab1-workloads/*"}},
    {"StringNotEquals": {"aws:SourceAccount": ["592444418872", "123456789013"]}},
    {"StringEqualsIfExists": {"aws:PrincipalAccount": "592444418872"}},
    {"Null": {"aws:SourceOrgID": "true"}},
    {"Bool": {"aws:SourceAccount": "true"}},
    {"IpAddress": {"aws:SourceAccount": "592444418872"}},
    {"StringLike": {"aws:SourceArn": "*:function:fun*"}},
    {"StringLike": {"aws:SourceArn": "*-1:*:function:function"}},
    {"ForAnyValue:StringEquals": {"aws:SourceOrgPaths": f"{ORG}/r-lab1/ou-lab1-workloads/"}},
    {"StringLike": {"aws:SourceOrgPaths": f"{ORG}/*"}},
]


@pytest.mark.parametrize("condition", TELLING, ids=str)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_whatever_a_condition_can_tell_apart_is_told_apart(condition, effect):
    document = statement(condition, Effect=effect)
    document["Statement"].append({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:*"})
    if effect == "Deny":
        document["Statement"].append({"Effect": "Allow", "Principal": "*", "Action": "*"})
    assert answer(document) == brute_force(document)


EVERYTHING = Policy.parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


def denying(condition: dict) -> Policy:
    raw = {"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": "*", "Condition": condition}
    return Policy.parse({"Version": "2012-10-17", "Statement": raw})


@pytest.mark.parametrize("condition", TELLING, ids=str)
def test_what_guard_rails_can_tell_apart_is_told_apart(condition):
    document = statement({})
    levels = [[EVERYTHING, denying(condition)], [EVERYTHING]]
    assert answer(document, rcp=levels) == brute_force(document, rcp=levels)
    limited = tuple(m._replace(scp=levels if i % 2 else [[EVERYTHING]]) for i, m in enumerate(EVERYBODY))
    assert answer(document, limited) == brute_force(document, limited)


@pytest.mark.parametrize("condition", TELLING, ids=str)
def test_what_the_registrys_policy_can_tell_apart_is_told_apart(condition):
    place = repository(statement({}))._replace(registry=denying(condition))
    (admission,) = who_can_pull([place], EVERYBODY)
    assert set(admission.accounts()) == {member.account for member in EVERYBODY if admits(place, member)}


def test_the_registrys_policy_lets_in_whom_the_repositorys_does_not():
    registry = Policy.parse({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "ecr:*", "Resource": "*"}})
    (admission,) = who_can_pull([repository(None)._replace(registry=registry)], EVERYBODY)
    assert set(admission.accounts()) == {member.account for member in EVERYBODY}


def test_the_organization_of_the_repository_is_compared_with_that_of_the_account():
    place = repository(statement({"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}))
    inside = place._replace(membership=ORGANIZATION.membership("813835382529"))
    for each in (place, inside):
        (found,) = who_gets([each], EVERYBODY, RepositoryReach, NOTHING)
        assert set(found.accounts()) == {m.account for m in EVERYBODY if RepositoryReach(each)(m)}
    assert RepositoryReach(inside)(EVERYBODY[1]).docker_pull is Extent.YES
    assert RepositoryReach(inside)(EVERYBODY[-1]).docker_pull is Extent.NO


def test_accounts_are_not_asked_one_by_one_for_a_variable_that_stands_for_them():
    asked = []
    guard = denying({"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}})
    place = repository(statement({}))._replace(registry=guard)
    crowd = tuple(PullingAccount(f"{n:012d}", OUTSIDER) for n in range(1000))
    list(who_gets([place], crowd, lambda _place: lambda each: asked.append(each.account), None))
    assert len(asked) == 1


def test_accounts_that_a_policy_names_alike_are_asked_once():
    asked = []
    document = policies.cross_account(*(f"{n:012d}" for n in range(1, 100)))
    document["Statement"].append({"Effect": "Deny", "Principal": {"AWS": "000000000007"}, "Action": "ecr:*"})
    crowd = tuple(PullingAccount(f"{n:012d}", OUTSIDER) for n in range(1000))
    list(who_gets([repository(document)], crowd, lambda _place: lambda each: asked.append(each.account), None))
    assert len(asked) == 3
    assert {"000000000000", "000000000007"} < set(asked)


def test_groups_are_asked_once_and_named_accounts_by_themselves(monkeypatch):
    asked = []

    def counting(repository, member, probe):
        asked.append(member.account)
        return admits(repository, member, probe)

    monkeypatch.setattr("labkit.pull.admission.admits", counting)
    crowd = tuple(PullingAccount(f"{n:012d}", OUTSIDER) for n in range(1000))
    assert answer(policies.cross_account("000000000007"), crowd) == {"000000000007"}
    assert sorted(asked) == ["000000000000", "000000000007"]


def test_answers_are_kept_by_group():
    (admission,) = who_can_pull([repository(policies.cross_account(NUMBERS[1]))], EVERYBODY)
    assert isinstance(admission, Admission)
    assert admission.named == {NUMBERS[1]: True, "813835382529": False}
    assert set(admission.answers) == {False}


def test_the_probes_names_can_be_chosen():
    arn = "arn:aws:iam::592444418872:role/Release"
    document = policies.cross_account("592444418872")
    document["Statement"][0]["Principal"] = {"AWS": arn}
    document["Statement"][1]["Condition"] = {"StringLike": {"aws:SourceArn": "*:function:blue"}}
    (default,) = who_can_pull([repository(document)], EVERYBODY)
    (chosen,) = who_can_pull([repository(document)], EVERYBODY, ProbeNames("Release", "blue"))
    assert set(default.accounts()) == set()
    assert set(chosen.accounts()) == {"592444418872", "813835382529"}


numbers = st.sampled_from([*NUMBERS, "777788889999", "123456789012"])
paths = st.sampled_from([ORGANIZATION.path(unit.id) for unit in UNITS] + [f"{FOREIGN}/r-nbr1/"])
patterns = paths | paths.map(lambda path: f"{path}*") | st.sampled_from([f"{ORG}/*", "*"])
conditions = st.one_of(
    st.sampled_from(TELLING),
    st.builds(lambda n: {"StringEquals": {"aws:SourceAccount": n}}, numbers),
    st.builds(lambda n: {"ArnLike": {"aws:SourceArn": f"arn:aws:lambda:*:{n}:function:*"}}, numbers),
    st.builds(lambda p: {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": p}}, st.lists(patterns, max_size=3)),
    st.builds(lambda p: {"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": p}}, patterns),
    st.builds(lambda o: {"StringNotEquals": {"aws:PrincipalOrgID": o}}, st.sampled_from([ORG, FOREIGN])),
    st.just({}),
)
principals = st.one_of(
    st.just("*"),
    st.builds(lambda n: {"AWS": n}, st.lists(numbers, min_size=1, max_size=2)),
    st.builds(lambda n: {"AWS": f"arn:aws:iam::{n}:role/Deployer"}, numbers),
    st.just({"Service": "lambda.amazonaws.com"}),
)
raw = st.builds(
    lambda effect, who, condition: {"Effect": effect, "Principal": who, "Action": "ecr:*", "Condition": condition},
    st.sampled_from(["Allow", "Allow", "Allow", "Deny"]),
    principals,
    conditions,
)
documents = st.builds(lambda each: {"Version": "2012-10-17", "Statement": each}, st.lists(raw, min_size=1, max_size=4))


@given(documents, st.sampled_from(NUMBERS), conditions, st.booleans())
def test_reasoning_about_classes_agrees_with_asking_for_every_pair(document, owner, guard, limited):
    levels = [[EVERYTHING, denying(guard)]] if limited and guard else None
    members = tuple(m._replace(scp=levels) if i % 3 else m for i, m in enumerate(EVERYBODY))
    assert answer(document, members, account=owner, rcp=levels) == brute_force(
        document, members, account=owner, rcp=levels
    )
