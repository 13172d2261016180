"""What the arguments of a command of the aws CLI ask for, in every form in which the CLI takes them."""

from __future__ import annotations

import json

import pytest

from labkit.remedy.arguments import AwsArguments

IMAGE = "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-another-account:0.0.1"
ROLE = "arn:aws:iam::592444418872:role/orders-execution"
PLACE = ["--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:1"]
CREATE = ["lambda", "create-function", "--function-name", "orders", "--role", ROLE, "--package-type", "Image"]


def parsed(words, **environment):
    return AwsArguments.parse(words, environment)


@pytest.mark.parametrize(
    "code",
    [
        ["--code", f"ImageUri={IMAGE}"],
        [f"--code=ImageUri={IMAGE}"],
        ["--code", f'ImageUri="{IMAGE}"'],
        ["--code", f"ImageUri='{IMAGE}',SourceKMSKeyArn=arn:aws:kms:eu-central-1:592444418872:key/k"],
        ["--code", json.dumps({"ImageUri": IMAGE})],
        ["--cli-input-json", json.dumps({"Code": {"ImageUri": IMAGE}, "FunctionName": "other"})],
    ],
)
def test_the_image_is_read_from_every_form_of_the_code(code):
    asked = parsed([*CREATE, *code])
    assert (asked.operation, asked.image, asked.function, asked.role) == ("create", IMAGE, "orders", ROLE)


def test_values_are_loaded_from_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "code.json").write_text(json.dumps({"ImageUri": IMAGE}))
    (tmp_path / "all.json").write_text("\ufeff" + json.dumps({"FunctionName": "orders", "ImageUri": IMAGE}))
    (tmp_path / "uri.txt").write_text(f"{IMAGE}\n")
    assert parsed([*CREATE, "--code", "file://code.json"]).image == IMAGE
    assert parsed(["lambda", "update-function-code", "--cli-input-json", f"file://{tmp_path}/all.json"]).image == IMAGE
    assert parsed(["lambda", "update-function-code", "--image-uri", "file://uri.txt"]).image == IMAGE


@pytest.mark.parametrize(
    "code", ["file://nowhere.json", "file:///", "{", "[]", '{"ImageUri": 1}', "S3Bucket=b,S3Key=k", "", "="]
)
def test_what_cannot_be_read_is_left_to_the_cli(code):
    assert parsed([*CREATE, "--code", code]).image is None
    assert parsed([*CREATE, "--cli-input-json", code]).function == "orders"


@pytest.mark.parametrize(
    "words",
    [
        ["--profile", "workload", "--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:1", *CREATE],
        [
            "--debug",
            "--no-cli-pager",
            "--profile=workload",
            *CREATE,
            "--region=eu-west-1",
            "--endpoint-url=http://127.0.0.1:1",
        ],
        [*CREATE, "--output", "json", "--query", "State", "--cli-read-timeout", "5", "--profile", "workload", *PLACE],
    ],
)
def test_global_options_may_stand_anywhere(words):
    asked = parsed(words, AWS_PROFILE="other", AWS_REGION="us-east-1")
    assert (asked.service, asked.command, asked.function) == ("lambda", "create-function", "orders")
    assert (asked.profile, asked.region, asked.endpoint_url) == ("workload", "eu-west-1", "http://127.0.0.1:1")


def test_the_environment_says_what_the_options_do_not():
    asked = parsed(CREATE, AWS_PROFILE="workload", AWS_DEFAULT_REGION="eu-west-1")
    assert (asked.profile, asked.region) == ("workload", "eu-west-1")
    assert parsed(CREATE) == parsed(CREATE, HOME="/")


@pytest.mark.parametrize(
    "words", [[], ["s3", "ls"], ["ecr", "create-function"], ["lambda", "invoke", "--function-name", "f", "out"]]
)
def test_other_commands_ask_for_no_image(words):
    asked = parsed(words)
    assert (asked.operation, asked.image, asked.function) == (None, None, None)


@pytest.mark.parametrize(
    ("command", "operation"),
    [("update-function-code", "update"), ("update-function-configuration", "update"), ("create-function", "create")],
)
def test_each_command_means_something_for_the_image(command, operation):
    assert parsed(["lambda", command, "--function-name", "orders"]).operation == operation
