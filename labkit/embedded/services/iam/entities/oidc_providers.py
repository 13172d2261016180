"""Identity providers of OpenID Connect: whose tokens AssumeRoleWithWebIdentity takes in an account.

The lab fetches nothing: a provider that is made without thumbprints has none, where AWS asks the server for its
certificate; and thumbprints decide nothing here. Sources: IAM API Reference, CreateOpenIDConnectProvider and its
siblings (deleting, adding and removing are idempotent); IAM quotas: 100 client ids, 5 thumbprints; the texts of the
first two refusals are those of public logs, those of the others are not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.embedded.records import tags as resource_tags
from labkit.embedded.records.federation import providers
from labkit.embedded.records.federation.key_sets import is_issuer
from labkit.embedded.records.federation.providers import SCHEME, Provider
from labkit.embedded.services.iam import quotas
from labkit.embedded.services.iam.entities import shapes, tags
from labkit.embedded.services.iam.errors import refusal
from labkit.embedded.state.clock import read_stored, stored

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call


def create(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Make a provider. Raises InvalidInput, EntityAlreadyExists and LimitExceeded."""
    url, db = call.params["Url"], embedded.database
    if not is_issuer(url):
        raise refusal("bad provider url", url)
    arn = providers.arn_of(call.account, url)
    if providers.find(db, arn) is not None:
        raise refusal("provider exists", url)
    quotas.check(quotas.OIDC_PROVIDERS, len(providers.of_account(db, call.account)))
    client_ids = tuple(dict.fromkeys(call.params.get("ClientIDList", ())))
    thumbprints = tuple(call.params.get("ThumbprintList", ()))
    _check_lists(client_ids, thumbprints)
    created = stored(embedded.clock.now())
    providers.add(db, Provider(arn, call.account, url.removeprefix(SCHEME), client_ids, thumbprints, created))
    tags.add(embedded, arn, call.params.get("Tags", []))
    return {"OpenIDConnectProviderArn": arn, **_tags(embedded, arn)}


def get(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Show a provider; its URL stands without ``https://``. Raises NoSuchEntity."""
    found = _provider(embedded, call)
    return {
        "Url": found.url,
        "ClientIDList": list(found.client_ids),
        "ThumbprintList": list(found.thumbprints),
        "CreateDate": read_stored(found.created),
        **_tags(embedded, found.arn),
    }


def list_all(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The ARNs of all providers of the account, in one page, as AWS lists them."""
    found = providers.of_account(embedded.database, call.account)
    return {"OpenIDConnectProviderList": [{"Arn": each.arn} for each in found]}


def delete(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Delete a provider; roles that trust it stay, and nobody comes in. One that is not there is no error."""
    arn = call.params["OpenIDConnectProviderArn"]
    found = providers.find(embedded.database, arn)
    if found is not None and found.account == call.account:
        providers.remove(embedded.database, arn)
    return {}


def add_client_id(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Let tokens with another audience in; one that is let in already is no error."""
    found = _provider(embedded, call)
    _change(embedded, found, tuple(dict.fromkeys((*found.client_ids, call.params["ClientID"]))), found.thumbprints)
    return {}


def remove_client_id(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Let tokens with an audience in no longer; one that was not let in is no error."""
    found = _provider(embedded, call)
    kept = tuple(each for each in found.client_ids if each != call.params["ClientID"])
    _change(embedded, found, kept, found.thumbprints)
    return {}


def update_thumbprints(embedded: Embedded, call: Call) -> dict[str, Any]:
    """Give a provider other thumbprints."""
    found = _provider(embedded, call)
    _change(embedded, found, found.client_ids, tuple(call.params["ThumbprintList"]))
    return {}


def provider_arn(embedded: Embedded, call: Call) -> str:
    """Under which name the tags of the provider that the call names are kept. Raises NoSuchEntity."""
    return _provider(embedded, call).arn


def _provider(embedded: Embedded, call: Call) -> Provider:
    arn = call.params["OpenIDConnectProviderArn"]
    found = providers.find(embedded.database, arn)
    if found is None or found.account != call.account:
        raise refusal("no provider", arn)
    return found


def _change(embedded: Embedded, found: Provider, client_ids: tuple[str, ...], thumbprints: tuple[str, ...]) -> None:
    _check_lists(client_ids, thumbprints)
    providers.change(embedded.database, found.arn, client_ids, thumbprints)


def _check_lists(client_ids: tuple[str, ...], thumbprints: tuple[str, ...]) -> None:
    quotas.check(quotas.CLIENT_IDS, len(client_ids) - 1)
    if len(thumbprints) > quotas.THUMBPRINTS:
        raise refusal("bad input", f"A provider has at most {quotas.THUMBPRINTS} thumbprints.")


def _tags(embedded: Embedded, arn: str) -> dict[str, Any]:
    found = resource_tags.of(embedded.database, arn)
    return {"Tags": shapes.tag_list(found.items())} if found else {}
