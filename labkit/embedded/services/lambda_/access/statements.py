"""The statement that AddPermission makes of its parameters (shapes as recorded on AWS)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from labkit.check.values import ACCOUNT, IAM_ENTITY
from labkit.embedded.records import accounts, principals
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.state.database import Database
from labkit.iam.arn import account_of, partition_of
from labkit.pull.function import FunctionRef

_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*\.amazon(?:aws)?\.com(?:\.cn)?")

#: The conditions: parameter, operator, key, and the value as policies write it.
_CONDITIONS: tuple[tuple[str, str, str, Callable[[Any], str]], ...] = (
    ("SourceAccount", "StringEquals", "AWS:SourceAccount", str),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType", str),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken", str),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID", str),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl", lambda value: str(value).lower()),
    ("SourceArn", "ArnLike", "AWS:SourceArn", str),
)


def statement(db: Database, ref: FunctionRef, params: Mapping[str, Any]) -> dict[str, Any]:
    """The statement for a function, version or alias. Raises InvalidParameterValueException for a wrong principal."""
    made: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(db, ref, params["Principal"]),
        "Action": params["Action"],
        "Resource": ref.arn,
    }
    conditions: dict[str, dict[str, str]] = {}
    for name, operator, key, written in _CONDITIONS:
        if (value := params.get(name)) is not None:
            conditions.setdefault(operator, {})[key] = written(value)
    return {**made, "Condition": conditions} if conditions else made


def _principal(db: Database, ref: FunctionRef, text: str) -> Any:
    """The principal as the policy shows it: everyone, a service, or an account, user, role or session that exists."""
    if text == "*":
        return text
    if _SERVICE.fullmatch(text):
        return {"Service": text}
    if ACCOUNT.fullmatch(text):
        arn = text if account_of(text) else f"arn:{partition_of(ref.region).name}:iam::{text}:root"
        if accounts.known(db, account_of(arn) or "", "a permission of a function"):
            return {"AWS": arn}
    elif IAM_ENTITY.fullmatch(text) and principals.exists(db, text):
        return {"AWS": text}
    raise error("principal")
