"""Amazon ECR: the table of its operations.

    ecr_repositories   repositories: moto's records, with what AWS checks before
    ecr_policies       repository policies: what may be set
    ecr_layers         layers, uploaded in parts          ecr_downloads   the signed URLs that serve them
    ecr_images         images: manifests and tags         ecr_tokens      login tokens of a registry
    ecr_registry       what all of them need               registry        the same for docker push and docker pull

What an operation needs as permission is decided before these are called; layers, manifests and tags are in
`labkit.embedded.images`, never in moto.
"""

from __future__ import annotations

from labkit.embedded import (
    ecr_downloads,
    ecr_images,
    ecr_layers,
    ecr_policies,
    ecr_repositories,
    ecr_tokens,
    registry,
)
from labkit.embedded.calls import Handler, Route

OPERATIONS: dict[str, Handler] = {
    "CreateRepository": ecr_repositories.create_repository,
    "DescribeRepositories": ecr_repositories.describe_repositories,
    "DeleteRepository": ecr_repositories.delete_repository,
    "PutImageTagMutability": ecr_repositories.put_image_tag_mutability,
    "DescribeRegistry": ecr_repositories.describe_registry,
    "TagResource": ecr_repositories.tagging,
    "UntagResource": ecr_repositories.tagging,
    "ListTagsForResource": ecr_repositories.tagging,
    "SetRepositoryPolicy": ecr_policies.set_repository_policy,
    "GetRepositoryPolicy": ecr_policies.get_repository_policy,
    "DeleteRepositoryPolicy": ecr_policies.delete_repository_policy,
    "InitiateLayerUpload": ecr_layers.initiate_layer_upload,
    "UploadLayerPart": ecr_layers.upload_layer_part,
    "CompleteLayerUpload": ecr_layers.complete_layer_upload,
    "BatchCheckLayerAvailability": ecr_layers.batch_check_layer_availability,
    "GetDownloadUrlForLayer": ecr_layers.get_download_url_for_layer,
    "PutImage": ecr_images.put_image,
    "BatchGetImage": ecr_images.batch_get_image,
    "DescribeImages": ecr_images.describe_images,
    "ListImages": ecr_images.list_images,
    "BatchDeleteImage": ecr_images.batch_delete_image,
    "GetAuthorizationToken": ecr_tokens.get_authorization_token,
}

#: These take the lab's lock by themselves.
UNLOCKED = frozenset({"UploadLayerPart", "CompleteLayerUpload"})

#: Plain HTTP routes, by the prefix of their path.
ROUTES: dict[str, Route] = {ecr_downloads.PREFIX: ecr_downloads.serve_layer, registry.PREFIX: registry.serve}
