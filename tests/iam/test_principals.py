"""Who is named by a Principal element, and who is left out by NotPrincipal."""

from __future__ import annotations

import pytest

from labkit.errors import UsageError
from labkit.iam import Principal
from labkit.iam.principals import PrincipalEntry, Specificity, allowed_besides, denied_besides, specificity

ACCOUNT = "592444418872"
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/team/ann"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/path/Deployer"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/Deployer/s1"
FEDERATED_ARN = f"arn:aws:sts::{ACCOUNT}:federated-user/ann-tmp"

ROOT, USER, ROLE = map(Principal.aws, (ROOT_ARN, USER_ARN, ROLE_ARN))
SESSION = Principal.session(SESSION_ARN, ROLE_ARN)
FEDERATED_USER = Principal.session(FEDERATED_ARN, USER_ARN)
LAMBDA = Principal.service("lambda.amazonaws.com")
PROVIDER = Principal.federated("accounts.google.com")
CANONICAL = Principal.canonical("79a59df9")
NOBODY = Principal.anonymous()
EVERYBODY = [ROOT, USER, ROLE, SESSION, FEDERATED_USER, LAMBDA, PROVIDER, CANONICAL, NOBODY]


def named(who: Principal, text: str, kind: str = "AWS") -> Specificity:
    return specificity((PrincipalEntry(kind, text),), who)


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.kind)
def test_a_star_names_everybody(who):
    assert named(who, "*") is Specificity.EXACT


@pytest.mark.parametrize("kind", ["Service", "Federated", "CanonicalUser"])
def test_a_star_of_another_kind_names_nobody(kind):
    assert all(named(who, "*", kind) is Specificity.NONE for who in EVERYBODY)


@pytest.mark.parametrize("text", [ACCOUNT, ROOT_ARN])
@pytest.mark.parametrize("who", [ROOT, USER, ROLE, SESSION, FEDERATED_USER], ids=lambda who: who.kind)
def test_an_account_is_named_by_its_number_or_root_arn(who, text):
    assert named(who, text) is Specificity.ACCOUNT


@pytest.mark.parametrize("who", [LAMBDA, PROVIDER, CANONICAL, NOBODY], ids=lambda who: who.kind)
def test_those_without_account_are_not_named_by_accounts(who):
    assert named(who, ACCOUNT) is Specificity.NONE


@pytest.mark.parametrize(
    ("who", "text", "expected"),
    [
        (USER, USER_ARN, Specificity.EXACT),
        (USER, USER_ARN.replace("ann", "Ann"), Specificity.NONE),
        (USER, f"arn:aws:iam::{ACCOUNT}:user/ann", Specificity.NONE),
        (USER, ROLE_ARN, Specificity.NONE),
        (ROLE, ROLE_ARN, Specificity.ROLE),
        (SESSION, ROLE_ARN, Specificity.ROLE),
        (SESSION, SESSION_ARN, Specificity.EXACT),
        (SESSION, SESSION_ARN.replace("s1", "s2"), Specificity.NONE),
        (SESSION, f"arn:aws:iam::{ACCOUNT}:role/Deployer", Specificity.NONE),
        (ROLE, SESSION_ARN, Specificity.NONE),
        (FEDERATED_USER, FEDERATED_ARN, Specificity.EXACT),
        (FEDERATED_USER, USER_ARN, Specificity.ROLE),
        (USER, FEDERATED_ARN, Specificity.NONE),
        (ROLE, "AROA327C6N4AUOWAVWF2Y", Specificity.NONE),
        (USER, "AIDA327C6N4AUOWAVWF2Y", Specificity.NONE),
        (ROLE, f"arn:aws:iam::{ACCOUNT}:role/*", Specificity.NONE),
        (SESSION, f"arn:aws:sts::{ACCOUNT}:assumed-role/Deployer/*", Specificity.NONE),
        (USER, "111122223333", Specificity.NONE),
        (USER, "arn:aws:iam::111122223333:root", Specificity.NONE),
        (USER, f"arn:aws:iam::{ACCOUNT}:root/x", Specificity.NONE),
        (USER, "59244441887", Specificity.NONE),
    ],
)
def test_users_roles_and_sessions_are_named_by_their_exact_arns(who, text, expected):
    assert named(who, text) is expected


def test_others_are_named_by_their_kind_and_name():
    assert named(LAMBDA, "lambda.amazonaws.com", "Service") is Specificity.EXACT
    assert named(LAMBDA, "ecs.amazonaws.com", "Service") is Specificity.NONE
    assert named(LAMBDA, "lambda.amazonaws.com", "AWS") is Specificity.NONE
    assert named(LAMBDA, "lambda.amazonaws.com", "Federated") is Specificity.NONE
    assert named(PROVIDER, "accounts.google.com", "Federated") is Specificity.EXACT
    assert named(CANONICAL, "79a59df9", "CanonicalUser") is Specificity.EXACT
    assert named(CANONICAL, "other", "CanonicalUser") is Specificity.NONE
    assert named(ROLE, ROLE_ARN, "Service") is Specificity.NONE
    assert named(NOBODY, "", "AWS") is Specificity.NONE


def test_the_closest_of_several_names_counts():
    entries = (PrincipalEntry("AWS", ACCOUNT), PrincipalEntry("AWS", SESSION_ARN), PrincipalEntry("AWS", ROLE_ARN))
    assert specificity(entries, SESSION) is Specificity.EXACT
    assert specificity(entries[::2], SESSION) is Specificity.ROLE
    assert specificity((), SESSION) is Specificity.NONE


def leaves_out(who: Principal, *texts: str, kind: str = "AWS", bounded: bool = False) -> bool:
    entries = tuple(PrincipalEntry(kind, text) for text in texts)
    return denied_besides(entries, who, bounded) is Specificity.NONE


@pytest.mark.parametrize("who", [USER, ROLE, SESSION], ids=str)
def test_a_deny_with_not_principal_hits_whoever_has_a_boundary(who):
    listed = (ROOT_ARN, USER_ARN, ROLE_ARN, SESSION_ARN)
    assert leaves_out(who, *listed)
    assert not leaves_out(who, *listed, bounded=True)
    assert leaves_out(ROOT, *listed, bounded=True)
    assert leaves_out(LAMBDA, "lambda.amazonaws.com", kind="Service", bounded=True)


@pytest.mark.parametrize(
    ("who", "texts", "closeness"),
    [
        (USER, (USER_ARN,), Specificity.ACCOUNT),
        (SESSION, (ROLE_ARN,), Specificity.ACCOUNT),
        (SESSION, (SESSION_ARN,), Specificity.ACCOUNT),
        (USER, (USER_ARN, ROOT_ARN), Specificity.NONE),
        (USER, (ROOT_ARN,), Specificity.NONE),
        (ROOT, (ACCOUNT,), Specificity.NONE),
        (USER, ("*",), Specificity.NONE),
        (USER, (ROLE_ARN,), Specificity.EXACT),
        (LAMBDA, (ROOT_ARN,), Specificity.EXACT),
    ],
)
def test_an_allow_with_not_principal_leaves_out_whom_it_lists_and_may_still_name_the_account(who, texts, closeness):
    assert allowed_besides(tuple(PrincipalEntry("AWS", text) for text in texts), who) is closeness


def test_an_allow_with_not_principal_leaves_out_a_service_that_it_lists():
    assert allowed_besides((PrincipalEntry("Service", LAMBDA.name),), LAMBDA) is Specificity.NONE


@pytest.mark.parametrize(
    ("who", "closeness"),
    [(USER, Specificity.EXACT), (ROLE, Specificity.ROLE), (SESSION, Specificity.ROLE)],
)
def test_a_unique_id_names_the_user_or_role_that_has_it(who, closeness):
    unique = "AIDACKCEVSQ6C2EXAMPLE" if who is USER else "AROACKCEVSQ6C2EXAMPLE"
    assert named(who._replace(id=unique), unique) is closeness
    assert named(who._replace(id="AROAANOTHERONE7EXAMPLE"), unique) is Specificity.NONE
    assert named(who, unique) is Specificity.NONE
    assert named(who, "") is Specificity.NONE


def test_not_principal_must_name_the_account_too():
    assert leaves_out(USER, USER_ARN, ROOT_ARN)
    assert not leaves_out(USER, USER_ARN)
    assert not leaves_out(USER, ROOT_ARN)


def test_not_principal_must_name_account_and_role():
    assert leaves_out(ROLE, ROLE_ARN, ACCOUNT)
    assert not leaves_out(ROLE, ROLE_ARN)


def test_not_principal_must_name_account_role_and_session():
    assert leaves_out(SESSION, ROOT_ARN, ROLE_ARN, SESSION_ARN)
    assert not leaves_out(SESSION, ROOT_ARN, ROLE_ARN)
    assert not leaves_out(SESSION, ROOT_ARN, SESSION_ARN)


def test_not_principal_of_an_account_leaves_out_its_root_user_only():
    assert leaves_out(ROOT, ROOT_ARN)
    assert not leaves_out(ROLE, ROOT_ARN)


def test_not_principal_leaves_out_services_and_everybody_by_name():
    assert leaves_out(LAMBDA, "lambda.amazonaws.com", kind="Service")
    assert not leaves_out(LAMBDA, "ecs.amazonaws.com", kind="Service")
    assert all(leaves_out(who, "*") for who in EVERYBODY)
    assert not leaves_out(NOBODY, ACCOUNT)


@pytest.mark.parametrize(
    ("who", "kind", "account", "role"),
    [
        (ROOT, "root", ACCOUNT, ""),
        (USER, "user", ACCOUNT, ""),
        (ROLE, "role", ACCOUNT, ROLE_ARN),
        (SESSION, "session", ACCOUNT, ROLE_ARN),
        (Principal.aws(ACCOUNT), "root", ACCOUNT, ""),
        (Principal.aws(SESSION_ARN), "session", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/Deployer"),
        (Principal.aws(FEDERATED_ARN), "session", ACCOUNT, ""),
        (LAMBDA, "service", None, ""),
        (PROVIDER, "federated", None, ""),
        (NOBODY, "anonymous", None, ""),
    ],
)
def test_a_principal_has_a_kind_an_account_and_a_role(who, kind, account, role):
    assert (who.kind, who.account, who.role_arn) == (kind, account, role)
    assert who.is_iam is (account is not None)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "59244441887", "arn:aws:iam::592444418872", "arn:aws:iam:::root", "arn:aws:s3:::bucket"),
        *("arn:aws:iam::592444418872:group/g", "arn:aws:sts::592444418872:assumed-role/r", "AROA327C6N4AUOWAVWF2Y"),
        *(
            "arn:aws:sts::592444418872:federated-user",
            "arn:aws:iam::592444418872:assumed-role/r/s",
            "lambda.amazonaws.com",
        ),
    ],
)
def test_what_cannot_make_requests_is_refused(text):
    with pytest.raises(UsageError):
        Principal.aws(text)


def test_principals_of_the_vector_format():
    assert Principal.from_json("*") == NOBODY
    assert Principal.from_json({"AWS": USER_ARN}) == USER
    assert Principal.from_json({"AWS": SESSION_ARN, "Role": ROLE_ARN}) == SESSION
    assert Principal.from_json({"Service": "lambda.amazonaws.com"}) == LAMBDA
    assert Principal.from_json({"Federated": "accounts.google.com"}) == PROVIDER
    assert Principal.from_json({"CanonicalUser": "79a59df9"}) == CANONICAL


@pytest.mark.parametrize("value", [None, "x", {}, {"AWS": 1}, {"Aws": USER_ARN}, [USER_ARN], {"AWS": 1, "Role": 2}])
def test_other_principals_of_the_vector_format_are_refused(value):
    with pytest.raises(UsageError, match=r"A principal is|is not the ARN"):
        Principal.from_json(value)


def test_a_service_linked_role_is_told_by_its_path():
    arn = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    assert Principal.aws(arn).is_service_linked_role
    assert not ROLE.is_service_linked_role


def test_principals_speak_of_themselves_as_aws_does():
    assert [str(who) for who in (SESSION, LAMBDA, NOBODY)] == [
        SESSION_ARN,
        "lambda.amazonaws.com",
        "an anonymous caller",
    ]
