"""What the claims of a token become: condition keys, session tags, a source identity.

Which claims of which provider are condition keys is AWS's table (`labkit.iam.action_table`, the row of
AssumeRoleWithWebIdentity): sub, aud and amr of every provider, and more of some, GitHub among them since January 2026.
The role's session carries those three and aws:FederatedProvider; the others are for the trust policy alone (AWS STS
announcement "STS supports validation of identity provider claims", 2026-01).

Tags and source identity stand under names of AWS's in the token (IAM User Guide, "Pass session tags in AWS STS",
"Monitor and control actions taken with assumed roles").
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.model import Shape

from labkit.embedded.protocol import constraints
from labkit.embedded.protocol.models import operation_model
from labkit.embedded.records.federation.providers import Provider
from labkit.embedded.services.sts.attributes import SessionAttributes
from labkit.embedded.services.sts.errors import refusal
from labkit.embedded.services.sts.id_tokens import IdToken
from labkit.iam.action_table import action, form

ALWAYS = ("amr", "aud", "sub")
"""The claims of every provider that are condition keys, of the role's session too."""

_TAGS, _SOURCE_IDENTITY = "https://aws.amazon.com/tags", "https://aws.amazon.com/source_identity"
Keys = dict[str, str | list[str]]


def keys_of_request(provider: Provider, token: IdToken) -> Keys:
    """The condition keys that the token brings into the request for a session."""
    return _keys(provider, token, (*ALWAYS, *_more(provider.url)))


def keys_of_session(provider: Provider, token: IdToken) -> Keys:
    """The condition keys that every request of the session will carry."""
    return {"aws:FederatedProvider": provider.arn, **_keys(provider, token, ALWAYS)}


def attributes(token: IdToken) -> SessionAttributes:
    """Session tags and source identity that the token asks for. Raises the refusals of STS."""
    asked = token.claims.get(_TAGS, {})
    try:
        given = asked.get("principal_tags", {})
        tags = {key: value[0] if isinstance(value, list) else value for key, value in given.items()}
        transitive = asked.get("transitive_tag_keys", [])
    except (AttributeError, IndexError):
        raise refusal("bad token") from None
    named = token.claims.get(_SOURCE_IDENTITY) or None
    _check_as_parameters(tags, transitive, named)
    if len({key.lower() for key in tags}) < len(tags):
        raise refusal("duplicate tags")
    return SessionAttributes(tags, tuple(transitive), named)


def _check_as_parameters(tags: Mapping[Any, Any], transitive: Any, source_identity: Any) -> None:
    """Raise InvalidIdentityToken for what AssumeRole would not take as parameters either."""
    members = _input_of_assume_role()
    asked = {
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        "TransitiveTagKeys": transitive,
        **({} if source_identity is None else {"SourceIdentity": source_identity}),
    }
    if not all(constraints.fits(members[name], value) for name, value in asked.items()):
        raise refusal("bad token")


def _keys(provider: Provider, token: IdToken, names: tuple[str, ...]) -> Keys:
    found = {name: _value(token.claims[name]) for name in names if name in token.claims}
    if "aud" in found:
        found["aud"] = token.audiences[0] if len(token.audiences) == 1 else token.audiences
    return {f"{provider.url}:{name}": value for name, value in found.items()}


def _value(claim: Any) -> str | list[str]:
    if isinstance(claim, list):
        return [str(each) for each in claim]
    return str(claim).lower() if isinstance(claim, bool) else str(claim)


@cache
def _more(url: str) -> tuple[str, ...]:
    """The claims that AWS's table has for the provider with this URL."""
    row = action("sts:AssumeRoleWithWebIdentity")
    templates = [key.partition(":")[::2] for key in row.request_keys] if row else []
    return tuple(claim for template, claim in templates if form(template).fullmatch(url))


@cache
def _input_of_assume_role() -> Mapping[str, Shape]:
    members: Mapping[str, Shape] = operation_model("sts", "AssumeRole").input_shape.members
    return members
