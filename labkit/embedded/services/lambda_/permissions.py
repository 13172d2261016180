"""What Lambda's operations need as permission: on which ARN of a function, and to pass its role.

Since 2022 AWS authorizes Invoke, GetFunction, GetFunctionConfiguration, GetPolicy, AddPermission, RemovePermission and
DeleteFunction for ``function:NAME:QUALIFIER`` where a qualifier is given, an explicit ``$LATEST`` too. So a Deny on
``function:prod`` does not refuse ``prod:$LATEST``; one on ``function:prod:*`` refuses nothing but qualified names, and
one on ``function:prod*`` both. The other operations know no Qualifier and are authorized for ``function:NAME``; what
AWS asks for where their FunctionName or Resource has one nevertheless is not known. Here both ARNs must be allowed
then, so that no way of writing a name passes a Deny.

What the policy of the function, version or alias allows counts as well, for callers of other accounts too.

Source: AWS's mail to customers, in serverless-plugin-warmup #304 and #308; terraform-provider-aws #23778.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labkit.embedded.protocol.calls import Access, Call, Needs
from labkit.embedded.services.lambda_.names import named

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded
    from labkit.pull.function import FunctionRef


def on_version(action: str | None = None) -> Needs:
    """An operation on one version or alias, or on the function where no qualifier is given.

    ``action`` is the IAM action where it has another name than the operation.
    """

    def needs(embedded: Embedded, call: Call) -> list[Access]:
        return _accesses(call, [named(call)], action or call.operation)

    return needs


def on_function(embedded: Embedded, call: Call) -> list[Access]:
    """An operation on the function itself; with a qualifier, on both."""
    function = named(call)
    both = [function.unqualified, function] if function.qualifier else [function]
    return _accesses(call, both, call.operation)


def _accesses(call: Call, functions: Sequence[FunctionRef], action: str) -> list[Access]:
    on_functions = (Access(f"lambda:{action}", each.arn, each.account, policy="function") for each in functions)
    return [*on_functions, *_pass_role(call)]


def _pass_role(call: Call) -> list[Access]:
    role = call.params.get("Role")
    if not role:
        return []
    # Whether the caller may pass a role at all is its own account's matter; that a role of another account cannot be
    # passed is the handler's answer.
    return [Access("iam:PassRole", role, call.account)]
