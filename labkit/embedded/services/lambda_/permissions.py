"""What the operations of Lambda need as permission, and on which ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call, Needs
from labkit.embedded.services.permissions import account_in, request_tags

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def on_function(action: str | None = None) -> Needs:
    """The function that the call names, by ``action`` or that of the operation's own name; and its role to pass."""

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        arn = function_arn(call)
        access = Access(f"lambda:{action or call.operation}", arn, account_in(arn), _tags(call))
        return [access, *_pass_role(call)]

    return needs


def _pass_role(call: Call) -> list[Access]:
    role = call.params.get("Role")
    if not role:
        return []
    # Whether the caller may pass a role at all is its own account's matter; that a role of another account cannot be
    # passed is the handler's answer.
    return [Access("iam:PassRole", role, call.account, {"iam:PassedToService": "lambda.amazonaws.com"})]


def _tags(call: Call) -> dict[str, str | list[str]]:
    tags = call.params.get("Tags") or {}
    return request_tags({"Key": name, "Value": value} for name, value in tags.items())


def on_resource(parameter: str) -> Needs:
    """The function whose ARN is in this parameter."""

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        arn = call.params[parameter]
        return [Access(f"lambda:{call.operation}", arn, account_in(arn), _tags(call))]

    return needs


def function_arn(call: Call) -> str:
    """The ARN of the function that ``FunctionName`` (a name, a partial or a whole ARN) and ``Qualifier`` name."""
    name, qualifier = call.params["FunctionName"], call.params.get("Qualifier")
    parts = name.split(":")
    if name.startswith("arn:"):
        prefix, tail = parts[:6], parts[6:]
    elif len(parts) >= 3 and parts[1] == "function":
        prefix, tail = ["arn", "aws", "lambda", call.region, parts[0], "function"], parts[2:]
    else:
        prefix, tail = ["arn", "aws", "lambda", call.region, call.account, "function"], parts
    if qualifier and len(tail) == 1:
        tail = [*tail, qualifier]
    return ":".join([*prefix, *tail])
