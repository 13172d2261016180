"""No event holds a secret, whatever an operation takes and answers: asked of every operation that is offered."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.model import OperationModel, Shape

from labkit.embedded.http.gateway import operations
from labkit.embedded.protocol.calls import Call, Identity
from labkit.embedded.protocol.models import SERVICES, operation_model
from labkit.embedded.request.recording.record import Outcome, made
from labkit.iam import Policies, Principal

SECRET = "S3CRET-that-nobody-may-read"
#: Members that are secret by their name, where the models do not say so.
BY_NAME = re.compile(
    "secretaccesskey|sessiontoken$|^webidentitytoken|samlassertion$|password|authorizationtoken|"
    "^(environment|payload|clientcontext|zipfile|logresult|downloadurl|layerpartblob)$",
    re.IGNORECASE,
)
USER = "arn:aws:iam::813835382529:user/admin"
CALLER = Identity("813835382529", USER, Principal.aws(USER), USER, "AIDAX", "AKIAX", Policies)
EVERY = [(service, name) for service in sorted(SERVICES) for name in operations(service)]


def filled(shape: Shape | None, secret: bool = False, seen: tuple[str, ...] = ()) -> Any:
    """A value of the shape with everything in it; what is secret has `SECRET` in it."""
    if shape is None:
        return {}
    secret = secret or bool(shape.metadata.get("sensitive"))
    if shape.type_name == "structure":
        members = {} if shape.name in seen else shape.members
        return {
            name: filled(member, secret or bool(BY_NAME.search(name)), (*seen, shape.name))
            for name, member in members.items()
        }
    if shape.type_name == "list":
        return [filled(shape.member, secret, seen)]
    if shape.type_name == "map":
        return {(SECRET if secret else "key"): filled(shape.value, secret, seen)}
    text = SECRET if secret else "plain"
    other = {"blob": SECRET.encode(), "timestamp": datetime(2026, 1, 15, tzinfo=UTC), "boolean": True, "integer": 1}
    return other.get(shape.type_name, text if shape.type_name == "string" else 1)


def record_of(model: OperationModel) -> str:
    service = model.service_model.service_name
    call = Call(CALLER, service, model.name, "eu-central-1", filled(model.input_shape), "request")
    outcome = Outcome(datetime(2026, 1, 15, tzinfo=UTC), filled(model.output_shape))
    event = made(call, outcome, CALLER.account)
    return json.dumps([event.record, event.resources, event.resource, event.reason])


@pytest.mark.parametrize(("service", "name"), EVERY)
def test_no_event_holds_a_secret(service: str, name: str):
    assert SECRET not in record_of(operation_model(service, name))


@pytest.mark.parametrize("service", sorted(SERVICES - {"cloudtrail"}))
def test_some_operations_of_each_service_have_plain_values_that_are_shown(service: str):
    assert any('\\"plain\\"' in record_of(operation_model(service, name)) for name in operations(service))


HIDDEN = [("sts", "AssumeRole"), ("iam", "CreateAccessKey"), ("lambda", "CreateFunction"), ("lambda", "Invoke")]


@pytest.mark.parametrize(("service", "name"), HIDDEN)
def test_these_operations_do_have_secrets(service: str, name: str):
    model = operation_model(service, name)
    assert SECRET in json.dumps([filled(model.input_shape), filled(model.output_shape)], default=str)


def test_names_and_addresses_of_accounts_are_masked_as_organizations_does():
    record = json.loads(json.loads(record_of(operation_model("organizations", "CreateAccount")))[0])
    assert (record["requestParameters"]["email"], record["requestParameters"]["accountName"]) == ("****", "****")
