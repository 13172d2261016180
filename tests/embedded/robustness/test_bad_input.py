"""Names with every character, and tokens of other lists: taken where AWS takes them, refused whole where it does not.

Which characters a name may have is said by the operation's page in the service's API Reference. What is refused leaves
nothing behind.
"""

from __future__ import annotations

import json
import string
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.parsers import create_parser

from labkit.embedded.http.gateway import operations
from labkit.embedded.protocol.models import SERVICES, operation_model, service_model
from labkit.embedded.state.world import ACCOUNTS
from labkit.pull import policies
from tests.embedded.conftest import Cloud
from tests.embedded.raw_requests import request_of
from tests.embedded.robustness import furnished, generated
from tests.embedded.robustness.fingerprint import Fingerprint
from tests.embedded.signed_calls import LOGS, TRUST

_WORD = set(string.ascii_letters + string.digits + "_")
_PRINTED = {chr(code) for code in range(0x20, 0x7F)}
_OTHERS = set("\x00\t\n\x7f\u0080\u00a0é\u0301\u202e部😀١")
_ENTITY = _WORD | set("+=,.@-")
_TAG = _WORD | set(" .:/=+-@\u00a0é部١")
_REFUSALS = {
    "ValidationError",
    "ValidationException",
    "InvalidInput",
    "InvalidInputException",
    "InvalidNextTokenException",
    "InvalidParameterException",
    "InvalidParameterValueException",
    "InvalidTagParameterException",
    "MalformedInput",
    "SerializationException",
}

#: Operation, parameters, and the characters that may stand where ``$`` does.
NAMES: dict[str, tuple[str, str, dict[str, Any], set[str]]] = {
    "role": ("iam", "CreateRole", {"RoleName": "$", "AssumeRolePolicyDocument": TRUST}, _ENTITY),
    "user": ("iam", "CreateUser", {"UserName": "$"}, _ENTITY),
    "group": ("iam", "CreateGroup", {"GroupName": "$"}, _ENTITY),
    "policy": ("iam", "CreatePolicy", {"PolicyName": "$", "PolicyDocument": LOGS}, _ENTITY),
    "inline policy": (
        "iam",
        "PutRolePolicy",
        {"RoleName": furnished.ROLE, "PolicyName": "$", "PolicyDocument": LOGS},
        _ENTITY,
    ),
    "path": ("iam", "CreateGroup", {"GroupName": "№", "Path": "/$/"}, _PRINTED - {" "}),
    "tag of a role": ("iam", "TagRole", {"RoleName": furnished.ROLE, "Tags": [{"Key": "$", "Value": "$"}]}, _TAG),
    "repository": (
        "ecr",
        "CreateRepository",
        {"repositoryName": "$"},
        set(string.ascii_lowercase + string.digits + "._-/"),
    ),
    "tag of a unit": (
        "organizations",
        "TagResource",
        {"ResourceId": "ou-lab1-workloads", "Tags": [{"Key": "$", "Value": "$"}]},
        _TAG,
    ),
    "session": (
        "sts",
        "AssumeRole",
        {"RoleArn": "arn:aws:iam::111122223333:role/fuzz-assumed", "RoleSessionName": "$"},
        _ENTITY,
    ),
}


def answer_to(cloud: Cloud, who: str, service: str, operation: str, params: dict[str, Any]) -> tuple[int, Any]:
    """Status and parsed answer of a call; its error's code where there is one is at ``["Error"]["Code"]``."""
    model = operation_model(service, operation)
    answer = cloud.call(who, service, **request_of(model, params))
    headers = {name.lower(): value for name, value in answer.headers.items()}
    got = {"status_code": answer.status, "headers": headers, "body": answer.body}
    return answer.status, create_parser(service_model(service).protocol).parse(got, model.output_shape)


def put_in(value: Any, name: str, number: int) -> Any:
    """The parameters with a name in the place of ``$`` and a number in that of ``№``."""
    if isinstance(value, dict):
        return {key: put_in(item, name, number) for key, item in value.items()}
    if isinstance(value, list):
        return [put_in(item, name, number) for item in value]
    return value.replace("$", name).replace("№", f"n{number}")


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_may_have_the_characters_that_aws_allows_and_no_others(cloud: Cloud, kind: str) -> None:
    service, operation, params, allowed = NAMES[kind]
    who = "management" if service in ("organizations", "sts") else "registry"
    trust = json.dumps(policies.account_trust(ACCOUNTS["management"]))
    cloud.client("management", "iam").create_role(RoleName="fuzz-assumed", AssumeRolePolicyDocument=trust)
    state, taken = Fingerprint(cloud.embedded.home.root), set()
    for number, character in enumerate(sorted(_PRINTED | _OTHERS)):
        before = state.taken()
        name = f"{number}{character}z{number}"
        status, answer = answer_to(cloud, who, service, operation, put_in(params, name, number))
        if status == 200:
            taken.add(character)
        else:
            assert (status, answer["Error"]["Code"] in _REFUSALS) == (400, True), (character, answer)
            assert state.taken() == before, character
        if service == "organizations" and status == 200:  # a resource has room for fifty
            answer_to(cloud, who, service, "UntagResource", {"ResourceId": params["ResourceId"], "TagKeys": [name]})
        if operation == "TagRole" and status == 200:
            answer_to(cloud, who, service, "UntagRole", {"RoleName": furnished.ROLE, "TagKeys": [name]})
    state.close()
    assert "".join(sorted(taken)) == "".join(sorted(allowed))


# -- Tokens --------------------------------------------------------------------------------------------------------

_TOKENS, _SIZES = {"Marker", "NextToken", "nextToken"}, {"MaxItems", "MaxResults", "maxResults"}
_MADE_UP = {"a number": "1", "base64": "MTIz", "base64 of JSON": "eyJtYXJrZXIiOiAxfQ=="}
_OF_NOTHING = {
    "DescribeImageScanFindings",
    "DescribeReplicationBackfillResults",
}  # nothing is scanned or replicated here
PAGED = [
    (service, name)
    for service in sorted(SERVICES)
    for name in sorted(operations(service))
    if (shape := operation_model(service, name).input_shape) is not None
    and _TOKENS & set(shape.members)
    and _SIZES & set(shape.members)
    and name not in _OF_NOTHING
]


def paging(service: str, operation: str) -> tuple[str, str, set[str]]:
    """How a list's input calls the token and the size of a page, and how its output may call the next token."""
    model = operation_model(service, operation)
    (token,), (size,) = _TOKENS & set(model.input_shape.members), _SIZES & set(model.input_shape.members)
    return token, size, _TOKENS & set(model.output_shape.members)


def test_a_list_goes_on_with_its_own_tokens_and_with_nobody_else_s(
    cloud: Cloud, furnished_home: tuple[Path, dict[str, Any]]
) -> None:
    tokens, lists = dict(_MADE_UP), {}
    for service, operation in PAGED:
        maker = generated.Maker(Random(1), {name: found[:1] for name, found in _there(furnished_home[1], service)})
        params = maker.params(operation_model(service, operation).input_shape, 0.0)
        who = "management" if service == "organizations" else "registry"
        token, size, names = paging(service, operation)
        lists[operation, service] = (who, service, operation, {**params, size: 1}, token)
        status, answer = answer_to(cloud, *lists[operation, service][:4])
        assert status == 200, (operation, params, answer)
        for following in {answer[name] for name in names if answer.get(name)}:
            tokens[operation, service] = following
            status, answer = answer_to(cloud, who, service, operation, {**params, size: 1, token: following})
            assert status == 200, (operation, answer)
    assert len(tokens) > 10, tokens
    for source, token in tokens.items():
        for name, (who, service, operation, params, member) in lists.items():
            if name != source:
                status, answer = answer_to(cloud, who, service, operation, {**params, member: token})
                code = answer.get("Error", {}).get("Code")
                assert status == 400 and code in _REFUSALS, (operation, params, source, answer)


def _there(told: dict[str, Any], service: str) -> list[tuple[str, Any]]:
    return list(furnished.values(told, service).items())
