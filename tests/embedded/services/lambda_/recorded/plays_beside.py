"""The calls of the recorded tests about what stands beside functions: aliases, policies, tags, concurrency."""

from __future__ import annotations

from typing import Any

from tests.embedded.lab_of_tests import REGISTRY
from tests.embedded.services.lambda_.recorded.playing import Player
from tests.embedded.services.lambda_.recorded.plays import ARN, Play

_INVOKE = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
_S3 = {"StatementId": "s3", **_INVOKE}
_BUCKET = {"SourceArn": "arn:aws:s3:::test-bucket"}


# -- Aliases -------------------------------------------------------------------------------------------------------


def _two_versions(p: Player, names: tuple[str, str] = ("publish_v1", "publish_v2"), publish: bool = False) -> None:
    p.create("create_response", Publish=publish)
    p.of(names[0], "publish_version")
    p.of(None, "update_function_configuration", Environment={"Variables": {"testenv": "prod"}})
    p.of(names[1], "publish_version")


def _weights(**shares: float) -> dict[str, Any]:
    return {"RoutingConfig": {"AdditionalVersionWeights": {name.lstrip("v"): share for name, share in shares.items()}}}


def _alias_lifecycle(p: Player, _: str) -> None:
    _two_versions(p)
    custom = {"Description": "custom-alias"}
    one = {"Name": "aliasname1_1"}
    p.of("create_alias_1_1", "create_alias", **one, FunctionVersion="1", **custom, **_weights(v2=0.2))
    p.of("get_alias_1_1", "get_alias", **one)
    p.of("get_function_alias_1_1", "get_function", Qualifier="aliasname1_1")
    p("get_function_byarn_alias_1_1", "get_function", FunctionName=f"{ARN}f:aliasname1_1")
    p.of("get_function_alias_notfound_exc", "get_function", Qualifier="aliasdoesnotexist")
    p("get_function_alias_byarn_notfound_exc", "get_function", FunctionName=f"{ARN}f:aliasdoesnotexist")
    p.of("create_alias_1_2", "create_alias", Name="aliasname1_2", FunctionVersion="1", **custom)
    p.of("get_alias_1_2", "get_alias", Name="aliasname1_2")
    p.of("create_alias_1_3", "create_alias", Name="aliasname1_3", FunctionVersion="1")
    p.of("get_alias_1_3", "get_alias", Name="aliasname1_3")
    p.of("create_alias_2", "create_alias", Name="aliasname2", FunctionVersion="2", **custom)
    p.of("get_alias_2", "get_alias", Name="aliasname2")
    pages = p.lambda_.get_paginator("list_aliases").paginate(FunctionName="f", PaginationConfig={"PageSize": 1})
    p("list_aliases_for_fnname", pages.build_full_result)
    p.of("update_alias_1_1", "update_alias", **one, **_weights())
    p.of("get_alias_1_1_after_update", "get_alias", **one)
    p.of("list_aliases_for_fnname_after_update", "list_aliases")
    p.of("update_alias_1_2", "update_alias", Name="aliasname1_2")
    p.of("get_alias_1_2_after_update", "get_alias", Name="aliasname1_2")
    p.of("list_aliases_for_fnname_after_update_2", "list_aliases")
    p.of("list_aliases_for_version", "list_aliases", FunctionVersion="1")
    p.of("delete_alias_response", "delete_alias", **one)
    p.of("list_aliases_for_fnname_afterdelete", "list_aliases")


def _routing(p: Player, _: str) -> None:
    _two_versions(p, publish=True)
    p.lambda_._serializer = p.lambda_._serializer._serializer  # which sends what the model forbids
    create, custom = "create_alias", {"Name": "custom"}
    for answer, version, weights in (
        ("routing_config_exc_toomany", "1", _weights(v1=0.8, v2=0.2)),
        ("routing_config_exc_toohigh", "1", _weights(v2=2)),
        ("routing_config_exc_subzero", "1", _weights(v2=-1)),
        ("routing_config_exc_sameversion", "1", _weights(v1=0.5)),
        ("target_version_doesnotexist", "10", _weights(v2=0.5)),
        ("routing_config_exc_version_doesnotexist", "1", _weights(v10=0.5)),
        ("target_version_exc_version_latest", "$LATEST", _weights(v1=0.5)),
        ("routing_config_exc_version_latest", "1", {"RoutingConfig": {"AdditionalVersionWeights": {"$LATEST": 0.5}}}),
    ):
        p.of(answer, create, **custom, FunctionVersion=version, **weights)
    p.of("create-alias-latest", create, Name="custom-latest", FunctionVersion="$LATEST")
    unknown = {"FunctionName": "f-unknown", **custom, "FunctionVersion": "1", **_weights(v2=0.5)}
    p("routing_config_exc_fn_doesnotexist", create, **unknown)
    empty = {"Name": "custom-empty-routingconfig", "FunctionVersion": "1", **_weights()}
    p.of("create_alias_empty_routingconfig", create, **empty)
    for answer in ("create_alias_response", "routing_config_exc_already_exist"):
        p.of(answer, create, **custom, FunctionVersion="1", **_weights(v2=0.5))
    p.of("alias_does_not_exist_esc", "get_alias", Name="non-existent")


def _alias_naming(p: Player, _: str) -> None:
    p.create("create_response")
    p.of("publish_v1", "publish_version")
    made = {"FunctionVersion": "1", "Description": "custom-alias"}
    p.of("create_alias_date", "create_alias", Name="2024-01-02", **made)
    p.of("get_alias_date", "get_alias", Name="2024-01-02")
    p.of("create_alias_number_exception", "create_alias", Name="2024", **made)


def _no_alias(answer: str, operation: str) -> Play:
    def play(p: Player, _: str) -> None:
        p.create("create_response")
        p.of(answer, operation, Name="non-existent")

    return play


# -- Policies ------------------------------------------------------------------------------------------------------


def _add_permission(p: Player, _: str) -> None:
    p.create("create_lambda")
    p.of("add_permission", "add_permission", **_S3, **_BUCKET)
    p.of("get_policy", "get_policy")


def _remove_permissions(p: Player, _: str) -> None:
    p.create(None)
    p.of("add_permission_1", "add_permission", **_S3)
    more = {**_S3, "StatementId": "sqs", "Principal": "sqs.amazonaws.com"}
    p.of("add_permission_2", "add_permission", **more, **_BUCKET)
    p.of("policy_after_2_add", "get_policy")
    p.of("remove_permission_exception_nonexisting_sid", "remove_permission", StatementId="non-existent")
    p.of(None, "remove_permission", StatementId="sqs")
    p.of("policy_after_removal", "get_policy")
    now = p.of("policy_after_removal_attempt", "get_policy")["RevisionId"]
    p.of(None, "remove_permission", StatementId="s3", RevisionId=now)
    p.of("get_policy_exception_removed_all", "get_policy")


def _multiple_permissions(p: Player, _: str) -> None:
    p.create(None)
    for answer, sid in (("add_permission_response_1", "logs"), ("add_permission_response_2", "kinesis")):
        request = {**_S3, "StatementId": sid, "Principal": f"{sid}.amazonaws.com"}
        p.of(answer, "add_permission", **request)
    p.of("policy_after_2_add", "get_policy")


def _permission_exceptions(p: Player, _: str) -> None:
    p.create(None)
    add = "add_permission"
    for answer, name, change in (
        ("add_permission_invalid_statement_id", "f", {"StatementId": "example.com"}),
        ("add_permission_fn_qualifier_mismatch", "f:alias-not-42", {**_BUCKET, "Qualifier": "42"}),
        ("add_permission_fn_qualifier_latest", "f:$LATEST", {**_BUCKET, "Qualifier": "$LATEST"}),
        ("add_permission_principal_invalid", "f", {"Principal": "invalid.nonaws.com", "SourceAccount": REGISTRY}),
        ("add_permission_fn_doesnotexist", "doesnotexist", _BUCKET),
        ("add_permission_fn_alias_doesnotexist", "f:alias-doesnotexist", _BUCKET),
        ("add_permission_fn_version_doesnotexist", "f", {**_BUCKET, "Qualifier": "42"}),
        ("add_permission_fn_qualifier_invalid", "f", {**_BUCKET, "Qualifier": "invalid-qualifier-with-?-char"}),
        ("add_permission_fn_qualifier_valid_doesnotexist", "f", {"Qualifier": "valid-with-$-but-doesnotexist"}),
    ):
        p(answer, add, **{"FunctionName": name, **_S3, **change})
    p("get_policy_fn_doesnotexist", "get_policy", FunctionName="doesnotexist")
    p.of("get_policy_fn_version_doesnotexist", "get_policy", Qualifier="77")
    p.of("remove_permission_policy_doesnotexist", "remove_permission", StatementId="s3")
    p.of(None, add, **_S3, **_BUCKET)
    p.of("add_permission_conflicting_statement_id", add, **_S3, **_BUCKET)
    remove = {"StatementId": "s3"}
    p("remove_permission_fn_doesnotexist", "remove_permission", FunctionName="doesnotexist", **remove)
    p.of("remove_permission_fn_alias_doesnotexist", "remove_permission", **remove, Qualifier="alias-doesnotexist")


def _permission_fields(p: Player, _: str) -> None:
    p.create(None)
    user = p.functions.cloud.client("registry", "sts").get_caller_identity()["Arn"]
    source = {"SourceAccount": REGISTRY}
    url = {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE", "PrincipalOrgID": "o-1234567890"}
    for answer, change in (
        ("add_permission_principal_wildcard", {"StatementId": "wilcard", "Principal": "*", **source}),
        ("add_permission_principal_service", {"StatementId": "lambda", "Principal": "lambda.amazonaws.com", **source}),
        ("add_permission_principal_account", {"StatementId": "account-id", "Principal": REGISTRY}),
        ("add_permission_principal_arn", {"StatementId": "user-arn", "Principal": user, **source}),
        (
            "add_permission_optional_fields",
            {"StatementId": "urlPermission", "Principal": "*", **source, **_BUCKET, **url},
        ),
        (
            "add_permission_alexa_skill",
            {
                "StatementId": "alexaSkill",
                "Principal": "*",
                "EventSourceToken": "amzn1.ask.skill.xxxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            },
        ),
    ):
        p.of(answer, "add_permission", **{**_S3, **change})


def _permission_versions(p: Player, _: str) -> None:
    p.create(None)
    p.of("add_permission", "add_permission", **_S3, **_BUCKET)
    p.of("get_policy", "get_policy")
    p.of("publish_version_result", "publish_version")
    p.of("get_function_result_after_publishing", "get_function")
    p.of("get_policy_after_publishing_latest", "get_policy")
    p.of("get_policy_after_publishing_new_version", "get_policy", Qualifier="1")
    p(None, "add_permission", FunctionName="f:1", **_S3, **_BUCKET, Qualifier="1")
    p.of("get_policy_version", "get_policy", Qualifier="1")
    alias = "permission-alias"
    made = p.of("create_alias_response", "create_alias", Name=alias, FunctionVersion="1")["RevisionId"]
    p.of("get_alias", "get_alias", Name=alias)
    qualified = {**_S3, **_BUCKET, "Qualifier": alias}
    p.of("add_permission_alias_revision_exception", "add_permission", **qualified, RevisionId="wrong")
    p(None, "add_permission", FunctionName=f"f:{alias}", **qualified, RevisionId=made)
    p.of("get_policy_alias", "get_policy", Qualifier=alias)
    now = p.of("get_policy_after_adding_to_new_version", "get_policy")["RevisionId"]
    p.of(None, "add_permission", **{**_S3, "StatementId": "s3_2"}, **_BUCKET, RevisionId=now)
    p.of("get_policy_after_adding_2", "get_policy")


# -- Tags ----------------------------------------------------------------------------------------------------------


def _tags_lifecycle(p: Player, _: str) -> None:
    def shown(suffix: str) -> None:
        p(f"list_tags_response_{suffix}", "list_tags", Resource=f"{ARN}f")
        p(f"get_fn_response_{suffix}", "get_function", FunctionName=f"{ARN}f")

    of = {"Resource": f"{ARN}f"}
    p.create(None, Tags={"key_a": "value_a"})
    shown("postfncreate")
    p("tag_resource_response", "tag_resource", **of, Tags={f"key_{each}": f"value_{each}" for each in "bcde"})
    shown("postaddtags")
    p("tag_resource_overwrite", "tag_resource", **of, Tags={"key_b": "value_b", "key_c": "value_x"})
    shown("overwrite")
    p(None, "untag_resource", **of, TagKeys=["key_c", "key_d"])
    shown("postuntag")
    p(None, "untag_resource", **of, TagKeys=["key_a", "key_b", "key_e"])
    shown("postuntagall")
    p.of(None, "delete_function")
    p("list_tags_postdelete", "list_tags", **of)


def _tag_lifecycle(p: Player, _: str) -> None:
    p.create(None)
    of = {"Resource": f"{ARN}f"}
    for step, operation, params in (
        ("tag_single", "tag_resource", {"Tags": {"A": "tag-a"}}),
        ("tag_multiple", "tag_resource", {"Tags": {"B": "tag-b", "C": "tag-c"}}),
        ("tag_overlap", "tag_resource", {"Tags": {"C": "tag-c-newsuffix", "D": "tag-d"}}),
        ("untag_single", "untag_resource", {"TagKeys": ["A"]}),
        ("untag_multiple", "untag_resource", {"TagKeys": ["B", "C"]}),
        ("untag_nonexisting", "untag_resource", {"TagKeys": ["F"]}),
        ("untag_existing_and_nonexisting", "untag_resource", {"TagKeys": ["D", "F"]}),
    ):
        p(f"{step}_response", operation, **of, **params)
        p(f"{step}_response_listtags", "list_tags", **of)


def _tagged_on_create(p: Player, _: str) -> None:
    tags = p.answers["list_tags_result"]["Tags"]
    p.create(None, Tags=dict.fromkeys(tags, "tag"))
    p.of("get_function_result", "get_function")
    p("list_tags_result", "list_tags", Resource=f"{ARN}f")


def _tags_of_nothing(p: Player, _: str) -> None:
    p.create(None)
    p.of("pre_delete_get_function", "get_function")
    p.of(None, "delete_function")
    of = {"Resource": f"{ARN}f"}
    p("not_found_exception_tag", "tag_resource", **of, Tags={"A": "B"})
    p("not_found_exception_untag", "untag_resource", **of, TagKeys=["A"])
    p("not_found_exception_list", "list_tags", **of)


def _tag_exceptions(p: Player, variant: str) -> None:
    of = {"Resource": f"{ARN}f"}
    p("not_found_exception_tag", "tag_resource", **of, Tags={"A": "B"})
    p("not_found_exception_untag", "untag_resource", **of, TagKeys=["A"])
    p("not_found_exception_list", "list_tags", **of)
    p("aliased_arn_exception", "list_tags", Resource=f"{ARN}f:alias")
    p("invalid_arn_exception", "list_tags", Resource=f"{ARN}f".replace(":function:", ":foobar:"))


def _tags_exceptions(p: Player, _: str) -> None:
    p.create(None)
    of = {"Resource": f"{ARN}f"}
    some = {"Tags": {"key_a": "value_a"}}
    p("tag_lambda_invalidarn", "tag_resource", Resource="arn:aws:something", **some)
    p("tag_lambda_doesnotexist", "tag_resource", Resource=f"{ARN}doesnotexist", **some)
    p("tag_lambda_qualifier_doesnotexist", "tag_resource", Resource=f"{ARN}f:v1", **some)
    p("list_tag_lambda_empty", "list_tags", **of)
    p("untag_nomatch", "untag_resource", **of, TagKeys=["somekey"])
    p("untag_empty_keys", "untag_resource", **of, TagKeys=[])
    p("tag_empty_tags", "tag_resource", **of, Tags={})


def _tag_limits(p: Player, _: str) -> None:
    p.create(None)
    of = {"Resource": f"{ARN}f"}
    many = {f"{number}_key": f"{number}_value" for number in range(51)}
    fifty = {name: value for name, value in many.items() if name != "50_key"}
    p("tag_lambda_too_many_tags", "tag_resource", **of, Tags=many)
    p("tag_response", "tag_resource", **of, Tags=fifty)
    p("list_tags_response", "list_tags", **of)
    p.of("get_fn_response", "get_function")
    p("tag_lambda_too_many_tags_additional", "tag_resource", **of, Tags={"a_key": "a_value"})
    p.create("create_function_invalid_tags", "g", Tags=many)


def _tag_versions(p: Player, _: str) -> None:
    p.create(None)
    p.of(None, "publish_version")
    tags = {"Tags": {"key_b": "value_b"}}
    p("tag_resource_exception", "tag_resource", Resource=f"{ARN}f:1", **tags)
    p("tag_resource_latest_exception", "tag_resource", Resource=f"{ARN}f:$LATEST", **tags)


# -- Concurrency and features --------------------------------------------------------------------------------------


def _concurrency(p: Player, _: str) -> None:
    p.create(None)
    p.of("put_function_concurrency_with_reserved_0", "put_function_concurrency", ReservedConcurrentExecutions=0)
    p.of("put_function_concurrency_with_reserved_1", "put_function_concurrency", ReservedConcurrentExecutions=1)
    p.of("get_function_concurrency", "get_function_concurrency")
    p.of("delete_response", "delete_function_concurrency")
    p.of("get_function_concurrency_after_delete", "get_function_concurrency")


def _concurrency_exceptions(p: Player, _: str) -> None:
    put, start = "put_function_concurrency", "put_function_concurrency_with_"
    for number, answer in enumerate(
        ("function_name_doesnotexist_and_invalid_concurrency", "function_name_doesnotexist")
    ):
        p(start + answer, put, FunctionName="doesnotexist", ReservedConcurrentExecutions=number)
    p.create(None)
    p(f"{start}qualified_arn", put, FunctionName=f"{ARN}f:$LATEST", ReservedConcurrentExecutions=0)


def _concurrency_limits(p: Player, _: str) -> None:
    p.create(None)
    put = "put_function_concurrency"
    p.of("put_function_concurrency_account_limit_exceeded", put, ReservedConcurrentExecutions=1001)
    p.of("put_function_concurrency_below_unreserved_min_value", put, ReservedConcurrentExecutions=901)


def _account_settings(p: Player, _: str) -> None:
    def names() -> dict[str, Any]:
        answer = p.lambda_.get_account_settings()
        parts = {part: sorted(answer[part]) for part in ("AccountLimit", "AccountUsage")}
        return {**parts, "ResponseMetadata": answer["ResponseMetadata"]}

    p("acc_settings_modded", names)


def _recursion(p: Player, _: str) -> None:
    p.create(None)
    p.of("get_recursion_default_terminate_response", "get_function_recursion_config")


BESIDE: dict[str, Play] = {
    "TestLambdaAlias::test_alias_lifecycle": _alias_lifecycle,
    "TestLambdaAlias::test_notfound_and_invalid_routingconfigs": _routing,
    "TestLambdaAlias::test_alias_naming": _alias_naming,
    "TestLambdaAlias::test_non_existent_alias_deletion": _no_alias("delete_alias_response", "delete_alias"),
    "TestLambdaAlias::test_non_existent_alias_update": _no_alias("update_alias_response", "update_alias"),
    "TestLambdaPermissions::test_add_lambda_permission_aws": _add_permission,
    "TestLambdaPermissions::test_remove_multi_permissions": _remove_permissions,
    "TestLambdaPermissions::test_create_multiple_lambda_permissions": _multiple_permissions,
    "TestLambdaPermissions::test_permission_exceptions": _permission_exceptions,
    "TestLambdaPermissions::test_add_lambda_permission_fields": _permission_fields,
    "TestLambdaPermissions::test_lambda_permission_fn_versioning": _permission_versions,
    "TestLambdaTag::test_create_tag_on_fn_create": _tagged_on_create,
    "TestLambdaTag::test_tag_lifecycle": _tag_lifecycle,
    "TestLambdaTag::test_tag_nonexisting_resource": _tags_of_nothing,
    "TestLambdaTag::test_tag_exceptions": _tag_exceptions,
    "TestLambdaTags::test_tag_exceptions": _tags_exceptions,
    "TestLambdaTags::test_tag_limits": _tag_limits,
    "TestLambdaTags::test_tag_lifecycle": _tags_lifecycle,
    "TestLambdaTags::test_tag_versions": _tag_versions,
    "TestLambdaReservedConcurrency::test_function_concurrency": _concurrency,
    "TestLambdaReservedConcurrency::test_function_concurrency_exceptions": _concurrency_exceptions,
    "TestLambdaReservedConcurrency::test_function_concurrency_limits": _concurrency_limits,
    "TestLambdaAccountSettings::test_account_settings": _account_settings,
    "TestLambdaRecursion::test_put_function_recursion_config_default_terminate": _recursion,
}
