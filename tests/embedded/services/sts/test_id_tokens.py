"""Tokens as anybody may send them: each is taken or refused, and nothing else happens."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.embedded.protocol.calls import ServiceError
from labkit.embedded.records.federation.providers import Provider
from labkit.embedded.services.sts import claims
from labkit.embedded.services.sts.id_tokens import IdToken
from tests.embedded.services.sts.issuer import GITHUB, Signer, elliptic_signer, encoded

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOST = GITHUB.removeprefix("https://")
PROVIDER = Provider(f"arn:aws:iam::813835382529:oidc-provider/{HOST}", "813835382529", HOST, ("a", "b"), (), "")
GOOD: dict[str, Any] = {"iss": GITHUB, "sub": "me", "aud": "a", "exp": int(NOW.timestamp()) + 60}
CODES = {"InvalidIdentityToken", "ExpiredTokenException", "InvalidParameterValue"}

anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["a", "ES256"]),
    lambda each: st.lists(each, max_size=2) | st.dictionaries(st.text(max_size=3), each, max_size=2),
    max_leaves=4,
)
names = st.sampled_from([*GOOD, "azp", "nbf", "iat", "amr", "actor", "https://aws.amazon.com/tags"])


@pytest.fixture(scope="module")
def signer() -> Signer:
    return elliptic_signer("one")


def taken(text: str, signer: Signer) -> bool:
    """Whether a token is taken; fails where it is refused with what AWS does not answer."""
    try:
        token = IdToken.parse(text)
        token.check(PROVIDER, [signer.public], NOW)
        claims.attributes(token)
        keys = claims.keys_of_request(PROVIDER, token)
    except ServiceError as error:
        assert error.code in CODES and error.status == 400
        return False
    assert all(isinstance(value, str) or all(isinstance(each, str) for each in value) for value in keys.values())
    return True


@given(st.dictionaries(names, anything, max_size=3), st.dictionaries(st.sampled_from(["alg", "kid"]), anything))
def test_a_signed_token_is_taken_or_refused_whatever_it_says(
    signer: Signer, said: dict[str, Any], header: dict[str, Any]
) -> None:
    if taken(signer.token(header, **{**GOOD, **said}), signer):
        assert header.get("alg", "ES256") == "ES256" and header.get("kid", "one") in ("one", None)


@given(st.text(max_size=20) | st.lists(st.text("abcAB01-_", max_size=6), max_size=5).map(".".join))
def test_what_is_no_token_is_refused(signer: Signer, text: str) -> None:
    assert not taken(text, signer)


@given(st.binary(max_size=80))
def test_no_other_signature_is_taken(signer: Signer, signature: bytes) -> None:
    parts = signer.token(**GOOD).split(".")
    assert not taken(".".join((*parts[:2], encoded(signature))), signer)


@given(st.dictionaries(names, anything, min_size=1, max_size=3))
def test_no_other_claims_are_taken_under_a_signature(signer: Signer, said: dict[str, Any]) -> None:
    changed = json.dumps({**GOOD, **said})
    parts = signer.token(**GOOD).split(".")
    if changed != json.dumps(GOOD):
        assert not taken(".".join((parts[0], encoded(changed.encode()), parts[2])), signer)


@pytest.mark.parametrize("moment", [float("nan"), float("inf"), float("-inf"), True, "1", [], None])
def test_an_expiration_is_a_number_of_seconds(signer: Signer, moment: Any) -> None:
    assert taken(signer.token(**GOOD), signer)
    assert not taken(signer.token(**{**GOOD, "exp": moment}), signer)
