"""The execution role of a function: it must be of the caller's account, exist, and let Lambda assume it.

Lambda Developer Guide, "Defining Lambda function permissions with an execution role". Whether the caller may pass
the role (iam:PassRole) has been decided before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.request import propagation
from labkit.embedded.services.lambda_.errors import error
from labkit.iam import Policies, Policy, Principal, Request, evaluate
from labkit.iam.arn import account_of
from labkit.pull.function import FunctionRef
from labkit.pull.policies import LAMBDA
from labkit.pull.question import service_context

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def check_role(embedded: Embedded, key: FunctionRef, arn: str) -> None:
    """Raises AccessDeniedException for another account's role, InvalidParameterValueException for one of no use."""
    if account_of(arn) != key.account:
        raise error("role of another account")
    if not assumable(embedded, key, arn):
        raise error("role")


def assumable(embedded: Embedded, key: FunctionRef, arn: str) -> bool:
    """Does the role exist, and does its trust policy let Lambda assume it for this function?"""
    role = embedded.role(arn)
    trust_policy = propagation.trust_policy(embedded, role)
    if role is None or trust_policy is None:
        return False
    request = Request(
        Principal.service(LAMBDA),
        "sts:AssumeRole",
        role.arn,
        role.account,
        service_context(key.arn, embedded.membership(key.account)),
    )
    trust = Policies(resource=Policy.parse(trust_policy, "trust policy"))
    return evaluate(request, trust).allowed
