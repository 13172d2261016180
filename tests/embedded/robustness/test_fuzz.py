"""Every operation that is offered, called as it should be and as it should not: an answer of its service, always.

The calls are made by botocore's models (`tests.embedded.robustness.generated`), the same ones in every run. Whatever
is sent, the answer is none of the server's own failures and can be read in the protocol of the service; nothing is
logged as a failure; and a call that was refused has changed nothing that is kept.
"""

from __future__ import annotations

import logging
from pathlib import Path
from random import Random
from typing import Any

import pytest
from botocore.parsers import create_parser

from labkit.embedded.http.gateway import operations
from labkit.embedded.protocol.models import SERVICES, operation_model, service_model
from tests.embedded.conftest import Cloud, Response
from tests.embedded.raw_requests import request_of
from tests.embedded.robustness import furnished, generated
from tests.embedded.robustness.fingerprint import Fingerprint

_CALLS, _GOOD = 30, 10
#: Failures that AWS itself answers with a status of 500 or more.
_OF_AWS = {("lambda", "ResourceNotReadyException", 502)}
_OPERATIONS = [(service, name) for service in sorted(SERVICES) for name in sorted(operations(service))]


@pytest.mark.parametrize(("service", "name"), _OPERATIONS, ids=[f"{service}-{name}" for service, name in _OPERATIONS])
def test_whatever_is_sent_the_service_answers_and_a_refusal_changes_nothing(
    cloud: Cloud, furnished_home: tuple[Path, dict[str, Any]], service: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    told, operation = furnished_home[1], operation_model(service, name)
    random = Random(f"{service} {name}")
    maker = generated.Maker(random, furnished.values(told, service))
    nobody = dict(zip(("aws_access_key_id", "aws_secret_access_key"), told["nobody"], strict=True))
    administrator = "management" if service == "organizations" else "registry"
    state = Fingerprint(cloud.embedded.home.root)
    for number in range(_CALLS):
        params = maker.params(operation.input_shape, random.choice((0.0, 0.0, 0.2, 1.0)))
        if number >= _GOOD:
            for _ in range(random.choice((1, 1, 2))):
                params = generated.spoilt(random, operation.input_shape, params)
        who = nobody if random.random() < 0.07 else administrator
        cloud.embedded.functions.settle()
        before = state.taken()
        answer = cloud.call(who, service, **request_of(operation, params))
        sent = f"{service}:{name} {params!r:.2000}"
        code = _code_of(operation, answer, sent)
        assert answer.status < 500 or (service, code, answer.status) in _OF_AWS, f"{sent}\n{answer}"
        if answer.status >= 400:
            assert state.taken() == before, f"{sent} was refused ({answer.body!r}) and has changed something"
    state.close()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def _code_of(operation: Any, answer: Response, sent: str) -> str:
    """The error's code, empty for a success; the answer must be what botocore reads of this service."""
    parser = create_parser(service_model(operation.service_model.service_name).protocol)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    got = {"status_code": answer.status, "headers": headers, "body": answer.body}
    parsed = parser.parse(got, operation.output_shape)
    if answer.status < 300:
        return ""
    error = parsed["Error"]
    assert error.get("Code") and not str(error["Code"]).isdigit(), f"{sent}\n{answer}"
    assert isinstance(error.get("Message"), str), f"{sent}\n{answer}"
    return str(error["Code"])
