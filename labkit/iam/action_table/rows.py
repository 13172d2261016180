"""The rows of the table: actions, types of resources, condition keys, and where a key's value comes from.

**Where a value comes from** (``KeyRow.origin``), in the order in which a request comes about:

    principal    who asks: ARN, account, organization, tags of user, role and session
    session      how the credentials came about: when issued, MFA, source identity, on which machine
    provider     the token of an identity provider (SAML, OIDC)
    network      from where: address, VPC, endpoint
    request      what every request has: time, region, transport, client
    forwarding   whether a service passes the caller's request on
    service      the service that asks by itself, and for which source
    parameter    what this call's parameters say: tags to set, a boundary, a policy's ARN
    resource     what is asked for: its account, organization, tags; a target's boundary
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

PRINCIPAL, SESSION, PROVIDER, NETWORK, REQUEST = "principal", "session", "provider", "network", "request"
FORWARDING, SERVICE, PARAMETER, RESOURCE = "forwarding", "service", "parameter", "resource"
ORIGINS = (PRINCIPAL, SESSION, PROVIDER, NETWORK, REQUEST, FORWARDING, SERVICE, PARAMETER, RESOURCE)
"""Where the value of a condition key comes from; the module's text says what each means."""

CALLER = "caller"


class KeyRow(NamedTuple):
    """A condition key. ``name`` in AWS's spelling; a family holds a variable, such as ``aws:ResourceTag/${TagKey}``.

    ``type`` is String, Bool, Numeric, Date, ARN, IPAddress, or ArrayOfString and ArrayOfARN for keys with several
    values. ``origin`` is one of ``ORIGINS``. ``carried`` says whose requests have it: "caller" (those of IAM
    principals), "service" (those that a service makes for a source), "" (both). ``everywhere``: a global key, which no
    action lists.
    """

    name: str
    type: str
    origin: str
    carried: str
    everywhere: bool
    corrected: tuple[str, ...]

    @property
    def multivalued(self) -> bool:
        """Whether a request can hold several values of this key."""
        return self.type.startswith("ArrayOf")


class ResourceType(NamedTuple):
    """A type of resource: ``name`` is ``service:type``; ``arn`` a template; ``keys`` those that its resources bring."""

    name: str
    arn: str
    keys: tuple[str, ...]


class ActionRow(NamedTuple):
    """An action. ``request_keys`` come with the call (parameters, token), ``resource_keys`` from what it works on.

    Both leave out the global keys, which every action has. ``needs`` maps other actions that one call needs to when it
    does (``tags``: where the call sets some); "" where AWS's table does not say when. ``corrected`` holds the reasons
    for which the row differs from AWS's reference.
    """

    name: str
    access: str
    resources: tuple[ResourceType, ...]
    request_keys: tuple[str, ...]
    resource_keys: tuple[str, ...]
    needs: Mapping[str, str]
    corrected: tuple[str, ...]

    @property
    def service(self) -> str:
        """The prefix: ``ecr`` of ``ecr:BatchGetImage``."""
        return self.name.partition(":")[0]
