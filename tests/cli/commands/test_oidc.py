"""labkit oidc: keys of an identity provider are given to the lab, and its tokens assume roles."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.cli.commands.test_state import home, labkit
from tests.embedded.services.sts.issuer import GITHUB, Signer, elliptic_signer
from tests.embedded.services.sts.test_web_identity import ROLE, SUBJECT, trusting

__all__ = ["home"]


@pytest.fixture
def signer() -> Signer:
    return elliptic_signer("mine")


@pytest.fixture
def jwks(tmp_path: Path, signer: Signer) -> Path:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [signer.public, {"kty": "oct"}]}))
    return path


def enter(signer: Signer) -> Any:
    now = int(time.time())
    text = signer.token(iss=GITHUB, sub=SUBJECT, aud="sts.amazonaws.com", iat=now, exp=now + 300)
    sts = boto3.Session(profile_name="registry").client("sts")
    return sts.assume_role_with_web_identity(RoleArn=ROLE, RoleSessionName="ci", WebIdentityToken=text)


def test_keys_are_given_shown_used_and_taken(
    home: Path, jwks: Path, signer: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert labkit(capsys, "oidc", "list")[1].startswith("The lab has the keys of no issuer.")
    assert labkit(capsys, "oidc", "add", GITHUB, str(jwks))[:2] == (0, f"The lab has 1 key of {GITHUB}: mine.")
    assert labkit(capsys, "oidc", "list")[1] == f"{GITHUB} mine"
    assert json.loads(labkit(capsys, "oidc", "list", "--json")[1]) == {GITHUB: ["mine"]}
    iam = boto3.Session(profile_name="registry").client("iam")
    iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com"])
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=trusting())
    assert enter(signer)["SubjectFromWebIdentityToken"] == SUBJECT
    assert labkit(capsys, "oidc", "remove", GITHUB)[0] == 0
    with pytest.raises(ClientError, match="labkit oidc add"):
        enter(signer)
    assert labkit(capsys, "oidc", "remove", GITHUB)[:2] == (1, f"The lab had no keys of {GITHUB}.")


def test_a_name_that_would_recolour_the_terminal_is_shown_as_text(
    home: Path, jwks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jwks.write_text(json.dumps({"keys": [elliptic_signer("\x1b[31mred").public]}))
    assert labkit(capsys, "oidc", "add", GITHUB, str(jwks))[1].endswith(": \\x1b[31mred.")
    assert labkit(capsys, "oidc", "list")[1] == f"{GITHUB} \\x1b[31mred"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nope", "not JSON"),
        ("[]", "no JSON Web Key Set"),
        ('{"keys": []}', "no RSA or elliptic curve key"),
        ('{"keys": [{"kty": "oct", "k": "AQ"}]}', "private key"),
        ('{"keys": [{"kty": "RSA", "n": "AQ", "e": "AQAB", "d": "AQ"}]}', "private key"),
        ('{"keys": [{"kty": "RSA", "n": "+/", "e": "AQAB"}]}', "no number in base64url as 'n'"),
        ('{"keys": [{"kty": "EC", "crv": "P-256", "x": "AQ"}]}', "no number in base64url as 'y'"),
    ],
)
def test_a_file_that_is_no_key_set_is_refused_and_changes_nothing(
    home: Path, jwks: Path, content: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    labkit(capsys, "oidc", "add", GITHUB, str(jwks))
    jwks.write_text(content)
    code, _, error = labkit(capsys, "oidc", "add", GITHUB, str(jwks))
    assert code == 2 and said in error
    assert labkit(capsys, "oidc", "list")[1] == f"{GITHUB} mine"


def test_an_issuer_and_a_file_have_to_be_there(home: Path, jwks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for url in ("token.actions.githubusercontent.com", "http://example.com", "https://", "https://a?b=c"):
        assert labkit(capsys, "oidc", "add", url, str(jwks))[0] == 2
    code, _, error = labkit(capsys, "oidc", "add", GITHUB, str(jwks.with_name("other.json")))
    assert code == 2 and "cannot be read: No such file or directory" in error
