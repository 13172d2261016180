"""The operations of the simulation. Source: IAM API Reference, SimulatePrincipalPolicy, SimulateCustomPolicy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from labkit.check import DOCUMENT_KINDS, refusal
from labkit.embedded.protocol.calls import Access
from labkit.embedded.records import principals
from labkit.embedded.records.principals import EntityRecord
from labkit.embedded.services.iam import errors, listing
from labkit.embedded.services.iam.simulation import questions, results, sources
from labkit.embedded.services.iam.simulation.results import Simulated
from labkit.embedded.services.iam.simulation.sources import Source
from labkit.errors import PolicyError
from labkit.iam import Policies, Policy, Principal, evaluate
from labkit.iam.arn import split

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.embedded.protocol.calls import Call


def on_source(embedded: Embedded, call: Call) -> list[Access]:
    """The permission to simulate the policies of a user, group or role: on that one."""
    return [Access(f"iam:{call.operation}", call.params["PolicySourceArn"], call.account)]


def simulate_principal(embedded: Embedded, call: Call) -> dict[str, Any]:
    """What a user, group or role may do, with further policies, or without some of those that it has."""
    entity = _entity(embedded, call)
    exclusions = call.params.get("PolicyExclusionList", [])
    types = {each.get("PolicyType") for each in exclusions}
    if entity.kind == "role" and "ResourcePolicy" in call.params:
        raise errors.refusal("bad input", "A resource policy cannot be simulated for a role.")
    own = sources.without(sources.of_entity(embedded, entity), exclusions)
    boundary = _boundary(call) or ([] if "permission-boundary" in types else sources.boundary_of(embedded, entity))
    scp = None if "scp" in types or entity.linked_service else embedded.scp(entity.account)
    identity = [*own, *_inputs(call)]
    in_organization = embedded.membership(entity.account).org_id is not None
    simulated = _simulated(call, identity, sources.without(boundary, exclusions), scp, in_organization)
    return _answer(embedded, call, simulated, questions.caller(call, entity.arn))


def simulate_custom(embedded: Embedded, call: Call) -> dict[str, Any]:
    """What policies that are given as texts would allow."""
    if "ResourcePolicy" in call.params and "CallerArn" not in call.params:
        raise errors.refusal("bad input", "With a resource policy CallerArn must say who asks.")
    levels = call.params.get("OrderedOrganizationPolicyInputList")
    scp = None if levels is None else [_level(each) for each in levels]
    simulated = _simulated(call, _inputs(call), _boundary(call), scp, scp is not None)
    return _answer(embedded, call, simulated, questions.caller(call, None))


def keys_for_principal(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The condition keys in the policies of a user, group or role, and in those that are given."""
    found = [*sources.of_entity(embedded, _entity(embedded, call)), *_inputs(call)]
    return {"ContextKeyNames": sources.keys_of(sources.compiled(found))}


def keys_for_custom(embedded: Embedded, call: Call) -> dict[str, Any]:
    """The condition keys in policies that are given."""
    return {"ContextKeyNames": sources.keys_of(sources.compiled(_inputs(call)))}


def _entity(embedded: Embedded, call: Call) -> EntityRecord:
    arn = call.params["PolicySourceArn"]
    named, found = split(arn), principals.by_arn(embedded.database, arn)
    if named is None:
        raise errors.refusal("no arn")
    if named.service != "iam" or named.resource_type not in ("user", "group", "role"):
        raise errors.refusal("bad arn", arn)
    if found is None or found.account != call.account:
        raise errors.refusal(f"no {named.resource_type}", named.name)
    return found


def _inputs(call: Call) -> list[Source]:
    return sources.given(call.params.get("PolicyInputList", ()), "PolicyInputList")


def _boundary(call: Call) -> list[Source]:
    given = call.params.get("PermissionsBoundaryPolicyInputList", [])
    if len(given) > 1:
        raise errors.refusal("bad input", "There can be only one permissions boundary.")
    return sources.given(given, "PermissionsBoundaryPolicyInputList")


def _level(level: dict[str, Any]) -> list[Policy]:
    given = sources.given(level.get("ServiceControlPolicyInputList", ()), "ServiceControlPolicyInputList")
    return sources.compiled(given)


def _simulated(
    call: Call, identity: list[Source], boundary: list[Source], scp: Any, in_organization: bool
) -> Simulated:
    shown, resource = list(identity), None
    if "ResourcePolicy" in call.params:
        shown.append(_resource(call.params["ResourcePolicy"]))
        resource = sources.compiled(shown[-1:], len(identity))[0]
    limit = sources.compiled(boundary)[0] if boundary else None
    policies = Policies(identity=sources.compiled(identity), resource=resource, boundary=limit, scp=scp)
    return Simulated(policies, shown, in_organization)


def _resource(text: str) -> Source:
    """A resource policy; of which service is not said, so that only what the engine cannot read is refused."""
    try:
        statements = Policy.parse(text).statements
    except PolicyError as error:
        refused = refusal(text, DOCUMENT_KINDS["identity"])
        raise errors.refusal("bad input", refused.message if refused else str(error)) from None
    if any(statement.principal is None for statement in statements):
        raise errors.refusal("bad input", "Every statement of a resource policy needs a Principal.")
    return Source("ResourcePolicy", "resource", text)


def _answer(embedded: Embedded, call: Call, simulated: Simulated, who: Principal) -> dict[str, Any]:
    named = list(enumerate(questions.actions(call), 1))
    wanted = questions.resources(call)

    def fetch(after: str, limit: int) -> list[tuple[int, str]]:
        left = named[int(after or 0) :]
        return left if limit < 0 else left[:limit]

    shown, more = listing.cut(embedded, call, fetch, lambda item: str(item[0]))
    found = []
    for _, action in shown:
        asked = {resource: questions.request(call, who, action, resource) for resource in wanted}
        decisions = {resource: evaluate(each, simulated.policies) for resource, each in asked.items()}
        found.append(results.of_action(simulated, action, decisions))
    return {"EvaluationResults": found, **more}
