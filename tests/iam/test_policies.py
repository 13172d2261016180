"""The policies of the vector format, and what is refused of them."""

from __future__ import annotations

import pytest

from labkit.errors import PolicyError, UsageError
from labkit.iam import Policies

IDENTITY = {"Statement": {"Sid": "I", "Effect": "Allow", "Action": "*", "Resource": "*"}}
BOTH = {"Statement": {"Sid": "B", "Effect": "Allow", "Principal": "*", "Action": "ecr:*", "Resource": "*"}}
RESOURCE = {"Statement": {"Sid": "R", "Effect": "Allow", "Principal": "*", "Action": "ecr:*"}}


def test_all_kinds_are_read():
    policies = Policies.from_json(
        {
            "identity": [IDENTITY, IDENTITY],
            "resource": RESOURCE,
            "boundary": [IDENTITY],
            "session": IDENTITY,
            "scp": [[IDENTITY], [IDENTITY, IDENTITY]],
            "rcp": [[IDENTITY]],
            "registry": BOTH,
            "vpc_endpoint": [BOTH],
        }
    )
    assert [policy.name for policy in policies.identity] == ["identity 1", "identity 2"]
    assert (policies.resource.name, policies.boundary.name) == ("resource", "boundary")
    assert [policy.name for policy in policies.session] == ["session"]
    assert [[policy.name for policy in level] for level in policies.scp] == [
        ["scp at level 1"],
        ["scp at level 2 1", "scp at level 2 2"],
    ]
    assert len(policies.rcp) == 1
    assert (policies.registry.name, policies.vpc_endpoint.name) == ("registry", "vpc_endpoint")


@pytest.mark.parametrize("value", [{}, {"identity": [], "boundary": [], "session": [], "resource": None, "scp": None}])
def test_what_is_absent_or_empty_is_none(value):
    assert Policies.from_json(value) == Policies()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "not a JSON object"),
        ({"identities": []}, "Unknown kind of policy 'identities'; known are boundary, identity"),
        ({"resource": [RESOURCE, RESOURCE]}, "2 resource policies; there can be only one"),
        ({"boundary": [IDENTITY, IDENTITY]}, "2 boundary policies; there can be only one"),
        ({"scp": IDENTITY}, "scp must be a list of levels"),
        ({"rcp": "x"}, "rcp must be a list of levels"),
    ],
)
def test_other_policies_are_refused(value, says):
    with pytest.raises(UsageError, match=says):
        Policies.from_json(value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"resource": IDENTITY}, "In the resource policy: I has no Principal"),
        ({"identity": RESOURCE}, "In the identity policy: R has no Resource"),
        ({"identity": [IDENTITY, RESOURCE]}, "In the identity 2 policy: R has no Resource"),
        ({"boundary": RESOURCE}, "In the boundary policy: R has no Resource"),
        ({"session": [RESOURCE]}, "In the session policy: R has no Resource"),
        ({"registry": IDENTITY}, "In the registry policy: I has no Principal"),
        ({"registry": RESOURCE}, "In the registry policy: R has no Resource"),
        ({"vpc_endpoint": IDENTITY}, "In the vpc_endpoint policy: I has no Principal"),
        ({"scp": [[IDENTITY], [RESOURCE]]}, "In the scp at level 2 policy: R has no Resource"),
        ({"identity": ["{"]}, "In the identity policy: The policy is not JSON"),
        ({"resource": 5}, "In the resource policy: The policy is not a JSON object"),
    ],
)
def test_a_document_must_fit_its_kind(value, says):
    with pytest.raises(PolicyError, match=says):
        Policies.from_json(value)
