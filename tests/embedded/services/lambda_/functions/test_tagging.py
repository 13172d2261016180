"""Tags of functions: how many, of what, and what AWS was recorded to say of the rest."""

from __future__ import annotations

import pytest

from tests.embedded.lab_of_tests import REGISTRY, refusal
from tests.embedded.services.lambda_.conftest import Functions

ARN = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:f"
INVALID = ("InvalidParameterValueException", 400)
OF_A_VERSION = (*INVALID, "Tags on function aliases and versions are not supported. Please specify a function ARN.")
TOO_MANY = (*INVALID, "Number of tags exceeds resource tag limit.")
FIFTY = {f"key-{number}": "value" for number in range(50)}


@pytest.mark.parametrize("qualifier", ["$LATEST", "1", "live", "none"])
def test_only_a_function_has_tags(functions: Functions, qualifier: str):
    functions.active(Publish=True)
    functions.lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    of = {"Resource": f"{ARN}:{qualifier}"}
    for call, more in (
        (functions.lambda_.tag_resource, {"Tags": {"a": "b"}}),
        (functions.lambda_.untag_resource, {"TagKeys": ["a"]}),
        (functions.lambda_.list_tags, {}),
    ):
        assert refusal(call, **of, **more) == OF_A_VERSION


def test_a_function_has_fifty_tags_and_no_more(functions: Functions):
    assert refusal(functions.create, Tags={**FIFTY, "one": "more"}) == TOO_MANY
    functions.active(Tags={"key-0": "before"})
    lambda_ = functions.lambda_
    lambda_.tag_resource(Resource=ARN, Tags=FIFTY)
    assert refusal(lambda_.tag_resource, Resource=ARN, Tags={"one": "more"}) == TOO_MANY
    assert lambda_.list_tags(Resource=ARN)["Tags"] == FIFTY
    lambda_.tag_resource(Resource=ARN, Tags={"key-1": "another"})


def test_no_tags_at_all_are_refused(functions: Functions):
    functions.active()
    text = "An error occurred and the request cannot be processed."
    assert refusal(functions.lambda_.tag_resource, Resource=ARN, Tags={}) == (*INVALID, text)
