"""What Lambda was recorded to answer on AWS, and what the embedded Lambda answers."""

from __future__ import annotations

import pytest

from tests.embedded import recordings
from tests.embedded.services.lambda_.conftest import Functions
from tests.embedded.services.lambda_.recorded.playing import RECORDED, Player
from tests.embedded.services.lambda_.recorded.plays import PLAYS, play_of, played
from tests.embedded.services.lambda_.recorded.plays_beside import BESIDE

ALL = {**PLAYS, **BESIDE}

_PATTERN = "the pattern of another version of the API's model"
_SHARED = "recorded in 2022, when a policy's RevisionId was the function's"
#: Answers that cannot be alike, by recorded test and name, with the reason.
UNLIKE: dict[str, dict[str, str]] = {
    "TestLambdaFunction::test_function_arns": {
        "function_arn_other_account_exc": "AWS's refusal had no text; the lab says who may not do what",
    },
    "TestLambdaTag::test_tag_exceptions[lambda_function]": {"invalid_arn_exception": _PATTERN},
    "TestLambdaTags::test_tag_exceptions": {"tag_lambda_invalidarn": _PATTERN},
}

#: Recorded tests, by the beginning of their names, that are not played, with the reason.
NOT_PLAYED: dict[str, str] = {
    "TestLambdaFunction::test_lambda_code_location": "code in a zip file",
    "TestLambdaFunction::test_create_lambda_exceptions": "runtimes and zip files; the rest stands in test_create",
    "TestLambdaFunction::test_update_lambda_exceptions": "runtimes; the rest stands in test_functions",
    "TestLambdaFunction::test_vpc_config": "functions in a VPC",
    "TestLambdaFunction::test_invalid_vpc_config": "functions in a VPC",
    "TestLambdaFunction::test_invalid_invoke": "the pattern of another version of the API's model",
    "TestLambdaImages::test_lambda_zip_file_to_image": "a function that is a zip file",
    "TestLambdaLayer": "layers",
    "TestLambdaSnapStart": "SnapStart",
    "TestLambdaUrl": "function URLs; what is asked of a function without one stands in test_features",
    "TestLambdaEventSourceMappings": "event source mappings",
    "TestLambdaTag::test_create_tag_on_esm_create": "event source mappings",
    "TestLambdaTag::test_tag_lifecycle[event_source_mapping]": "event source mappings",
    "TestLambdaTag::test_tag_exceptions[event_source_mapping]": "event source mappings",
    "TestLambdaTag::test_tag_exceptions[capacity_provider]": "capacity providers",
    "TestLambdaEventInvokeConfig": "settings of asynchronous invocations; what is not there stands in test_features",
    "TestLambdaProvisionedConcurrency": "provisioned concurrency; what is not there stands in test_features",
    "TestCodeSigningConfig": "code signing; what is not there stands in test_features",
    "TestLambdaSizeLimits": "zip files, and texts whose measured part is cut differently; limits stand in test_create",
    "TestLambdaAccountSettings::test_account_settings_total_code_size": "sizes of zip files",
    "TestLambdaRecursion::test_put_function_recursion_config": "what sets recursion is not offered",
    "TestLoggingConfig": "advanced logging",
    "TestRuntimeValidation": "runtimes",
    "TestPartialARNMatching": "runtimes, and invocations in other regions",
    "TestLambdaVersions::test_publish_with_wrong_revisionid": "recorded in 2022, before some members; like revisions",
    "TestLambdaPermissions::test_lambda_permission_versioning": _SHARED,
    "TestLambdaPermissions::test_lambda_permission_revisions": _SHARED,
    "TestLambdaPermissions::test_add_lambda_permission_optional_fields": "nothing was recorded",
}


def _reason(name: str) -> str | None:
    return next((reason for start, reason in NOT_PLAYED.items() if name.startswith(start)), None)


PLAYED = [name for name in RECORDED if RECORDED[name] and play_of(name, ALL) and not _reason(name)]


@recordings.needed
@pytest.mark.parametrize("name", PLAYED, ids=PLAYED)
@pytest.mark.aws("recorded by LocalStack (localstack-lambda-api.json)", "recorded")
def test_lambda_answers_what_was_recorded(functions: Functions, name: str) -> None:
    play = play_of(name, ALL)
    assert play is not None
    played(Player(functions, name, UNLIKE.get(name, {})), name, play)


@recordings.needed
def test_whatever_was_recorded_is_played_or_there_is_a_reason() -> None:
    assert [name for name in RECORDED if RECORDED[name] and name not in PLAYED and not _reason(name)] == []
    assert [start for start in NOT_PLAYED if not any(name.startswith(start) for name in RECORDED)] == []
