"""A client that writes, and knows at every moment what has to be there if the server dies now.

A client's objects are its own. Each operation says what it sends and what is then kept; the client waits for the
answer before it goes on. So when the server is killed, what is there must be what the acknowledged operations made,
with or without the single one that was under way: nothing less, nothing in between.
"""

from __future__ import annotations

import copy
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.embedded.signed_calls import LOGS, PULL, TRUST, Caller, signed

Kept = dict[str, dict[str, Any]]
Step = tuple[str, str, dict[str, Any], Callable[[Kept], object]]
KINDS = ("role", "user", "repository", "tag", "function")
IMAGES = "kill/images"


def nothing() -> Kept:
    """What a client has made before it has made anything."""
    return {kind: {} for kind in KINDS}


@dataclass
class Client:
    """One client: ``kept`` is what has been acknowledged, ``maybe`` the same with what is under way."""

    number: int
    caller: Caller
    random: Random
    manifest: str
    kept: Kept = field(default_factory=nothing)
    maybe: Kept | None = None
    acknowledged: int = 0
    failure: str = ""
    _made: int = 0

    def write_until_killed(self, host: str, stop: threading.Event) -> None:
        """Write, one call after another, until the connection breaks or it is told to stop."""
        connection = http.client.HTTPConnection(host, timeout=60)
        try:
            for service, operation, params, effect in self._steps():
                if stop.is_set():
                    return
                self.maybe = copy.deepcopy(self.kept)
                effect(self.maybe)
                status, body = _exchange(connection, signed(self.caller, host, service, operation, params))
                if status >= 300:
                    self.failure = f"{operation} {params}: {status} {body!r}"
                    return
                self.kept, self.maybe = self.maybe, None
                self.acknowledged += 1
        except (OSError, http.client.HTTPException):
            return  # killed
        finally:
            connection.close()

    def settle(self, found: Kept) -> None:
        """After a kill: what was found is what must be there, or the call under way was done as well."""
        assert not self.failure, self.failure
        assert found in (self.kept, self.maybe or self.kept), f"found {found}\nkept {self.kept}\nor {self.maybe}"
        self.kept, self.maybe = found, None

    def owns(self, name: str) -> bool:
        """Whether an object is this client's, by its name."""
        return name.startswith(f"kill{self.number}-")

    def _steps(self) -> Iterator[Step]:
        while True:
            yield self._making() if self.random.random() < 0.5 else self._changing()

    def _making(self) -> Step:
        self._made += 1
        name = f"kill{self.number}-{self._made}-{self.random.randrange(10**6)}"
        return self.random.choice(_MAKING)(self, name)

    def _changing(self) -> Step:
        kind = self.random.choice([kind for kind in KINDS if self.kept[kind]] or ["none"])
        if kind == "none":
            return self._making()
        name = self.random.choice(list(self.kept[kind]))
        return self.random.choice(_CHANGES[kind])(self, name)


def _exchange(connection: http.client.HTTPConnection, request: bytes) -> tuple[int, bytes]:
    if connection.sock is None:
        connection.connect()
    connection.sock.sendall(request)
    answer = http.client.HTTPResponse(connection.sock, method="POST")
    answer.begin()
    return answer.status, answer.read()


# -- Operations ----------------------------------------------------------------------------------------------------


def _tags(random: Random) -> list[dict[str, str]]:
    return [{"Key": f"k{number}", "Value": str(random.randrange(1000))} for number in range(random.randrange(4))]


def _as_dict(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _new_role(client: Client, name: str) -> Step:
    tags = _tags(client.random)
    params = {"RoleName": name, "AssumeRolePolicyDocument": TRUST, "Tags": tags}
    return "iam", "CreateRole", params, lambda kept: kept["role"].update({name: [_as_dict(tags), {}]})


def _role_policy(client: Client, name: str) -> Step:
    params = {"RoleName": name, "PolicyName": "inline", "PolicyDocument": LOGS}
    return "iam", "PutRolePolicy", params, lambda kept: kept["role"][name][1].update(inline=json.loads(LOGS))


def _role_tags(client: Client, name: str) -> Step:
    tags = _tags(client.random) or [{"Key": "k", "Value": ""}]
    params = {"RoleName": name, "Tags": tags}
    return "iam", "TagRole", params, lambda kept: kept["role"][name][0].update(_as_dict(tags))


def _no_role(client: Client, name: str) -> Step:
    if client.kept["role"][name][1]:
        params = {"RoleName": name, "PolicyName": "inline"}
        return "iam", "DeleteRolePolicy", params, lambda kept: kept["role"][name][1].clear()
    return "iam", "DeleteRole", {"RoleName": name}, lambda kept: kept["role"].pop(name)


def _new_user(client: Client, name: str) -> Step:
    tags = _tags(client.random)
    params = {"UserName": name, "Tags": tags}
    return "iam", "CreateUser", params, lambda kept: kept["user"].update({name: _as_dict(tags)})


def _no_user(client: Client, name: str) -> Step:
    return "iam", "DeleteUser", {"UserName": name}, lambda kept: kept["user"].pop(name)


def _new_repository(client: Client, name: str) -> Step:
    params = {"repositoryName": name, "imageTagMutability": "IMMUTABLE"}
    return "ecr", "CreateRepository", params, lambda kept: kept["repository"].update({name: None})


def _repository_policy(client: Client, name: str) -> Step:
    params = {"repositoryName": name, "policyText": PULL}
    return "ecr", "SetRepositoryPolicy", params, lambda kept: kept["repository"].update({name: True})


def _no_repository(client: Client, name: str) -> Step:
    params = {"repositoryName": name, "force": True}
    return "ecr", "DeleteRepository", params, lambda kept: kept["repository"].pop(name)


def _new_tag(client: Client, name: str) -> Step:
    params = {"repositoryName": IMAGES, "imageManifest": client.manifest, "imageTag": name}
    return "ecr", "PutImage", params, lambda kept: kept["tag"].update({name: True})


def _no_tag(_client: Client, name: str) -> Step:
    params = {"repositoryName": IMAGES, "imageIds": [{"imageTag": name}]}
    return "ecr", "BatchDeleteImage", params, lambda kept: kept["tag"].pop(name)


def _new_function(client: Client, name: str) -> Step:
    memory = client.random.randrange(128, 3008)
    code = {"PackageType": "Image", "Role": client.caller.role, "Code": {"ImageUri": client.caller.image}}
    params = {"FunctionName": name, "MemorySize": memory, **code}
    return "lambda", "CreateFunction", params, lambda kept: kept["function"].update({name: memory})


def _no_function(client: Client, name: str) -> Step:
    return "lambda", "DeleteFunction", {"FunctionName": name}, lambda kept: kept["function"].pop(name)


_MAKING = (_new_role, _new_role, _new_user, _new_repository, _new_tag, _new_function)
_CHANGES: dict[str, list[Callable[[Client, str], Step]]] = {
    "role": [_role_policy, _role_tags, _no_role],
    "user": [_no_user],
    "repository": [_repository_policy, _no_repository],
    "tag": [_no_tag],
    "function": [_no_function],
}


# -- What is there -------------------------------------------------------------------------------------------------


def found(iam: Any, ecr: Any, lambda_: Any) -> Kept:
    """What the server has of everything that a client may have made."""
    kept = nothing()
    for page in iam.get_paginator("get_account_authorization_details").paginate():
        for role in page["RoleDetailList"]:
            inline = {policy["PolicyName"]: policy["PolicyDocument"] for policy in role["RolePolicyList"]}
            kept["role"][role["RoleName"]] = [_as_dict(role["Tags"]), inline]
        kept["user"].update({user["UserName"]: _as_dict(user.get("Tags", [])) for user in page["UserDetailList"]})
    for page in ecr.get_paginator("describe_repositories").paginate():
        for repository in page["repositories"]:
            kept["repository"][repository["repositoryName"]] = _policy(ecr, repository["repositoryName"])
    for page in ecr.get_paginator("list_images").paginate(repositoryName=IMAGES):
        kept["tag"].update({image["imageTag"]: True for image in page["imageIds"] if "imageTag" in image})
    for page in lambda_.get_paginator("list_functions").paginate():
        kept["function"].update({each["FunctionName"]: each["MemorySize"] for each in page["Functions"]})
    return kept


def _policy(ecr: Any, name: str) -> Any:
    try:
        return bool(ecr.get_repository_policy(repositoryName=name)["policyText"])
    except ecr.exceptions.RepositoryPolicyNotFoundException:
        return None


def of(client: Client, everything: Kept) -> Kept:
    """What there is of one client's objects."""
    return {
        kind: {name: value for name, value in objects.items() if client.owns(name)}
        for kind, objects in everything.items()
    }
