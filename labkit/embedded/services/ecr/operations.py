"""Amazon ECR: the table of its operations.

What an operation needs as permission is decided before its handler is called.
"""

from __future__ import annotations

from labkit.embedded.protocol.calls import Operation
from labkit.embedded.services.ecr import tokens
from labkit.embedded.services.ecr.images import catalog, layers, storage
from labkit.embedded.services.ecr.lifecycle import policies as lifecycle_policies
from labkit.embedded.services.ecr.lifecycle import previews
from labkit.embedded.services.ecr.permissions import (
    on_arn,
    on_named,
    on_pull,
    on_registry,
    on_repositories,
    on_repository,
)
from labkit.embedded.services.ecr.registries import absent, pull_through, settings
from labkit.embedded.services.ecr.registries import policies as registry_policies
from labkit.embedded.services.ecr.repositories import metadata, policies, scanning, tagging
from labkit.embedded.services.permissions import in_account

OPERATIONS: dict[str, Operation] = {
    "CreateRepository": Operation(metadata.create_repository, on_repository),
    "DescribeRepositories": Operation(metadata.describe_repositories, on_repositories, reads=True),
    "DeleteRepository": Operation(metadata.delete_repository, on_repository),
    "PutImageTagMutability": Operation(metadata.put_image_tag_mutability, on_repository),
    "TagResource": Operation(tagging.tag_resource, on_arn),
    "UntagResource": Operation(tagging.untag_resource, on_arn),
    "ListTagsForResource": Operation(tagging.list_tags_for_resource, on_arn, reads=True),
    "SetRepositoryPolicy": Operation(policies.set_repository_policy, on_repository),
    "GetRepositoryPolicy": Operation(policies.get_repository_policy, on_repository, reads=True),
    "DeleteRepositoryPolicy": Operation(policies.delete_repository_policy, on_repository),
    "InitiateLayerUpload": Operation(layers.initiate_layer_upload, on_repository, locks_itself=True),
    "UploadLayerPart": Operation(layers.upload_layer_part, on_repository, locks_itself=True),
    "CompleteLayerUpload": Operation(layers.complete_layer_upload, on_repository, locks_itself=True),
    "BatchCheckLayerAvailability": Operation(layers.batch_check_layer_availability, on_repository, locks_itself=True),
    "GetDownloadUrlForLayer": Operation(layers.get_download_url_for_layer, on_repository, locks_itself=True),
    "PutImage": Operation(catalog.put_image, on_repository),
    "BatchGetImage": Operation(catalog.batch_get_image, on_pull, reads=True),
    "DescribeImages": Operation(catalog.describe_images, on_repository, reads=True),
    "ListImages": Operation(catalog.list_images, on_repository, reads=True),
    "BatchDeleteImage": Operation(catalog.batch_delete_image, on_repository),
    "PutRegistryPolicy": Operation(registry_policies.put_registry_policy, in_account),
    "GetRegistryPolicy": Operation(registry_policies.get_registry_policy, in_account, reads=True),
    "DeleteRegistryPolicy": Operation(registry_policies.delete_registry_policy, in_account),
    "DescribeRegistry": Operation(settings.describe_registry, in_account, reads=True),
    "GetAccountSetting": Operation(settings.get_account_setting, in_account, reads=True),
    "PutAccountSetting": Operation(settings.put_account_setting, in_account),
    "UpdateImageStorageClass": Operation(storage.update_image_storage_class, on_repository),
    "PutLifecyclePolicy": Operation(lifecycle_policies.put_lifecycle_policy, on_repository),
    "GetLifecyclePolicy": Operation(lifecycle_policies.get_lifecycle_policy, on_repository, reads=True),
    "DeleteLifecyclePolicy": Operation(lifecycle_policies.delete_lifecycle_policy, on_repository),
    "StartLifecyclePolicyPreview": Operation(previews.start_lifecycle_policy_preview, on_repository),
    "GetLifecyclePolicyPreview": Operation(previews.get_lifecycle_policy_preview, on_repository, reads=True),
    "PutImageScanningConfiguration": Operation(scanning.put_image_scanning_configuration, on_repository),
    "GetRegistryScanningConfiguration": Operation(scanning.get_registry_scanning_configuration, in_account, reads=True),
    "BatchGetRepositoryScanningConfiguration": Operation(
        scanning.batch_get_repository_scanning_configuration, on_named, reads=True
    ),
    "DescribeImageScanFindings": Operation(scanning.describe_image_scan_findings, on_repository, reads=True),
    "DescribeImageReplicationStatus": Operation(absent.describe_image_replication_status, on_repository, reads=True),
    "DescribeImageSigningStatus": Operation(absent.describe_image_signing_status, on_repository, reads=True),
    "CreatePullThroughCacheRule": Operation(pull_through.create_pull_through_cache_rule, on_registry),
    "DescribePullThroughCacheRules": Operation(pull_through.describe_pull_through_cache_rules, on_registry, reads=True),
    "UpdatePullThroughCacheRule": Operation(pull_through.update_pull_through_cache_rule, on_registry),
    "DeletePullThroughCacheRule": Operation(pull_through.delete_pull_through_cache_rule, on_registry),
    "ValidatePullThroughCacheRule": Operation(pull_through.validate_pull_through_cache_rule, on_registry, reads=True),
    **absent.OPERATIONS,
    "GetAuthorizationToken": Operation(tokens.get_authorization_token, in_account),
}
