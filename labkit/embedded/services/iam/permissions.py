"""What the operations of IAM need as permission: the action of their own name on a role, user, group or policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call, Needs
from labkit.embedded.records import keys, principals
from labkit.embedded.records.federation import providers
from labkit.embedded.records.keys import UserKey
from labkit.embedded.records.principals import Kind
from labkit.embedded.services.iam.entities import instance_profiles, linked_roles
from labkit.embedded.services.iam.entities.lookup import PARAMETERS
from labkit.embedded.services.iam.entities.making import arn_of
from labkit.iam.arn import parse

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def on_entity(kind: Kind) -> Needs:
    """An operation on a role, user or group that exists (its real ARN, path included) or is to exist."""

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        return [Access(f"iam:{call.operation}", _arn(embedded, call, kind), call.account)]

    return needs


def on_renamed(kind: Kind) -> Needs:
    """An operation that may give a user or group another name: on what it is now, and on what it is to be."""

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        name = call.params[PARAMETERS[kind]]
        found = principals.find(embedded.database, call.account, kind, name)
        old = found.arn if found else arn_of(call.account, kind, "/", name)
        path = call.params.get("NewPath", found.path if found else "/")
        new = arn_of(call.account, kind, path, call.params.get(f"New{PARAMETERS[kind]}", name))
        return [Access(f"iam:{call.operation}", arn, call.account) for arn in dict.fromkeys((old, new))]

    return needs


def _arn(embedded: Embedded, call: Call, kind: Kind) -> str:
    name = call.params.get(PARAMETERS[kind]) or parse(call.identity.arn).name
    found = principals.find(embedded.database, call.account, kind, name)
    return found.arn if found else arn_of(call.account, kind, call.params.get("Path", "/"), name)


def _on_profile(embedded: Embedded, call: Call) -> list[Access]:
    """An instance profile that exists (its real ARN, path included) or is to exist."""
    name = call.params["InstanceProfileName"]
    query = "SELECT arn FROM instance_profile WHERE account = ? AND name = ?"
    row = embedded.database.one(query, call.account, name)
    arn = row["arn"] if row else instance_profiles.arn_of(call.account, call.params.get("Path", "/"), name)
    return [Access(f"iam:{call.operation}", arn, call.account)]


def on_profile_and_role(embedded: Embedded, call: Call) -> list[Access]:
    """Putting a role into an instance profile passes it to EC2: iam:PassRole on the role as well."""
    role = _arn(embedded, call, "role")
    passed = Access("iam:PassRole", role, call.account)
    return [*_on_profile(embedded, call), passed]


def on_provider(embedded: Embedded, call: Call) -> list[Access]:
    """A provider of OpenID Connect that exists, or is to exist."""
    arn = call.params.get("OpenIDConnectProviderArn") or providers.arn_of(call.account, call.params["Url"])
    return [Access(f"iam:{call.operation}", arn, call.account)]


def on_key_owner(embedded: Embedded, call: Call) -> list[Access]:
    """The user whose access key the call names; where there is none, any."""
    found = keys.find(embedded.database, call.params["AccessKeyId"])
    own = found.user_arn if isinstance(found, UserKey) and found.account == call.account else "*"
    return [Access(f"iam:{call.operation}", own, call.account)]


def on_linked_role(embedded: Embedded, call: Call) -> list[Access]:
    """The service-linked role that is to be made."""
    service = call.params["AWSServiceName"]
    name = linked_roles.name_of(service, call.params.get("CustomSuffix"))
    arn = arn_of(call.account, "role", f"{linked_roles.PATH}{service}/", name)
    return [Access(f"iam:{call.operation}", arn, call.account)]


def on_deleted_role(embedded: Embedded, call: Call) -> list[Access]:
    """The service-linked role whose deletion is asked about: ``task/aws-service-role/SERVICE/ROLE/UUID``."""
    parts = call.params["DeletionTaskId"].split("/")
    path, name = (f"/{'/'.join(parts[1:-2])}/", parts[-2]) if len(parts) == 5 else ("/", "*")
    return [Access(f"iam:{call.operation}", arn_of(call.account, "role", path, name), call.account)]


def on_path(kind: str) -> Needs:
    """A listing acts on the path below which it lists."""

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        path = call.params.get("PathPrefix", "/")
        return [Access(f"iam:{call.operation}", f"arn:aws:iam::{call.account}:{kind}{path}", call.account)]

    return needs


def on_new_policy(embedded: Embedded, call: Call) -> list[Access]:
    """A managed policy that is to exist."""
    arn = f"arn:aws:iam::{call.account}:policy{call.params.get('Path', '/')}{call.params['PolicyName']}"
    return [Access("iam:CreatePolicy", arn, call.account)]


def on_policy(embedded: Embedded, call: Call) -> list[Access]:
    """A managed policy that exists."""
    return [Access(f"iam:{call.operation}", call.params["PolicyArn"], call.account)]


ON_ROLE = on_entity("role")
ON_USER = on_entity("user")
ON_GROUP = on_entity("group")
ON_PROFILE = _on_profile
