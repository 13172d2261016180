"""Amazon ECR: the table of its operations.

    ecr_repositories   repositories: moto's records, with what AWS checks before
    ecr_policies       repository policies: what may be set
    ecr_layers         layers, uploaded in parts          ecr_downloads   the signed URLs that serve them
    ecr_images         images: manifests and tags         ecr_tokens      login tokens of a registry
    ecr_registry       what all of them need               registry        the same for docker push and docker pull

What an operation needs as permission is decided before these are called; layers, manifests and tags are in
`labkit.embedded.services.ecr.images.store`, never in moto.
"""

from __future__ import annotations

from labkit.embedded.protocol.calls import Handler, Route
from labkit.embedded.services.ecr import tokens
from labkit.embedded.services.ecr.images import downloads, images, layers
from labkit.embedded.services.ecr.repositories import policies, repositories
from labkit.embedded.services.registry import routes

OPERATIONS: dict[str, Handler] = {
    "CreateRepository": repositories.create_repository,
    "DescribeRepositories": repositories.describe_repositories,
    "DeleteRepository": repositories.delete_repository,
    "PutImageTagMutability": repositories.put_image_tag_mutability,
    "DescribeRegistry": repositories.describe_registry,
    "TagResource": repositories.tagging,
    "UntagResource": repositories.tagging,
    "ListTagsForResource": repositories.tagging,
    "SetRepositoryPolicy": policies.set_repository_policy,
    "GetRepositoryPolicy": policies.get_repository_policy,
    "DeleteRepositoryPolicy": policies.delete_repository_policy,
    "InitiateLayerUpload": layers.initiate_layer_upload,
    "UploadLayerPart": layers.upload_layer_part,
    "CompleteLayerUpload": layers.complete_layer_upload,
    "BatchCheckLayerAvailability": layers.batch_check_layer_availability,
    "GetDownloadUrlForLayer": layers.get_download_url_for_layer,
    "PutImage": images.put_image,
    "BatchGetImage": images.batch_get_image,
    "DescribeImages": images.describe_images,
    "ListImages": images.list_images,
    "BatchDeleteImage": images.batch_delete_image,
    "GetAuthorizationToken": tokens.get_authorization_token,
}

#: These take the lab's lock by themselves.
UNLOCKED = frozenset({"UploadLayerPart", "CompleteLayerUpload"})

#: Plain HTTP routes, by the prefix of their path.
ROUTES: dict[str, Route] = {downloads.PREFIX: downloads.serve_layer, routes.PREFIX: routes.serve}
