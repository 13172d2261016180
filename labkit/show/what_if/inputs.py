"""The inputs of a pull decision that can be changed: their rules, and the question that they make.

What is left empty is derived: the path from the organization, the source ARN and the caller from the account, so that
one input can be changed and the others follow. The inputs have to make sense together, as they do on AWS: Lambda
carries the ARN of the function itself, pulls in its own region, and is called from the function's own account.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from labkit.check.values import ACCOUNT, IAM_ENTITY
from labkit.errors import UsageError
from labkit.iam import Principal
from labkit.iam import arn as arns
from labkit.pull.function import FunctionRef
from labkit.pull.organization import OUTSIDER, Membership, check_account, check_organization_id, check_organization_path
from labkit.pull.question import PullQuestion, caller_context


class Input(NamedTuple):
    """An input: its name here, its label, and what an empty one means."""

    name: str
    label: str
    empty: str = ""


INPUTS = (
    Input("account", "Function's account"),
    Input("organization_id", "Organization id", "in no organization"),
    Input("organization_path", "Organization path", "the same place"),
    Input("source_arn", "Source ARN", "the function's own"),
    Input("caller", "Caller ARN", "the same caller in this account"),
)
"""The inputs, in the order in which they are shown."""
INPUT_NAMES = tuple(field.name for field in INPUTS)


@dataclass(frozen=True, slots=True)
class InputValues:
    """What a learner may change. Empty means derived, and for ``organization_id`` in no organization."""

    account: str
    organization_id: str
    organization_path: str = ""
    source_arn: str = ""
    caller: str = ""

    @classmethod
    def of(cls, question: PullQuestion) -> InputValues:
        """The inputs of the lab's own question."""
        return cls(arns.account_of(question.function_arn) or "", question.membership.org_id or "")

    def with_(self, name: str, value: str) -> InputValues:
        """One input changed, and of the others what hangs on it: ARNs move along, a path and its organization too."""
        if name == "account":
            moved = (_moved(each, value) for each in (self.source_arn, self.caller))
            return InputValues(value, self.organization_id, self.organization_path, *moved)
        if name == "organization_id":
            place = self.organization_path.partition("/")[2]
            return replace(self, organization_id=value, organization_path=f"{value}/{place}" if value and place else "")
        if name == "organization_path":
            return replace(self, organization_id=value.partition("/")[0], organization_path=value)
        return replace(self, **{name: value})


class InputRules:
    """What inputs mean for one question of the lab: what is derived, what does not do, and the question to ask."""

    def __init__(self, base: PullQuestion) -> None:
        self.base = base

    def derived(self, inputs: InputValues, name: str) -> str:
        """What the input stands for when it is empty; empty where nothing can be derived."""
        return _DERIVED[name](self.base, inputs) if name in _DERIVED else ""

    def shown(self, inputs: InputValues, name: str) -> str:
        """The input's value, or what it stands for."""
        return str(getattr(inputs, name)) or self.derived(inputs, name)

    def problems(self, inputs: InputValues) -> dict[str, str]:
        """A sentence for each input that does not do, by its name; empty where all make sense together."""
        found = {}
        for name in INPUT_NAMES:
            try:
                if getattr(inputs, name) or name == "account":
                    _CHECKS[name](self.base, inputs)
            except UsageError as error:
                found[name] = str(error)
        return found

    def question(self, inputs: InputValues) -> PullQuestion:
        """The lab's question with these inputs, which have no problems. The caller keeps its own policies."""
        caller, membership = self._caller(inputs), self._membership(inputs)
        return self.base.having(
            caller=caller,
            caller_context=caller_context(caller, membership),
            function_arn=self.shown(inputs, "source_arn"),
            membership=membership,
        )

    def _caller(self, inputs: InputValues) -> Principal:
        base = self.base.caller
        if inputs.caller and inputs.caller != base.arn:
            return Principal.aws(inputs.caller)
        return base._replace(arn=_moved(base.arn, inputs.account), role_arn=_moved(base.role_arn, inputs.account))

    def _membership(self, inputs: InputValues) -> Membership:
        if not inputs.organization_id:
            return OUTSIDER
        path = self.shown(inputs, "organization_path")
        return Membership(inputs.organization_id, (path,) if path else ())


def _moved(arn: str, account: str) -> str:
    """The same name in another account; what is no ARN stays."""
    parts = arns.split(arn)
    return str(parts._replace(account=account)) if parts else arn


def _same_place(base: PullQuestion, inputs: InputValues) -> str:
    paths = base.membership.paths
    return f"{inputs.organization_id}/{paths[0].partition('/')[2]}" if inputs.organization_id and paths else ""


_DERIVED: dict[str, Callable[[PullQuestion, InputValues], str]] = {
    "organization_path": _same_place,
    "source_arn": lambda base, inputs: _moved(base.function_arn, inputs.account),
    "caller": lambda base, inputs: _moved(base.caller.arn, inputs.account),
}


def _check_path(_base: PullQuestion, inputs: InputValues) -> None:
    if not inputs.organization_id:
        raise UsageError("An account in no organization has no path. Write the organization, or leave this empty.")
    if not check_organization_path(inputs.organization_path, inputs.organization_id).endswith("/"):
        raise UsageError("An account stands at one place: write its path without *, with a slash at the end.")


def _check_source_arn(base: PullQuestion, inputs: InputValues) -> None:
    try:
        found = FunctionRef.parse(inputs.source_arn)
    except UsageError:
        found = None
    if found is None or found.qualifier:
        raise UsageError(f"{inputs.source_arn!r} is not the ARN of a function, such as {base.function_arn}.")
    if found.region != base.image.region:
        raise UsageError(f"Lambda pulls in its own region, and the repository is in {base.image.region}.")
    _check_home(found.account, inputs, "Lambda carries the ARN of the function")


def _check_caller(_base: PullQuestion, inputs: InputValues) -> None:
    account = Principal.aws(inputs.caller).account
    if not (ACCOUNT.fullmatch(inputs.caller) or IAM_ENTITY.fullmatch(inputs.caller)):
        raise UsageError(f"{inputs.caller!r} has no name that IAM takes: letters, digits and +=,.@_- only.")
    _check_home(account, inputs, "A function is created from its own account")


def _check_home(account: str | None, inputs: InputValues, rule: str) -> None:
    if account != inputs.account:
        raise UsageError(f"{rule}, and that is in {inputs.account or 'no account'}, not in {account}. Change both.")


_CHECKS: dict[str, Callable[[PullQuestion, InputValues], object]] = {
    "account": lambda _base, inputs: check_account(inputs.account, "The function's account"),
    "organization_id": lambda _base, inputs: check_organization_id(inputs.organization_id),
    "organization_path": _check_path,
    "source_arn": _check_source_arn,
    "caller": _check_caller,
}
