"""AWS's own policies: each is found alone, as it was collected, and can be decided on."""

from __future__ import annotations

import json
import re

import pytest

from labkit.check import DOCUMENT_KINDS, refusal
from labkit.embedded.records import aws_policies
from labkit.iam import Policy

FULL = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_the_file_says_where_it_comes_from() -> None:
    with aws_policies.FILE.open("rb") as file:
        header = json.loads(file.readline())
    assert header["licence"] == "Apache-2.0" and "getmoto/moto" in header["source"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", header["made"])
    assert header["policies"] == len(list(aws_policies.every())) == 1582
    last = list(aws_policies.every())[-1]
    assert last.offset + last.length == aws_policies.FILE.stat().st_size


@pytest.mark.parametrize(
    ("arn", "action"),
    [
        (FULL, "*"),
        ("arn:aws:iam::aws:policy/AWSLambda_FullAccess", "lambda:*"),
        ("arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly", "ecr:BatchGetImage"),
        ("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", "logs:PutLogEvents"),
    ],
)
def test_one_is_found_with_its_document(arn: str, action: str) -> None:
    found, text = aws_policies.find(arn), aws_policies.document(arn)
    assert found is not None and text is not None and found.arn == arn
    listed = [each.text for statement in Policy.parse(text).statements for each in statement.action.patterns]
    assert action in listed


def test_one_that_aws_does_not_have_is_not_found() -> None:
    assert aws_policies.find(f"{aws_policies.PREFIX}/Missing") is aws_policies.document("arn:aws:s3:::x") is None


def test_ids_are_of_awss_form_and_differ() -> None:
    ids = {policy.id for policy in aws_policies.every()}
    assert len(ids) == 1582 and all(re.fullmatch("ANPA[A-Z2-7]{17}", id) for id in ids)
    found = aws_policies.find(FULL)
    assert found is not None and found.created == "2015-02-06T18:39:46+00:00" and found.version == "v1"


def test_iam_would_store_each_of_them_but_for_its_length() -> None:
    for policy in aws_policies.every():
        refused = refusal(str(aws_policies.document(policy.arn)), DOCUMENT_KINDS["managed"])
        assert refused is None or refused.rule == "too-long", (policy.name, refused)
