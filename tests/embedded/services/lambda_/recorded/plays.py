"""The calls of the recorded tests, each under the name of its answer; a play is found by its recorded test's name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.embedded.lab_of_tests import REGISTRY
from tests.embedded.recordings import variant_of
from tests.embedded.services.lambda_.recorded.playing import Player, refusal_of

ARN = f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:"
Play = Callable[[Player, str], None]
_INVOKE = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
_BUCKET = {"SourceArn": "arn:aws:s3:::test-bucket"}


# -- Functions -----------------------------------------------------------------------------------------------------


def _lifecycle(p: Player, _: str) -> None:
    p.create("create_response")
    p.of("get_function_response", "get_function")
    changes = {"MemorySize": 512, "Timeout": 10, "Environment": {"Variables": {"ENV_A": "a"}}}
    p.of("update_func_conf_response", "update_function_configuration", Description="Changed-Description", **changes)
    p.of("get_function_response_postupdate", "get_function")
    p.of("update_code_response", "update_function_code", ImageUri=p.functions.uri)
    p.of("get_function_response_postcodeupdate", "get_function")
    p.of("delete_response", "delete_function")
    p.of("delete_postdelete", "delete_function")


def _redundant_updates(p: Player, _: str) -> None:
    p.create("create_response")
    change = {"Description": "1st update description"}
    p.of("first_update_result", "update_function_configuration", **change)
    p.of("get_fn_config_result", "get_function_configuration")
    p.of("get_fn_result", "get_function")
    p.of("redundant_update_result", "update_function_configuration", **change)
    p.of("get_fn_result_after_redundant_update", "get_function")


def _qualifier_mismatch(p: Player, variant: str) -> None:
    p("not_match_exception", variant, FunctionName=f"{ARN}some-function:1", Qualifier="$LATEST")
    p("match_exception", variant, FunctionName=f"{ARN}some-function:$LATEST", Qualifier="$LATEST")


def _nonexisting_version(p: Player, variant: str) -> None:
    p.create(None)
    p.of("version_not_found_exception", variant, Qualifier="1221")


def _delete_on_nonexisting_version(p: Player, _: str) -> None:
    p.create(None)
    p.of(None, "delete_function", Qualifier="1233")
    p.of(None, "delete_function")
    p.of("delete_function_response_non_existent", "delete_function")
    p.of("delete_function_response_non_existent_with_qualifier", "delete_function", Qualifier="1233")


def _nonexisting_function(p: Player, variant: str) -> None:
    p.of("not_found_exception", variant)


def _wrong_region(p: Player, variant: str) -> None:
    name = f"{ARN}f".replace("eu-central-1", "us-west-2")
    text = p.answers["wrong_region_exception"]["Error"]["Message"]
    p.answers["wrong_region_exception"]["Error"]["Message"] = re.sub("'[a-z]+-[a-z]+-[0-9]'", "'<region>'", text)
    p("wrong_region_exception", variant, FunctionName=name)


def _list_functions(p: Player, _: str) -> None:
    p.create("create_response_1", Publish=True)
    p.create("create_response_2", "g")
    p("list_functions_invalid_functionversion", "list_functions", FunctionVersion="invalid")
    pages = p.lambda_.get_paginator("list_functions").paginate
    size = {"PageSize": 1}
    p("list_all", lambda: pages(FunctionVersion="ALL", PaginationConfig=size).build_full_result())
    p("list_default", lambda: pages(PaginationConfig=size).build_full_result())


def _function_arns(p: Player, _: str) -> None:
    p.create("create-function-arn-response", f"{ARN}f")
    p.create("create-function-partial-arn-response", f"{REGISTRY}:function:g")
    p.create("invalid_function_name_exc", "invalid:function:name")
    p.create("long_function_name_exc", "a" * 65)
    p.create("long_function_arn_exc", ARN + "a" * (141 - len(ARN)))
    p.create("function_arn_other_region_exc", f"{ARN}f".replace("eu-central-1", "ap-southeast-1"))
    p.create("function_arn_other_account_exc", f"{ARN}f".replace(REGISTRY, "123456789012"))


def _name_validation(p: Player, variant: str) -> None:
    case, _, operation = variant.rpartition("-")
    named = _NAMES[case.removesuffix("0")]
    if operation == "create_function":
        name = ":".join(named.values())
        code = {"ImageUri": p.functions.uri}
        request = {"FunctionName": name, "Role": p.functions.role, "PackageType": "Image", "Code": code}
    else:
        request = named
    call = refusal_of(getattr(p.lambda_, operation))
    p(f"{operation}_exception", lambda: _violations(call(**request)))


def _violations(refused: Any) -> dict[str, Any]:
    """A refusal as these tests have recorded it: the violations of constraints by themselves."""
    code, text = refused["Error"]["Code"], refused["Error"]["Message"]
    found = sorted(re.findall(r"Value '.*?' at '.*?' failed to satisfy constraint: .+?(?=;|$)", text))
    return {"Code": code, "Errors": found, "Count": len(found)} if found else {"Code": code, "Message": text}


_LONG, _SHORTER = "a" * 129, "a" * 65
_NAMES: dict[str, dict[str, str]] = {
    "invalid_characters_in_function_name": {"FunctionName": "my-function!"},
    "function_name_is_single_invalid": {"FunctionName": "*"},
    "invalid_characters_in_qualifier": {"FunctionName": "my-function", "Qualifier": "invalid!"},
    "qualifier_too_long": {"FunctionName": "my-function", "Qualifier": _LONG},
    "qualifier_too_long1": {"FunctionName": "my-function", "Qualifier": _SHORTER},
    "function_name_and_qualifier_too_long": {"FunctionName": "my-function", "Qualifier": _SHORTER},
    "invalid_account_id_in_partial_arn": {"FunctionName": "invalid-account:function:my-function"},
    "invalid_region_in_arn": {"FunctionName": f"{ARN}my-function".replace("eu-central-1", "invalid-region")},
    "non_lambda_arn": {"FunctionName": f"arn:aws:ec2:eu-central-1:{REGISTRY}:instance:i-1234567890abcdef0"},
    "function_name_too_long": {"FunctionName": "a" * 65},
    "function_name_too_long_and_invalid_region": {
        "FunctionName": f"{ARN}my-function".replace("eu-central-1", "invalid-region") + "a" * 170
    },
    "full_arn_and_qualifier_too_long_and_invalid_region": {
        "FunctionName": f"{ARN}my-function-".replace("eu-central-1", "invalid-region") + "a" * 170,
        "Qualifier": _LONG,
    },
    "full_arn_with_multiple_qualifiers": {"FunctionName": f"{ARN}my-function:1:2"},
    "incomplete_arn": {"FunctionName": ARN[:-1]},
    "partial_arn_with_extra_qualifier": {"FunctionName": "function:my-function:$LATEST:extra"},
    "latest_version_with_additional_qualifier": {"FunctionName": f"{ARN}my-function:$LATEST", "Qualifier": "1"},
    "lowercase_latest_qualifier": {"FunctionName": f"{ARN}my-function", "Qualifier": "$latest"},
    "missing_region_in_arn": {"FunctionName": f"{ARN}my-function".replace("eu-central-1", "")},
    "missing_account_id_in_arn": {"FunctionName": f"{ARN}my-function".replace(REGISTRY, "")},
    "misspelled_latest_in_arn": {"FunctionName": f"{ARN}my-function:$LATES"},
}


def _concurrent_updates(operation: str, **params: Any) -> Play:
    def play(p: Player, _: str) -> None:
        p.create("create-function-response")
        change = {"ImageUri": p.functions.uri} if operation == "update_function_code" else params
        store = p.functions.cloud.embedded.functions
        real, store.make_ready = store.make_ready, lambda *_: None  # type: ignore[method-assign]
        try:
            p(None, operation, FunctionName="f", **change)
            p("update-during-in-progress-update-exc", operation, FunctionName="f", **change)
        finally:
            store.make_ready = real  # type: ignore[method-assign]

    return play


# -- Versions and revisions ----------------------------------------------------------------------------------------


def _publish_on_create(p: Player, _: str) -> None:
    p.create("create_response", Publish=True)
    p.of("get_function_result", "get_function")
    p.of("get_function_version_result", "get_function", Qualifier="1")
    p.of("get_function_latest_result", "get_function", Qualifier="$LATEST")
    p.of("list_versions_result", "list_versions_by_function")
    p.of("repeated_publish_response", "publish_version", Description="Repeated version description :)")
    p.of("list_versions_result_after_publish", "list_versions_by_function")


def _version_lifecycle(p: Player, _: str) -> None:
    p.create("create_response")
    p.of("get_function_result", "get_function")
    p.of("list_versions_result", "list_versions_by_function")
    p.of("first_update_response", "update_function_configuration", Description="First version :)")
    p.of("first_update_get_function", "get_function")
    p.of("first_publish_response", "publish_version", Description="First version description :)")
    p.of("first_publish_get_function", "get_function", Qualifier="1")
    p.of("first_publish_get_function_config", "get_function_configuration", Qualifier="1")
    p.of("second_update_response", "update_function_configuration", Description="Second version :))")
    p.of("first_publish_get_function_after_update", "get_function", Qualifier="1")
    p.of("second_publish_response", "publish_version")
    p.of("third_publish_response", "publish_version", Description="Third version description :)))")
    p.of("list_versions_result_after_third_publish", "list_versions_by_function")
    p.of(None, "delete_function", Qualifier="1")
    p.of("list_versions_result_after_deletion_of_first_version", "list_versions_by_function")


def _publish_with_wrong(member: str, value: str, answer: str) -> Play:
    def play(p: Player, _: str) -> None:
        p.create("create_response")
        right = p.of("get_fn_response", "get_function")["Configuration"][member]
        p.of(answer, "publish_version", **{member: value})
        p.of("publish_result", "publish_version", **{member: right})

    return play


def _publish_with_update(p: Player, _: str) -> None:
    p.create("create_response")
    p.of("get_function_result", "get_function")
    store = p.functions.cloud.embedded.functions
    real, store.make_ready = store.make_ready, lambda *_: None  # type: ignore[method-assign]
    try:
        p.of("update_function_code_result", "update_function_code", ImageUri=p.functions.uri, Publish=True)
        p.of("get_function_version_result", "get_function", Qualifier="1")
        p.of("get_function_latest_result", "get_function", Qualifier="$LATEST")
    finally:
        store.make_ready = real  # type: ignore[method-assign]


def _revisions_basic(p: Player, _: str) -> None:
    first = p.create("create_function_response_rev1")["RevisionId"]
    second = p.of("get_function_response_rev2", "get_function")["Configuration"]["RevisionId"]
    code = {"ImageUri": p.functions.uri}
    p.of("update_function_revision_exception", "update_function_code", **code, RevisionId=first)
    p.of("update_function_code_response_rev3", "update_function_code", **code, RevisionId=second)
    fourth = p.of("get_function_response_rev4", "get_function")["Configuration"]["RevisionId"]
    p.of("update_function_configuration_revision_exception", "update_function_configuration", RevisionId="wrong")
    p.of("update_function_configuration_response_rev5", "update_function_configuration", RevisionId=fourth)
    p.of("get_function_response_rev6", "get_function")


def _revisions_version_and_alias(p: Player, _: str) -> None:
    p.create("create_function_response_rev1")
    second = p.of("get_function_active_rev2", "get_function")["Configuration"]["RevisionId"]
    p.of("publish_version_revision_exception", "publish_version", RevisionId="wrong")
    p.of("publish_version_response_rev_v1", "publish_version", RevisionId=second)
    p.of("get_function_published_version_rev_v2", "get_function", Qualifier="1")
    p.of("get_function_latest_rev3", "get_function")
    alias = {"Name": "revision_alias"}
    made = p.of("create_alias_response_rev_a1", "create_alias", **alias, FunctionVersion="1")["RevisionId"]
    p.of("get_function_latest_rev4", "get_function")
    p.of("get_function_published_version_rev_v3", "get_function", Qualifier="1")
    p.of("update_alias_revision_exception", "update_alias", **alias, RevisionId="wrong")
    change = {"Description": "something changed", "RevisionId": made}
    p.of("update_alias_response_rev_a2", "update_alias", **alias, **change)


def _revisions_permissions(p: Player, _: str) -> None:
    p.create(None)
    p.of("add_permission_revision_exception", "add_permission", StatementId="s3", **_INVOKE, RevisionId="wrong")


def _image_crud(p: Player, _: str) -> None:
    p.create("create-image-response")
    p.of("get-function-code-response", "get_function")
    p.of("get-function-config-response", "get_function_configuration")
    p.of("image-to-zipfile-error", "update_function_code", ZipFile=b"zip")
    p.of("update-function-code-response", "update_function_code", ImageUri=p.functions.uri)
    p.of("get-function-code-response-after-update", "get_function")
    p.of("get-function-config-response-after-update", "get_function_configuration")


def _image_config_crud(p: Player, _: str) -> None:
    config = {"EntryPoint": ["sh"], "Command": ["-c", "echo test"], "WorkingDirectory": "/app1"}
    p.create("create-image-with-config-response", ImageConfig=config)
    p.of("get-function-code-with-config-response", "get_function")
    p.of("get-function-config-with-config-response", "get_function_configuration")
    new = {"Command": ["-c", "echo test1"], "WorkingDirectory": "/app1"}
    p.of("update-function-code-response", "update_function_configuration", ImageConfig=new)
    p.of("get-function-code-response-after-update", "get_function")
    p.of("get-function-config-response-after-update", "get_function_configuration")
    p.of("update-function-code-delete-imageconfig-response", "update_function_configuration", ImageConfig={})
    p.of("get-function-code-response-after-delete-imageconfig", "get_function")
    p.of("get-function-config-response-after-delete-imageconfig", "get_function_configuration")


def _image_versions(p: Player, _: str) -> None:
    p.create("create_image_response", Publish=True)
    code = p.of("get_function_result", "get_function")["Configuration"]["CodeSha256"]
    p.of("list_versions_result", "list_versions_by_function")
    p.of("first_update_response", "update_function_configuration", Description="Second version :)")
    p.of("first_update_get_function", "get_function")
    description = {"Description": "Second version description :)"}
    p.of("invalid_sha_publish", "publish_version", **description, CodeSha256="a" * 64)
    p.of("first_publish_response", "publish_version", **description, CodeSha256=code)
    p.of("second_update_response", "update_function_configuration", Description="Third version :)")
    p.of("second_update_get_function", "get_function")
    p.of("second_publish_response", "publish_version", Description="Third version description :)")


PLAYS: dict[str, Play] = {
    "TestLambdaFunction::test_function_lifecycle": _lifecycle,
    "TestLambdaFunction::test_redundant_updates": _redundant_updates,
    "TestLambdaFunction::test_ops_with_arn_qualifier_mismatch": _qualifier_mismatch,
    "TestLambdaFunction::test_ops_on_nonexisting_version": _nonexisting_version,
    "TestLambdaFunction::test_delete_on_nonexisting_version": _delete_on_nonexisting_version,
    "TestLambdaFunction::test_ops_on_nonexisting_fn": _nonexisting_function,
    "TestLambdaFunction::test_get_function_wrong_region": _wrong_region,
    "TestLambdaFunction::test_list_functions": _list_functions,
    "TestLambdaFunction::test_function_arns": _function_arns,
    "TestLambdaFunction::test_function_name_and_qualifier_validation": _name_validation,
    "TestLambdaFunction::test_lambda_concurrent_code_updates": _concurrent_updates("update_function_code"),
    "TestLambdaFunction::test_lambda_concurrent_config_updates": _concurrent_updates(
        "update_function_configuration", Timeout=4
    ),
    "TestLambdaVersions::test_publish_version_on_create": _publish_on_create,
    "TestLambdaVersions::test_version_lifecycle": _version_lifecycle,
    "TestLambdaVersions::test_publish_with_wrong_revisionid": _publish_with_wrong(
        "RevisionId", "doesntexist", "publish_wrong_revisionid_exc"
    ),
    "TestLambdaVersions::test_publish_with_wrong_sha256": _publish_with_wrong(
        "CodeSha256", "somenonexistentsha256", "publish_wrong_sha256_exc"
    ),
    "TestLambdaVersions::test_publish_with_update": _publish_with_update,
    "TestLambdaRevisions::test_function_revisions_basic": _revisions_basic,
    "TestLambdaRevisions::test_function_revisions_version_and_alias": _revisions_version_and_alias,
    "TestLambdaRevisions::test_function_revisions_permissions": _revisions_permissions,
    "TestLambdaImages::test_lambda_image_crud": _image_crud,
    "TestLambdaImages::test_lambda_image_and_image_config_crud": _image_config_crud,
    "TestLambdaImages::test_lambda_image_versions": _image_versions,
}


def play_of(name: str, plays: dict[str, Play]) -> Play | None:
    """The play of a recorded test, whichever variant of it."""
    return plays.get(name.partition("[")[0])


def played(p: Player, name: str, play: Play) -> None:
    """Play a recorded test; every answer that was recorded is asked for."""
    play(p, variant_of(name))
    assert p.recording.whole()
