"""AssumeRoleWithWebIdentity: a session of a role for who brings a token of an identity provider, such as GitHub's.

The call is unsigned. Who calls is the provider whose token it is, for the role's account has made it its own; whether
that may assume the role, for this subject, is what the trust policy says. The token's signature is checked with the
keys that the lab was given; it fetches nothing.

Source: STS API Reference, AssumeRoleWithWebIdentity; IAM User Guide, "OIDC federation".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Access, Call, Identity
from labkit.embedded.records.federation import providers
from labkit.embedded.records.federation.providers import SCHEME, Provider
from labkit.embedded.services.permissions import account_in
from labkit.embedded.services.sts import claims
from labkit.embedded.services.sts.attributes import SessionAttributes
from labkit.embedded.services.sts.errors import refusal
from labkit.embedded.services.sts.id_tokens import IdToken
from labkit.embedded.services.sts.roles import check_arn, new_role_session
from labkit.embedded.services.sts.shapes import refuse_unsupported
from labkit.iam import Policies, Principal

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def identify(embedded: Embedded, params: Mapping[str, Any]) -> Identity:
    """Whom a token speaks for, once it has been checked. Raises the refusals of STS for one that is not good.

    Such a caller has no ARN, account or policies of its own; what is known of it are the claims of its token.
    """
    check_arn(params["RoleArn"])
    token = IdToken.parse(params["WebIdentityToken"])
    provider = _provider(embedded, params["RoleArn"], token)
    token.check(provider, providers.keys_of(embedded.database, token.issuer), embedded.clock.now())
    return Identity(
        account="",
        arn="",
        principal=Principal.federated(provider.arn),
        principal_arn="",
        user_id="",
        access_key="",
        gather=Policies,
        context=claims.keys_of_request(provider, token),
    )


def on_role(embedded: Embedded, call: Call) -> list[Access]:
    """What the call needs of the trust policy: its own action, and what tags and a source identity need beside it."""
    attributes = _attributes(call)
    return attributes.accesses("sts:AssumeRoleWithWebIdentity", call.params["RoleArn"])


def assume_role(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a session of a role. That the token is good and lets its bearer in was decided before."""
    refuse_unsupported(call, "ProviderId")
    token = IdToken.parse(call.params["WebIdentityToken"])
    provider = _provider(embedded, call.params["RoleArn"], token)
    context = claims.keys_of_session(provider, token)
    return {
        **new_role_session(embedded, call, _attributes(call), context),
        "SubjectFromWebIdentityToken": str(token.claims["sub"]),
        "Audience": token.audiences[0],
        "Provider": provider.arn,
    }


def _attributes(call: Call) -> SessionAttributes:
    token = IdToken.parse(call.params["WebIdentityToken"])
    return claims.attributes(token).after(call.identity)


def _provider(embedded: Embedded, role_arn: str, token: IdToken) -> Provider:
    """The provider of the token's issuer in the account of the role. Raises InvalidIdentityToken."""
    arn = providers.arn_of(account_in(role_arn) or "", token.issuer)
    found = providers.find(embedded.database, arn)
    if found is None or not token.issuer.startswith(SCHEME):
        raise refusal("no provider", token.issuer)
    return found
