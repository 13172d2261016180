"""Sentences and data about decisions, AWS's own words among them."""

from __future__ import annotations

import json

import pytest

from labkit.iam import CheckKind, Decision, Policies, Policy, Principal, Request, evaluate, policy_name, reason
from labkit.iam.words.explain import explanation
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

DENY_ALL = {"Effect": "Deny", "Action": "*", "Resource": "*"}
DENIALS = [
    ({"identity": []}, "because no identity-based policy allows the ecr:BatchGetImage action"),
    ({"identity": [EVERYTHING]}, "because no resource-based policy allows the ecr:BatchGetImage action"),
    ({"identity": [NOTHING]}, "with an explicit deny in an identity-based policy"),
    ({"boundary": NOTHING}, "with an explicit deny in a permissions boundary"),
    ({"scp": [[]]}, "because no service control policy allows the ecr:BatchGetImage action"),
    ({"rcp": [[NOTHING]]}, "with an explicit deny in a resource control policy"),
    (
        {"vpc_endpoint": statements({"Principal": {"AWS": "111122223333"}, "Resource": "*"})},
        "because no VPC endpoint policy allows the ecr:BatchGetImage action",
    ),
    (
        {"vpc_endpoint": statements({"Effect": "Deny", "Principal": "*", "Resource": "*"})},
        "with an explicit deny in a VPC endpoint policy",
    ),
]


@pytest.mark.parametrize(("kinds", "because"), DENIALS)
def test_a_denial_has_awss_words(kinds, because):
    assert decide(USER, **kinds).denial == (
        f"User: {USER.arn} is not authorized to perform: ecr:BatchGetImage on resource: {REPOSITORY} {because}"
    )


def test_a_session_is_named_by_the_sessions_arn():
    arn = f"arn:aws:sts::{OWN}:assumed-role/Deployer/s1"
    assert decide(Principal.aws(arn)).denial.startswith(f"User: {arn} is not")


def test_of_services_aws_documents_no_sentence():
    assert REFUSED.denial is None


def test_every_kind_of_policy_has_awss_name():
    assert [policy_name(kind) for kind in CheckKind] == [
        *("identity-based policy", "resource-based policy", "permissions boundary", "session policy"),
        *("service control policy", "resource control policy", "VPC endpoint policy"),
    ]


def test_a_decision_in_sentences():
    assert REFUSED.sentences() == [
        "No resource-based policy allows it (2 statements looked at).",
        REFUSED.nearest_miss.sentence,
    ]
    assert ALLOWED.sentences() == ["The resource-based policy allows it by LambdaECRImageCrossAccountRetrievalPolicy."]
    assert decide(LAMBDA).sentences() == ["There is no resource-based policy, and one would have to allow it."]
    root = decide(Principal.aws(OWN), owner=OWN).sentences()
    assert root == ["The identity-based policy allows it: the root user may do everything in its account."]
    one = statements({"Sid": "S", "Principal": {"AWS": OWN}})
    assert decide(LAMBDA, resource=one).sentences()[0].endswith("(1 statement looked at).")
    denied = decide(USER, owner=OWN, identity=[EVERYTHING, NOTHING, NOTHING]).sentences()
    assert denied[0] == "The identity-based policy denies it by No."


def test_what_is_unknown_is_said():
    raw = {**SERVICE, "Condition": {"StringLike": {"ecr:ResourceTag/team": "blue"}}}
    elsewhere = {**raw, "Action": "s3:*", "Condition": {"StringLike": {"ecr:ResourceTag/other": "blue"}}}
    request = Request(LAMBDA, "ecr:BatchGetImage", REPOSITORY, unknown=frozenset({"ecr:resourcetag/"}))
    decision = evaluate(request, Policies(resource=statements(raw, raw, elsewhere)))
    assert decision.unknowns == (
        "Unknown: the lab does not know the value of ecr:ResourceTag/team, which AWS has for this request; "
        "it is taken as failing, since it would allow.",
    )
    assert decision.sentences()[-1] == decision.unknowns[0]
    assert decision.nearest_miss.change == "say what ecr:ResourceTag/team is, which the lab does not know"
    assert REFUSED.unknowns == ()


def test_of_two_resource_policies_the_registrys_statements_are_marked():
    own = statements({**SERVICE, "Sid": "Own"})
    registry = Policy.parse({"Statement": {**DENY_ALL, "Principal": "*", "Sid": "Registry"}}, "registry")
    told = explanation(decide(LAMBDA, resource=own, registry=registry))
    assert [(each["sid"], each.get("document")) for each in told["statements"]] == [
        ("Own", None),
        ("Registry", "registry"),
    ]
    assert told["nearest_miss"]["document"] == "registry"
    assert told["reasons"][0] == "The resource-based policy denies it by Registry of the registry's policy."
    assert "document" not in explanation(decide(LAMBDA, resource=registry))["nearest_miss"]


def test_a_decision_shows_itself_as_one_paragraph():
    assert repr(ALLOWED) == (
        f"Allowed: lambda.amazonaws.com is allowed to call ecr:BatchGetImage on {REPOSITORY}. "
        "The resource-based policy allows it by LambdaECRImageCrossAccountRetrievalPolicy."
    )
    assert repr(REFUSED).startswith(
        f"Denied: lambda.amazonaws.com is not allowed to call ecr:BatchGetImage on {REPOSITORY}. No "
    )
    assert "\n" not in repr(REFUSED)


def test_a_decision_as_data():
    data = REFUSED.to_dict()
    assert data["decision"] == "denied"
    assert data["checks"] == {kind.value: "NO_IMPACT" for kind in CheckKind} | {"RESOURCE": "IMPLICIT_DENY"}
    assert data["matched"] == []
    assert data["reasons"] == REFUSED.sentences()
    assert data["nearest_miss"]["key"] == "aws:SourceArn"
    allowed = ALLOWED.to_dict()
    assert (allowed["decision"], allowed["nearest_miss"]) == ("allowed", None)
    assert allowed["matched"] == ["LambdaECRImageCrossAccountRetrievalPolicy"]


def test_an_explanation_holds_every_statement_with_its_parts():
    raw = {
        "Sid": "S",
        **SERVICE,
        "Condition": {"ForAnyValue:StringLike": {"aws:x": "${aws:y}*"}, "Bool": {"aws:z": "true"}},
    }
    data = explanation(decide(LAMBDA, {"aws:x": ["b"], "aws:y": "a"}, resource=statements(raw)))
    assert json.loads(json.dumps(data)) == data
    assert data["denial"] is None
    (statement,) = data["statements"]
    assert (statement["check"], statement["sid"], statement["effect"], statement["matched"]) == (
        *("RESOURCE", "S", "Allow"),
        False,
    )
    principal, action, several, single = statement["parts"]
    assert principal == {
        "element": "Principal",
        "matched": True,
        "wanted": [LAMBDA.name],
        "got": LAMBDA.name,
        "reason": f"Principal covers {LAMBDA.name}",
    }
    assert action["element"] == "Action"
    assert (several["operator"], several["key"]) == ("ForAnyValue:StringLike", "aws:x")
    assert (several["wanted"], several["resolved"], several["got"]) == (["${aws:y}*"], ["a*"], ["b"])
    assert (single["got"], single["matched"]) == (None, False)
    assert "resolved" not in single


def managed(policy: Policy, arn: str) -> Policy:
    return policy._replace(arn=arn)


MANAGED = f"arn:aws:iam::{OWN}:policy/No"
OF_ORGANIZATION = "arn:aws:organizations::111122223333:policy/o-exampleorgid/service_control_policy/p-12345678"
RCP_ARN = OF_ORGANIZATION.replace("service", "resource")
OTHER_MEMBER = {"aws:PrincipalOrgID": "o-another"}
SILENT = Policy.parse({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
WITHOUT_ARN = [
    ({"identity": [managed(SILENT, MANAGED)]}, {}),
    ({"scp": [[managed(SILENT, OF_ORGANIZATION)]]}, {}),
    ({"rcp": [[managed(NOTHING, RCP_ARN)]]}, OTHER_MEMBER),
    ({"rcp": [[managed(NOTHING, RCP_ARN)]]}, {}),
    ({"identity": [NOTHING]}, {}),
    ({"resource": managed(statements({"Effect": "Deny", "Principal": "*"}), MANAGED)}, {}),
    ({"vpc_endpoint": managed(statements({"Effect": "Deny", "Principal": "*"}), MANAGED)}, {}),
]


@pytest.mark.parametrize(("kinds", "context"), WITHOUT_ARN)
def test_no_other_denial_tells_an_arn_of_a_policy(kinds, context):
    assert "arn:aws:" not in decide(USER, context, **kinds).denial.partition(REPOSITORY)[2]


ROLE = f"arn:aws:iam::{OWN}:role/R"


def assumed(who: Principal = USER, action: str = "sts:AssumeRole", resource: str = ROLE, **kinds) -> Decision:
    return evaluate(Request(who, action, resource), Policies(**{"identity": [EVERYTHING], **kinds}))


def test_trust_policies_have_words_of_their_own():
    start = f"User: {USER.arn} is not authorized to perform: sts:AssumeRole"
    silent = statements({"Action": "sts:*", "Principal": {"AWS": "111122223333"}})
    denying = statements({"Action": "sts:*", "Effect": "Deny", "Principal": "*"})
    for trust in (silent, None):
        denial = evaluate(Request(USER, "sts:AssumeRole", ROLE), Policies([EVERYTHING], trust)).denial
        assert denial == f"{start} because no role trust policy allows the sts:AssumeRole action"
    denial = evaluate(Request(USER, "sts:AssumeRole", ROLE), Policies([EVERYTHING], denying)).denial
    assert denial == f"{start} with an explicit deny in the role trust policy"
    assert assumed(boundary=NOTHING).denial.startswith(f"{start} on resource: {ROLE} with an explicit deny in a perm")


def test_what_a_rule_of_the_action_decides_is_said_and_no_policy_is_asked():
    root = assumed(Principal.aws(OWN))
    assert (root.allowed, root.denial) == (False, "Roles may not be assumed by root accounts.")
    assert root.sentences() == ["Roles may not be assumed by root accounts."]
    anybody = assumed(action="sts:GetCallerIdentity", resource="*", identity=[NOTHING])
    assert anybody.allowed
    assert anybody.sentences() == [
        "sts:GetCallerIdentity has a rule of its own: it needs no permission, and no policy can deny it."
    ]
    session = Principal.aws(f"arn:aws:sts::{OWN}:assumed-role/R/s")
    again = assumed(session, action="sts:GetSessionToken", resource="*")
    assert (again.allowed, again.denial) == (False, "Cannot call GetSessionToken with session credentials")
    federated = Principal.aws(f"arn:aws:sts::{OWN}:federated-user/f")
    for action, allowed in (("iam:ListUsers", False), ("sts:AssumeRole", False), ("sts:GetCallerIdentity", True)):
        decision = assumed(federated, action=action, session=[EVERYTHING])
        assert (decision.allowed, decision.denial) == (allowed, None)
    own = REPOSITORY.replace("813835382529", OWN)
    assert assumed(federated, action="ecr:BatchGetImage", resource=own, session=[EVERYTHING]).allowed


def test_tags_of_a_session_need_both_sides_where_a_role_is_assumed():
    trust = statements({"Action": "sts:*", "Principal": {"AWS": USER.arn}})
    for action, identity, allowed in (
        ("sts:AssumeRole", [], True),
        ("sts:TagSession", [], False),
        ("sts:TagSession", [EVERYTHING], True),
        ("sts:SetSourceIdentity", [], False),
    ):
        assert evaluate(Request(USER, action, ROLE), Policies(identity, trust)).allowed is allowed
    federated = f"arn:aws:sts::{OWN}:federated-user/f"
    assert evaluate(Request(USER, "sts:TagSession", federated), Policies([EVERYTHING])).allowed


def test_rcps_that_do_not_reach_the_service_are_said():
    function = f"arn:aws:lambda:eu-central-1:{OWN}:function:f"
    decision = evaluate(Request(USER, "lambda:GetFunction", function), Policies([EVERYTHING], rcp=[[NOTHING]]))
    assert decision.allowed
    assert decision.sentences()[-1].startswith("Resource control policies do not reach lambda:GetFunction: ")


USER_ALONE, WITH_ACCOUNT = [USER.arn], [USER.arn, f"arn:aws:iam::{OWN}:root"]


@pytest.mark.parametrize(
    ("listed", "boundary", "says"),
    [
        (["arn:aws:iam::111122223333:root"], None, f"NotPrincipal does not list {USER.arn}"),
        (USER_ALONE, None, f"NotPrincipal lists {USER.arn} and not the account {OWN}, "),
        (WITH_ACCOUNT[1:], None, f"NotPrincipal lists arn:aws:iam::{OWN}:root and not {USER.arn}, "),
        (WITH_ACCOUNT, EVERYTHING, f"NotPrincipal lists {USER.arn}, but a Deny hits whoever has a permissions bound"),
    ],
)
def test_the_words_about_not_principal_do_not_contradict_the_policy(listed, boundary, says):
    deny = statements({"Sid": "D", "Effect": "Deny", "NotPrincipal": {"AWS": listed}})
    decision = decide(USER, owner=OWN, identity=[EVERYTHING], boundary=boundary, resource=deny)
    [match] = decision.check(CheckKind.RESOURCE).matches
    assert not decision.allowed
    assert reason(match.parts[0], decision.request).startswith(says)
    instead = '"Principal": "*" with "ArnNotEquals": {"aws:PrincipalArn": "…"}'
    assert decision.nearest_miss.change == f"write {instead} for NotPrincipal in D"
