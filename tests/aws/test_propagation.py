"""Asking again while a change spreads: boto3 clients whose answers are played from a list."""

from __future__ import annotations

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from labkit.aws.propagation import patience, patience_for_a_refusal, patience_with_roles

REFUSED = "Lambda does not have permission to access the ECR image. Check the ECR permissions."
UNKNOWN_ROLE = "The role defined for the function cannot be assumed by Lambda."
FUNCTION = {"FunctionName": "f", "Role": "arn:aws:iam::813835382529:role/R", "Code": {"ImageUri": "i"}}
REFUSALS = {REFUSED: ("AccessDeniedException", 403)}


class Raw(list):
    """The body of an answer, as botocore reads it."""

    def stream(self):
        return iter(self)


def _raw(request, status, body, headers=None):
    return AWSResponse(request.url, status, headers or {}, Raw([body]))


class Played:
    """A Lambda client that answers with errors of the given messages (None: success), one by one, then with success."""

    def __init__(self, *messages: str | None) -> None:
        keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "not-a-secret"}
        self.client = boto3.Session(**keys, region_name="eu-central-1").client("lambda")
        self.messages, self.asked, self.deleted = list(messages), 0, 0
        self.client.meta.events.register("before-send.lambda.CreateFunction", self._answer)
        self.client.meta.events.register("before-send.lambda.DeleteFunction", self._answer_to_delete)

    def _answer(self, request, **_):
        self.asked += 1
        message = self.messages.pop(0) if self.messages else None
        if message is None:
            return _raw(request, 201, b'{"FunctionName": "f", "FunctionArn": "arn:aws:lambda:::function:f"}')
        code, status = REFUSALS.get(message, ("InvalidParameterValueException", 400))
        return _raw(request, status, f'{{"message": "{message}"}}'.encode(), {"x-amzn-errortype": code})

    def _answer_to_delete(self, request, **_):
        self.deleted += 1
        return _raw(request, 204, b"")

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


def test_a_function_that_a_policy_lets_be_created_which_was_taken_away_is_deleted_until_it_is_refused():
    played = Played(None, UNKNOWN_ROLE, None, REFUSED)
    with patience_for_a_refusal(played.client, pause=0.0), pytest.raises(ClientError, match="ECR image"):
        played.create()
    assert (played.asked, played.deleted) == (4, 2)


def test_a_function_that_is_created_again_and_again_stays_when_the_time_is_over():
    played = Played()
    with patience_for_a_refusal(played.client, seconds=0.003, pause=0.001):
        assert played.create()["FunctionName"] == "f"
    assert (played.asked, played.deleted) == (3, 2)
