"""The registry at ``/v2/``, for docker, podman and whoever speaks the OCI Distribution Specification.

Every request is done as the operations of ECR's API that it amounts to, authorized as these, and over the same store:
what IAM and the repository's policy say of ``ecr:PutImage`` they say of ``docker push``.
"""
