"""How kinds of policy combine into a decision: in one account, across accounts, by level, for every kind of caller."""

from __future__ import annotations

import itertools

import pytest

from labkit.iam import CheckEffect, CheckKind, Decision, Policies, Policy, Principal, Request, evaluate

OWN, OTHER = "592444418872", "813835382529"
USER_ARN = f"arn:aws:iam::{OWN}:user/ann"
ROLE_ARN = f"arn:aws:iam::{OWN}:role/path/Deployer"
SESSION_ARN = f"arn:aws:sts::{OWN}:assumed-role/Deployer/s1"
FEDERATED_ARN = f"arn:aws:sts::{OWN}:federated-user/tmp"
USER = Principal.aws(USER_ARN)
ROLE = Principal.aws(ROLE_ARN)
SESSION = Principal.session(SESSION_ARN, ROLE_ARN)
FEDERATED = Principal.session(FEDERATED_ARN, USER_ARN)
ROOT = Principal.aws(OWN)
LAMBDA = Principal.service("lambda.amazonaws.com")
NOBODY = Principal.anonymous()
LINKED = Principal.aws(f"arn:aws:iam::{OWN}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")


def document(effect: str = "Allow", action: str = "ecr:*", **more: object) -> Policy:
    statement = {"Sid": effect, "Effect": effect, "Action": action, **more}
    if "Principal" not in more and "NotPrincipal" not in more:
        statement["Resource"] = "*"
    return Policy.parse({"Version": "2012-10-17", "Statement": [statement]})


ALLOW, DENY, SILENT, EVERYTHING = document(), document("Deny"), document(action="s3:*"), document(action="*")
STATES = {"allow": ALLOW, "deny": DENY, "silent": SILENT}


def grants(*arns: str, **more: object) -> Policy:
    return document(Principal={"AWS": list(arns)}, **more)


def decide(
    who: Principal, owner: str = OWN, context: dict | None = None, action: str = "ecr:BatchGetImage", **kinds
) -> Decision:
    resource = f"arn:aws:ecr:eu-central-1:{owner}:repository/r"
    return evaluate(Request(who, action, resource, None, context or {}), Policies(**kinds))


def effect(decision: Decision, kind: str) -> str:
    return decision.check(CheckKind[kind]).effect.value


def test_nothing_is_allowed_by_default():
    decision = decide(USER)
    assert not decision.allowed
    assert decision.blocked_by is CheckKind.PRINCIPAL
    assert effect(decision, "PRINCIPAL") == "IMPLICIT_DENY"
    assert {effect(decision, kind.name) for kind in CheckKind if kind is not CheckKind.PRINCIPAL} == {"NO_IMPACT"}


@pytest.mark.parametrize("who", [USER, ROLE, SESSION, FEDERATED, LINKED], ids=str)
def test_every_iam_principal_but_the_root_user_needs_an_identity_policy(who):
    assert decide(who, session=[ALLOW]).blocked_by is CheckKind.PRINCIPAL
    assert decide(who, session=[ALLOW], identity=[ALLOW]).allowed


def test_checks_come_one_for_each_kind_and_in_their_order():
    assert [check.kind for check in decide(USER).checks] == list(CheckKind)


@pytest.mark.parametrize(
    ("identity", "resource"),
    list(itertools.product([None, "allow", "silent", "deny"], [None, "grant", "other", "deny"])),
)
def test_in_one_account_identity_or_resource_must_allow_and_none_deny(identity, resource):
    policies = {
        "grant": grants(USER_ARN),
        "other": grants("111122223333"),
        "deny": document("Deny", Principal="*"),
        None: None,
    }
    decision = decide(USER, identity=[STATES[identity]] if identity else [], resource=policies[resource])
    assert decision.allowed is ("deny" not in (identity, resource) and (identity == "allow" or resource == "grant"))


@pytest.mark.parametrize(
    ("identity", "resource"),
    list(itertools.product([None, "allow", "silent", "deny"], [None, "grant", "other", "deny"])),
)
def test_across_accounts_identity_and_resource_must_allow(identity, resource):
    policies = {
        "grant": grants(OWN),
        "other": grants("111122223333"),
        "deny": document("Deny", Principal="*"),
        None: None,
    }
    who = (USER, OTHER)
    decision = decide(*who, identity=[STATES[identity]] if identity else [], resource=policies[resource])
    assert decision.allowed is (identity == "allow" and resource == "grant")


@pytest.mark.parametrize("naming", [OWN, USER_ARN, "*"])
def test_across_accounts_naming_the_user_does_not_replace_the_identity_policy(naming):
    assert decide(USER, OTHER, resource=grants(naming)).blocked_by is CheckKind.PRINCIPAL


def test_across_accounts_the_callers_own_side_is_named_first_when_both_are_silent():
    assert decide(USER, OTHER).blocked_by is CheckKind.PRINCIPAL
    assert decide(USER, OTHER, identity=[ALLOW]).blocked_by is CheckKind.RESOURCE


LIMITS = ("identity", "boundary", "session")
# Who is named, by whom it is asked, and which of the caller's own policies can still deny by their silence.
NAMINGS = [
    ("account", SESSION, OWN, {"identity", "boundary", "session"}),
    ("role", SESSION, ROLE_ARN, {"boundary", "session"}),
    ("role", ROLE, ROLE_ARN, {"boundary", "session"}),
    ("session", SESSION, SESSION_ARN, set()),
    ("everybody", SESSION, "*", set()),
    ("user", USER, USER_ARN, set()),
    ("account of user", USER, OWN, {"identity", "boundary", "session"}),
    ("federated session", FEDERATED, FEDERATED_ARN, set()),
    ("federating user", FEDERATED, USER_ARN, {"boundary", "session"}),
]


@pytest.mark.parametrize(("_name", "who", "named", "limits"), NAMINGS, ids=[f"{n[0]}-{n[1].kind}" for n in NAMINGS])
@pytest.mark.parametrize("silent", LIMITS)
def test_how_closely_the_resource_policy_names_the_caller_decides_what_still_limits_it(
    _name, who, named, limits, silent
):
    own = {"identity": [ALLOW], "boundary": ALLOW, "session": [ALLOW]}
    own[silent] = SILENT if silent == "boundary" else [SILENT]
    decision = decide(who, resource=grants(named), **own)
    assert decision.allowed is (silent not in limits)


@pytest.mark.parametrize("denying", LIMITS)
def test_an_explicit_deny_outweighs_every_naming(denying):
    own = {"identity": [ALLOW], "boundary": ALLOW, "session": [ALLOW]}
    own[denying] = DENY if denying == "boundary" else [DENY]
    assert not decide(SESSION, resource=grants(SESSION_ARN), **own).allowed


def test_a_star_with_a_condition_on_the_callers_arn_is_not_limited_either():
    condition = {"ArnEquals": {"aws:PrincipalArn": ROLE_ARN}}
    policy = document(Principal="*", Condition=condition)
    context = {"aws:PrincipalArn": ROLE_ARN}
    assert decide(SESSION, context=context, resource=policy, boundary=SILENT, session=[SILENT]).allowed


@pytest.mark.parametrize("silent", LIMITS)
def test_identity_boundary_and_session_must_all_allow(silent):
    own = {"identity": [ALLOW], "boundary": ALLOW, "session": [ALLOW]}
    assert decide(SESSION, **own).allowed
    own[silent] = SILENT if silent == "boundary" else [SILENT]
    decision = decide(SESSION, **own)
    kinds = {"identity": CheckKind.PRINCIPAL, "boundary": CheckKind.PERMISSIONS_BOUNDARY, "session": CheckKind.SESSION}
    assert decision.blocked_by is kinds[silent]


@pytest.mark.parametrize("silent", LIMITS)
def test_across_accounts_the_callers_limits_hold_whoever_is_named(silent):
    own = {"identity": [ALLOW], "boundary": ALLOW, "session": [ALLOW]}
    assert decide(SESSION, OTHER, resource=grants(SESSION_ARN), **own).allowed
    own[silent] = SILENT if silent == "boundary" else [SILENT]
    assert not decide(SESSION, OTHER, resource=grants(SESSION_ARN), **own).allowed


def test_any_of_several_policies_of_a_kind_may_allow():
    assert decide(SESSION, identity=[SILENT, ALLOW], session=[SILENT, ALLOW]).allowed
    assert not decide(SESSION, identity=[ALLOW, DENY]).allowed


def test_a_boundary_grants_nothing():
    assert not decide(USER, boundary=ALLOW).allowed


def test_a_federated_user_has_nothing_without_a_session_policy():
    assert decide(FEDERATED, identity=[ALLOW]).blocked_by is CheckKind.SESSION
    assert decide(FEDERATED, identity=[ALLOW], session=[ALLOW]).allowed


def test_the_root_user_needs_no_policy_and_has_no_boundary_and_no_session_policy():
    decision = decide(ROOT, boundary=SILENT, session=[SILENT], identity=[DENY])
    assert decision.allowed
    assert effect(decision, "PRINCIPAL") == "ALLOW"
    assert effect(decision, "PERMISSIONS_BOUNDARY") == effect(decision, "SESSION") == "NO_IMPACT"


def test_the_root_user_is_denied_by_resource_policies_and_scps():
    assert not decide(ROOT, resource=document("Deny", Principal="*")).allowed
    assert not decide(ROOT, scp=[[SILENT]]).allowed
    assert not decide(ROOT, OTHER).allowed
    assert decide(ROOT, OTHER, resource=grants(OWN)).allowed


@pytest.mark.parametrize("who", [LAMBDA, NOBODY, Principal.federated("x"), Principal.canonical("x")])
def test_those_without_iam_policies_need_the_resource_policy_alone(who):
    silent = {"identity": [DENY], "boundary": DENY, "session": [DENY], "scp": [[DENY]]}
    assert decide(who, OTHER, resource=document(Principal="*"), **silent).allowed
    decision = decide(who, OTHER, identity=[ALLOW], scp=[[ALLOW]])
    assert not decision.allowed
    assert decision.blocked_by is CheckKind.RESOURCE


def test_a_service_is_not_named_by_accounts():
    assert not decide(LAMBDA, resource=grants(OWN)).allowed
    assert decide(LAMBDA, resource=document(Principal={"Service": "lambda.amazonaws.com"})).allowed


ALL = document(action="*")


LEVELS = [
    ([[ALL], [ALL], [ALL]], True, True),
    ([[ALL], [SILENT], [ALL]], False, True),
    ([[SILENT, ALL], [ALL]], True, True),
    ([[ALL], [ALL, DENY]], False, False),
    ([[DENY], [SILENT]], False, False),
    ([[ALL], []], False, True),
    ([[]], False, True),
    ([], True, True),
    (None, True, True),
]


@pytest.mark.parametrize(("levels", "by_scp", "by_rcp"), LEVELS)
def test_no_level_may_deny_and_every_level_of_scps_must_allow_while_rcps_always_do(levels, by_scp, by_rcp):
    for kind, name, allowed in (("scp", "SERVICE", by_scp), ("rcp", "RESOURCE", by_rcp)):
        decision = decide(USER, identity=[ALLOW], **{kind: levels})
        assert decision.allowed is allowed
        if not levels:
            assert effect(decision, f"{name}_CONTROL_POLICY") == "NO_IMPACT"


def test_the_effect_of_levels_is_the_worst_of_them():
    def of(*levels):
        return effect(decide(USER, identity=[ALLOW], scp=levels), "SERVICE_CONTROL_POLICY")

    assert of([ALL], [SILENT], [ALL, DENY]) == "EXPLICIT_DENY"
    assert of([ALL], [SILENT]) == "IMPLICIT_DENY"
    assert of([ALL]) == "ALLOW"


def test_guard_rails_limit_resource_policies_of_the_same_account_too():
    assert decide(USER, resource=grants(USER_ARN), scp=[[SILENT]]).blocked_by is CheckKind.SERVICE_CONTROL_POLICY
    assert decide(USER, resource=grants(USER_ARN), rcp=[[DENY]]).blocked_by is CheckKind.RESOURCE_CONTROL_POLICY


def test_rcps_limit_services_and_anonymous_callers_and_scps_do_not():
    for who in (LAMBDA, NOBODY):
        assert decide(who, resource=document(Principal="*"), scp=[[DENY]]).allowed
        assert not decide(who, resource=document(Principal="*"), rcp=[[ALL, DENY]]).allowed
        assert decide(who, resource=document(Principal="*"), rcp=[[SILENT]]).allowed


def test_service_linked_roles_are_exempt_from_guard_rails():
    assert decide(LINKED, identity=[ALLOW], scp=[[DENY]], rcp=[[DENY]]).allowed
    assert not decide(ROLE, identity=[ALLOW], scp=[[DENY]]).allowed


@pytest.mark.parametrize(
    ("named", "identity", "allowed"),
    [
        (OWN, [], False),
        (OWN, [ALLOW], True),
        (USER_ARN, [], True),
        ("111122223333", [ALLOW], False),
        (None, [ALLOW], False),
    ],
)
def test_a_trust_policy_must_allow_whatever_the_identity_policy_says(named, identity, allowed):
    policies = Policies([EVERYTHING] if identity else [], grants(named, action="sts:AssumeRole") if named else None)
    decision = evaluate(Request(USER, "sts:AssumeRole", f"arn:aws:iam::{OWN}:role/r"), policies)
    assert decision.allowed is allowed
    if named in (None, "111122223333"):
        assert decision.blocked_by is CheckKind.RESOURCE


def test_of_several_denies_the_widest_is_named():
    denied = {
        "scp": [[DENY]],
        "rcp": [[DENY]],
        "resource": document("Deny", Principal="*"),
        "identity": [DENY],
        "boundary": DENY,
        "session": [DENY],
    }
    expected = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "RESOURCE", "PRINCIPAL"]
    expected += ["PERMISSIONS_BOUNDARY", "SESSION"]
    named = []
    while denied:
        named.append(decide(SESSION, **denied).blocked_by.name)
        del denied[next(iter(denied))]
    assert named == expected


def test_of_two_silent_guard_rails_the_organizations_is_named():
    endpoint = document(action="s3:*", Principal="*")
    decision = decide(USER, identity=[ALLOW], scp=[[SILENT]], vpc_endpoint=endpoint)
    assert decision.blocked_by is CheckKind.SERVICE_CONTROL_POLICY


def test_a_statement_of_a_resource_policy_without_principal_is_for_nobody():
    decision = decide(LAMBDA, resource=ALLOW)
    assert not decision.allowed
    part = decision.check(CheckKind.RESOURCE).matches[0].failed[0]
    assert (part.element, part.wanted, part.got) == ("Principal", (), "lambda.amazonaws.com")


@pytest.mark.parametrize("kind", ["identity", "session", "boundary", "scp"])
def test_a_statement_of_another_policy_without_resource_is_about_nothing(kind):
    bare = document(Principal="*")
    given = {"identity": [ALLOW], "boundary": ALLOW, "session": [ALLOW]}
    given[kind] = {"boundary": bare, "scp": [[bare]]}.get(kind, [bare])
    assert not decide(USER, **given).allowed


def test_one_policy_can_serve_as_two_kinds():
    bare = document(Principal="*")
    assert decide(LAMBDA, resource=bare).allowed
    assert not decide(USER, identity=[bare]).allowed
    assert decide(LAMBDA, resource=bare).allowed


def test_not_elements_take_what_is_left():
    policy = Policy.parse(
        {"Statement": {"Effect": "Allow", "NotAction": ["s3:*"], "NotResource": "arn:aws:ecr:*:*:repository/secret"}}
    )
    assert decide(USER, identity=[policy]).allowed
    other = Policy.parse({"Statement": {"Effect": "Allow", "NotAction": "ecr:Batch*", "Resource": "*"}})
    assert not decide(USER, identity=[other]).allowed


def test_not_resource_with_a_variable_that_has_no_value_takes_every_resource():
    text = {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:ecr:*:*:repository/${aws:username}"}
    policy = Policy.parse({"Version": "2012-10-17", "Statement": text})
    assert decide(USER, identity=[policy]).allowed
    assert not decide(USER, identity=[policy], context={"aws:username": "r"}).allowed


def test_not_principal_denies_all_others():
    policy = document("Deny", NotPrincipal={"AWS": [USER_ARN, OWN]})
    assert decide(USER, identity=[ALLOW], resource=policy).allowed
    assert not decide(ROLE, identity=[ALLOW], resource=policy).allowed
    assert not decide(LAMBDA, resource=policy).allowed


def test_matches_are_kept_with_every_part_that_was_looked_at():
    policy = document(action="s3:*", Principal={"AWS": OTHER}, Condition={"Bool": {"aws:x": "true"}})
    match = decide(USER, resource=policy).check(CheckKind.RESOURCE).matches[0]
    assert [part.element for part in match.parts] == ["Principal", "Action", "Condition"]
    assert [part.element for part in match.failed] == ["Principal", "Action", "Condition"]
    assert not match.matched


def test_the_same_question_finds_the_same_match_and_another_one_another():
    policy = grants(OWN, Condition={"StringEquals": {"aws:x": "${aws:y}"}})

    def match(**context: str):
        keys = {f"aws:{name}": value for name, value in context.items()}
        return decide(USER, context=keys, resource=policy).check(CheckKind.RESOURCE).matches[0]

    assert match(x="1", y="1") is match(x="1", y="1", z="9")
    assert match(x="1", y="1").matched
    assert not match(x="1", y="2").matched
    assert not match(x="2", y="1").matched


def test_a_statement_forgets_old_questions():
    policy = grants(OWN, Condition={"StringEquals": {"aws:x": "1"}})
    for i in range(1000):
        decide(USER, context={"aws:x": str(i)}, resource=policy)
    assert len(policy.statements[0].remembered) <= 128


def test_a_decision_of_the_wrong_effect_is_not_possible():
    assert {effect.value for effect in CheckEffect} == {"ALLOW", "IMPLICIT_DENY", "EXPLICIT_DENY", "NO_IMPACT"}
