"""The calls of a fix, made in a lab, each with the calls that take it back.

On real accounts a call is shown and not made: it costs, it takes time, and nobody can take it back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from labkit.aws.functions import wait_until_settled
from labkit.diagnosis.result import Change
from labkit.diagnosis.writing import Call
from labkit.pull.uri import ImageUri
from labkit.remedy.there import Accounts, make

Parameters = Mapping[str, Any]


def way_back(accounts: Accounts, change: Change) -> list[Call]:
    """The calls that take a change back, in their order, found out before it is made. Raises ClientError."""
    service, operation, parameters = _call(change)
    find = _pushed if service == "docker" else _BEFORE.get(operation)
    return find(accounts, change.account, parameters) if find else []


def make_in_lab(accounts: Accounts, change: Change) -> None:
    """Makes the call of a change. Raises ClientError."""
    service, operation, parameters = _call(change)
    if service == "docker":
        accounts.push(str(_pushed_uri(parameters)))
        return
    if operation == "put-image":
        parameters = {**parameters, "imageManifest": _manifest(accounts, change.account, parameters)}
    if operation == "invoke":
        _woken(accounts.client(change.account, "lambda"), parameters)
        return
    make(accounts, change.account, (service, operation, parameters))
    _settle(accounts, change.account, operation, parameters)


def _call(change: Change) -> Call:
    assert change.call is not None  # noqa: S101 - a change of a document has none
    return change.call


def _pushed_uri(parameters: Parameters) -> ImageUri:
    return replace(ImageUri.parse(parameters.get("image") or parameters["tag"]), digest=None)


def _settle(accounts: Accounts, account: str, operation: str, parameters: Parameters) -> None:
    """Waits until a function that was created or updated can be changed again."""
    waiters = {"create-function": "function_active_v2", "update-function-code": "function_updated_v2"}
    if operation in waiters:
        waiter = accounts.client(account, "lambda").get_waiter(waiters[operation])
        waiter.wait(FunctionName=parameters["FunctionName"], WaiterConfig={"Delay": 0.05, "MaxAttempts": 600})


def _woken(lambda_: Any, parameters: Parameters) -> None:
    """Invokes a function that sleeps: the first invocation is refused and brings it back. Raises ClientError."""
    try:
        lambda_.invoke(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] != "CodeArtifactUserPendingException":
            raise
        wait_until_settled(lambda_, parameters["FunctionName"])


def _pushed(accounts: Accounts, account: str, parameters: Parameters) -> list[Call]:
    """A pushed tag goes again, and the image that had it before gets it back."""
    uri = _pushed_uri(parameters)
    where, which = {"repositoryName": uri.repository}, {"imageIds": [{"imageTag": uri.tag}]}
    try:
        had = accounts.client(uri.account, "ecr").batch_get_image(**where, **which)["images"]
    except ClientError:  # the repository is made by the change before
        had = []
    old = [{"imageManifest": each["imageManifest"], "imageTag": uri.tag} for each in had]
    return [("ecr", "batch-delete-image", {**where, **which}), *(("ecr", "put-image", {**where, **it}) for it in old)]


def _manifest(accounts: Accounts, account: str, parameters: Parameters) -> str:
    found = accounts.client(account, "ecr").batch_get_image(
        repositoryName=parameters["repositoryName"], imageIds=[{"imageDigest": parameters["imageDigest"]}]
    )
    return str(found["images"][0]["imageManifest"])


def _archived(accounts: Accounts, account: str, parameters: Parameters) -> list[Call]:
    return [("ecr", "update-image-storage-class", {**parameters, "targetStorageClass": "ARCHIVE"})]


def _repository(accounts: Accounts, account: str, parameters: Parameters) -> list[Call]:
    return [("ecr", "delete-repository", {"repositoryName": parameters["repositoryName"], "force": True})]


def _tag(accounts: Accounts, account: str, parameters: Parameters) -> list[Call]:
    which = {"imageIds": [{"imageTag": parameters["imageTag"]}]}
    return [("ecr", "batch-delete-image", {"repositoryName": parameters["repositoryName"], **which})]


def _setting(accounts: Accounts, account: str, parameters: Parameters) -> list[Call]:
    found = accounts.client(account, "ecr").get_account_setting(name=parameters["name"])
    return [("ecr", "put-account-setting", {**parameters, "value": found["value"]})]


def _role(accounts: Accounts, account: str, parameters: Parameters) -> list[Call]:
    return [("iam", "delete-role", {"RoleName": parameters["RoleName"]})]


def _function(accounts: Accounts, account: str, parameters: Parameters) -> list[Call]:
    return [("lambda", "delete-function", {"FunctionName": parameters["FunctionName"]})]


def _code(accounts: Accounts, account: str, parameters: Parameters) -> list[Call]:
    """The image that the function has now, by its tag where it had one; none where the function cannot be read."""
    try:
        found = accounts.client(account, "lambda").get_function(FunctionName=parameters["FunctionName"])["Code"]
    except ClientError:
        return []
    return [("lambda", "update-function-code", {**parameters, "ImageUri": found["ImageUri"]})]


_BEFORE: dict[str, Callable[[Accounts, str, Parameters], list[Call]]] = {
    "update-image-storage-class": _archived,
    "create-repository": _repository,
    "put-image": _tag,
    "put-account-setting": _setting,
    "create-role": _role,
    "create-function": _function,
    "update-function-code": _code,
}
"""What takes a call back, found out before it is made; invoking a function leaves nothing to take back."""
