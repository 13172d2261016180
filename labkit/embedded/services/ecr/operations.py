"""Amazon ECR: the table of its operations.

    repositories.metadata   repositories: made, described, deleted      repositories.tagging    their tags
    repositories.policies   repository policies: what may be set
    images.layers           layers, uploaded in parts       images.downloads   the signed URLs that serve them
    images.catalog          images: manifests and tags      images.store       where all of it is kept
    registries.policies     registry policies               registries.settings    account settings
    documents               what policies ECR would store
    tokens                  login tokens of a registry      permissions        what an operation needs
    lookup                  what all of them need

What an operation needs as permission is decided before its handler is called.
"""

from __future__ import annotations

from labkit.embedded.protocol.calls import Operation
from labkit.embedded.services.ecr import tokens
from labkit.embedded.services.ecr.images import catalog, layers
from labkit.embedded.services.ecr.permissions import on_arn, on_repositories, on_repository
from labkit.embedded.services.ecr.registries import policies as registry_policies
from labkit.embedded.services.ecr.registries import settings
from labkit.embedded.services.ecr.repositories import metadata, policies, tagging
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
    "BatchGetImage": Operation(catalog.batch_get_image, on_repository, reads=True),
    "DescribeImages": Operation(catalog.describe_images, on_repository, reads=True),
    "ListImages": Operation(catalog.list_images, on_repository, reads=True),
    "BatchDeleteImage": Operation(catalog.batch_delete_image, on_repository),
    "PutRegistryPolicy": Operation(registry_policies.put_registry_policy, in_account),
    "GetRegistryPolicy": Operation(registry_policies.get_registry_policy, in_account, reads=True),
    "DeleteRegistryPolicy": Operation(registry_policies.delete_registry_policy, in_account),
    "DescribeRegistry": Operation(settings.describe_registry, in_account, reads=True),
    "GetAccountSetting": Operation(settings.get_account_setting, in_account, reads=True),
    "PutAccountSetting": Operation(settings.put_account_setting, in_account),
    "GetAuthorizationToken": Operation(tokens.get_authorization_token, in_account),
}
