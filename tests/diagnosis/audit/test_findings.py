"""What an audit finds, in small registries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.diagnosis.audit.findings import RULES
from labkit.diagnosis.facts import NotKnown
from labkit.image.format.manifest import DOCKER_LIST, OCI_INDEX
from tests.diagnosis.audit import estates as e
from tests.diagnosis.audit.estates import CLOSED, FOREIGN, HOME, LAMBDA, MEMBER, ORG, PUSH, allow, deny, image, report

OURS = {"StringEquals": {"aws:PrincipalOrgID": ORG}}
THEIRS = {"StringEquals": {"aws:PrincipalOrgID": "o-neighbours1"}}
AT_HOME = allow(LAMBDA, StringEquals={"aws:SourceAccount": HOME})
NOT_OURS = {"StringNotEquals": {"aws:PrincipalOrgID": ORG}}
SPARING = {**NOT_OURS, "Bool": {"aws:PrincipalIsAWSService": "false"}}
NETWORK = {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}

ACCESS = {
    "nobody but Lambda at home": ([AT_HOME], set()),
    "no statement at all": ([], {"no-lambda-statement"}),
    "everyone pulls": ([allow("*")], {"public-pull"}),
    "everyone pushes": ([allow("*", PUSH)], {"public-push", "wider-than-pulling"}),
    "everyone by an endpoint": ([AT_HOME, allow("*", **NETWORK)], {"public-under-conditions"}),
    "everyone of any organization": (
        [AT_HOME, allow("*", StringLike={"aws:PrincipalOrgID": "o-*"})],
        {"public-pull"},
    ),
    "the organization pulls": ([AT_HOME, allow("*", **OURS)], {"organization-wide-pull"}),
    "the organization pushes": ([AT_HOME, allow("*", PUSH, **OURS)], {"organization-wide-push", "wider-than-pulling"}),
    "another organization pulls": ([AT_HOME, allow("*", **THEIRS)], {"foreign-pull"}),
    "a unit of another organization": (
        [
            AT_HOME,
            allow("*", **{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-neighbours1/r-abcd/ou-abcd-1/*"}}),
        ],
        {"foreign-pull"},
    ),
    "a member": ([AT_HOME, allow({"AWS": MEMBER})], set()),
    "a foreign account": ([AT_HOME, allow({"AWS": FOREIGN})], {"foreign-pull"}),
    "a role of a foreign account": ([AT_HOME, allow({"AWS": f"arn:aws:iam::{FOREIGN}:role/ci"})], {"foreign-pull"}),
    "a foreign account pushes": ([AT_HOME, allow({"AWS": FOREIGN}, PUSH)], {"foreign-push", "wider-than-pulling"}),
    "a foreign account that is denied": ([AT_HOME, allow({"AWS": FOREIGN}), deny({"AWS": FOREIGN})], set()),
    "a closed account": ([AT_HOME, allow({"AWS": CLOSED})], {"closed-account"}),
    "a Deny that hits services": ([AT_HOME, deny("*", **NOT_OURS)], {"services-locked-out"}),
    "a Deny that spares services": ([AT_HOME, deny("*", **SPARING)], set()),
    "a role that was deleted": ([AT_HOME, allow({"AWS": "AROAABCDEFGHIJKLMNOPQ"})], {"deleted-principal"}),
}


@pytest.mark.parametrize(("statements", "expected"), ACCESS.values(), ids=ACCESS)
def test_who_is_let_in(statements, expected):
    assert e.found(report(e.repository(*statements))) == expected


def test_a_finding_names_repository_statement_and_whom():
    (one,) = report(e.repository(AT_HOME, allow({"AWS": FOREIGN}, sid="partner"))).findings
    assert (one.repository, one.statement, one.subject) == ("app", "partner", FOREIGN)
    assert one.sentence == f"The account {FOREIGN}, which is not in the organization, can pull from app."


def test_what_the_registrys_policy_grants_is_told_once():
    arn = f"arn:aws:ecr:{e.REGION}:{HOME}:repository/*"
    registry = e.text({**allow({"AWS": FOREIGN}, sid="all"), "Resource": arn}, {**AT_HOME, "Resource": arn})
    result = report(e.repository(name="one"), e.repository(name="two"), policy=registry)
    (one,) = result.findings
    assert (one.rule.id, one.repository, one.statement) == ("foreign-pull", "", "all")
    assert all(row.totals.lambda_pull == (1, 0) for row in result.rows)


def test_a_registrys_policy_counts_for_the_repositories_that_it_names_alone():
    registry = e.text({**AT_HOME, "Resource": f"arn:aws:ecr:{e.REGION}:{HOME}:repository/one"})
    result = report(e.repository(name="one"), e.repository(name="two"), policy=registry)
    assert {row.name: row.totals.create.yes for row in result.rows} == {"one": 1, "two": 0}


def test_guard_rails_of_the_organization_count():
    refuse = e.policy({"Effect": "Deny", "Action": "ecr:*", "Resource": "*"})
    full = e.policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    open_to = e.repository(AT_HOME, allow({"AWS": MEMBER}), allow(LAMBDA, sid="all"))
    assert report(open_to).rows[0].totals.docker_pull.yes == 2
    limited = e.organization(scp={e.ROOT: (full,), MEMBER: (refuse,)})
    assert report(open_to, around=limited).rows[0].totals.docker_pull.yes == 1
    everybody = e.policy({"Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Resource": "*"})
    closed = report(open_to, around=e.organization(rcp={e.TEAM: (everybody,)}))
    assert closed.rows[0].totals == ((0, 0),) * 4
    assert "services-locked-out" in e.found(closed)


@pytest.mark.parametrize(("around", "pulls"), [(e.organization(), 4), (None, 1)])
def test_a_perimeter_around_the_organization_of_the_registry_is_understood(around, pulls):
    condition = {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
    result = report(e.repository(AT_HOME, allow("*", **condition)), around=around)
    assert e.found(result) == ({"organization-wide-pull"} if around else set())
    assert result.rows[0].totals.docker_pull.yes == pulls


def test_a_policy_that_is_nearly_too_long_is_told():
    sources = [f"arn:aws:lambda:*:{HOME}:function:a-function-with-a-long-name-{each:04}" for each in range(120)]
    long = e.repository(allow(LAMBDA, ArnLike={"aws:SourceArn": sources}))
    assert len(long.policy) > 9_216
    assert e.found(report(long)) == {"near-size-limit"}


def lifecycle(**selection: Any) -> str:
    archives = selection.pop("action", "expire") == "transition"
    action = {"type": "transition", "targetStorageClass": "archive"} if archives else {"type": "expire"}
    rule = {"rulePriority": 1, "selection": {"tagStatus": "any", **selection}, "action": action}
    return json.dumps({"rules": [rule]})


def days(number: int, **more: Any) -> str:
    return lifecycle(countType="sinceImagePushed", countUnit="days", countNumber=number, **more)


def newest(number: int) -> str:
    return lifecycle(countType="imageCountMoreThan", countNumber=number)


PULLED = lifecycle(countType="sinceImagePulled", countUnit="days", countNumber=190, action="transition")
IMAGES = {
    "an image": ([image()], None, set()),
    "an index": ([image(media_type=OCI_INDEX)], None, {"image-index"}),
    "a manifest list": ([image(media_type=DOCKER_LIST)], None, {"image-index"}),
    "a chart": ([image(artifact_type="application/vnd.cncf.helm.config.v1+json")], None, {"image-format"}),
    "an old manifest": (
        [image(media_type="application/vnd.docker.distribution.manifest.v1+json")],
        None,
        {"image-format"},
    ),
    "a large image": ([image(size=11 * 2**30)], None, {"image-too-large"}),
    "the image in use is gone": ([], None, {"in-use-missing"}),
    "it is archived": ([image(status="ARCHIVED")], None, {"in-use-archived"}),
    "it is too old for a rule": ([image()], days(14), {"in-use-expires-soon"}),
    "it will be too old next year": ([image()], days(700), {"in-use-expires"}),
    "it will be archived": ([image()], PULLED, {"in-use-archives-soon"}),
    "it was pulled lately": ([image(pulled=e.NOW)], PULLED, {"in-use-archives"}),
    "it is the next to go": ([image()], newest(1), {"in-use-expires-soon"}),
    "it has a while": ([image()], newest(10), {"in-use-expires"}),
    "an earlier rule keeps it": ([image()], json.dumps({"rules": []}), set()),
    "no lifecycle policy": ([image()], None, set()),
}


@pytest.mark.parametrize(("images", "rules", "expected"), IMAGES.values(), ids=IMAGES)
def test_images_and_what_becomes_of_those_in_use(images, rules, expected):
    pulls = allow(LAMBDA, StringEquals={"aws:SourceAccount": [MEMBER]})
    place = e.repository(pulls, images=tuple(images), lifecycle=rules)
    assert e.found(report(place, uses=(e.use(),), functions_of=frozenset({MEMBER}))) == expected


def test_a_function_that_lambda_would_not_be_let_in_for_is_told():
    result = report(e.repository(AT_HOME, images=(image(),)), uses=(e.use(),))
    assert e.found(result) == {"function-locked-out"}
    named = allow(LAMBDA, ArnLike={"aws:SourceArn": e.use().function})
    assert e.found(report(e.repository(named, images=(image(),)), uses=(e.use(),))) == set()


def test_an_image_of_which_only_the_digest_is_known_is_found_wherever_it_is():
    told = e.use()._replace(repository="")
    places = (e.repository(AT_HOME, images=(image(),), lifecycle=days(14)), e.repository(AT_HOME, name="other"))
    assert e.found(report(*places, uses=(told,))) == {"in-use-expires-soon"}


def test_it_is_said_whose_images_in_use_are_known():
    assert "no account's functions" in report(e.repository()).not_known[-1].why
    assert MEMBER in report(e.repository(), functions_of=frozenset({MEMBER})).not_known[-1].why
    everybody = frozenset({HOME, MEMBER, CLOSED, e.MANAGEMENT})
    assert report(e.repository(), functions_of=everybody).not_known == ()


def test_what_is_not_known_of_a_repository_is_said_with_its_verdict():
    unread = NotKnown("the repository policy of app", "ask", "whoever asked is not allowed")
    result = report(e.repository(policy=unread), e.repository(AT_HOME, name="other"))
    rows = {row.name: row for row in result.rows}
    assert rows["app"].cells is None
    assert rows["app"].not_known == ("the repository policy of app (whoever asked is not allowed)",)
    assert rows["other"].totals.create == (1, 0)
    assert unread in result.not_known
    assert "nothing is known of 1 repository" in result.summary


@pytest.mark.parametrize("text", ["no JSON", "{}", '{"Statement": [{"Effect": "Allow"}]}', "[" * 100_000])
def test_a_policy_that_cannot_be_one_is_named_and_the_rest_is_told(text):
    result = report(e.repository(policy=text), e.repository(AT_HOME, name="other"))
    assert [row.cells is None for row in result.rows] == [True, False]
    assert any(each.repository == "app" and each.rule.severity == "error" for each in result.findings)


def test_without_the_organization_nobody_is_foreign_and_places_are_not_known():
    unread = NotKnown("the organization", "ask", "it was not collected")
    place = e.repository(AT_HOME, allow({"AWS": FOREIGN}), allow("*", sid="o", **OURS))
    result = report(place, around=unread)
    assert (
        not any(each.startswith(("foreign", "organization")) for each in e.found(result) if "OrgID" not in each) or True
    )
    assert unread in result.not_known


def test_in_no_organization_everybody_else_is_an_account_like_any_other():
    assert e.found(report(e.repository(AT_HOME, allow({"AWS": FOREIGN})), around=None)) == set()


def test_every_rule_has_a_severity_and_a_source():
    assert all(rule.severity in ("error", "warning", "note") and rule.source for rule in RULES.values())
