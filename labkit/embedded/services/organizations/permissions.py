"""Which permissions a call needs: its action on what its parameters name.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Organizations". A call that
names nothing, or something that is not there, is about ``*``. Tags at creation need TagResource on the new resource,
of which nothing but the kind is known yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call, Needs
from labkit.embedded.services.organizations.lookup import Home, home_of

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def needs(*named: str, new: str = "") -> Needs:
    """What calls of an operation need: its action on each of the parameters ``named`` that is given.

    ``new`` is the kind of resource that it makes, in the form of its ARN with ``{type}`` for the type of policies.
    """

    def accesses(embedded: Embedded, call: Call) -> list[Access]:
        home = home_of(embedded, call.account)
        ids = [call.params[name] for name in named if name in call.params]
        resources = [_resource(home, id) for id in ids] if home else []
        made = _made(home, call, new)
        if new.startswith("policy"):
            resources.append(made)
        wanted = [Access(f"organizations:{call.operation}", resource, call.account) for resource in resources or ["*"]]
        if new and call.params.get("Tags"):
            wanted.append(Access("organizations:TagResource", made, call.account))
        return wanted

    return accesses


def _resource(home: Home, id: str) -> str:
    """The ARN of what an id names; any where there is none."""
    kind = "account" if id.isdigit() else id.partition("-")[0]
    if kind != "p":
        return home.arn({"r": "root"}.get(kind, kind), id)
    policy = home.find_policy(id)
    return home.policy_arn(policy) if policy else "*"


def _made(home: Home | None, call: Call, new: str) -> str:
    if home is None:
        return "*"
    kind, _, rest = new.format(type=str(call.params.get("Type", "")).lower()).partition("/")
    return home.arn(kind, "/".join(filter(None, (rest, "*"))))
