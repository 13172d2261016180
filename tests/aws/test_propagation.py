"""Asking again while a change spreads: boto3 clients whose answers are played from a list."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from labkit.aws.propagation import patience, patience_with_roles

REFUSED = "Lambda does not have permission to access the ECR image. Check the ECR permissions."
UNKNOWN_ROLE = "The role defined for the function cannot be assumed by Lambda."
FUNCTION = {"FunctionName": "f", "Role": "arn:aws:iam::813835382529:role/R", "Code": {"ImageUri": "i"}}


class Played:
    """A Lambda client that answers with errors of the given messages, one after another, then with success."""

    def __init__(self, *messages: str) -> None:
        keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "not-a-secret"}
        self.client = boto3.Session(**keys, region_name="eu-central-1").client("lambda")
        self.messages, self.asked = list(messages), 0
        self.client.meta.events.register("before-send.lambda.CreateFunction", self._answer)

    def _answer(self, request, **_):
        from botocore.awsrequest import AWSResponse

        class Raw(list):
            def stream(self):
                return iter(self)

        self.asked += 1
        if self.messages:
            code = "AccessDeniedException" if self.messages[0] == REFUSED else "InvalidParameterValueException"
            status = 403 if self.messages[0] == REFUSED else 400
            body = f'{{"message": "{self.messages.pop(0)}"}}'
            return AWSResponse(request.url, status, {"x-amzn-errortype": code}, Raw([body.encode()]))
        return AWSResponse(request.url, 201, {}, Raw([b'{"FunctionName": "f"}']))

    def create(self):
        return self.client.create_function(**FUNCTION)


def test_a_refusal_that_passes_is_not_seen():
    played = Played(UNKNOWN_ROLE, REFUSED)
    with patience(played.client, pause=0.0):
        assert played.create()["FunctionName"] == "f"
    assert played.asked == 3


def test_a_refusal_that_stays_is_raised_when_the_time_is_over():
    played = Played(*[REFUSED] * 10)
    with patience(played.client, seconds=0.004, pause=0.001), pytest.raises(ClientError, match="ECR image"):
        played.create()
    assert played.asked == 4


def test_other_errors_are_raised_at_once():
    played = Played("Source image does not exist.")
    with patience(played.client, pause=0.0), pytest.raises(ClientError, match="does not exist"):
        played.create()
    assert played.asked == 1


def test_where_a_refusal_is_expected_only_a_new_role_is_waited_for():
    played = Played(UNKNOWN_ROLE, REFUSED)
    with patience_with_roles(played.client, pause=0.0), pytest.raises(ClientError, match="ECR image"):
        played.create()
    assert played.asked == 2


def test_outside_of_the_block_the_client_is_as_before():
    played = Played(REFUSED)
    with patience(played.client, pause=0.0):
        pass
    with pytest.raises(ClientError):
        played.create()
    assert played.asked == 1
