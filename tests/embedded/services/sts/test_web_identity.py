"""AssumeRoleWithWebIdentity: how a pipeline comes in with a token, and what the token must be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit.embedded.records.federation import providers
from tests.embedded.conftest import Cloud, session_keys
from tests.embedded.services.sts.issuer import GITHUB, Signer, elliptic_signer, encoded, rsa_signer
from tests.embedded.services.sts.test_sts import allow, assume, denied, make_role, trust

HOST = GITHUB.removeprefix("https://")
PROVIDER = f"arn:aws:iam::813835382529:oidc-provider/{HOST}"
ROLE = "arn:aws:iam::813835382529:role/deployer"
SUBJECT = "repo:octo/app:ref:refs/heads/main"
REFUSED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
NOT_VALIDATED = (
    "InvalidIdentityToken",
    "The web identity token that was passed could not be validated by AWS. Get a new identity token from the identity "
    "provider and then retry the request.",
)


@pytest.fixture(scope="module")
def signer() -> Signer:
    return rsa_signer("one")


@pytest.fixture(scope="module")
def other() -> Signer:
    return rsa_signer("two")


def trusting(*actions: str, federated: str = PROVIDER, **condition: Any) -> str:
    condition = condition or (equals() if federated == PROVIDER else {})
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": federated},
        "Action": ["sts:AssumeRoleWithWebIdentity", *actions],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **condition}]})


def equals(**claims: str) -> dict[str, Any]:
    """A condition on claims; on the subject in any case, without which IAM takes no policy that trusts GitHub."""
    asked = {"sub": SUBJECT, **claims}
    return {"Condition": {"StringEquals": {f"{HOST}:{name}": value for name, value in asked.items()}}}


def furnish(cloud: Cloud, signer: Signer, document: str = "", **role: Any) -> None:
    """A provider of the registry account, its keys, and a role that trusts it."""
    iam = cloud.client("registry", "iam")
    iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com"])
    give(cloud, signer)
    document = document or trusting(**equals(aud="sts.amazonaws.com", sub=SUBJECT))
    make_role(cloud, document, "deployer", **role)


def give(cloud: Cloud, *signers: Signer) -> None:
    database = cloud.embedded.database
    with database.write():
        providers.put_keys(database, GITHUB, [each.public for each in signers])


def token(cloud: Cloud, signer: Signer, header: dict[str, Any] | None = None, **claims: Any) -> str:
    now = int(cloud.clock.now().timestamp())
    usual = {"iss": GITHUB, "sub": SUBJECT, "aud": "sts.amazonaws.com", "iat": now, "nbf": now - 600, "exp": now + 300}
    given = {**usual, "repository": "octo/app", "ref": "refs/heads/main", **claims}
    return signer.token(header, **{name: value for name, value in given.items() if value is not None})


def enter(cloud: Cloud, text: str, role: str = ROLE, **more: Any) -> Any:
    sts = cloud.client("registry", "sts")
    return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="ci", WebIdentityToken=text, **more)


def test_a_pipeline_comes_in_with_its_token_alone(cloud: Cloud, signer: Signer) -> None:
    furnish(cloud, signer)
    answer = enter(cloud, token(cloud, signer))
    assert (answer["SubjectFromWebIdentityToken"], answer["Audience"], answer["Provider"]) == (
        SUBJECT,
        "sts.amazonaws.com",
        PROVIDER,
    )
    identity = cloud.client(session_keys(answer["Credentials"]), "sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::813835382529:assumed-role/deployer/ci"


@pytest.mark.aws("STS API Reference, AssumeRoleWithWebIdentity", "high")
def test_the_request_is_unsigned_and_a_signature_makes_no_difference(cloud: Cloud, signer: Signer) -> None:
    furnish(cloud, signer)
    form = {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": ROLE, "RoleSessionName": "ci"}
    body = "&".join(f"{name}={value}" for name, value in {**form, "WebIdentityToken": token(cloud, signer)}.items())
    headers = {"Host": cloud.served.address, "Content-Type": "application/x-www-form-urlencoded"}
    assert cloud.send("POST", "/", headers, body.encode()).status == 200
    signed = cloud.signed("outsider", "sts", headers=headers, body=body.encode())
    assert cloud.send("POST", "/", signed, body.encode()).status == 200


@pytest.mark.parametrize(
    "document",
    [
        trusting(**equals(sub="repo:octo/app:ref:refs/heads/other")),
        trusting(**equals(aud="somebody.else")),
        trusting(**equals(actor="octocat")),  # a claim that this token has not
        trusting(federated="arn:aws:iam::813835382529:oidc-provider/elsewhere.example.com"),
        trust("arn:aws:iam::813835382529:root"),
    ],
)
@pytest.mark.aws("IAM User Guide, OIDC federation", "high")
def test_the_trust_policy_decides(cloud: Cloud, signer: Signer, document: str) -> None:
    furnish(cloud, signer, document)
    assert denied(enter, cloud=cloud, text=token(cloud, signer)) == REFUSED


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("repository", "octo/app"),
        ("ref", "refs/heads/main"),
        ("repository_id", "74"),
        ("environment", "prod"),
        ("job_workflow_ref", "octo/app/.github/workflows/x.yml@refs/heads/main"),
        ("actor_id", "12"),
    ],
)
@pytest.mark.aws("IAM User Guide, keys for OIDC federation", "high")
def test_claims_of_github_are_condition_keys(cloud: Cloud, signer: Signer, claim: str, value: str) -> None:
    furnish(cloud, signer, trusting(**equals(**{claim: value})))
    assert enter(cloud, token(cloud, signer, **{claim: value}))
    assert denied(enter, cloud=cloud, text=token(cloud, signer, **{claim: "other"})) == REFUSED


def test_a_claim_that_aws_does_not_take_is_no_condition_key(cloud: Cloud, signer: Signer) -> None:
    furnish(cloud, signer, trusting(**equals(run_id="1")))
    assert denied(enter, cloud=cloud, text=token(cloud, signer, run_id="1")) == REFUSED


def test_a_role_that_is_not_there_is_not_revealed(cloud: Cloud, signer: Signer) -> None:
    furnish(cloud, signer)
    assert denied(enter, cloud=cloud, text=token(cloud, signer), role=ROLE + "s") == REFUSED


@pytest.mark.parametrize("made", [rsa_signer, elliptic_signer])
def test_rsa_and_elliptic_curve_keys_sign(cloud: Cloud, signer: Signer, made: Any) -> None:
    furnish(cloud, signer)
    one = made("new")
    give(cloud, signer, one)
    assert enter(cloud, token(cloud, one))
    assert enter(cloud, token(cloud, one, {"kid": None}) if one.public["kty"] == "EC" else token(cloud, signer))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_of_which_anything_was_changed_is_refused(cloud: Cloud, signer: Signer, part: int) -> None:
    furnish(cloud, signer)
    parts = token(cloud, signer).split(".")
    forged = [json.dumps({**json.loads(_decoded(each)), "more": 1}).encode() for each in parts[:2]] + [b"\1" * 64]
    parts[part] = encoded(forged[part])
    assert denied(enter, cloud=cloud, text=".".join(parts)) == NOT_VALIDATED


def _decoded(text: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS1", ""])
def test_only_algorithms_that_iam_takes_count(cloud: Cloud, signer: Signer, algorithm: str) -> None:
    furnish(cloud, signer)
    assert denied(enter, cloud=cloud, text=token(cloud, signer, {"alg": algorithm})) == NOT_VALIDATED


def test_a_signature_with_another_hash_than_the_header_names_is_refused(cloud: Cloud) -> None:
    weak = rsa_signer("weak", "SHA-1")
    furnish(cloud, weak)
    assert denied(enter, cloud=cloud, text=token(cloud, weak)) == NOT_VALIDATED


@pytest.mark.parametrize(
    ("claims", "refused"),
    [
        ({"aud": "other"}, ("InvalidIdentityToken", "Incorrect token audience")),
        ({"aud": ["sts.amazonaws.com", "x"], "azp": "x"}, ("InvalidIdentityToken", "Incorrect token audience")),
        ({"aud": None}, ("InvalidIdentityToken", "Missing a required claim: aud")),
        (
            {"iss": "https://gitlab.com"},
            ("InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://gitlab.com"),
        ),
        ({"nbf": 4_000_000_000}, NOT_VALIDATED),
        ({"exp": "soon"}, NOT_VALIDATED),
    ],
)
def test_what_a_token_says_of_itself_must_hold(
    cloud: Cloud, signer: Signer, claims: dict[str, Any], refused: tuple[str, str]
) -> None:
    furnish(cloud, signer)
    assert denied(enter, cloud=cloud, text=token(cloud, signer, **claims)) == refused


_TAGS, _SOURCE = "https://aws.amazon.com/tags", "https://aws.amazon.com/source_identity"


@pytest.mark.parametrize(
    "claims",
    [
        {_TAGS: {"principal_tags": {"t" * 129: ["x"]}}},
        {_TAGS: {"principal_tags": {"": ["x"]}}},
        {_TAGS: {"principal_tags": {"team": None}}},
        {_TAGS: {"principal_tags": {"team": {"name": "x"}}}},
        {_TAGS: {"principal_tags": {"team": ["<x>"]}}},
        {_TAGS: {"principal_tags": {f"t{number}": ["x"] for number in range(51)}}},
        {_TAGS: {"principal_tags": {"t": ["x"]}, "transitive_tag_keys": "t"}},
        {_SOURCE: "x" * 65},
        {_SOURCE: "aws:x"},
        {_SOURCE: ["ann"]},
    ],
)
def test_tags_and_source_identity_in_a_token_are_held_to_what_assume_role_takes(
    cloud: Cloud, signer: Signer, claims: dict[str, Any]
) -> None:
    furnish(cloud, signer, trusting("sts:TagSession", "sts:SetSourceIdentity"))
    assert denied(enter, cloud=cloud, text=token(cloud, signer, **claims)) == NOT_VALIDATED


def test_tags_that_aws_has_reserved_are_refused(cloud: Cloud, signer: Signer) -> None:
    furnish(cloud, signer, trusting("sts:TagSession"))
    reserved = token(cloud, signer, **{_TAGS: {"principal_tags": {"aws:PrincipalArn": ["x"]}}})
    assert denied(enter, cloud=cloud, text=reserved)[0] == "InvalidParameterValue"
    make_role(cloud, trust("arn:aws:iam::813835382529:root"))
    assert denied(assume, cloud=cloud, Tags=[{"Key": "AWS:x", "Value": ""}])[0] == "InvalidParameterValue"


@pytest.mark.parametrize("claims", [{"sub": "a\ud800"}, {_SOURCE: "\ud800"}, {"amr": ["\udfff"]}])
def test_half_of_a_surrogate_pair_is_no_text_and_nothing_is_written_of_it(
    cloud: Cloud, signer: Signer, claims: dict[str, Any]
) -> None:
    furnish(cloud, signer, trusting("sts:SetSourceIdentity"))
    assert denied(enter, cloud=cloud, text=token(cloud, signer, **claims))[0] == "InvalidIdentityToken"
    assert cloud.client("registry", "iam").create_user(UserName="later")


def test_what_is_no_token_is_refused_as_such(cloud: Cloud, signer: Signer) -> None:
    furnish(cloud, signer)
    for text in ("nothing-like-it", "a.b.c", f"{encoded(b'[]')}.{encoded(b'{}')}.{encoded(b'x')}"):
        assert denied(enter, cloud=cloud, text=text) == (
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        )


def test_an_expired_token_is_taken_five_minutes_more(cloud: Cloud, signer: Signer) -> None:
    furnish(cloud, signer)
    old = token(cloud, signer)
    cloud.clock.move(seconds=600)
    assert enter(cloud, old)
    cloud.clock.move(seconds=1)
    code, message = denied(enter, cloud=cloud, text=old)
    now = int(cloud.clock.now().timestamp())
    assert (code, message) == (
        "ExpiredTokenException",
        f"Token expired: current date/time {now} must be before the expiration date/time{now - 301}",
    )


@pytest.mark.differs("STS fetches the provider's keys", "the lab fetches nothing: labkit oidc add gives it the keys")
def test_keys_that_the_lab_has_not_are_asked_for(cloud: Cloud, signer: Signer, other: Signer) -> None:
    furnish(cloud, other)
    code, message = denied(enter, cloud=cloud, text=token(cloud, signer))
    assert code == "InvalidIdentityToken"
    assert message.startswith("Couldn't retrieve verification key") and message.endswith("requirements")
    with cloud.embedded.database.write():
        providers.remove_keys(cloud.embedded.database, GITHUB)
    assert f"labkit oidc add {GITHUB} JWKS_FILE" in denied(enter, cloud=cloud, text=token(cloud, signer))[1]


def test_the_session_carries_provider_and_subject_and_not_the_other_claims(cloud: Cloud, signer: Signer) -> None:
    furnish(cloud, signer)
    condition = {
        "StringEquals": {"aws:FederatedProvider": PROVIDER, f"{HOST}:sub": SUBJECT},
        "Null": {f"{HOST}:repository": "true"},
    }
    policy = allow("ecr:DescribeRepositories", Condition=condition)
    iam = cloud.client("registry", "iam")
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=policy)
    keys = session_keys(enter(cloud, token(cloud, signer))["Credentials"])
    assert cloud.client(keys, "ecr").describe_repositories()["repositories"] == []


TAGS = {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["a"]}, "transitive_tag_keys": ["team"]}}


@pytest.mark.parametrize(
    ("claim", "needed"),
    [(TAGS, "sts:TagSession"), ({"https://aws.amazon.com/source_identity": "ann"}, "sts:SetSourceIdentity")],
)
def test_tags_and_source_identity_of_a_token_need_the_trust_policy_too(
    cloud: Cloud, signer: Signer, claim: dict[str, Any], needed: str
) -> None:
    furnish(cloud, signer)
    assert denied(enter, cloud=cloud, text=token(cloud, signer, **claim)) == (
        "AccessDenied",
        f"Not authorized to perform {needed}",
    )
    iam = cloud.client("registry", "iam")
    iam.update_assume_role_policy(RoleName="deployer", PolicyDocument=trusting(needed))
    assert enter(cloud, token(cloud, signer, **claim))["Credentials"]


def test_a_role_that_is_assumed_after_it_inherits_the_tags(cloud: Cloud, signer: Signer) -> None:
    furnish(cloud, signer, trusting("sts:TagSession"))
    iam = cloud.client("registry", "iam")
    may = allow("sts:AssumeRole", "sts:TagSession")
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=may)
    condition = {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "a"}}}
    document = trust("arn:aws:iam::813835382529:role/deployer", **condition)
    make_role(cloud, document.replace('"sts:AssumeRole"', '["sts:AssumeRole", "sts:TagSession"]'), "second")
    keys = session_keys(enter(cloud, token(cloud, signer, **TAGS))["Credentials"])
    assert assume(cloud, keys, "arn:aws:iam::813835382529:role/second")["Credentials"]


@pytest.mark.parametrize("subject", [SUBJECT, "repo:octo/other:pull_request"])
def test_the_account_of_the_role_sees_who_came_or_wanted_to(cloud: Cloud, signer: Signer, subject: str) -> None:
    furnish(cloud, signer)
    text = token(cloud, signer, sub=subject)
    if subject == SUBJECT:
        enter(cloud, text)
    else:
        assert denied(enter, cloud=cloud, text=text) == REFUSED
    trail = cloud.client("registry", "cloudtrail")
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "AssumeRoleWithWebIdentity"}]
    [event] = trail.lookup_events(LookupAttributes=wanted)["Events"]
    record = json.loads(event["CloudTrailEvent"])
    assert record["userIdentity"] == {
        "type": "WebIdentityUser",
        "principalId": f"{PROVIDER}:sts.amazonaws.com:{subject}",
        "userName": subject,
        "identityProvider": PROVIDER,
    }
    assert text not in event["CloudTrailEvent"]
    assert ("errorCode" in record) is (subject != SUBJECT)


@pytest.mark.parametrize("host", ["idp.example.com", "oidc.eks.eu-central-1.amazonaws.com/id/A1B2"])
def test_subject_and_audience_of_any_provider_are_condition_keys(cloud: Cloud, signer: Signer, host: str) -> None:
    url = f"https://{host}"
    iam = cloud.client("registry", "iam")
    arn = iam.create_open_id_connect_provider(Url=url, ClientIDList=["a"])["OpenIDConnectProviderArn"]
    with cloud.embedded.database.write():
        providers.put_keys(cloud.embedded.database, url, [signer.public])
    condition = {"StringEquals": {f"{host}:sub": "me", f"{host}:aud": "a"}, "Null": {f"{host}:team": "true"}}
    make_role(cloud, trusting(federated=arn, Condition=condition), "deployer")
    policy = allow("ecr:DescribeRepositories", Condition={"StringEquals": {f"{host}:sub": "me"}})
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=policy)
    answer = enter(cloud, token(cloud, signer, iss=url, sub="me", aud="a", team="b"))
    ecr = cloud.client(session_keys(answer["Credentials"]), "ecr")
    assert ecr.describe_repositories()["repositories"] == []
    assert denied(enter, cloud=cloud, text=token(cloud, signer, iss=url, sub="you", aud="a")) == REFUSED
