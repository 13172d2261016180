"""Which permissions a call needs: its action on what its parameters name.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Organizations". A call that
names nothing, or something that is not there, is about ``*``. Tags at creation need TagResource on the new resource,
of which nothing but the kind is known yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call, Needs
from labkit.embedded.records import tags
from labkit.embedded.services.organizations.lookup import Home, home_of
from labkit.embedded.services.permissions import request_tags

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

Keys = dict[str, str | list[str]]
_TYPES = ("PolicyType", "Type", "Filter")  # parameters that name a type of policies


def needs(*named: str, new: str = "") -> Needs:
    """What calls of an operation need: its action on each of the parameters ``named`` that is given.

    ``new`` is the kind of resource that it makes, in the form of its ARN with ``{type}`` for the type of policies.
    """

    def accesses(embedded: Embedded, call: Call) -> list[Access]:
        home = home_of(embedded, call.account)
        found = [(name, call.params[name]) for name in named if name in call.params]
        resources = [_resource(home, id) for _, id in found] if home else []
        action, general = f"organizations:{call.operation}", _general(call)
        made = _made(home, call, new)
        if new.startswith("policy"):
            resources.append((made, {}))
        wanted = [
            Access(action, resource, call.account, {**general, **keys}) for resource, keys in resources or [("*", {})]
        ]
        if new and call.params.get("Tags"):
            wanted.append(Access("organizations:TagResource", made, call.account, general))
        return wanted

    return accesses


def _general(call: Call) -> Keys:
    """The condition keys that the parameters make."""
    keys: Keys = {**request_tags(call.params.get("Tags", []))}
    if "TagKeys" in call.params:
        keys["aws:TagKeys"] = list(call.params["TagKeys"])
    kind = next((call.params[name] for name in _TYPES if name in call.params), None)
    return {**keys, "organizations:PolicyType": kind} if kind else keys


def _resource(home: Home, id: str) -> tuple[str, Keys]:
    """The ARN of what an id names, with the condition keys that its tags and its type make."""
    kind = "account" if id.isdigit() else id.partition("-")[0]
    keys: Keys = {f"aws:ResourceTag/{key}": value for key, value in tags.of(home.db, id).items()}
    if kind != "p":
        return home.arn({"r": "root"}.get(kind, kind), id), keys
    policy = home.find_policy(id)
    return (home.policy_arn(policy), {**keys, "organizations:PolicyType": policy["type"]}) if policy else ("*", {})


def _made(home: Home | None, call: Call, new: str) -> str:
    if home is None:
        return "*"
    kind, _, rest = new.format(type=str(call.params.get("Type", "")).lower()).partition("/")
    return home.arn(kind, "/".join(filter(None, (rest, "*"))))
